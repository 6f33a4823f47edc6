"""Reading check-ins: figures, who came last, the whole sheet, one person's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from peewee import fn

import clock
from models.accounts import Account
from models.activities import Activity, ActivitySeries, ActivityStatus, SignUp, SignUpStatus
from models.alliance import MemberUnit
from models.base import db
from models.check_ins import CheckIn, CheckInOpening, CheckInStatus
from models.people import Person
from services import access, audit
from services.check_ins.opening import OPENS_BEFORE, SHUTS_AFTER, require_runner

RUN_AFTER = timedelta(days=7)  # how long the phone offers the roll call of what is over


@dataclass(frozen=True, slots=True)
class Counts:
    """Persons. `expected` signed up; `present` includes the walk-ins; `absent` of those expected."""

    expected: int
    present: int
    walk_ins: int
    to_confirm: int
    outside: int

    @property
    def absent(self) -> int:
        return self.expected - (self.present - self.walk_ins)


@dataclass(frozen=True, slots=True)
class Line:
    """A person of the sheet; `check_in` None where nothing came."""

    person: Person
    check_in: CheckIn | None
    is_signed_up: bool

    @property
    def is_present(self) -> bool:
        return self.check_in is not None and self.check_in.status is CheckInStatus.PRESENT

    @property
    def waits(self) -> bool:
        return self.check_in is not None and self.check_in.status is CheckInStatus.TO_CONFIRM


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everybody expected or come, units in their fixed order, then by name."""

    lines: list[Line] = field(repr=False)

    @property
    def not_yet(self) -> list[Line]:
        return [line for line in self.lines if line.is_signed_up and not line.is_present]

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)


def counts(activity: Activity) -> Counts:
    """The figures of the live list; two statements whatever the size."""
    rows: Any = (
        CheckIn.select(CheckIn.status, CheckIn.is_walk_in, CheckIn.is_inside, fn.COUNT(CheckIn.id))
        .where(CheckIn.activity == activity.id, CheckIn.status != CheckInStatus.UNDONE)
        .group_by(CheckIn.status, CheckIn.is_walk_in, CheckIn.is_inside)
        .tuples()
    )
    there = [row for row in rows if row[0] == CheckInStatus.PRESENT]
    is_signed_up = (SignUp.activity == activity.id, SignUp.status == SignUpStatus.SIGNED_UP)
    return Counts(
        expected=SignUp.select().where(*is_signed_up).count(),
        present=sum(row[3] for row in there),
        walk_ins=sum(row[3] for row in there if row[1]),
        to_confirm=sum(row[3] for row in rows if row[0] == CheckInStatus.TO_CONFIRM),
        outside=sum(row[3] for row in there if row[2] is False or row[2] == 0),
    )


def arrivals(activity: Activity, limit: int = 20) -> list[CheckIn]:
    """Who came last, with person and unit, the latest first."""
    return list(
        _with_people(CheckIn.activity == activity.id, CheckIn.status != CheckInStatus.UNDONE)
        .order_by(CheckIn.moved_at.desc(), CheckIn.id.desc())
        .limit(limit)
    )


def sheet(activity: Activity, *, by: Account | Person) -> Sheet:
    """The attendance sheet, names in full: a roll is called by name. No phone. Two statements.

    Raises NotAllowed or NotFound for who does not run the activity.
    """
    require_runner(activity, by)
    came = {row.person_id: row for row in _with_people(CheckIn.activity == activity.id)}
    signed_up: Any = (
        SignUp.select(SignUp, Person, MemberUnit)
        .join(Person)
        .join(MemberUnit)
        .where(SignUp.activity == activity.id, SignUp.status == SignUpStatus.SIGNED_UP)
    )
    lines = [Line(row.person, _standing(came.pop(row.person_id, None)), True) for row in signed_up]
    lines += [Line(row.person, row, False) for row in came.values() if _standing(row) is not None]
    return Sheet(sorted(lines, key=_in_order))


def present(activity_ids: list[int]) -> dict[int, int]:
    """How many are there, by activity; one statement."""
    rows: Any = (
        CheckIn.select(CheckIn.activity, fn.COUNT(CheckIn.id))
        .where(CheckIn.activity.in_(activity_ids), CheckIn.status == CheckInStatus.PRESENT)
        .group_by(CheckIn.activity)
        .tuples()
    )
    return dict(rows)


def exported(activity: Activity, *, actor: Account) -> Sheet:
    """The sheet about to leave the console; who took it is kept."""
    with db.atomic():
        told = sheet(activity, by=actor)
        audit.record("check_in.exported", activity, actor=actor, rows=len(told.lines))
        return told


def mine(person: Person, limit: int = 100) -> list[CheckIn]:
    """The person's own record with the activities, the latest first."""
    return list(
        CheckIn.select(CheckIn, Activity, ActivitySeries)
        .join(Activity)
        .join(ActivitySeries)
        .where(CheckIn.person == person.id, CheckIn.status != CheckInStatus.UNDONE)
        .order_by(CheckIn.at.desc())
        .limit(limit)
    )


def of_person(activity_ids: list[int], person: Person) -> dict[int, CheckIn]:
    """The person's check-ins by activity, undone ones left out; one statement."""
    rows = CheckIn.select().where(CheckIn.person == person.id, CheckIn.activity.in_(activity_ids))
    return {row.activity_id: row for row in rows if row.status is not CheckInStatus.UNDONE}


def running(person: Person, limit: int = 20) -> list[Activity]:
    """What the person may open or call the roll of now: from three hours before until a week after."""
    units = access.check_in_units(person)
    if not units:
        return []
    now = clock.utc_now()
    return list(
        Activity.select(Activity, ActivitySeries, MemberUnit)
        .join(ActivitySeries)
        .switch(Activity)
        .join(MemberUnit)
        .where(
            Activity.status == ActivityStatus.PUBLISHED,
            Activity.member_unit.in_(units),
            Activity.starts_at <= now + OPENS_BEFORE,
            Activity.ends_at > now - RUN_AFTER,
        )
        .order_by(Activity.ends_at <= now - SHUTS_AFTER, Activity.starts_at.desc())
        .limit(limit)
    )


def runs_any(person: Person) -> bool:
    """Whether the person runs check-ins of some unit."""
    return bool(access.check_in_units(person))


def openings(activity_ids: list[int]) -> dict[int, CheckInOpening]:
    """Openings by activity; one statement."""
    rows = CheckInOpening.select().where(CheckInOpening.activity.in_(activity_ids))
    return {row.activity_id: row for row in rows}


def _with_people(*conditions: Any) -> Any:
    rows = CheckIn.select(CheckIn, Person, MemberUnit)
    rows = rows.join(Person, on=CheckIn.person == Person.id).join(MemberUnit)
    return rows.where(*conditions)


def _standing(row: CheckIn | None) -> CheckIn | None:
    return row if row is not None and row.status is not CheckInStatus.UNDONE else None


def _in_order(line: Line) -> tuple[int, int, str, int]:
    unit = line.person.member_unit
    return (unit.order_no, unit.id, line.person.name, line.person.id)
