"""Opening and closing the check-in of an activity, and who may.

An account may by its permission and unit, a person by being instructor, class teacher or liaison
of the unit that holds the activity (access.py).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import clock
from models.accounts import Account
from models.activities import Activity, ActivityStatus
from models.base import db, locked
from models.check_ins import CheckInOpening
from models.people import Person
from services import access, audit
from services.errors import Conflict, Invalid, NotAllowed, NotFound

OPENS_BEFORE = timedelta(hours=3)
SHUTS_AFTER = timedelta(minutes=30)
LEAST_RADIUS, MOST_RADIUS = 50, 5000


class CheckInNotPossible(Conflict):
    code, message = "check_in_not_possible", "现在不能开放签到"


@dataclass(frozen=True, slots=True)
class Place:
    """The hall, where being in or out is to be noted; never a person's place."""

    latitude: float
    longitude: float
    radius_m: int = 300


def may_run(activity: Activity, by: Account | Person) -> bool:
    """Whether the account or person may open, close and call the roll of this activity."""
    if isinstance(by, Account):
        scope = access.unit_scope(by)
        return access.may(by, "check_ins.manage") and scope in (None, activity.member_unit_id)
    return access.runs_check_ins(by, int(activity.member_unit_id))


def require_runner(activity: Activity, by: Account | Person) -> None:
    """Raises NotAllowed for a person, NotFound or NotAllowed for an account."""
    if isinstance(by, Account):
        access.require(by, "check_ins.manage")
        access.require_unit(by, activity.member_unit_id)
    elif not may_run(activity, by):
        raise NotAllowed("您不是本场活动主办单位的教师、班主任或联络员，不能开放签到和点名")


def may_open(activity: Activity) -> bool:
    """Whether the time and state allow it now."""
    return not _why_not(activity, clock.utc_now())


def open_(
    activity: Activity, *, by: Account | Person, takes_walk_ins: bool = False, place: Place | None = None
) -> CheckInOpening:
    """Open check-in; where it is open already only its choices change, the codes stay good.

    Opened anew after a close, the codes of before are void. Raises CheckInNotPossible outside
    the hours or for an activity that does not take place, Invalid for a wrong radius, NotAllowed.
    """
    if place is not None and not LEAST_RADIUS <= place.radius_m <= MOST_RADIUS:
        raise Invalid(fields={"radius_m": f"范围请填 {LEAST_RADIUS}–{MOST_RADIUS} 米"})
    with db.atomic():
        fresh = _fresh(activity, by)
        now = clock.utc_now()
        if why := _why_not(fresh, now):
            raise CheckInNotPossible(why)
        chosen = {
            "takes_walk_ins": takes_walk_ins,
            "latitude": place.latitude if place else None,
            "longitude": place.longitude if place else None,
            "radius_m": place.radius_m if place else None,
        }
        held = opening_of(fresh)
        if held is not None and held.closed_at is None:
            CheckInOpening.update(**chosen).where(CheckInOpening.id == held.id).execute()
        else:
            _begin(fresh, now, chosen)
        if isinstance(by, Account):
            audit.record("check_in.opened", fresh, actor=by, takes_walk_ins=takes_walk_ins)
        opened = opening_of(fresh)
        if opened is None:
            raise NotFound()
        return opened


def close(activity: Activity, *, by: Account | Person) -> None:
    """Close check-in: from now on no code is good; the roll can still be called. Twice is once."""
    with db.atomic():
        fresh = _fresh(activity, by)
        closed = (
            CheckInOpening.update(closed_at=clock.utc_now())
            .where(CheckInOpening.activity == fresh.id, CheckInOpening.closed_at.is_null())
            .execute()
        )
        if closed and isinstance(by, Account):
            audit.record("check_in.closed", fresh, actor=by)


def opening_of(activity: Activity) -> CheckInOpening | None:
    return CheckInOpening.get_or_none(CheckInOpening.activity == activity.id)


def is_open(activity: Activity, opening: CheckInOpening | None) -> bool:
    """Whether codes are good now."""
    is_held = activity.status is ActivityStatus.PUBLISHED and clock.utc_now() < shuts_at(activity)
    return opening is not None and opening.closed_at is None and is_held


def shuts_at(activity: Activity) -> datetime:
    """When an open check-in ends by itself, naive UTC."""
    return activity.ends_at + SHUTS_AFTER


def reopens_at(activity: Activity) -> datetime:
    """From when on it can be opened, naive UTC."""
    return activity.starts_at - OPENS_BEFORE


def _begin(activity: Activity, now: datetime, chosen: Mapping[str, object]) -> None:
    fresh = {"nonce": secrets.token_hex(12), "opened_at": now, "closed_at": None, **chosen}
    (
        CheckInOpening.insert(activity=activity.id, created_at=now, **fresh)
        .on_conflict(conflict_target=[CheckInOpening.activity], update=fresh)
        .execute()
    )


def _why_not(activity: Activity, now: datetime) -> str:
    if activity.status is ActivityStatus.CANCELLED:
        return "活动已取消，不能开放签到"
    if activity.status is ActivityStatus.DRAFT:
        return "活动还没有发布，请先发布再开放签到"
    if now < reopens_at(activity):
        opens = clock.to_local(reopens_at(activity))
        return f"开始前 3 小时起可以开放签到，请在{opens.month}月{opens.day}日 {opens:%H:%M} 以后再开"
    if now >= shuts_at(activity):
        return "活动已结束半小时以上，扫码签到不能再开，请用点名补记"
    return ""


def _fresh(activity: Activity, by: Account | Person) -> Activity:
    fresh = locked(Activity.select().where(Activity.id == activity.id)).get_or_none()
    if fresh is None:
        raise NotFound()
    require_runner(fresh, by)
    return fresh
