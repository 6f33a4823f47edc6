"""Making and changing activities. Errors name the field and say how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import clock
from models.accounts import Account
from models.activities import (
    ACTIVITY_MOVES,
    CONCERNED,
    Activity,
    ActivitySeries,
    ActivityStatus,
    InvitationStatus,
    SignUp,
    UnitInvitation,
)
from models.alliance import MemberUnit
from models.base import db, locked
from services import access, audit, pictures
from services.activities import moves, sign_up_rules, waiting
from services.activities.invitation_rows import liaisons_of
from services.errors import IllegalMove, Invalid, NotFound, StaleState
from services.html import clean
from services.messaging import campaigns, notices, relative_times
from services.messaging.notices import NoticeKind
from services.search import content

# What may be given, and the word a reader knows it by.
LABELS = {
    "series": "系列",
    "series_no": "期数",
    "title": "标题",
    "speaker": "主讲人",
    "speaker_intro": "主讲人简介",
    "place": "地点",
    "starts_at": "开始时间",
    "ends_at": "结束时间",
    "seats": "名额",
    "sign_up_closes_at": "报名截止时间",
    "body_html": "活动介绍",
    "member_unit": "主办单位",
    "is_shared": "是否面向全联盟",
    "is_sample": "样例",
    "unit_seats": "每单位最多",
    "offer_hours": "候补名额保留",
    "auto_fill_hours": "自动递补",
    "reminders": "提醒",
}
REQUIRED = ("series", "title", "place", "starts_at", "ends_at", "member_unit")
MAX_BODY = 100_000
MAX_INTRO = 2_000
REASON_LENGTH = 200
BEFORE_IT_BEGINS = set(NoticeKind) - {NoticeKind.ACTIVITY_CANCELLED, NoticeKind.FEEDBACK_ASKED}


def create(values: Mapping[str, Any], *, actor: Account | None) -> Activity:
    """A draft. `values` by the names of LABELS; references as rows or ids, times naive UTC.

    The unit is the actor's where none is given. Raises Invalid naming every wrong field, or
    NotFound for another school's unit.
    """
    _refuse_unknown(values)
    merged = {"is_shared": True, "is_sample": False, **sign_up_rules.DEFAULTS, **values}
    if merged.get("member_unit") is None and actor is not None:
        merged["member_unit"] = actor.member_unit_id
    with db.atomic():
        checked = _checked(merged, actor=actor)
        activity = Activity.create(**checked)
        content.index_activity(activity)
        audit.record("activity.created", activity, actor=actor, title=activity.title)
    return activity


def update(
    activity: Activity,
    values: Mapping[str, Any],
    *,
    version: int,
    actor: Account | None,
    reason: str = "",
) -> Activity:
    """Change what `values` names, where nobody changed it since `version`; gives the changed row.

    Reviews of campaigns about it are void afterwards. Where the time or place of a published one
    changed, those with a seat are told at once (`reason` with it); more seats go to who waits.
    Raises StaleState where somebody was faster, IllegalMove for a cancelled activity, Invalid
    naming every wrong field, also for a new time while check-in is open or somebody has come.
    """
    _refuse_unknown(values)
    reason = " ".join(reason.split())
    if len(reason) > REASON_LENGTH:
        raise Invalid(fields={"reason": f"变动说明不超过{REASON_LENGTH}个字"})
    with db.atomic():
        fresh = _fresh(activity, actor)
        if fresh.version != version:
            raise StaleState(_CHANGED, version=fresh.version)
        if fresh.status is ActivityStatus.CANCELLED:
            raise IllegalMove("活动已取消，不能再修改")
        before = {name: getattr(fresh, _column(name)) for name in LABELS}
        checked = _checked(before | dict(values), actor=actor, activity=fresh)
        moves.refuse_while_people_come(fresh, checked)
        if fresh.status is ActivityStatus.PUBLISHED:
            _require_licensed(checked["body_html"])
        changed = sorted(name for name, value in checked.items() if before[name] != value)
        Activity.update(version=version + 1, **checked).where(Activity.id == fresh.id).execute()
        audit.record("activity.changed", fresh, actor=actor, fields=changed)
        campaigns.void_reviews(activity=fresh, actor=actor)
        saved = Activity.get_by_id(fresh.id)
        content.index_activity(saved)
        moves.record(fresh, saved, reason=reason)
        relative_times.follow(saved, actor=actor)
        waiting.fill(saved)
    return saved


def publish(activity: Activity, *, actor: Account | None) -> Activity:
    """Show a draft to the members it is open to. Raises IllegalMove, or Invalid for one that has begun."""
    with db.atomic():
        fresh = _fresh(activity, actor)
        if fresh.status is ActivityStatus.DRAFT and fresh.starts_at <= clock.utc_now():
            raise Invalid(fields={"starts_at": "开始时间已过，请改为将来的时间后再发布"})
        _require_licensed(fresh.body_html)
        _move(fresh, ActivityStatus.PUBLISHED)
        audit.record("activity.published", fresh, actor=actor, title=fresh.title)
    return fresh


def cancel(activity: Activity, reason: str, *, actor: Account | None) -> Activity:
    """Call it off; all who signed up, wait or were to name people are told the reason.

    Sign-ups stay as they were. Raises Invalid without a reason, IllegalMove when it is cancelled
    already or over.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(fields={"reason": "请填写取消原因，报名的人会看到"})
    if len(reason) > REASON_LENGTH:
        raise Invalid(fields={"reason": f"取消原因不超过{REASON_LENGTH}个字"})
    with db.atomic():
        fresh = _fresh(activity, actor)
        if fresh.status is ActivityStatus.PUBLISHED and fresh.ends_at <= clock.utc_now():
            raise IllegalMove("活动已经结束，不能取消")
        was_shown = fresh.status is ActivityStatus.PUBLISHED
        _move(fresh, ActivityStatus.CANCELLED, status_reason=reason)
        audit.record("activity.cancelled", fresh, actor=actor, reason=reason)
        relative_times.cancel_with(fresh, actor=actor)
        if was_shown:
            _tell_cancelled(fresh)
    return fresh


def _tell_cancelled(activity: Activity) -> None:
    notices.withdraw(activity, BEFORE_IT_BEGINS, "活动已取消")
    people = SignUp.select(SignUp.person).where(
        SignUp.activity == activity.id, SignUp.status.in_(list(CONCERNED))
    )
    asked = UnitInvitation.select().where(
        UnitInvitation.activity == activity.id, UnitInvitation.status == InvitationStatus.INVITED
    )
    liaisons = liaisons_of([row.member_unit_id for row in asked]).values()
    notices.tell(
        {row.person_id for row in people}.union(*liaisons),
        kind=NoticeKind.ACTIVITY_CANCELLED,
        fields=notices.of_activity(activity) | {"reason": activity.status_reason},
        about=activity,
        url=f"/m/activities/{activity.id}",
        occasion="cancelled",
    )


def _require_licensed(body_html: str) -> None:
    """Raises Invalid where members would see a picture whose right is not known."""
    if why := pictures.why_not_licensed([body_html]):
        raise Invalid(fields={"body_html": why})


_CHANGED = "这项活动刚刚被别人修改过，您的修改没有保存。请打开最新内容，对照后再改"


def _fresh(activity: Activity, actor: Account | None) -> Activity:
    fresh = locked(Activity.select().where(Activity.id == activity.id)).get_or_none()
    if fresh is None:
        raise NotFound()
    if actor is not None:
        access.require_unit(actor, fresh.member_unit_id)
    return fresh


def _move(activity: Activity, to: ActivityStatus, **values: Any) -> None:
    was = activity.status
    if to not in ACTIVITY_MOVES[was]:
        raise IllegalMove(was=was, to=to)
    moved = (
        Activity.update(status=to, version=activity.version + 1, **values)
        .where(Activity.id == activity.id, Activity.status == was)
        .execute()
    )
    if not moved:
        raise StaleState(was=was, to=to)
    activity.status, activity.version = to, activity.version + 1
    for name, value in values.items():
        setattr(activity, name, value)


def _refuse_unknown(values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(LABELS)
    if unknown:
        raise TypeError(f"no field of an activity: {', '.join(sorted(unknown))}")


def _checked(
    values: Mapping[str, Any], *, actor: Account | None, activity: Activity | None = None
) -> dict[str, Any]:
    """The values as stored. Raises Invalid with every wrong field at once."""
    checked = dict(values)
    errors: dict[str, str] = {}
    for name in ("title", "speaker", "place", "speaker_intro"):
        checked[name] = _text(name, checked.get(name), errors)
    checked["body_html"] = clean(checked.get("body_html") or "")
    if len(checked["body_html"]) > MAX_BODY:
        errors["body_html"] = "活动介绍太长，请精简（不超过十万字符）"
    for name in ("series", "member_unit"):
        checked[name] = _id(checked.get(name))
    for name in REQUIRED:
        if checked.get(name) in (None, ""):
            errors.setdefault(name, f"请填写{LABELS[name]}")
    checked["reminders"] = sign_up_rules.clean_reminders(checked.get("reminders"), errors)
    errors = _reference_errors(checked) | _time_errors(checked) | _number_errors(checked, activity) | errors
    if errors:
        raise Invalid(fields=errors)
    if actor is not None:
        access.require_unit(actor, checked["member_unit"])
    return checked


def _text(name: str, value: str | None, errors: dict[str, str]) -> str:
    text = (value or "").strip()
    if name != "speaker_intro":
        text = " ".join(text.split())
    limit = getattr(Activity, name).max_length if name != "speaker_intro" else MAX_INTRO
    if len(text) > limit:
        errors[name] = f"{LABELS[name]}不超过{limit}个字，现在是{len(text)}个字"
    return text


def _column(name: str) -> str:
    """Foreign keys are compared by id."""
    return f"{name}_id" if name in ("series", "member_unit") else name


def _id(value: Any) -> int | None:
    return getattr(value, "id", value)


def _reference_errors(values: Mapping[str, Any]) -> dict[str, str]:
    errors = {}
    series, unit = values["series"], values["member_unit"]
    if series is not None and not ActivitySeries.select().where(ActivitySeries.id == series).exists():
        errors["series"] = "没有这个系列，请重新选择"
    if unit is not None and not MemberUnit.select().where(MemberUnit.id == unit).exists():
        errors["member_unit"] = "没有这个单位，请重新选择"
    return errors


def _time_errors(values: Mapping[str, Any]) -> dict[str, str]:
    errors = {}
    starts: datetime | None = values.get("starts_at")
    ends: datetime | None = values.get("ends_at")
    closes: datetime | None = values.get("sign_up_closes_at")
    if starts is not None and ends is not None and ends <= starts:
        errors["ends_at"] = "结束时间应晚于开始时间"
    if starts is not None and closes is not None and closes > starts:
        errors["sign_up_closes_at"] = "报名截止时间不能晚于开始时间；留空即到开始时截止"
    return errors


def _number_errors(values: Mapping[str, Any], activity: Activity | None) -> dict[str, str]:
    errors = sign_up_rules.errors(values, activity)
    number = values.get("series_no")
    if number is not None:
        if not 1 <= number <= 9999:
            errors["series_no"] = "期数应为1到9999"
        elif _number_taken(values, activity):
            errors["series_no"] = f"本单位的这个系列已有第{number}期，请核对期数"
    return errors


def _number_taken(values: Mapping[str, Any], activity: Activity | None) -> bool:
    query = Activity.select().where(
        Activity.series == values["series"],
        Activity.series_no == values["series_no"],
        Activity.member_unit == values["member_unit"],
        Activity.status != ActivityStatus.CANCELLED,
    )
    if activity is not None:
        query = query.where(Activity.id != activity.id)
    return bool(query.exists())
