"""Opening, closing and calling the roll: who may, when, and what a second time does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import clock
from models.accounts import AccountRoleKind
from models.activities import ActivityStatus
from models.audit import AuditEntry
from models.check_ins import CheckIn, CheckInStatus, CheckInWay
from models.people import PersonRole, PersonRoleKind
from services import check_ins
from services.check_ins import CheckInNotPossible, Mark
from services.errors import Invalid, NotAllowed, NotFound
from tests.factories import make_account, make_activity, make_person, make_sign_up
from tests.factories.check_ins import make_check_in, make_opening, make_runner, make_running, shown

pytestmark = pytest.mark.usefixtures("db", "noon")


@pytest.mark.parametrize(
    "role", [PersonRoleKind.INSTRUCTOR, PersonRoleKind.CLASS_TEACHER, PersonRoleKind.LIAISON]
)
def test_people_of_the_unit_with_a_role_may_open(role: PersonRoleKind) -> None:
    activity = make_running()

    opening = check_ins.open_(activity, by=make_runner(activity.member_unit, role))

    assert check_ins.is_open(activity, opening)
    assert not AuditEntry.select().exists()


def test_others_may_not() -> None:
    activity = make_running()
    member = make_person(member_unit=activity.member_unit)
    stranger = make_runner(make_running().member_unit)
    gone = make_runner(activity.member_unit)
    PersonRole.update(valid_to=clock.local_today() - timedelta(days=1)).where(
        PersonRole.person == gone
    ).execute()

    for person in (member, stranger, gone):
        with pytest.raises(NotAllowed):
            check_ins.open_(activity, by=person)
        with pytest.raises(NotAllowed):
            check_ins.sheet(activity, by=person)


def test_an_account_opens_for_its_own_unit_and_leaves_an_audit_line() -> None:
    activity = make_running()
    own = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=activity.member_unit)

    check_ins.open_(activity, by=own, takes_walk_ins=True)
    check_ins.close(activity, by=own)
    check_ins.close(activity, by=own)

    assert [entry.action for entry in AuditEntry.select()] == ["check_in.opened", "check_in.closed"]
    with pytest.raises(NotFound):
        check_ins.open_(activity, by=make_account(AccountRoleKind.SCHOOL_ADMIN))
    with pytest.raises(NotAllowed):
        check_ins.open_(
            activity, by=make_account(AccountRoleKind.COUNCIL_MEMBER, member_unit=activity.member_unit)
        )


@pytest.mark.parametrize(
    ("starts_in", "words"),
    [(timedelta(hours=3, minutes=1), "开始前 3 小时"), (timedelta(hours=-3), "结束半小时以上")],
)
def test_it_opens_from_three_hours_before_until_half_an_hour_after(
    noon: datetime, starts_in: timedelta, words: str
) -> None:
    activity = make_activity(starts_at=noon + starts_in)

    assert not check_ins.may_open(activity)
    with pytest.raises(CheckInNotPossible, match=words):
        make_opening(activity)


@pytest.mark.parametrize("status", [ActivityStatus.DRAFT, ActivityStatus.CANCELLED])
def test_what_does_not_take_place_is_not_opened(status: ActivityStatus) -> None:
    with pytest.raises(CheckInNotPossible):
        make_opening(make_running(status=status))


def test_opening_twice_changes_the_choices_and_keeps_the_codes() -> None:
    activity = make_running()
    first = make_opening(activity)

    second = make_opening(activity, takes_walk_ins=True)

    assert second.takes_walk_ins
    assert shown(first) == shown(second)


def test_a_radius_out_of_reason_is_named() -> None:
    with pytest.raises(Invalid, match="50–5000"):
        make_opening(make_running(), place=check_ins.Place(31.8, 120.5, 20))


def test_the_roll_equals_a_scan_and_can_be_taken_back() -> None:
    activity = make_running()
    person, runner = make_person(), make_runner(activity.member_unit)
    make_sign_up(activity, person)

    changed = [check_ins.mark(activity, [Mark(person.id)], by=runner) for _ in range(2)]
    assert changed == [1, 0]
    row = CheckIn.get()
    assert (row.status, row.way, row.marked_by_person_id, row.is_walk_in) == (
        CheckInStatus.PRESENT,
        CheckInWay.ROLL_CALL,
        runner.id,
        False,
    )
    assert check_ins.mark(activity, [Mark(person.id, is_present=False)], by=runner) == 1
    assert check_ins.mark(activity, [Mark(person.id, is_present=False)], by=runner) == 0
    assert check_ins.mark(activity, [Mark(person.id)], by=runner) == 1
    assert CheckIn.get().status is CheckInStatus.PRESENT


def test_the_roll_needs_no_opening_and_may_be_called_afterwards(noon: datetime) -> None:
    activity = make_activity(starts_at=noon - timedelta(days=2))
    person = make_person()
    make_sign_up(activity, person)
    runner = make_runner(activity.member_unit)

    ticked = activity.starts_at + timedelta(minutes=5)
    assert check_ins.mark(activity, [Mark(person.id, at=ticked)], by=runner) == 1
    assert CheckIn.get().at == ticked


def test_a_stranger_on_the_roll_stops_it_all() -> None:
    activity = make_running()
    person, colleague = make_person(), make_person(member_unit=activity.member_unit)
    make_sign_up(activity, person)
    runner = make_runner(activity.member_unit)

    with pytest.raises(NotFound):
        check_ins.mark(activity, [Mark(person.id), Mark(make_person().id)], by=runner)
    assert not CheckIn.select().exists()
    assert check_ins.mark(activity, [Mark(colleague.id)], by=runner) == 1
    assert CheckIn.get().is_walk_in


def test_an_account_calling_the_roll_is_on_the_audit_trail() -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    account = make_account(AccountRoleKind.LIAISON, member_unit=activity.member_unit)

    check_ins.mark(activity, [Mark(person.id)], by=account)

    entry = AuditEntry.get()
    assert entry.action == "check_in.roll_called"
    assert person.name not in entry.details


def test_the_sheet_tells_who_came_who_waits_and_who_has_not() -> None:
    activity = make_running()
    runner = make_runner(activity.member_unit)
    came, waits, absent, walk_in, undone = (make_person(name=name) for name in "甲乙丙丁戊")
    for person in (came, waits, absent):
        make_sign_up(activity, person)
    make_check_in(activity, came)
    make_check_in(activity, waits, status=CheckInStatus.TO_CONFIRM)
    make_check_in(activity, walk_in, is_walk_in=True)
    make_check_in(activity, undone, is_walk_in=True, status=CheckInStatus.UNDONE)

    sheet = check_ins.sheet(activity, by=runner)
    counts = check_ins.counts(activity)

    assert [line.person.name for line in sheet] == ["甲", "乙", "丙", "丁"]
    assert [line.person.name for line in sheet.not_yet] == ["乙", "丙"]
    assert (counts.expected, counts.present, counts.walk_ins, counts.to_confirm, counts.absent) == (
        3,
        2,
        1,
        1,
        2,
    )
    assert [row.person.name for row in check_ins.arrivals(activity)] == ["丁", "乙", "甲"]


def test_reading_costs_the_same_for_one_and_for_three(count_statements) -> None:
    activity = make_running()
    runner = make_runner(activity.member_unit)

    def read() -> None:
        sheet = check_ins.sheet(activity, by=runner)
        [line.person.member_unit.short_name for line in sheet]
        check_ins.counts(activity)
        [row.person.member_unit.short_name for row in check_ins.arrivals(activity)]

    costs = []
    for _ in range(3):
        person = make_person()
        make_sign_up(activity, person)
        make_check_in(activity, person)
        costs.append(count_statements(read))

    assert costs == [costs[0]] * 3


def test_a_runner_is_offered_what_is_near_in_time(noon: datetime) -> None:
    runner = make_runner(make_running().member_unit)
    unit = runner.member_unit
    today = make_activity(member_unit=unit, starts_at=noon + timedelta(hours=2))
    over = make_activity(member_unit=unit, starts_at=noon - timedelta(days=2))
    make_activity(member_unit=unit, starts_at=noon + timedelta(days=1))
    make_activity(member_unit=unit, starts_at=noon - timedelta(days=9))

    offered = [each.id for each in check_ins.running(runner)]

    assert offered[0] == today.id
    assert over.id in offered
    assert len(offered) == 3
    assert check_ins.running(make_person()) == []
