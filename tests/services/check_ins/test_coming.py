"""Coming by a code or by six digits: what counts, what is refused and how often a row is made."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from peewee import Database

import clock
import config
from models.activities import ActivityStatus, SignUpStatus
from models.alliance import MemberUnit
from models.check_ins import CheckIn, CheckInStatus, CheckInWay
from services import activities, check_ins
from services.check_ins import CheckInOutcome as Outcome
from tests.factories import make_activity, make_person, make_sign_up, make_unit
from tests.factories.check_ins import make_opening, make_runner, make_running, shown

pytestmark = pytest.mark.usefixtures("db", "noon")


def come(person, code="", *, at=None, **more):
    return check_ins.check_in(person, code=code, at=at or clock.utc_now(), **more)


def test_who_signed_up_comes_once_by_the_code_on_show() -> None:
    activity = make_running(title="基层治理讲座")
    person = make_person()
    make_sign_up(activity, person)
    code = shown(make_opening(activity)).address

    first, second = come(person, code), come(person, code)

    assert first.outcome is Outcome.CHECKED_IN
    assert first.words == "签到成功：基层治理讲座"
    assert second.outcome is Outcome.ALREADY
    row = CheckIn.get()
    assert (row.person_id, row.activity_id, row.is_walk_in, row.way) == (
        person.id,
        activity.id,
        False,
        CheckInWay.SCAN_MINI,
    )
    assert CheckIn.select().count() == 1


@pytest.mark.parametrize(("seconds", "outcome"), [(29, Outcome.CHECKED_IN), (31, Outcome.EXPIRED)])
def test_a_code_is_good_while_it_is_shown_and_one_step_longer(
    noon: datetime, seconds: int, outcome: Outcome
) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    code = shown(make_opening(activity)).address  # of the step that began at noon

    with clock.fixed(noon + timedelta(seconds=seconds)):
        assert come(person, code).outcome is outcome


def test_a_photo_of_the_code_fails_a_minute_later_and_tells_what_to_do(noon: datetime) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    code = shown(make_opening(activity)).address

    with clock.fixed(noon + timedelta(minutes=1)):
        told = come(person, code)

    assert "重新扫码" in told.words
    assert not CheckIn.select().exists()


@pytest.mark.parametrize("spoil", ["other_activity", "other_mac", "other_host", "nonsense", "other_step"])
def test_a_code_that_is_not_ours_is_wrong(spoil: str) -> None:
    activity, other = make_running(), make_running()
    make_opening(other)
    person = make_person()
    make_sign_up(activity, person)
    address = shown(make_opening(activity)).address
    number, step, mac = address.rpartition("/")[2].split("-", 2)
    base = address.rpartition("/")[0] + "/"
    codes = {
        "other_activity": f"{base}{other.id}-{step}-{mac}",
        "other_mac": f"{base}{number}-{step}-{mac[:-1] + ('A' if mac[-1] != 'A' else 'B')}",
        "other_host": address.replace(config.settings().public_url, "https://example.org"),
        "nonsense": "签到",
        "other_step": f"{base}{number}-{step[:-1] + ('0' if step[-1] != '0' else '1')}-{mac}",
    }

    assert come(person, codes[spoil]).outcome is Outcome.WRONG
    assert not CheckIn.select().exists()


def test_codes_of_before_a_new_opening_are_void() -> None:
    activity = make_running()
    person, runner = make_person(), make_runner(activity.member_unit)
    make_sign_up(activity, person)
    code = shown(check_ins.open_(activity, by=runner)).address
    check_ins.close(activity, by=runner)

    assert come(person, code).outcome is Outcome.CLOSED
    check_ins.open_(activity, by=runner)
    assert come(person, code).outcome is Outcome.WRONG


def test_a_walk_in_is_taken_only_where_the_activity_says_so() -> None:
    activity = make_running(is_shared=True)
    person = make_person()
    opening = make_opening(activity)

    assert come(person, shown(opening).address).outcome is Outcome.NOT_SIGNED_UP
    opening = make_opening(activity, takes_walk_ins=True)
    assert come(person, shown(opening).address).outcome is Outcome.WALKED_IN
    assert CheckIn.get().is_walk_in


def test_a_walk_in_of_another_school_is_refused_where_the_activity_is_not_shared() -> None:
    opening = make_opening(make_running(is_shared=False), takes_walk_ins=True)

    assert come(make_person(), shown(opening).address).outcome is Outcome.NOT_FOR_YOU


def test_who_cancelled_the_sign_up_counts_as_not_signed_up() -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person, SignUpStatus.CANCELLED)

    assert come(person, shown(make_opening(activity)).address).outcome is Outcome.NOT_SIGNED_UP


def test_a_cancelled_activity_takes_nobody() -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    code = shown(make_opening(activity)).address
    activities.cancel(activity, "停电", actor=None)

    assert come(person, code).outcome is Outcome.CANCELLED
    assert activity.status is ActivityStatus.PUBLISHED  # the row read before; the fresh one decides


def test_check_in_ends_by_itself_half_an_hour_after_the_end(noon: datetime) -> None:
    activity = make_activity(starts_at=noon - timedelta(hours=2))
    person = make_person()
    make_sign_up(activity, person)
    opening = make_opening(activity)

    with clock.fixed(noon + timedelta(minutes=31)):
        assert come(person, shown(opening).address).outcome is Outcome.CLOSED


def test_without_a_network_the_check_in_waits_for_a_yes_and_counts_once(noon: datetime) -> None:
    activity = make_running()
    person, runner = make_person(), make_runner(activity.member_unit)
    make_sign_up(activity, person)
    code = shown(check_ins.open_(activity, by=runner)).address

    with clock.fixed(noon + timedelta(hours=3)):
        told = [come(person, code, at=noon + timedelta(seconds=5)).outcome for _ in range(2)]
        assert told == [Outcome.WAITS, Outcome.WAITS]
        assert CheckIn.get().status is CheckInStatus.TO_CONFIRM
        assert check_ins.confirm(activity, None, by=runner) == 1
        assert check_ins.confirm(activity, None, by=runner) == 0
    row = CheckIn.get()
    assert row.status is CheckInStatus.PRESENT
    assert row.at == noon + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("scanned_after", "sent_after"),
    [(timedelta(seconds=31), timedelta(hours=1)), (timedelta(0), timedelta(hours=25))],
)
def test_a_late_code_must_have_been_on_show_and_come_within_a_day(
    noon: datetime, scanned_after: timedelta, sent_after: timedelta
) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    code = shown(make_opening(activity)).address

    with clock.fixed(noon + sent_after):
        assert come(person, code, at=noon + scanned_after).outcome is Outcome.EXPIRED


def test_what_waits_counts_at_once_when_the_person_scans_afresh(noon: datetime) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    opening = make_opening(activity)
    old = shown(opening).address

    with clock.fixed(noon + timedelta(minutes=5)):
        come(person, old, at=noon)
        assert come(person, shown(opening).address).outcome is Outcome.CHECKED_IN
    assert CheckIn.get().status is CheckInStatus.PRESENT


def test_six_digits_check_in_and_hold_for_a_minute_longer(noon: datetime) -> None:
    activity = make_running()
    person, other = make_person(), make_person()
    make_sign_up(activity, person), make_sign_up(activity, other)
    digits = shown(make_opening(activity)).six_digits

    with clock.fixed(noon + timedelta(seconds=119)):
        assert come(person, six_digits=digits).outcome is Outcome.CHECKED_IN
    with clock.fixed(noon + timedelta(seconds=121)):
        assert come(other, six_digits=digits).outcome is Outcome.WRONG
    assert CheckIn.get().way is CheckInWay.SIX_DIGITS


def test_five_wrong_digits_lock_typing_for_ten_minutes_but_not_the_scan(noon: datetime) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    opening = make_opening(activity)
    wrong = "000000" if shown(opening).six_digits != "000000" else "111111"

    told = [come(person, six_digits=wrong).outcome for _ in range(5)]

    assert told == [Outcome.WRONG] * 4 + [Outcome.LOCKED]
    assert come(person, six_digits=shown(opening).six_digits).outcome is Outcome.LOCKED
    assert come(person, shown(opening).address).outcome is Outcome.CHECKED_IN
    with clock.fixed(noon + timedelta(minutes=11)):
        assert come(person, six_digits=wrong).outcome is Outcome.WRONG


def test_the_same_digits_of_two_activities_mean_the_one_signed_up_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = make_running(), make_running()
    person = make_person()
    make_sign_up(second, person)
    make_opening(first, takes_walk_ins=True), make_opening(second)
    monkeypatch.setattr(check_ins.codes, "_digits", lambda opening, step: "123456")

    come(person, six_digits="123456")

    assert CheckIn.get().activity_id == second.id


@pytest.mark.parametrize(("latitude", "inside"), [(31.8755, True), (31.92, False)])
def test_of_a_location_only_in_or_out_is_kept_and_nobody_is_refused_for_it(
    latitude: float, inside: bool
) -> None:
    activity = make_running()
    person, other = make_person(), make_person()
    make_sign_up(activity, person), make_sign_up(activity, other)
    opening = make_opening(activity, place=check_ins.Place(31.8756, 120.5559, 300))
    code = shown(opening).address

    assert come(person, code, position=check_ins.Position(latitude, 120.556)).came
    assert come(other, code).came

    assert {row.person_id: row.is_inside for row in CheckIn.select()} == {person.id: inside, other.id: None}
    assert check_ins.counts(activity).outside == (0 if inside else 1)


def test_after_an_undo_a_fresh_scan_counts_again() -> None:
    activity = make_running()
    person, runner = make_person(), make_runner(activity.member_unit)
    make_sign_up(activity, person)
    code = shown(check_ins.open_(activity, by=runner)).address
    come(person, code)
    check_ins.mark(activity, [check_ins.Mark(person.id, is_present=False)], by=runner)
    assert check_ins.counts(activity).present == 0

    assert come(person, code).outcome is Outcome.CHECKED_IN
    row = CheckIn.get()
    assert row.status is CheckInStatus.PRESENT
    assert row.marked_by_person is None


def test_a_check_in_costs_few_statements(count_statements) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    code = shown(make_opening(activity)).address

    assert count_statements(lambda: come(person, code)) == 2


def test_the_unit_of_a_walk_in_must_belong_to_the_alliance_today(db: Database, noon: datetime) -> None:
    left: MemberUnit = make_unit(valid_to=(noon - timedelta(days=40)).date())
    opening = make_opening(make_running(is_shared=True), takes_walk_ins=True)

    assert come(make_person(member_unit=left), shown(opening).address).outcome is Outcome.NOT_FOR_YOU


def test_digits_of_an_hour_ago_wait_for_the_organiser_whatever_time_the_phone_claims(noon: datetime) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    digits = shown(make_opening(activity)).six_digits

    with clock.fixed(noon + timedelta(hours=1)):
        told = come(person, six_digits=digits, at=noon)

    assert told.outcome is Outcome.WAITS
    assert CheckIn.get().status is CheckInStatus.TO_CONFIRM


def test_a_fresh_code_is_of_now_whatever_time_the_phone_claims(noon: datetime) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)

    come(person, shown(make_opening(activity)).address, at=noon - timedelta(days=900))

    assert CheckIn.get().at == noon


def test_digits_of_another_script_are_wrong() -> None:
    make_opening(make_running())

    assert come(make_person(), six_digits="１２３４５６").outcome is Outcome.WRONG


@pytest.mark.parametrize(("minutes", "outcome"), [(4, Outcome.CHECKED_IN), (11, Outcome.WAITS)])
def test_a_time_that_wechat_vouches_for_is_believed_for_ten_minutes(
    noon: datetime, minutes: int, outcome: Outcome
) -> None:
    activity = make_running()
    people = [make_person(), make_person()]
    for person in people:
        make_sign_up(activity, person)
    code = shown(make_opening(activity))

    with clock.fixed(noon + timedelta(minutes=minutes)):
        told = [
            come(people[0], code.address, at=noon, is_vouched=True).outcome,
            come(people[1], six_digits=code.six_digits, at=noon, is_vouched=True).outcome,
        ]

    assert told == [outcome, outcome]
