"""Audiences (受众): who is meant, as JSON, turned into one SELECT of persons.

{"everyone": true}, or any of {"units": [ids], "tiers": ["1", "9", "X"], "roles": [role],
"topics": [topic], "signed_up_for": activity id}. Values within a key widen, keys narrow
one another. The author's unit bounds it unless the author belongs to the secretariat.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from peewee import Expression, ModelSelect

import clock
from models.accounts import Account, AccountRoleKind
from models.activities import Activity, SignUp, SignUpStatus
from models.alliance import TIER_WORDS, MemberUnit, UnitTier
from models.automatic_notices import AutomaticNoticePerson
from models.messaging import Campaign
from models.people import ROLE_WORDS, TOPIC_WORDS, Person, PersonRole, PersonRoleKind, Topic, TopicOptIn
from services import access
from services.errors import Invalid

KEYS = ("everyone", "units", "tiers", "roles", "topics", "signed_up_for")


def bound(author: Account | None) -> int | None:
    """The unit an author's audiences stay within; None: the whole alliance (secretariat, command line)."""
    if author is None or AccountRoleKind.SECRETARIAT in access.roles_of(author):
        return None
    return int(author.member_unit_id)


def validate(audience: Any, *, scope: int | None = None) -> dict[str, Any]:
    """The audience in its normal form. Raises Invalid, naming the field `audience`, when it is
    empty, malformed, names what does not exist, or reaches beyond the unit `scope`."""
    if not isinstance(audience, dict) or not audience:
        raise _wrong("请选择受众：全体，或按单位、层级、身份、订阅、报名选择")
    unknown = set(audience) - set(KEYS)
    if unknown:
        raise _wrong(f"受众条件不认识：{'、'.join(sorted(unknown))}")
    given = {key: value for key, value in audience.items() if value not in (None, [], False, "")}
    if not given:
        raise _wrong("请选择受众：全体，或按单位、层级、身份、订阅、报名选择")
    if "everyone" in given:
        if given["everyone"] is not True or len(given) > 1:
            raise _wrong("“全体”不能与其他条件同时使用")
        return {"everyone": True}
    return {key: _CHECKS[key](value, scope) for key, value in given.items()}


def meant_by(campaign: Campaign) -> list[Any]:
    """The WHERE terms over Person joined with MemberUnit for a campaign's audience as it stands.

    An automatic notice means the people it was made for, whichever unit they belong to; else
    the audience must be in its normal form.
    """
    if campaign.is_automatic:
        told = AutomaticNoticePerson.select(AutomaticNoticePerson.person).where(
            AutomaticNoticePerson.notice == campaign.audience.get("notice")
        )
        return [Person.erased_at.is_null(), Person.id.in_(told)]
    return conditions(campaign.audience, scope=bound(campaign.author))


def check(campaign: Campaign) -> None:
    """Raises Invalid while the campaign has no audience, or one that its author may not reach."""
    if not campaign.is_automatic:
        validate(campaign.audience, scope=bound(campaign.author))


def count_meant(campaign: Campaign) -> int:
    """How many persons the campaign means now. Raises Invalid while no audience is chosen."""
    check(campaign)
    return int(Person.select().join(MemberUnit).where(*meant_by(campaign)).count())


def persons(audience: dict[str, Any], *, scope: int | None = None) -> ModelSelect[Any]:
    """SELECT of the ids of the persons meant, in no order. The audience must be in its normal form."""
    return Person.select(Person.id).join(MemberUnit).where(*conditions(audience, scope=scope))


def conditions(audience: dict[str, Any], *, scope: int | None = None) -> list[Expression]:
    """The WHERE terms over Person joined with MemberUnit."""
    today = clock.local_today()
    terms: list[Any] = [
        Person.erased_at.is_null(),
        MemberUnit.valid_from <= today,
        MemberUnit.valid_to.is_null() | (MemberUnit.valid_to >= today),
    ]
    if scope is not None:
        terms.append(Person.member_unit == scope)
    if audience.get("units"):
        terms.append(Person.member_unit.in_(audience["units"]))
    if audience.get("tiers"):
        terms.append(MemberUnit.tier.in_([UnitTier(tier) for tier in audience["tiers"]]))
    if audience.get("roles"):
        terms.append(Person.id.in_(_with_roles(audience["roles"])))
    if audience.get("topics"):
        wanted = [Topic(topic) for topic in audience["topics"]]
        opted_in = TopicOptIn.select(TopicOptIn.person).where(TopicOptIn.topic.in_(wanted), TopicOptIn.is_on)
        terms.append(Person.id.in_(opted_in))
    if audience.get("signed_up_for"):
        signed_up = SignUp.select(SignUp.person).where(
            SignUp.activity == audience["signed_up_for"], SignUp.status == SignUpStatus.SIGNED_UP
        )
        terms.append(Person.id.in_(signed_up))
    return terms


def count(audience: dict[str, Any], *, actor: Account | None) -> int:
    """How many persons are meant, bounded as the actor's own campaign would be."""
    scope = bound(actor)
    return int(persons(validate(audience, scope=scope), scope=scope).count())


def sample(audience: dict[str, Any], *, actor: Account | None, limit: int = 10) -> list[Person]:
    """A few of the persons meant, with their units, in the units' fixed order."""
    scope = bound(actor)
    audience = validate(audience, scope=scope)
    query = Person.select(Person, MemberUnit).join(MemberUnit).where(*conditions(audience, scope=scope))
    return list(query.order_by(MemberUnit.order_no, Person.id).limit(limit))


def includes(audience: dict[str, Any], person: Person, *, scope: int | None = None) -> bool:
    """Whether the person is meant now."""
    return bool(persons(audience, scope=scope).where(Person.id == person.id).exists())


def in_words(audience: dict[str, Any]) -> str:
    """The audience as an operator reads it: “单位：乐余镇党校；身份：联络员”."""
    if not audience:
        return "未选择"
    if audience.get("everyone"):
        return "全体会员"
    if audience.get("notice"):
        return "这件事涉及的人"
    parts = []
    if audience.get("units"):
        units = MemberUnit.select().where(MemberUnit.id.in_(audience["units"])).order_by(MemberUnit.order_no)
        parts.append("单位：" + "、".join(unit.short_name for unit in units))
    if audience.get("tiers"):
        parts.append("层级：" + "、".join(TIER_WORDS[UnitTier(tier)] for tier in audience["tiers"]))
    if audience.get("roles"):
        parts.append("身份：" + "、".join(ROLE_WORDS[PersonRoleKind(role)] for role in audience["roles"]))
    if audience.get("topics"):
        parts.append("订阅：" + "、".join(TOPIC_WORDS[Topic(topic)] for topic in audience["topics"]))
    if audience.get("signed_up_for"):
        activity = Activity.get_or_none(Activity.id == audience["signed_up_for"])
        parts.append("报名：" + (activity.title if activity else "（活动已删除）"))
    return "；".join(parts)


def _with_roles(roles: list[str]) -> ModelSelect[Any]:
    today = clock.local_today()
    return PersonRole.select(PersonRole.person).where(
        PersonRole.role.in_([PersonRoleKind(role) for role in roles]),
        PersonRole.valid_from <= today,
        PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
    )


def _wrong(why: str) -> Invalid:
    return Invalid(fields={"audience": why})


def _units(value: Any, scope: int | None) -> list[int]:
    try:
        wanted = sorted({int(each) for each in value})
    except (TypeError, ValueError):
        raise _wrong("受众单位应为单位编号的列表") from None
    if scope is not None and wanted != [scope]:
        raise _wrong("只能选择本单位的人员；面向全联盟请由秘书处发起")
    known = {unit.id for unit in MemberUnit.select(MemberUnit.id).where(MemberUnit.id.in_(wanted))}
    if set(wanted) - known:
        raise _wrong("所选单位不存在，请重新选择")
    return wanted


def _words_of(kind: type[Any], name: str) -> Callable[[Any, int | None], list[str]]:
    def check(value: Any, scope: int | None) -> list[str]:
        try:
            return sorted({str(kind(each).value) for each in value})
        except (TypeError, ValueError):
            raise _wrong(f"受众的{name}不认识，请重新选择") from None

    return check


def _activity(value: Any, scope: int | None) -> int:
    activity = Activity.get_or_none(Activity.id == int(value)) if str(value).isdecimal() else None
    if activity is None:
        raise _wrong("所选活动不存在，请重新选择")
    if scope not in (None, activity.member_unit_id) and not activity.is_shared:
        raise _wrong("所选活动不存在，请重新选择")  # another school's title is not told either
    return int(activity.id)


_CHECKS: dict[str, Callable[[Any, int | None], Any]] = {
    "units": _units,
    "tiers": _words_of(UnitTier, "层级"),
    "roles": _words_of(PersonRoleKind, "身份"),
    "topics": _words_of(Topic, "订阅主题"),
    "signed_up_for": _activity,
}
