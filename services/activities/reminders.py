"""Reminders before an activity: so many minutes before its start, wherever the start moves to."""

from __future__ import annotations

from datetime import datetime, timedelta

import clock
from models.activities import Activity, ActivityStatus, SignUp, SignUpStatus
from services.activities import moves
from services.messaging import notices, quiet_hours
from services.messaging.notices import NoticeKind

LONGEST = 30 * 24 * 60  # minutes
MOST = 4
EVENING = 20  # o'clock, when a reminder that would come in the night comes instead
LEAST_NOTICE = timedelta(minutes=30)


def offsets(activity: Activity) -> list[int]:
    """Minutes before the start, the longest first."""
    return sorted((int(each) for each in activity.reminders.split(",") if each), reverse=True)


def moments(activity: Activity) -> list[tuple[datetime, int]]:
    """When the reminders are due (naive UTC) and their minutes, the first first."""
    return [(_outside_the_night(activity.starts_at, each), each) for each in offsets(activity)]


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
    if notices.was_told(NoticeKind.SIGN_UP_REMINDER, activity, occasion):
        return False
    people = SignUp.select(SignUp.person).where(
        SignUp.activity == activity.id, SignUp.status == SignUpStatus.SIGNED_UP, SignUp.moved_at <= at
    )
    told = notices.tell(
        [row.person_id for row in people],
        kind=NoticeKind.SIGN_UP_REMINDER,
        fields=notices.of_activity(activity),
        about=activity,
        url=f"/m/activities/{activity.id}",
        occasion=occasion,
    )
    return told is not None


def _outside_the_night(starts_at: datetime, minutes: int) -> datetime:
    """The moment itself; in the quiet hours their end, if that is in time, else the evening before."""
    at = starts_at - timedelta(minutes=minutes)
    morning = quiet_hours.next_allowed(at)
    if morning <= starts_at - LEAST_NOTICE:
        return morning
    evening = clock.to_local(at).replace(hour=EVENING, minute=0, second=0, microsecond=0, tzinfo=None)
    if clock.to_local(at).hour < EVENING:
        evening -= timedelta(days=1)
    return clock.from_local(evening)
