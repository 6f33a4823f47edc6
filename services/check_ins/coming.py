"""A person comes: by a scanned code or by six digits. One row per activity and person, whatever comes twice.

The opening is read under a lock that a close waits for, so that of a check-in and a close in the
same moment one is before the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from peewee import JOIN, Expression, fn

import clock
from models.activities import Activity, ActivityStatus, SignUp, SignUpStatus
from models.base import db, is_sqlite, locked
from models.check_ins import CheckIn, CheckInOpening, CheckInStatus, CheckInTries, CheckInWay
from models.people import Person
from services.activities.queries import is_member_today
from services.check_ins import codes
from services.check_ins.opening import SHUTS_AFTER, is_open, shuts_at
from services.prepared import Prepared, given

MOST_WRONG = 5
WRONG_WITHIN = timedelta(minutes=10)
LOCKED_FOR = timedelta(minutes=10)
LATE_AT_MOST = timedelta(hours=24)
BELIEVED_FOR = timedelta(minutes=10)
DIGITS_MEAN_IT_FOR = timedelta(hours=12)
EARTH_M = 6_371_000


class CheckInOutcome(StrEnum):
    CHECKED_IN = "checked_in"
    WALKED_IN = "walked_in"
    ALREADY = "already"
    WAITS = "waits"
    NOT_SIGNED_UP = "not_signed_up"
    NOT_FOR_YOU = "not_for_you"
    EXPIRED = "expired"
    WRONG = "wrong"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    LOCKED = "locked"


CHECK_IN_WORDS = {
    CheckInOutcome.CHECKED_IN: "签到成功",
    CheckInOutcome.WALKED_IN: "签到成功（现场参加，未报名）",
    CheckInOutcome.ALREADY: "您已签到，不用再签",
    CheckInOutcome.WAITS: "已收到离线时的签到，现场老师确认后生效",
    CheckInOutcome.NOT_SIGNED_UP: "您没有报名这场活动，本场只收已报名的人。请找现场工作人员",
    CheckInOutcome.NOT_FOR_YOU: "这场活动不面向您所在的单位，请找现场工作人员",
    CheckInOutcome.EXPIRED: "这个签到码已经换了，请对着现场屏幕重新扫码或输入新的六位数",
    CheckInOutcome.WRONG: "签到码不对，请对着现场屏幕再试一次",
    CheckInOutcome.CLOSED: "签到没有开放或已经结束。到场了请找现场工作人员点名补记",
    CheckInOutcome.CANCELLED: "活动已取消，不用签到",
    CheckInOutcome.LOCKED: "签到码连续输错，请十分钟后再试，或扫码、请现场工作人员点名",
}
CAME = {CheckInOutcome.CHECKED_IN, CheckInOutcome.WALKED_IN, CheckInOutcome.ALREADY}


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of it; `activity` None where the code told none."""

    outcome: CheckInOutcome
    activity: Activity | None = None

    @property
    def words(self) -> str:
        """The outcome as the member reads it, with the activity's title where they came."""
        said = CHECK_IN_WORDS[self.outcome]
        if self.activity is not None and self.outcome in CAME | {CheckInOutcome.WAITS}:
            return f"{said}：{self.activity.title}"
        return said

    @property
    def came(self) -> bool:
        return self.outcome in CAME


@dataclass(frozen=True, slots=True)
class Position:
    """Where the phone is. Only compared, never kept."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class _Coming:
    """One person's coming, before it is judged."""

    opening: CheckInOpening
    person: Person
    at: datetime
    way: CheckInWay
    is_inside: bool | None = None
    is_late: bool = False

    @property
    def activity(self) -> Activity:
        return self.opening.activity

    def told(self, outcome: CheckInOutcome) -> Checked:
        return Checked(outcome, self.activity)


def check_in(
    person: Person,
    *,
    code: str = "",
    six_digits: str = "",
    at: datetime,
    way: CheckInWay = CheckInWay.SCAN_MINI,
    position: Position | None = None,
    is_vouched: bool = False,
) -> Checked:
    """Check the person in by what was scanned (`code`, or its whole address) or typed.

    `at` is when the person did it (naive UTC, never later than now): a code must have been on
    show then. Who was without a network comes later with the same `at` and waits for the
    organiser to confirm, up to a day. `is_vouched`: `at` is WeChat's word, not the phone's, so that
    a message which took minutes need not wait. A second time tells that it was done; nothing raises.
    """
    now = clock.utc_now()
    at = min(at, now)
    is_believed = is_vouched and now - at <= BELIEVED_FOR
    with db.atomic():
        if six_digits:
            return _by_digits(person, six_digits, at, is_believed=is_believed)
        return _by_code(person, code, at, way, position, is_believed=is_believed)


def is_of_late(at: datetime) -> bool:
    """Whether a check-in was opened in the hours before, so that six digits can mean one."""
    return CheckInOpening.select().where(CheckInOpening.opened_at > at - DIGITS_MEAN_IT_FOR).exists()


def matches(six_digits: str, at: datetime) -> bool:
    """Whether an open check-in shows these digits."""
    running = CheckInOpening.select(CheckInOpening, Activity).join(Activity).where(_runs(at))
    return any([codes.matches_digits(six_digits, each, at) for each in running])


def _by_code(
    person: Person,
    text: str,
    at: datetime,
    way: CheckInWay,
    position: Position | None,
    *,
    is_believed: bool,
) -> Checked:
    read = codes.read(text)
    if read is None:
        return Checked(CheckInOutcome.WRONG)
    opening = next(iter(_BY_ACTIVITY.models(activity=read.activity_id, person=person.id)), None)
    if opening is None or not codes.is_genuine(read, opening):
        return Checked(CheckInOutcome.WRONG)
    now = clock.utc_now()
    is_late = not codes.is_fresh(read, at if is_believed else now)
    at = at if codes.is_fresh(read, at) or is_late else now
    coming = _Coming(opening, person, at, way, _is_inside(opening, position), is_late)
    if is_late and (not codes.is_fresh(read, at) or now - at > LATE_AT_MOST):
        return _refused(coming, CheckInOutcome.EXPIRED)
    return _come(coming)


def _by_digits(person: Person, six_digits: str, at: datetime, *, is_believed: bool) -> Checked:
    if _is_locked(person):
        return Checked(CheckInOutcome.LOCKED)
    running = _RUNNING.models(since=at - SHUTS_AFTER, person=person.id)
    if not running:
        return Checked(CheckInOutcome.CLOSED)
    same = [each for each in running if codes.matches_digits(six_digits, each, at)]
    # two activities may show the same digits: then the one signed up for is meant
    opening = next((each for each in same if each.sign_up_id), next(iter(same), None))
    if opening is None:
        return Checked(_count_wrong(person))
    now = clock.utc_now()
    # digits that are no more on show are late, as a code is: a phone may claim any time
    is_late = not codes.matches_digits(six_digits, opening, at if is_believed else now)
    coming = _Coming(opening, person, at, CheckInWay.SIX_DIGITS, is_late=is_late)
    if is_late and now - at > LATE_AT_MOST:
        return _refused(coming, CheckInOutcome.EXPIRED)
    checked = _come(coming)
    if checked.came:
        CheckInTries.delete().where(CheckInTries.person == person.id).execute()
    return checked


def _come(coming: _Coming) -> Checked:
    activity, opening = coming.activity, coming.opening
    if activity.status is ActivityStatus.CANCELLED:
        return coming.told(CheckInOutcome.CANCELLED)
    if not (_was_open(opening, coming.at) if coming.is_late else is_open(activity, opening)):
        return _refused(coming, CheckInOutcome.CLOSED)
    is_walk_in = not opening.sign_up_id
    if is_walk_in and not _is_for(activity, coming.person):
        return _refused(coming, CheckInOutcome.NOT_FOR_YOU)
    if is_walk_in and not opening.takes_walk_ins:
        return _refused(coming, CheckInOutcome.NOT_SIGNED_UP)
    values = _values(coming)
    row = {"activity": activity.id, "person": coming.person.id, "is_walk_in": is_walk_in} | values
    made = CheckIn.insert(created_at=clock.utc_now(), **row).on_conflict_ignore().as_rowcount().execute()
    if not made and (again := _come_again(coming, values)) is not None:
        return again
    if coming.is_late:
        return coming.told(CheckInOutcome.WAITS)
    return coming.told(CheckInOutcome.WALKED_IN if is_walk_in else CheckInOutcome.CHECKED_IN)


def _come_again(coming: _Coming, values: dict[str, Any]) -> Checked | None:
    """What a second coming is told; None where it changed a row that waited or was undone."""
    row = locked(CheckIn.select().where(*_of(coming))).get()
    if row.status is CheckInStatus.PRESENT:
        return coming.told(CheckInOutcome.ALREADY)
    if row.status is CheckInStatus.TO_CONFIRM and coming.is_late:
        return coming.told(CheckInOutcome.WAITS)
    CheckIn.update(marked_by_person=None, marked_by_account_id=None, **values).where(
        CheckIn.id == row.id
    ).execute()
    return None


def _refused(coming: _Coming, why: CheckInOutcome) -> Checked:
    """The refusal, unless the person is there already: a roll call may have been faster."""
    is_there = CheckIn.select().where(*_of(coming), CheckIn.status == CheckInStatus.PRESENT).exists()
    return coming.told(CheckInOutcome.ALREADY if is_there else why)


def _values(coming: _Coming) -> dict[str, Any]:
    return {
        "status": CheckInStatus.TO_CONFIRM if coming.is_late else CheckInStatus.PRESENT,
        "way": coming.way,
        "at": coming.at,
        "moved_at": clock.utc_now(),
        "is_inside": coming.is_inside,
    }


def _of(coming: _Coming) -> tuple[Expression, Expression]:
    return CheckIn.activity == coming.activity.id, CheckIn.person == coming.person.id


def _looking(condition: Callable[[], Expression]) -> Prepared:
    """Openings with what of the activity decides and, as `sign_up_id`, the person's sign-up (0: none).

    Built once: a hall asks it thousands of times.
    """

    def build() -> Any:
        mine = (SignUp.activity == Activity.id) & (SignUp.person == given("person"))
        mine &= SignUp.status == SignUpStatus.SIGNED_UP
        decisive = (
            *(Activity.id, Activity.title, Activity.status, Activity.starts_at, Activity.ends_at),
            *(Activity.member_unit, Activity.is_shared),
        )
        rows: Any = (
            CheckInOpening.select(CheckInOpening, *decisive, fn.COALESCE(SignUp.id, 0).alias("sign_up_id"))
            .join(Activity)
            .join(SignUp, JOIN.LEFT_OUTER, on=mine)
            .where(condition())
        )
        if is_sqlite():  # its transaction is the only one that writes
            return rows
        # the activity first, as a close and a roll call do; the opening too, to read what a close wrote
        return rows.for_update("FOR SHARE", of=[Activity, CheckInOpening])

    return Prepared(build)


_BY_ACTIVITY = _looking(lambda: CheckInOpening.activity == given("activity"))
_RUNNING = _looking(lambda: CheckInOpening.closed_at.is_null() & (Activity.ends_at > given("since")))


def _runs(at: datetime) -> Expression:
    return CheckInOpening.closed_at.is_null() & (Activity.ends_at > at - SHUTS_AFTER)


def _was_open(opening: CheckInOpening, at: datetime) -> bool:
    ended = min(opening.closed_at or shuts_at(opening.activity), shuts_at(opening.activity))
    return opening.opened_at <= at < ended


def _is_for(activity: Activity, person: Person) -> bool:
    is_own = activity.member_unit_id == person.member_unit_id
    return is_own or (activity.is_shared and is_member_today(person))


def _is_inside(opening: CheckInOpening, position: Position | None) -> bool | None:
    latitude, longitude, radius = opening.latitude, opening.longitude, opening.radius_m
    if position is None or latitude is None or longitude is None or radius is None:
        return None
    north = math.radians(position.latitude - latitude)
    east = math.radians(position.longitude - longitude) * math.cos(math.radians(latitude))
    return math.hypot(north, east) * EARTH_M <= radius


def _is_locked(person: Person) -> bool:
    now = clock.utc_now()
    is_still = (CheckInTries.person == person.id) & (CheckInTries.locked_until > now)
    return CheckInTries.select().where(is_still).exists()


def _count_wrong(person: Person) -> CheckInOutcome:
    """One more wrong try; the fifth within ten minutes locks."""
    now = clock.utc_now()
    CheckInTries.insert(person=person.id, since=now, created_at=now).on_conflict_ignore().execute()
    row = locked(CheckInTries.select().where(CheckInTries.person == person.id)).get()
    is_new_round = now - row.since > WRONG_WITHIN or row.locked_until is not None
    row.wrong = 1 if is_new_round else row.wrong + 1
    row.since = now if is_new_round else row.since
    row.locked_until = now + LOCKED_FOR if row.wrong >= MOST_WRONG else None
    row.save()
    return CheckInOutcome.LOCKED if row.locked_until else CheckInOutcome.WRONG
