"""Seats: given once, given back, never oversold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier

import pytest
from peewee import Database

import clock
from models.accounts import AccountRoleKind
from models.activities import Activity, ActivityStatus, SignUp, SignUpStatus
from models.people import Person
from services import activities
from services.activities import ActivityFull, SignUpClosed
from services.errors import NotFound
from tests.factories import make_account, make_activity, make_person, make_sign_up, make_unit

pytestmark = pytest.mark.usefixtures("noon")


def test_a_second_click_gives_the_same_seat(db: Database) -> None:
    activity, person = make_activity(seats=1), make_person()

    first = activities.sign_up(activity, person)
    second = activities.sign_up(activity, person)

    assert first == second
    assert SignUp.select().count() == 1
    assert activities.seats_left(activity) == 0


def test_the_last_seat_is_given_once_and_can_be_given_back(db: Database) -> None:
    activity, first, second = make_activity(seats=1), make_person(), make_person()
    activities.sign_up(activity, first)

    with pytest.raises(ActivityFull):
        activities.sign_up(activity, second)
    activities.cancel_sign_up(activity, first)
    activities.sign_up(activity, second, source="chat_link")

    assert {row.person_id: row.status for row in SignUp.select()} == {
        first.id: SignUpStatus.CANCELLED,
        second.id: SignUpStatus.SIGNED_UP,
    }
    assert SignUp.get(SignUp.person == second).source == "chat_link"


def test_signing_up_again_after_a_cancellation_uses_the_same_row(db: Database) -> None:
    activity, person = make_activity(seats=5), make_person()
    first = activities.sign_up(activity, person)
    activities.cancel_sign_up(activity, person)

    again = activities.sign_up(activity, person)

    assert again == first
    assert again.status is SignUpStatus.SIGNED_UP
    assert activities.seats_left(activity) == 4


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sign_up_closes_at": datetime(2026, 11, 23, 4, 0)}, "报名已于11月23日 12:00 截止"),
        ({"starts_at": datetime(2026, 11, 23, 3, 59)}, "活动已经开始，不能再报名"),
        ({"status": ActivityStatus.CANCELLED}, "活动已取消，不能报名"),
    ],
)
def test_sign_up_is_refused_in_words_once_it_is_closed(db: Database, values: dict, words: str) -> None:
    activity, person = make_activity(**values), make_person()

    with pytest.raises(SignUpClosed) as refused:
        activities.sign_up(activity, person)

    assert refused.value.message == words
    assert SignUp.select().count() == 0
    assert not activities.is_open(activity)


def test_a_closing_time_after_the_start_does_not_outlast_the_start(db: Database, noon: datetime) -> None:
    activity = make_activity(starts_at=noon, sign_up_closes_at=noon + timedelta(hours=1))

    with pytest.raises(SignUpClosed):
        activities.sign_up(activity, make_person())


def test_an_unshared_activity_is_not_there_for_people_of_another_school(db: Database) -> None:
    unit = make_unit()
    activity = make_activity(member_unit=unit, is_shared=False)
    own, other = make_person(member_unit=unit), make_person()

    with pytest.raises(NotFound):
        activities.sign_up(activity, other)
    with pytest.raises(NotFound):
        activities.for_member(activity.id, other)

    assert activities.sign_up(activity, own).status is SignUpStatus.SIGNED_UP
    assert activities.upcoming(person=other) == activities.upcoming() == []
    assert activities.upcoming(person=own) == [activity]


def test_a_draft_is_not_there_for_anybody(db: Database) -> None:
    activity = make_activity(status=ActivityStatus.DRAFT)

    with pytest.raises(NotFound):
        activities.sign_up(activity, make_person(member_unit=activity.member_unit))


def test_what_is_shared_is_for_present_member_units(db: Database, noon: datetime) -> None:
    left = make_unit(valid_to=date(2026, 11, 22))
    activity, person = make_activity(), make_person(member_unit=left)

    with pytest.raises(NotFound):
        activities.sign_up(activity, person)

    assert activities.upcoming(person=person) == []


def test_a_sign_up_is_cancelled_until_the_start_only(db: Database, noon: datetime) -> None:
    activity, person = make_activity(starts_at=noon + timedelta(hours=1)), make_person()
    activities.sign_up(activity, person)
    clock.advance(timedelta(hours=1))

    with pytest.raises(SignUpClosed):
        activities.cancel_sign_up(activity, person)
    with pytest.raises(NotFound):
        activities.cancel_sign_up(activity, make_person())

    assert activities.sign_up_of(activity, person).status is SignUpStatus.SIGNED_UP


def test_the_list_of_sign_ups_is_for_the_holding_unit_and_the_alliance(db: Database) -> None:
    unit = make_unit()
    activity = make_activity(member_unit=unit)
    people = [make_person(), make_person()]
    make_sign_up(activity, people[0], SignUpStatus.CANCELLED)
    make_sign_up(activity, people[1])
    host = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit)
    other = make_account(AccountRoleKind.SCHOOL_ADMIN)
    secretariat = make_account(AccountRoleKind.SECRETARIAT)

    with pytest.raises(NotFound):
        activities.sign_ups(activity, actor=other)

    assert [row.person for row in activities.sign_ups(activity, actor=host)] == [people[1], people[0]]
    assert len(activities.sign_ups(activity, actor=secretariat)) == 2


def test_mine_are_the_persons_own_and_present(db: Database) -> None:
    person = make_person()
    early, late = make_activity(), make_activity(starts_at=clock.utc_now() + timedelta(days=9))
    for activity in (early, late):
        make_sign_up(activity, person)
        make_sign_up(activity, make_person())
    make_sign_up(make_activity(), person, SignUpStatus.CANCELLED)

    assert [row.activity for row in activities.mine(person)] == [late, early]


def test_forty_people_at_once_fill_seven_seats_and_no_more(own_database: Database) -> None:
    with own_database.connection_context():
        activity = make_activity(seats=7)
        people = [make_person(member_unit=activity.member_unit) for _ in range(40)]
    start = Barrier(8)

    def try_five(mine: list[Person]) -> list[bool]:
        with own_database.connection_context():
            start.wait()
            return [_got_a_seat(activity, person) for person in mine]

    with ThreadPoolExecutor(8) as threads:
        got = [seat for part in threads.map(try_five, [people[n::8] for n in range(8)]) for seat in part]

    with own_database.connection_context():
        assert sum(got) == 7
        assert SignUp.select().where(SignUp.status == SignUpStatus.SIGNED_UP).count() == 7


def test_one_person_clicking_at_once_gets_one_row(own_database: Database) -> None:
    with own_database.connection_context():
        activity = make_activity(seats=3)
        person = make_person(member_unit=activity.member_unit)
    start = Barrier(4)

    def click(_: int) -> int:
        with own_database.connection_context():
            start.wait()
            return activities.sign_up(activity, person).id

    with ThreadPoolExecutor(4) as threads:
        ids = set(threads.map(click, range(4)))

    with own_database.connection_context():
        assert [row.id for row in SignUp.select()] == list(ids)


def _got_a_seat(activity: Activity, person: Person) -> bool:
    try:
        activities.sign_up(activity, person)
    except ActivityFull:
        return False
    return True
