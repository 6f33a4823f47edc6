"""A published activity's time or place changes: who has a seat is told at once, and keeps it or not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import clock
from models.activities import (
    HOLDS_SEAT,
    Activity,
    ActivityMove,
    ActivityStatus,
    SignUp,
    SignUpStatus,
    UnitInvitation,
)
from models.check_ins import CheckIn, CheckInStatus
from services import mini_reminders
from services.check_ins.opening import is_open, opening_of
from services.errors import Invalid
from services.messaging import notices
from services.messaging.notice_texts import URGENT_WITHIN, day_and_time
from services.messaging.notices import NoticeKind

TIMES = ("starts_at", "ends_at")
CHECK_IN_IS_OPEN = "签到正在开放，时间不能改。要改时间请先结束签到；地点仍可以改，会通知报名的人"
SOMEBODY_CAME = (
    "已有{number}人签到，时间不能改，否则签到记录对不上。地点仍可以改；"
    "签错了请先在签到页撤销，要改期请另建一场活动"
)


def refuse_while_people_come(before: Activity, after: Mapping[str, Any]) -> None:
    """Raises Invalid for a new time (`after`, by field) while check-in is open or somebody has come:
    who came did so at the time that was told. The place may still change.

    Under the activity's lock, which an opening and a check-in wait for.
    """
    changed = [name for name in TIMES if after[name] != getattr(before, name)]
    if not changed:
        return
    if is_open(before, opening_of(before)):
        raise Invalid(fields={changed[0]: CHECK_IN_IS_OPEN})
    came = CheckIn.select().where(CheckIn.activity == before.id, CheckIn.status != CheckInStatus.UNDONE)
    if number := came.count():
        raise Invalid(fields={changed[0]: SOMEBODY_CAME.format(number=number)})


def record(before: Activity, after: Activity, *, reason: str) -> ActivityMove | None:
    """Keep the move and tell everybody with a seat; None where nothing moved, or it is over.

    Inside the transaction of the edit, under the activity's lock. A reminder that names the old
    time is not sent any more, nor an earlier notice of a move.
    """
    now = clock.utc_now()
    has_moved = any(getattr(before, name) != getattr(after, name) for name in ("place", *TIMES))
    # who comes late still looks for the hall; a new time of what has begun is a correction
    ends_at = after.starts_at if before.place == after.place else after.ends_at
    if after.status is not ActivityStatus.PUBLISHED or not has_moved or ends_at <= now:
        return None
    move = ActivityMove.create(
        activity=after,
        moved_at=now,
        reason=reason,
        **{f"{name}_was": getattr(before, name) for name in ("place", *TIMES)},
        **{name: getattr(after, name) for name in ("place", *TIMES)},
    )
    SignUp.update(kept_at=None).where(SignUp.activity == after.id).execute()
    SignUp.update(offered_until=after.starts_at).where(
        SignUp.activity == after.id, SignUp.offered_until > after.starts_at
    ).execute()
    UnitInvitation.update(answer_by=after.starts_at).where(
        UnitInvitation.activity == after.id, UnitInvitation.answer_by > after.starts_at
    ).execute()
    mini_reminders.follow(after)
    notices.withdraw(
        after, {NoticeKind.ACTIVITY_MOVED, NoticeKind.SIGN_UP_REMINDER}, "活动又有变动，以新的通知为准"
    )
    _tell(move, after, urgent=_urgency(before, after, now), deadline_at=ends_at)
    return move


def latest(activity: Activity) -> ActivityMove | None:
    """The last move, if there was one."""
    return (
        ActivityMove.select()
        .where(ActivityMove.activity == activity.id)
        .order_by(ActivityMove.id.desc())
        .first()
    )


def last_time_change(activity_ids: list[int]) -> dict[int, datetime]:
    """When the time (not only the place) last changed, by activity."""
    rows: Any = (
        ActivityMove.select(ActivityMove.activity, ActivityMove.moved_at)
        .where(ActivityMove.activity.in_(activity_ids), ActivityMove.starts_at != ActivityMove.starts_at_was)
        .order_by(ActivityMove.id)
        .tuples()
    )
    return dict(rows)


def answers(activity: Activity, move: ActivityMove) -> tuple[int, int, int]:
    """After a move: how many said they come, gave the seat back, have not answered."""
    rows = list(SignUp.select().where(SignUp.activity == activity.id))
    kept = sum(row.status is SignUpStatus.SIGNED_UP and row.kept_at is not None for row in rows)
    left = sum(row.status is SignUpStatus.CANCELLED and row.moved_at > move.moved_at for row in rows)
    silent = sum(row.status is SignUpStatus.SIGNED_UP and row.kept_at is None for row in rows)
    return kept, left, silent


def in_words(move: ActivityMove) -> str:
    """时间改为…（原…）；地点改为…（原…）"""
    changes = []
    if move.starts_at != move.starts_at_was:
        told = f"时间改为{day_and_time(move.starts_at)}（原{day_and_time(move.starts_at_was)}）"
        changes.append(told)
    elif move.ends_at != move.ends_at_was:
        ends = (clock.to_local(each) for each in (move.ends_at, move.ends_at_was))
        changes.append("结束时间改为{:%H:%M}（原{:%H:%M}）".format(*ends))
    if move.place != move.place_was:
        changes.append(f"地点改为{move.place}（原{move.place_was}）")
    return "；".join(changes)


def _tell(move: ActivityMove, activity: Activity, *, urgent: str, deadline_at: datetime) -> None:
    people = SignUp.select(SignUp.person).where(
        SignUp.activity == activity.id, SignUp.status.in_(list(HOLDS_SEAT))
    )
    notices.tell(
        [row.person_id for row in people],
        kind=NoticeKind.ACTIVITY_MOVED,
        fields=notices.of_activity(activity) | {"changes": in_words(move), "reason": _sentence(move.reason)},
        about=activity,
        url=f"/m/activities/{activity.id}",
        deadline_at=deadline_at,
        occasion=f"move-{move.id}",
        urgent=urgent,
    )


def _urgency(before: Activity, after: Activity, now: datetime) -> str:
    """Who would set out for the old time within a day must hear of it at any hour."""
    soon = min(before.starts_at, after.starts_at) - now < URGENT_WITHIN
    return "活动在24小时内开始，变动须立即告知报名的人" if soon else ""


def _sentence(reason: str) -> str:
    return f"{reason.rstrip('。')}。" if reason else ""
