"""Sign-ups (活动报名): seats are given out under a lock on the activity's row, so none is given twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import clock
from models.accounts import Account
from models.activities import (
    CONCERNED,
    HOLDS_SEAT,
    Activity,
    ActivitySeries,
    ActivityStatus,
    SignUp,
    SignUpStatus,
)
from models.alliance import MemberUnit
from models.base import db, locked
from models.people import Person
from services import access
from services.activities import invitation_rows, waiting
from services.activities.queries import for_member
from services.activities.seats import UnitRoom, seats_left
from services.errors import Conflict, NotFound
from services.messaging import withdrawals


class ActivityFull(Conflict):
    code, message = "activity_full", "名额已满。可以排队候补，有人取消时按先后顺序通知您"


class UnitFull(ActivityFull):
    code, message = "unit_full", "您单位的名额已满。可以排队候补，本单位有人取消时按先后顺序通知您"


class SignUpClosed(Conflict):
    code, message = "sign_up_closed", "报名已经截止"


def closes_at(activity: Activity) -> datetime:
    """When sign-up ends, naive UTC: at the time that was set, and never after the start."""
    if activity.sign_up_closes_at is None:
        return activity.starts_at
    return min(activity.sign_up_closes_at, activity.starts_at)


def is_open(activity: Activity) -> bool:
    """Whether it can be signed up for now, seats aside."""
    return activity.status is ActivityStatus.PUBLISHED and clock.utc_now() < closes_at(activity)


def sign_up(activity: Activity, person: Person, *, source: str = "page") -> SignUp:
    """Give the person a seat; a second call gives the same one. Who was offered a seat takes it so.

    Raises ActivityFull, UnitFull, SignUpClosed (also for a cancelled activity), OfferLapsed, or
    NotFound where the activity is not open to the person; no seat changes hands in any of these.
    """
    with db.atomic():
        fresh, held, was = _meet(activity, person)
        why = _why_not(fresh, person, held, was)
        if why is None:
            return _take_seat(fresh, person, held, source)
    # outside the transaction that refuses: an offer that lapsed has gone to the next, and stays gone
    raise why


def wait(activity: Activity, person: Person, *, source: str = "page") -> SignUp:
    """Stand in the queue for a seat; who is in it, or has a seat, keeps it. A free seat is given at once.

    Raises SignUpClosed, or NotFound as `sign_up` does.
    """
    with db.atomic():
        fresh, held, _ = _meet(activity, person)
        if held is not None and held.status in CONCERNED:
            return held
        _check_open(fresh)
        if _why_not(fresh, person, held, None) is None:
            return _take_seat(fresh, person, held, source)
        return waiting.put_in_queue(fresh, person, held, source)


def cancel_sign_up(activity: Activity, person: Person) -> SignUp:
    """Give the seat, the offer or the place in the queue back, until the activity starts.

    The seat goes to who waits; what still waits to be sent on the strength of it is not sent. A
    second call changes nothing. Raises NotFound for who never signed up, SignUpClosed once it has
    started.
    """
    with db.atomic():
        fresh = locked(Activity.select().where(Activity.id == activity.id)).get()
        held = sign_up_of(fresh, person)
        if held is None:
            raise NotFound("您没有报名这项活动")
        if held.status not in CONCERNED:
            return held
        if clock.utc_now() >= fresh.starts_at:
            raise SignUpClosed("活动已经开始，不能再取消报名")
        give_back(fresh, held)
        return held


def give_back(activity: Activity, held: SignUp) -> None:
    """End a sign-up under the activity's lock; its seat goes to who waits, or, where a unit named all
    its people, is the unit's until its date."""
    had_seat = held.status in HOLDS_SEAT
    if had_seat and held.invitation is not None:
        invitation_rows.reopen_if_full(held.invitation)
    held.status, held.moved_at, held.offered_until = SignUpStatus.CANCELLED, clock.utc_now(), None
    held.save(only=[SignUp.status, SignUp.moved_at, SignUp.offered_until])
    withdrawals.of_sign_up(held.person, activity)
    if had_seat:
        waiting.fill(activity)


def keep_place(activity: Activity, person: Person) -> SignUp:
    """The person comes in spite of the change of time or place. Raises NotFound for who has no seat."""
    with db.atomic():
        locked(Activity.select(Activity.id).where(Activity.id == activity.id)).execute()
        held = sign_up_of(activity, person)
        if held is None or held.status is not SignUpStatus.SIGNED_UP:
            raise NotFound("您没有报名这项活动")
        held.kept_at = clock.utc_now()
        held.save(only=[SignUp.kept_at])
        return held


def sign_up_of(activity: Activity, person: Person) -> SignUp | None:
    """The person's row for the activity, cancelled or not."""
    return SignUp.get_or_none(SignUp.activity == activity.id, SignUp.person == person.id)


def own(activity_ids: Iterable[int], person: Person) -> dict[int, SignUp]:
    """The person's rows by activity, cancelled or not; one statement."""
    rows = SignUp.select().where(SignUp.person == person.id, SignUp.activity.in_(list(activity_ids)))
    return {row.activity_id: row for row in rows}


def mine(
    person: Person,
    limit: int = 50,
    *,
    offset: int = 0,
    statuses: Collection[SignUpStatus] = (SignUpStatus.SIGNED_UP,),
    coming: bool = False,
) -> list[SignUp]:
    """The person's sign-ups with their activities, those of the latest activities first; `coming`: only
    of what has not begun and takes place."""
    query = (
        SignUp.select(SignUp, Activity, ActivitySeries)
        .join(Activity)
        .join(ActivitySeries)
        .where(SignUp.person == person.id, SignUp.status.in_(list(statuses)))
        .order_by(Activity.starts_at.desc(), SignUp.id)
    )
    if coming:
        is_held = Activity.status == ActivityStatus.PUBLISHED
        query = query.where(is_held, Activity.starts_at > clock.utc_now())
    return list(query.limit(limit).offset(offset))


def clashes(activity: Activity, person: Person) -> list[Activity]:
    """What else the person has a seat at in that time, the earliest first."""
    return list(
        Activity.select(Activity)
        .join(SignUp)
        .where(
            SignUp.person == person.id,
            SignUp.status.in_(list(HOLDS_SEAT)),
            Activity.id != activity.id,
            Activity.status == ActivityStatus.PUBLISHED,
            Activity.starts_at < activity.ends_at,
            Activity.ends_at > activity.starts_at,
        )
        .order_by(Activity.starts_at)
    )


def sign_ups(
    activity: Activity, *, actor: Account | None, statuses: Collection[SignUpStatus] = ()
) -> list[SignUp]:
    """All sign-ups (or those of some statuses) with persons and units, units in their fixed order,
    those with a seat first, cancelled ones last.

    Only for the unit that holds the activity, or the alliance; else NotFound. People of other
    units are among them: show names masked and no phone.
    """
    if actor is not None:
        access.require_unit(actor, activity.member_unit_id)
    query = (
        SignUp.select(SignUp, Person, MemberUnit)
        .join(Person)
        .join(MemberUnit)
        .where(SignUp.activity == activity.id)
        .order_by(MemberUnit.order_no, MemberUnit.id, SignUp.moved_at, SignUp.id)
    )
    if statuses:
        query = query.where(SignUp.status.in_(list(statuses)))
    turns = list(SignUpStatus)
    return sorted(query, key=lambda row: turns.index(row.status))


def _meet(activity: Activity, person: Person) -> tuple[Activity, SignUp | None, SignUpStatus | None]:
    """The activity under its lock, after what was due there was done; the person's row, and its
    status before that. Raises NotFound where the activity is not open to the person."""
    locked(Activity.select(Activity.id).where(Activity.id == activity.id)).execute()
    fresh = for_member(activity.id, person)
    before = sign_up_of(fresh, person)
    waiting.fill(fresh)
    return fresh, sign_up_of(fresh, person), before.status if before is not None else None


def _why_not(
    activity: Activity, person: Person, held: SignUp | None, was: SignUpStatus | None
) -> Conflict | None:
    """Why the person cannot have a seat now; None when there is one."""
    if held is not None and held.status in HOLDS_SEAT:
        return None
    if was is SignUpStatus.OFFERED and held is not None and held.status is SignUpStatus.LAPSED:
        return waiting.OfferLapsed(activity=activity.id)
    if why := _why_closed(activity):
        return SignUpClosed(why)
    if held is not None and held.status is SignUpStatus.WAITING:
        return ActivityFull(f"名额已满，您在候补第{waiting.place_in_queue(held)}位，有名额会通知您")
    if seats_left(activity) == 0:
        return ActivityFull(activity=activity.id, seats=activity.seats)
    room = UnitRoom(activity)
    if not room.has(person.member_unit_id):
        return UnitFull(activity=activity.id, seats=room.limit(person.member_unit_id))
    return None


def _check_open(activity: Activity) -> None:
    if why := _why_closed(activity):
        raise SignUpClosed(why)


def _why_closed(activity: Activity) -> str:
    if activity.status is ActivityStatus.CANCELLED:
        return "活动已取消，不能报名"
    now = clock.utc_now()
    if now >= activity.starts_at:
        return "活动已经开始，不能再报名"
    if now >= closes_at(activity):
        ended = clock.to_local(closes_at(activity))
        return f"报名已于{ended.month}月{ended.day}日 {ended:%H:%M} 截止"
    return ""


def _take_seat(activity: Activity, person: Person, held: SignUp | None, source: str) -> SignUp:
    now = clock.utc_now()
    if held is None:
        return SignUp.create(activity=activity, person=person, moved_at=now, source=source)
    if held.status is SignUpStatus.SIGNED_UP:
        return held
    if held.status is not SignUpStatus.OFFERED:
        held.source, held.invitation = source, None
    held.status, held.moved_at, held.offered_until, held.kept_at = SignUpStatus.SIGNED_UP, now, None, None
    held.save()
    return held
