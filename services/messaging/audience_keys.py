"""The keys of an audience: what each may hold, whom it names as SQL, and how it reads.

A key names persons by one sub-select. Where it is asked for, a person must be among them; under
`not` a person who is among them is left out. Some keys name those of whom there is *no* row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import ModelSelect, fn

import clock
import config
from models.activities import Activity, SignUp, SignUpStatus
from models.alliance import TIER_WORDS, MemberUnit, UnitTier
from models.audiences import PersonList, PersonListMember
from models.check_ins import CheckIn, CheckInStatus
from models.messaging import REACHED, UNDER_WAY, Campaign, CampaignStatus, Delivery, DeliveryStatus
from models.people import (
    ROLE_WORDS,
    TOPIC_WORDS,
    Follower,
    Person,
    PersonRole,
    PersonRoleKind,
    Topic,
    TopicOptIn,
)
from models.surveys import Questionnaire, QuestionnaireStatus
from services.errors import Invalid
from services.surveys import participation

LONGEST_SILENCE = 730  # days
PERIOD_WORDS = {"half_year": "本半年", "year": "本年"}
OUTCOME_WORDS = {"failed": "发送失败", "not_reached": "没送到（失败或未发送）", "reached": "已送到"}
_OUTCOMES = {
    "failed": {DeliveryStatus.FAILED},
    "not_reached": {DeliveryStatus.FAILED, DeliveryStatus.SKIPPED},  # unknown may have come
    "reached": REACHED,
}
HAS_OUTCOME = UNDER_WAY | {CampaignStatus.DONE, CampaignStatus.CANCELLED}
Check = Callable[[Any, int | None], Any]


@dataclass(frozen=True, slots=True)
class Key:
    """`persons` is a sub-select whose one column holds persons; `is_absence`: who is not in it is meant."""

    words: str
    check: Check
    persons: Callable[[Any], ModelSelect[Any]]
    tell: Callable[[Any], str]
    is_absence: bool = False

    def term(self, value: Any, *, left_out: bool = False) -> Any:
        """The WHERE term over Person. Never unknown to SQL, so its contrary is exact."""
        query = self.persons(value)
        if not left_out and not self.is_absence:
            return Person.id.in_(query)
        found = fn.EXISTS(query.where(query.selected_columns[0] == Person.id))
        return found if left_out and self.is_absence else ~found


def wrong(why: str) -> Invalid:
    return Invalid(fields={"audience": why})


def half_year_began() -> datetime:
    """The first of January or July in Shanghai, as naive UTC."""
    today = clock.local_today()
    return clock.start_of_local_day(today.replace(month=1 if today.month < 7 else 7, day=1))


def began(period: str) -> datetime:
    if period == "half_year":
        return half_year_began()
    return clock.start_of_local_day(clock.local_today().replace(month=1, day=1))


# whom a key names


def _of_units(unit_ids: list[int]) -> ModelSelect[Any]:
    each = Person.alias("of_unit")
    return each.select(each.id).where(each.member_unit.in_(unit_ids))


def _of_tiers(tiers: list[str]) -> ModelSelect[Any]:
    each = Person.alias("of_tier")
    units = MemberUnit.select(MemberUnit.id).where(MemberUnit.tier.in_([UnitTier(tier) for tier in tiers]))
    return each.select(each.id).where(each.member_unit.in_(units))


def _with_roles(roles: list[str]) -> ModelSelect[Any]:
    today = clock.local_today()
    return PersonRole.select(PersonRole.person).where(
        PersonRole.role.in_([PersonRoleKind(role) for role in roles]),
        PersonRole.valid_from <= today,
        PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
    )


def _opted_in(topics: list[str]) -> ModelSelect[Any]:
    each = TopicOptIn.alias("of_topic")
    return each.select(each.person).where(each.topic.in_([Topic(topic) for topic in topics]), each.is_on)


def _signed_up(activity_id: int) -> ModelSelect[Any]:
    each = SignUp.alias("of_sign_up")
    return each.select(each.person).where(each.activity == activity_id, each.status == SignUpStatus.SIGNED_UP)


def _attended(activity_id: int) -> ModelSelect[Any]:
    return CheckIn.select(CheckIn.person).where(
        CheckIn.activity == activity_id, CheckIn.status == CheckInStatus.PRESENT
    )


def _came_not(activity_id: int) -> ModelSelect[Any]:
    """Signed up, and neither checked in nor waiting to be confirmed."""
    each = SignUp.alias("of_sign_up")
    came = CheckIn.select(CheckIn.id).where(
        CheckIn.activity == activity_id, CheckIn.person == each.person, CheckIn.status != CheckInStatus.UNDONE
    )
    return each.select(each.person).where(
        each.activity == activity_id, each.status == SignUpStatus.SIGNED_UP, ~fn.EXISTS(came)
    )


def _answered_since(period: str) -> ModelSelect[Any]:
    return participation.persons_who_answered(began(period))


def _answered(questionnaire_id: int) -> ModelSelect[Any]:
    return participation.persons_who_completed(questionnaire_id)


def _wrote_within(days: int) -> ModelSelect[Any]:
    each = Follower.alias("of_silence")
    return each.select(each.person).where(
        each.app_id == config.settings().wechat_app_id,
        each.person.is_null(False),
        each.last_message_at >= clock.utc_now() - timedelta(days=days),
    )


def _with_outcome(value: dict[str, Any]) -> ModelSelect[Any]:
    each = Delivery.alias("of_outcome")
    return each.select(each.person).where(
        each.campaign == value["campaign"], each.status.in_(sorted(_OUTCOMES[value["was"]]))
    )


def _on_lists(list_ids: list[int]) -> ModelSelect[Any]:
    return PersonListMember.select(PersonListMember.person).where(PersonListMember.list.in_(list_ids))


# what a key may hold


def _numbers(value: Any, name: str) -> list[int]:
    try:
        return sorted({int(each) for each in value})
    except (TypeError, ValueError):
        raise wrong(f"{name}应为编号的列表") from None


def _units(value: Any, scope: int | None) -> list[int]:
    wanted = _numbers(value, "受众单位")
    if scope is not None and wanted != [scope]:
        raise wrong("只能选择本单位的人员；面向全联盟请由秘书处发起")
    known = {unit.id for unit in MemberUnit.select(MemberUnit.id).where(MemberUnit.id.in_(wanted))}
    if set(wanted) - known:
        raise wrong("所选单位不存在，请重新选择")
    return wanted


def _words_of(kind: type[Any], name: str) -> Check:
    def check(value: Any, scope: int | None) -> list[str]:
        try:
            return sorted({str(kind(each).value) for each in value})
        except (TypeError, ValueError):
            raise wrong(f"受众的{name}不认识，请重新选择") from None

    return check


def _activity(value: Any, scope: int | None) -> int:
    activity = _row(Activity, value)
    if activity is None or (scope not in (None, activity.member_unit_id) and not activity.is_shared):
        raise wrong("所选活动不存在，请重新选择")  # another school's title is not told either
    return int(activity.id)


def _questionnaire(value: Any, scope: int | None) -> int:
    found = _row(Questionnaire, value)
    is_own = found is not None and scope in (None, found.member_unit_id)
    if not is_own or found.status is QuestionnaireStatus.DRAFT:
        raise wrong("“没答过这份问卷”：所选问卷不存在或还没有开放，请重新选择")
    return int(found.id)


def _period(value: Any, scope: int | None) -> str:
    if value not in PERIOD_WORDS:
        raise wrong("“没答过问卷”：请选择本半年或本年")
    return str(value)


def _days(value: Any, scope: int | None) -> int:
    if not str(value).isdecimal() or not 1 <= int(value) <= LONGEST_SILENCE:
        raise wrong(f"“多少天没来过消息”：请填 1 到 {LONGEST_SILENCE} 的整数")
    return int(value)


def _outcome(value: Any, scope: int | None) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != {"campaign", "was"} or value["was"] not in _OUTCOMES:
        raise wrong("“另一个推送的结果”：请同时选择推送和结果")
    found = _row(Campaign, value["campaign"])
    if found is None or scope not in (None, found.member_unit_id) or found.status not in HAS_OUTCOME:
        raise wrong("“另一个推送的结果”：所选推送不存在或还没有发送，请重新选择")
    return {"campaign": int(found.id), "was": str(value["was"])}


def _lists(value: Any, scope: int | None) -> list[int]:
    wanted = _numbers(value, "名单")
    known = PersonList.select(PersonList.id).where(PersonList.id.in_(wanted))
    if scope is not None:
        known = known.where((PersonList.member_unit == scope) | PersonList.is_shared)
    if set(wanted) - {each.id for each in known}:
        raise wrong("所选名单不存在，请重新选择")
    return wanted


def _row(table: Any, value: Any) -> Any:
    return table.get_or_none(table.id == int(value)) if str(value).isdecimal() else None


# how a key reads


def _titled(table: Any, name: str, gone: str) -> Callable[[Any], str]:
    def tell(row_id: Any) -> str:
        row = table.get_or_none(table.id == row_id)
        return str(getattr(row, name)) if row is not None else gone

    return tell


def _unit_names(unit_ids: list[int]) -> str:
    units = MemberUnit.select().where(MemberUnit.id.in_(unit_ids)).order_by(MemberUnit.order_no)
    return "、".join(unit.short_name for unit in units)


def _list_names(list_ids: list[int]) -> str:
    lists = PersonList.select().where(PersonList.id.in_(list_ids)).order_by(PersonList.id)
    return "、".join(each.name for each in lists) or "（名单已删除）"


def _outcome_words(value: dict[str, Any]) -> str:
    return f"《{_titled(Campaign, 'title', '推送已删除')(value['campaign'])}》{OUTCOME_WORDS[value['was']]}"


def _listed(kind: type[Any], words: dict[Any, str]) -> Callable[[Any], str]:
    return lambda values: "、".join(words[kind(each)] for each in values)


_ACTIVITY = _titled(Activity, "title", "（活动已删除）")
_SURVEY = _titled(Questionnaire, "title", "（问卷已删除）")

KEYS: dict[str, Key] = {
    "units": Key("单位", _units, _of_units, _unit_names),
    "tiers": Key("层级", _words_of(UnitTier, "层级"), _of_tiers, _listed(UnitTier, TIER_WORDS)),
    "roles": Key("身份", _words_of(PersonRoleKind, "身份"), _with_roles, _listed(PersonRoleKind, ROLE_WORDS)),
    "topics": Key("订阅", _words_of(Topic, "订阅主题"), _opted_in, _listed(Topic, TOPIC_WORDS)),
    "signed_up_for": Key("报名", _activity, _signed_up, _ACTIVITY),
    "attended": Key("到场", _activity, _attended, _ACTIVITY),
    "came_not": Key("报名未到", _activity, _came_not, _ACTIVITY),
    "no_survey": Key("没答过问卷", _period, _answered_since, PERIOD_WORDS.__getitem__, is_absence=True),
    "no_answer_to": Key("没答过", _questionnaire, _answered, _SURVEY, is_absence=True),
    "silent_for": Key("没来过消息", _days, _wrote_within, "{} 天".format, is_absence=True),
    "outcome": Key("推送结果", _outcome, _with_outcome, _outcome_words),
    "lists": Key("名单", _lists, _on_lists, _list_names),
}
