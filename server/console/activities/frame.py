"""What the header and tabs of every page of one activity need."""

from __future__ import annotations

from typing import Any

from peewee import fn

import clock
from models.activities import (
    ACTIVITY_STATUS_WORDS,
    HOLDS_SEAT,
    Activity,
    ActivityMaterial,
    ActivityStatus,
    SignUp,
    SignUpStatus,
    UnitInvitation,
)
from models.automatic_notices import AutomaticNotice
from server.console.guard import can, scope


def series_text(activity: Activity) -> str:
    return activity.series.name + (f" 第{activity.series_no}期" if activity.series_no else "")


def is_own(activity: Activity) -> bool:
    return scope() in (None, activity.member_unit_id)


def frame(activity: Activity) -> dict[str, Any]:
    """Another school's shared activity has its first page only."""
    own = is_own(activity)
    return {
        "activity": activity,
        "is_own": own,
        "may_edit": own and can("activities.manage"),
        "statuses": ActivityStatus,
        "status_words": ACTIVITY_STATUS_WORDS,
        "has_begun": clock.utc_now() >= activity.starts_at,
        "has_ended": clock.utc_now() >= activity.ends_at,
        "tabs": _tabs(activity) if own else [],
    }


def counts(activity: Activity) -> dict[SignUpStatus, int]:
    """Sign-ups by status."""
    rows: Any = (
        SignUp.select(SignUp.status, fn.COUNT(SignUp.id))
        .where(SignUp.activity == activity.id)
        .group_by(SignUp.status)
        .tuples()
    )
    return {status: number for status, number in rows}


def _tabs(activity: Activity) -> list[tuple[str, str, int | None]]:
    """Endpoint, word, and how many stand there (None: not told)."""
    by_status = counts(activity)

    def rows_of(table: Any) -> int:
        return int(table.select().where(table.activity == activity.id).count())

    return [
        ("show", "概况", None),
        ("sign_ups", "报名", sum(by_status.get(each, 0) for each in HOLDS_SEAT)),
        ("waiting", "候补", by_status.get(SignUpStatus.WAITING, 0)),
        ("units", "单位名额", rows_of(UnitInvitation)),
        ("materials", "资料", rows_of(ActivityMaterial)),
        ("feedback", "反馈", None),
        ("notices", "通知", rows_of(AutomaticNotice)),
    ]
