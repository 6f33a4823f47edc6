"""Reminders before an activity: so many minutes before its start, wherever the start moves to."""

from __future__ import annotations

from datetime import datetime, timedelta

import clock
from models.activities import Activity, ActivityStatus, SignUp, SignUpStatus
from services import mini_reminders
from services.activities import moves
from services.messaging import notices, quiet_hours
from services.messaging.notices import NoticeKind

LONGEST = 30 * 24 * 60  # minutes
MOST = 4


def offsets(activity: Activity) -> list[int]:
    """Minutes before the start, the longest first."""
    return sorted((int(each) for each in activity.reminders.split(",") if each), reverse=True)


def moments(activity: Activity) -> list[tuple[datetime, int]]:
    """When the reminders are due (naive UTC) and their minutes, the first first."""
    return [
        (quiet_hours.moment_before(activity.starts_at, timedelta(minutes=each)), each)
        for each in offsets(activity)
    ]


def remind_due() -> int:
    """Tell the reminders that are due and were not told; how many campaigns that made.

    Of several that are due at once only the last is told. Who signed up after its moment needs
    none; after a change of time those due before it are void, since the change itself was told.
    """
    now = clock.utc_now()
    coming = list(
        Activity.select().where(
            Activity.status == ActivityStatus.PUBLISHED,
            Activity.starts_at > now,
            Activity.starts_at <= now + timedelta(minutes=LONGEST) + timedelta(days=1),
            Activity.reminders != "",
        )
    )
    changed = moves.last_time_change([activity.id for activity in coming])
    return sum(_remind(activity, now, changed.get(activity.id)) for activity in coming)


def _remind(activity: Activity, now: datetime, changed_at: datetime | None) -> bool:
    due = [(at, minutes) for at, minutes in moments(activity) if at <= now]
    if not due:
        return False
    at, minutes = max(due)
    occasion = f"{minutes}@{activity.starts_at.isoformat()}"
    if changed_at is not None and at < changed_at:
        return False
    told = notices.tell(
        _to_remind(activity, at, occasion),
        kind=NoticeKind.SIGN_UP_REMINDER,
        fields=notices.of_activity(activity),
        about=activity,
        url=f"/m/activities/{activity.id}",
        occasion=occasion,
    )
    return told is not None


def _to_remind(activity: Activity, at: datetime, occasion: str) -> set[int]:
    """Who (person ids) had a seat then and is not reminded by the mini program at about that time.

    Once it was told, those whose reminder in the mini program failed since.
    """
    was_told = notices.was_told(NoticeKind.SIGN_UP_REMINDER, activity, occasion)
    failed = mini_reminders.fell_through(activity, at - mini_reminders.NEAR) if was_told else set()
    if was_told and not failed:
        return set()
    rows = SignUp.select(SignUp.person).where(
        SignUp.activity == activity.id, SignUp.status == SignUpStatus.SIGNED_UP, SignUp.moved_at <= at
    )
    people = {row.person_id for row in rows}
    return people & failed if was_told else people - mini_reminders.covered(activity, at)
