"""The waiting list (候补): who comes next gets the seat that became free, asked or unasked.

Every act here, and every act that frees a seat, holds the lock on the activity's row: two seats
given back at once go to the next two, and nobody is passed over. The turn (`queue_no`) counts up
within an activity; who leaves the queue and comes back stands at its end.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from peewee import fn

import clock
from models.activities import Activity, ActivityStatus, SignUp, SignUpStatus
from models.base import db, locked
from models.people import Person
from services.activities.seats import UnitRoom, seats_left
from services.errors import Conflict
from services.messaging import notices, quiet_hours
from services.messaging.notice_texts import day_and_time
from services.messaging.notices import NoticeKind


class OfferLapsed(Conflict):
    code, message = "offer_lapsed", "名额保留的时间已过，已让给下一位。还想参加可以重新候补"


def put_in_queue(activity: Activity, person: Person, held: SignUp | None, source: str) -> SignUp:
    """The person waits, behind all who wait already. Under the activity's lock."""
    now = clock.utc_now()
    last = SignUp.select(fn.MAX(SignUp.queue_no)).where(SignUp.activity == activity.id).scalar() or 0
    if held is None:
        held = SignUp(activity=activity, person=person)
    held.status, held.moved_at, held.source = SignUpStatus.WAITING, now, source
    held.queue_no, held.offered_until, held.invitation = last + 1, None, None
    held.save()
    return held


def fill(activity: Activity) -> list[SignUp]:
    """Give the free seats to those who wait, in their order; who got one, or the offer of one.

    Under the activity's lock. Whose unit has no room is passed over and keeps the turn.
    """
    now = clock.utc_now()
    if activity.status is not ActivityStatus.PUBLISHED or now >= activity.starts_at:
        return []
    _let_lapse(activity, now)
    free, room = seats_left(activity), UnitRoom(activity)
    got: list[SignUp] = []
    if free == 0:
        return got
    for row in queue(activity):
        if free is not None and len(got) >= free:
            break
        if room.has(row.person.member_unit_id):
            room.take(row.person.member_unit_id)
            got.append(row)
    if not got:
        return got
    if _is_unasked(activity, now):
        _give(activity, got, now)
    else:
        _offer(activity, got, now)
    return got


def fill_locked(activity_id: int) -> list[SignUp]:
    """The same, with the lock taken here."""
    with db.atomic():
        activity = locked(Activity.select().where(Activity.id == activity_id)).get()
        return fill(activity)


def fill_due() -> int:
    """Let offers lapse whose time is over, and give what is free to who waits; how many got a seat.

    A unit's places become free by the mere passing of their date, so all queues are looked at.
    """
    waiting = (
        Activity.select(Activity.id)
        .join(SignUp)
        .where(
            Activity.status == ActivityStatus.PUBLISHED,
            Activity.starts_at > clock.utc_now(),
            SignUp.status.in_([SignUpStatus.WAITING, SignUpStatus.OFFERED]),
        )
        .distinct()
        .order_by(Activity.id)
    )
    return sum(len(fill_locked(row.id)) for row in list(waiting))


def queue(activity: Activity) -> list[SignUp]:
    """Who waits, the next first, with persons."""
    return list(
        SignUp.select(SignUp, Person)
        .join(Person)
        .where(
            SignUp.activity == activity.id,
            SignUp.status == SignUpStatus.WAITING,
            Person.erased_at.is_null(),
        )
        .order_by(SignUp.queue_no, SignUp.id)
    )


def place_in_queue(sign_up: SignUp) -> int:
    """1 for the next."""
    ahead = SignUp.select().where(
        SignUp.activity == sign_up.activity_id,
        SignUp.status == SignUpStatus.WAITING,
        SignUp.queue_no < sign_up.queue_no,
    )
    return int(ahead.count()) + 1


def offer_ends(activity: Activity, now: datetime) -> datetime:
    """Until when a seat offered now is kept: its hours begin when the quiet hours end."""
    ends = quiet_hours.next_allowed(now) + timedelta(hours=activity.offer_hours)
    return min(ends, activity.starts_at)


def _is_unasked(activity: Activity, now: datetime) -> bool:
    if activity.auto_fill_hours is None:
        return False
    return now <= activity.starts_at - timedelta(hours=activity.auto_fill_hours)


def _give(activity: Activity, rows: list[SignUp], now: datetime) -> None:
    _move(rows, SignUpStatus.SIGNED_UP, now, None)
    _tell(activity, rows, NoticeKind.PLACE_GIVEN, {}, now)


def _offer(activity: Activity, rows: list[SignUp], now: datetime) -> None:
    until = offer_ends(activity, now)
    _move(rows, SignUpStatus.OFFERED, now, until)
    _tell(activity, rows, NoticeKind.PLACE_OFFERED, {"until": day_and_time(until)}, now, until)


def _move(rows: list[SignUp], to: SignUpStatus, now: datetime, until: datetime | None) -> None:
    for row in rows:
        row.status, row.moved_at, row.offered_until = to, now, until
        row.save(only=[SignUp.status, SignUp.moved_at, SignUp.offered_until])


def _let_lapse(activity: Activity, now: datetime) -> None:
    SignUp.update(status=SignUpStatus.LAPSED, moved_at=now, offered_until=None).where(
        SignUp.activity == activity.id,
        SignUp.status == SignUpStatus.OFFERED,
        SignUp.offered_until <= now,
    ).execute()


def _tell(
    activity: Activity,
    rows: list[SignUp],
    kind: NoticeKind,
    more: dict[str, str],
    now: datetime,
    deadline_at: datetime | None = None,
) -> None:
    turns = f"{rows[0].queue_no}-{rows[-1].queue_no}"
    notices.tell(
        [row.person_id for row in rows],
        kind=kind,
        fields=notices.of_activity(activity) | more,
        about=activity,
        url=f"/m/activities/{activity.id}",
        deadline_at=deadline_at,
        occasion=f"{turns}@{now.isoformat()}",
    )
