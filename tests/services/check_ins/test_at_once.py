"""The same person from two phones, a close in the same moment, many at once: none lost or doubled.

These tests have a database of their own: they commit, from several threads.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import clock
from models.activities import SignUp
from models.check_ins import CheckIn, CheckInStatus
from models.people import Person
from services import check_ins
from services.check_ins import CheckInOutcome as Outcome
from services.check_ins import Mark
from tests.at_once import at_once
from tests.factories import make_person, make_sign_up
from tests.factories.check_ins import make_runner, make_running, shown

pytestmark = pytest.mark.usefixtures("own_database", "noon")


def test_the_same_person_from_two_phones_at_once_is_one_row() -> None:
    activity = make_running()
    runner = make_runner(activity.member_unit)
    code = shown(check_ins.open_(activity, by=runner)).address

    for _ in range(8):
        person = make_person()
        make_sign_up(activity, person)
        told = at_once(
            *(lambda who=person: check_ins.check_in(who, code=code, at=clock.utc_now()).outcome,) * 3
        )
        assert sorted(told) == [Outcome.ALREADY, Outcome.ALREADY, Outcome.CHECKED_IN]

    assert CheckIn.select().count() == 8


def come_while_it_closes() -> None:
    activity = make_running()
    runner = make_runner(activity.member_unit)
    code = shown(check_ins.open_(activity, by=runner)).address
    people = [make_person(member_unit=activity.member_unit) for _ in range(4)]
    for person in people:
        make_sign_up(activity, person)

    told = at_once(
        *(lambda who=who: check_ins.check_in(who, code=code, at=clock.utc_now()).outcome for who in people),
        lambda: check_ins.close(activity, by=runner),
    )

    came = CheckIn.select().where(CheckIn.activity == activity).count()
    assert told[:4].count(Outcome.CHECKED_IN) == came
    assert set(told[:4]) <= {Outcome.CHECKED_IN, Outcome.CLOSED}


def test_a_close_in_the_same_moment_is_before_or_after_each_check_in() -> None:
    for _ in range(6):
        come_while_it_closes()


def test_a_scan_and_the_roll_at_once_are_one_row() -> None:
    activity = make_running()
    runner = make_runner(activity.member_unit)
    code = shown(check_ins.open_(activity, by=runner)).address
    for _ in range(6):
        person = make_person()
        make_sign_up(activity, person)

        at_once(
            lambda who=person: check_ins.check_in(who, code=code, at=clock.utc_now()),
            lambda who=person: check_ins.mark(activity, [Mark(who.id)], by=runner),
        )

    rows = list(CheckIn.select())
    assert len(rows) == 6
    assert {row.status for row in rows} == {CheckInStatus.PRESENT}


def test_a_full_hall_comes_at_once_and_everybody_counts_once(noon: datetime) -> None:
    activity = make_running()
    runner = make_runner(activity.member_unit)
    code = shown(check_ins.open_(activity, by=runner)).address
    unit = activity.member_unit
    Person.insert_many(
        [{"name": f"样例{n}", "member_unit": unit.id, "created_at": noon} for n in range(200)]
    ).execute()
    people = list(Person.select().where(Person.name.startswith("样例"), Person.member_unit == unit))
    now = noon - timedelta(days=1)
    SignUp.insert_many(
        [{"activity": activity.id, "person": each.id, "moved_at": now, "created_at": now} for each in people]
    ).execute()

    def come_in(part: int) -> list[Outcome]:
        mine = people[part::8] + people[part::16]  # some of them twice
        return [check_ins.check_in(each, code=code, at=clock.utc_now()).outcome for each in mine]

    told = [outcome for part in at_once(*(lambda no=no: come_in(no) for no in range(8))) for outcome in part]

    assert told.count(Outcome.CHECKED_IN) == len(people) == CheckIn.select().count()
    assert set(told) == {Outcome.CHECKED_IN, Outcome.ALREADY}
    assert check_ins.counts(activity).present == len(people)
