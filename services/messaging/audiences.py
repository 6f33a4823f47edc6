"""Audiences (受众): who is meant, as JSON, turned into one SELECT of persons.

{"everyone": true}, or any of {"units": [ids], "tiers": ["1", "9", "X"], "roles": [role],
"topics": [topic], "signed_up_for": activity id, "attended": …, "came_not": …,
"no_survey": "half_year", "no_answer_to": questionnaire id, "silent_for": days,
"outcome": {"campaign": id, "was": "failed" | "not_reached" | "reached"}, "lists": [ids]}.
Values within a key widen, keys narrow one another. Either may have "not" with the same keys:
whom any of those names is left out. The author's unit bounds it unless the author belongs to
the secretariat. The keys themselves stand in `audience_keys`.
"""

from __future__ import annotations

from typing import Any

from peewee import ModelSelect

import clock
from models.accounts import Account, AccountRoleKind
from models.alliance import MemberUnit, UnitTier
from models.automatic_notices import AutomaticNoticePerson
from models.messaging import Campaign
from models.people import Person
from services import access
from services.messaging.audience_keys import KEYS, wrong

LEFT_OUT = "not"
PLAIN = {"units", "tiers"}
CHOOSE = "请选择受众：全体，或按单位、层级、身份、订阅、报名等选择"


def bound(author: Account | None) -> int | None:
    """The unit an author's audiences stay within; None: the whole alliance (secretariat, command line)."""
    if author is None or AccountRoleKind.SECRETARIAT in access.roles_of(author):
        return None
    return int(author.member_unit_id)


def validate(audience: Any, *, scope: int | None = None) -> dict[str, Any]:
    """The audience in its normal form. Raises Invalid, naming the field `audience`, when it is
    empty, malformed, names what does not exist, or reaches beyond the unit `scope`."""
    given = _given(audience)
    left_out = given.pop(LEFT_OUT, None)
    if "everyone" in given:
        if given["everyone"] is not True or len(given) > 1:
            raise wrong("“全体”不能与其他条件同时使用")
        checked: dict[str, Any] = {"everyone": True}
    else:
        checked = _checked(given, scope)
    if not checked:
        raise wrong(CHOOSE)
    if left_out is not None and (kept := _checked(_given(left_out), scope)):
        checked[LEFT_OUT] = kept
    return checked


def _given(audience: Any) -> dict[str, Any]:
    """What is filled in."""
    if not isinstance(audience, dict):
        raise wrong(CHOOSE)
    return {key: value for key, value in audience.items() if value not in (None, [], {}, False, "")}


def _checked(given: dict[str, Any], scope: int | None) -> dict[str, Any]:
    if unknown := set(given) - set(KEYS):
        raise wrong(f"受众条件不认识：{'、'.join(sorted(unknown))}")
    return {key: KEYS[key].check(value, scope) for key, value in given.items()}


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


def conditions(audience: dict[str, Any], *, scope: int | None = None) -> list[Any]:
    """The WHERE terms over Person joined with MemberUnit."""
    today = clock.local_today()
    terms: list[Any] = [
        Person.erased_at.is_null(),
        MemberUnit.valid_from <= today,
        MemberUnit.valid_to.is_null() | (MemberUnit.valid_to >= today),
    ]
    if scope is not None:
        terms.append(Person.member_unit == scope)
    if audience.get("units"):  # plainer than a sub-select, and the commonest
        terms.append(Person.member_unit.in_(audience["units"]))
    if audience.get("tiers"):
        terms.append(MemberUnit.tier.in_([UnitTier(tier) for tier in audience["tiers"]]))
    terms += [KEYS[key].term(audience[key]) for key in KEYS if audience.get(key) and key not in PLAIN]
    left_out = audience.get(LEFT_OUT) or {}
    terms += [KEYS[key].term(left_out[key], left_out=True) for key in KEYS if left_out.get(key)]
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
    if audience.get("notice"):
        return "这件事涉及的人"
    left_out = audience.get(LEFT_OUT) or {}
    parts = ["全体会员"] if audience.get("everyone") else _told(audience)
    parts += [f"不发给{part}" for part in _told(left_out)]
    return "；".join(parts)


def _told(keys: dict[str, Any]) -> list[str]:
    return [f"{key.words}：{key.tell(keys[name])}" for name, key in KEYS.items() if keys.get(name)]
