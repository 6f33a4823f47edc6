"""The waiting list: fair, told at once, safe when two act at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import Database

import clock
from models.activities import (
    CONCERNED,
    HOLDS_SEAT,
    Activity,
    ActivityStatus,
    SignUp,
    SignUpStatus,
    UnitLimit,
)
from models.automatic_notices import AutomaticNotice, NoticeKind
from models.messaging import Campaign
from models.people import Person
from services import activities
from services.activities import ActivityFull, OfferLapsed, UnitFull, waiting
from services.messaging import audiences
from tests.conftest import NOON
from tests.factories import make_activity, make_person, make_unit

pytestmark = pytest.mark.usefixtures("noon")


def full(**values: object) -> tuple[Activity, Person]:
    """An activity of one seat, and who has it."""
    activity, first = make_activity(seats=1, **values), make_person()
    activities.sign_up(activity, first)
    return activity, first


def status(activity: Activity, person: Person) -> SignUpStatus:
    return activities.sign_up_of(activity, person).status


def told(kind: NoticeKind) -> list[str]:
    return [each.text for each in AutomaticNotice.select().where(AutomaticNotice.kind == kind)]


def test_a_seat_given_back_is_offered_to_the_next_and_kept_for_the_hours_set(db: Database) -> None:
    activity, first = full(offer_hours=6)
    next_one, later = make_person(), make_person()
    activities.wait(activity, next_one)
    activities.wait(activity, later)
    assert activities.place_in_queue(activities.sign_up_of(activity, later)) == 2

    activities.cancel_sign_up(activity, first)

    held = activities.sign_up_of(activity, next_one)
    assert (held.status, held.offered_until) == (SignUpStatus.OFFERED, NOON + timedelta(hours=6))
    assert status(activity, later) is SignUpStatus.WAITING
    assert "名额为您保留到11月23日（周一）18:00" in told(NoticeKind.PLACE_OFFERED)[0]
    assert audiences.count_meant(Campaign.get()) == 1
    with pytest.raises(ActivityFull):
        activities.sign_up(activity, make_person())
    assert activities.sign_up(activity, next_one).status is SignUpStatus.SIGNED_UP


def test_an_offer_not_taken_in_time_goes_to_the_next(db: Database) -> None:
    activity, first = full(offer_hours=6)
    slow, patient = make_person(), make_person()
    activities.wait(activity, slow)
    activities.wait(activity, patient)
    activities.cancel_sign_up(activity, first)
    clock.advance(timedelta(hours=6))

    with pytest.raises(OfferLapsed):
        activities.sign_up(activity, slow)

    assert status(activity, slow) is SignUpStatus.LAPSED
    assert status(activity, patient) is SignUpStatus.OFFERED
    assert activities.wait(activity, slow).queue_no > activities.sign_up_of(activity, patient).queue_no


def test_the_clock_alone_hands_the_seat_on(db: Database) -> None:
    activity, first = full(offer_hours=1)
    slow, patient = make_person(), make_person()
    activities.wait(activity, slow)
    activities.wait(activity, patient)
    activities.cancel_sign_up(activity, first)
    assert waiting.fill_due() == 0
    clock.advance(timedelta(hours=2))

    assert waiting.fill_due() == 1
    assert waiting.fill_due() == 0
    assert status(activity, patient) is SignUpStatus.OFFERED


def test_before_the_cut_off_the_next_gets_the_seat_unasked_and_is_told(db: Database) -> None:
    activity, first = full(auto_fill_hours=24)
    early, late = make_person(), make_person()
    activities.wait(activity, early)
    activities.wait(activity, late)

    activities.cancel_sign_up(activity, first)
    assert status(activity, early) is SignUpStatus.SIGNED_UP
    assert len(told(NoticeKind.PLACE_GIVEN)) == 1

    clock.advance(timedelta(days=1, minutes=1))
    activities.cancel_sign_up(activity, early)
    assert status(activity, late) is SignUpStatus.OFFERED


def test_an_offer_made_in_the_night_is_kept_from_the_morning_on(db: Database, noon: datetime) -> None:
    clock.set_fixed(noon + timedelta(hours=11))  # 23:00
    activity, first = full(offer_hours=3)
    activities.wait(activity, make_person())

    activities.cancel_sign_up(activity, first)

    offered = SignUp.get(SignUp.status == SignUpStatus.OFFERED)
    assert offered.offered_until == noon + timedelta(hours=23)  # 11:00


def test_no_offer_outlasts_the_start(db: Database) -> None:
    activity, first = full(starts_at=clock.utc_now() + timedelta(hours=2), offer_hours=12)
    activities.wait(activity, make_person())

    activities.cancel_sign_up(activity, first)

    assert SignUp.get(SignUp.status == SignUpStatus.OFFERED).offered_until == activity.starts_at


def test_who_leaves_the_queue_stands_at_its_end_again(db: Database) -> None:
    activity, _ = full()
    restless, patient = make_person(), make_person()
    activities.wait(activity, restless)
    activities.wait(activity, patient)

    activities.cancel_sign_up(activity, restless)
    again = activities.wait(activity, restless)

    assert activities.place_in_queue(again) == 2
    assert SignUp.select().count() == 3


def test_waiting_for_what_is_free_gives_the_seat(db: Database) -> None:
    activity, person = make_activity(seats=1), make_person()

    assert activities.wait(activity, person).status is SignUpStatus.SIGNED_UP
    assert activities.wait(activity, person).status is SignUpStatus.SIGNED_UP


def test_more_seats_go_to_the_queue_first(db: Database) -> None:
    activity, _ = full(auto_fill_hours=1)
    two = [make_person(), make_person()]
    for person in two:
        activities.wait(activity, person)

    activities.update(activity, {"seats": 3}, version=1, actor=None)

    assert {status(activity, person) for person in two} == {SignUpStatus.SIGNED_UP}
    assert Campaign.select().count() == 1  # one notice for both
    with pytest.raises(ActivityFull):
        activities.sign_up(activity, make_person())


def test_a_unit_has_no_more_seats_than_its_limit(db: Database) -> None:
    unit, other = make_unit(), make_unit()
    activity = make_activity(seats=9, unit_seats=1)
    UnitLimit.create(activity=activity, member_unit=other, seats=2)
    first, second = make_person(member_unit=unit), make_person(member_unit=unit)
    activities.sign_up(activity, first)
    for _ in range(2):
        activities.sign_up(activity, make_person(member_unit=other))

    with pytest.raises(UnitFull):
        activities.sign_up(activity, second)
    with pytest.raises(UnitFull):
        activities.sign_up(activity, make_person(member_unit=other))
    activities.wait(activity, second)
    assert activities.sign_up(activity, make_person()).status is SignUpStatus.SIGNED_UP
    activities.cancel_sign_up(activity, first)

    assert status(activity, second) is SignUpStatus.OFFERED


def test_nothing_is_handed_on_once_it_began_or_was_cancelled(db: Database) -> None:
    activity, first = full()
    activities.wait(activity, make_person())
    activities.cancel(activity, "停电", actor=None)

    activities.cancel_sign_up(activity, first)

    assert waiting.fill_due() == 0
    assert SignUp.select().where(SignUp.status == SignUpStatus.OFFERED).count() == 0


PEOPLE = 6
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["sign_up", "wait", "cancel", "beat", "hours", "seats"]), st.integers(0, PEOPLE - 1)
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, seats=st.integers(1, 3), unasked=st.booleans())
def test_no_seat_is_doubled_or_idle_and_nobody_is_passed_over(
    db: Database, acts: list[tuple[str, int]], seats: int, unasked: bool
) -> None:
    with db.atomic() as example:
        clock.set_fixed(NOON)
        unit = make_unit()
        activity = make_activity(
            seats=seats,
            member_unit=unit,
            starts_at=NOON + timedelta(days=40),
            offer_hours=3,
            auto_fill_hours=0 if unasked else None,
        )
        people = [make_person(member_unit=unit) for _ in range(PEOPLE)]
        for act, number in acts:
            before = {row.person_id: row for row in SignUp.select()}
            _do(act, activity, people[number], number)
            _check(activity, before, people[number] if act in ("sign_up", "wait") else None)
        example.rollback()


def _do(act: str, activity: Activity, person: Person, number: int) -> None:
    if act in ("sign_up", "wait"):
        try:
            getattr(activities, act)(activity, person)
        except (ActivityFull, OfferLapsed):
            return
    elif act == "cancel" and activities.sign_up_of(activity, person) is not None:
        activities.cancel_sign_up(activity, person)
    elif act == "beat":
        waiting.fill_due()
    elif act == "hours":
        clock.advance(timedelta(hours=number))
        waiting.fill_due()
    elif act == "seats":
        fresh = Activity.get_by_id(activity.id)
        more = (fresh.seats or 0) + number % 2
        activities.update(fresh, {"seats": more}, version=fresh.version, actor=None)


def _check(activity: Activity, before: dict[int, SignUp], came: Person | None) -> None:
    rows = list(SignUp.select())
    seats = Activity.get_by_id(activity.id).seats
    held = [row for row in rows if row.status in HOLDS_SEAT]
    waits = [row for row in rows if row.status is SignUpStatus.WAITING]
    assert len(held) <= seats
    assert not waits or len(held) == seats  # no seat idles while somebody waits
    assert len({row.queue_no for row in waits}) == len(waits)
    got = [
        row
        for row in held
        if (was := before.get(row.person_id)) is not None and was.status is SignUpStatus.WAITING
    ]
    for row in got:  # whoever moved up had waited longest
        assert all(row.queue_no < other.queue_no for other in waits)
    for row in held:  # nobody steps in from the street while others wait
        was = before.get(row.person_id)
        if (was is None or was.status not in CONCERNED) and came is not None and row.person == came:
            assert all(other.person_id not in before or other.queue_no is None for other in waits)


@pytest.mark.parametrize("offer_hours", [4])
def test_two_who_cancel_and_two_who_take_at_once(own_database: Database, offer_hours: int) -> None:
    with own_database.connection_context():
        unit = make_unit()
        activity = make_activity(seats=4, member_unit=unit, offer_hours=offer_hours)
        people = [make_person(member_unit=unit) for _ in range(10)]
        for person in people[:4]:
            activities.sign_up(activity, person)
        for person in people[4:7]:
            activities.wait(activity, person)
    start = Barrier(4)

    def act(number: int) -> str:
        with own_database.connection_context():
            start.wait()
            if number < 2:
                activities.cancel_sign_up(activity, people[number])
                return "left"
            try:
                activities.sign_up(activity, people[5 + number])  # 7 and 8 never queued
            except ActivityFull:
                return "full"
            return "in"

    with ThreadPoolExecutor(4) as threads:
        came = list(threads.map(act, range(4)))

    with own_database.connection_context():
        stands = {row.person_id: row.status for row in SignUp.select()}
        assert came == ["left", "left", "full", "full"]
        assert [stands[person.id] for person in people[4:7]] == [
            SignUpStatus.OFFERED,
            SignUpStatus.OFFERED,
            SignUpStatus.WAITING,
        ]
        assert sum(each in HOLDS_SEAT for each in stands.values()) == 4
        assert AutomaticNotice.select().where(AutomaticNotice.kind == NoticeKind.PLACE_OFFERED).count() == 2
        assert Activity.get_by_id(activity.id).status is ActivityStatus.PUBLISHED
