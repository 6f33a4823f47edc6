"""A new time or place, a cancellation, the reminders before: told to those concerned, once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from peewee import Database

import clock
from models.activities import Activity, ActivityMove, SignUp, SignUpStatus
from models.automatic_notices import AutomaticNotice, AutomaticNoticePerson, NoticeKind
from models.check_ins import CheckInStatus
from models.messaging import Campaign, CampaignStatus
from services import activities, check_ins
from services.activities import moves, reminders
from services.errors import Invalid, NotFound
from tests.factories import make_activity, make_person, make_sign_up
from tests.factories.check_ins import make_check_in, make_opening, make_runner

pytestmark = pytest.mark.usefixtures("noon")


def notice(kind: NoticeKind) -> AutomaticNotice:
    return (
        AutomaticNotice.select().where(AutomaticNotice.kind == kind).order_by(AutomaticNotice.id.desc()).get()
    )


def people_of(one: AutomaticNotice) -> set[int]:
    return {
        row.person_id for row in AutomaticNoticePerson.select().where(AutomaticNoticePerson.notice == one)
    }


def test_a_move_is_told_at_once_to_who_has_a_seat(db: Database, noon: datetime) -> None:
    activity = make_activity(title="基层治理", seats=1)
    first, waits = make_person(), make_person()
    activities.sign_up(activity, first)
    activities.wait(activity, waits)
    starts_at = noon + timedelta(days=3)
    values = {"place": "二号厅", "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}

    activities.update(activity, values, version=1, actor=None, reason="原场地检修")

    told = notice(NoticeKind.ACTIVITY_MOVED)
    assert told.text == (
        "时间改为11月26日（周四）12:00（原11月25日（周三）12:00）；地点改为二号厅（原一号报告厅）。"
        "原场地检修。名额仍为您保留；不能参加请打开链接让出名额。"
    )
    assert people_of(told) == {first.id}
    assert moves.answers(activity, moves.latest(activity)) == (0, 0, 1)


def test_the_person_keeps_the_place_or_gives_it_up(db: Database) -> None:
    activity = make_activity()
    stays, leaves = make_person(), make_person()
    for person in (stays, leaves):
        activities.sign_up(activity, person)
    activities.update(activity, {"place": "二号厅"}, version=1, actor=None)
    clock.advance(timedelta(minutes=5))

    activities.keep_place(activity, stays)
    activities.cancel_sign_up(activity, leaves)
    with pytest.raises(NotFound):
        activities.keep_place(activity, leaves)

    assert moves.answers(activity, moves.latest(activity)) == (1, 1, 0)
    activities.update(activity, {"place": "三号厅"}, version=2, actor=None)
    assert moves.answers(activity, moves.latest(activity)) == (0, 0, 1)


def test_what_is_no_move_tells_nobody(db: Database) -> None:
    shown, draft = make_activity(), make_activity(status="draft")
    for activity in (shown, draft):
        make_sign_up(activity, make_person())

    activities.update(shown, {"title": "另一个题目", "seats": 50}, version=1, actor=None)
    activities.update(draft, {"place": "二号厅"}, version=1, actor=None)
    with pytest.raises(Invalid):
        activities.update(shown, {"place": "二号厅"}, version=2, actor=None, reason="长" * 201)

    assert ActivityMove.select().count() == Campaign.select().count() == 0


def test_a_later_move_takes_the_place_of_the_notice_before(db: Database) -> None:
    activity = make_activity()
    make_sign_up(activity, make_person())
    activities.update(activity, {"place": "二号厅"}, version=1, actor=None)
    activities.update(activity, {"place": "三号厅"}, version=2, actor=None)

    first, second = Campaign.select().order_by(Campaign.id)

    assert (first.status, second.status) == (CampaignStatus.CANCELLED, CampaignStatus.SCHEDULED)


def test_a_move_of_what_is_near_goes_out_at_night(db: Database, noon: datetime) -> None:
    clock.set_fixed(noon + timedelta(hours=10))  # 22:00
    near = make_activity(starts_at=noon + timedelta(hours=22))
    make_sign_up(near, make_person())
    starts_at = noon + timedelta(days=9)

    activities.update(
        near, {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}, version=1, actor=None
    )

    assert Campaign.get().quiet_hours_override
    assert Campaign.get().scheduled_at == clock.utc_now()


def test_a_cancellation_is_told_to_all_and_ends_what_waited(db: Database) -> None:
    activity = make_activity(seats=1)
    first, waits = make_person(), make_person()
    activities.sign_up(activity, first)
    activities.wait(activity, waits)
    activities.update(activity, {"place": "二号厅"}, version=1, actor=None)

    activities.cancel(activity, "主讲人生病", actor=None)

    told = notice(NoticeKind.ACTIVITY_CANCELLED)
    assert people_of(told) == {first.id, waits.id}
    assert told.text.endswith("现已取消。原因：主讲人生病")
    assert Campaign.select().where(Campaign.status == CampaignStatus.CANCELLED).count() == 1


def test_another_activity_at_the_same_time_is_named(db: Database) -> None:
    person = make_person()
    first = make_activity(starts_at=clock.utc_now() + timedelta(days=2))
    beside = make_activity(starts_at=clock.utc_now() + timedelta(days=2, hours=1))
    after = make_activity(starts_at=clock.utc_now() + timedelta(days=2, hours=2))
    for activity in (first, after):
        make_sign_up(activity, person)

    assert activities.clashes(beside, person) == [first, after]
    assert activities.clashes(after, person) == []


def test_reminders_come_before_the_start_and_once(db: Database, noon: datetime) -> None:
    activity = make_activity(starts_at=noon + timedelta(days=2))
    early, late = make_person(), make_person()
    activities.sign_up(activity, early)
    assert reminders.remind_due() == 0

    clock.set_fixed(noon + timedelta(days=1, minutes=3))
    activities.sign_up(activity, late)
    assert (reminders.remind_due(), reminders.remind_due()) == (1, 0)
    assert people_of(notice(NoticeKind.SIGN_UP_REMINDER)) == {early.id}

    clock.set_fixed(noon + timedelta(days=1, hours=23))
    assert (reminders.remind_due(), reminders.remind_due()) == (1, 0)
    assert people_of(notice(NoticeKind.SIGN_UP_REMINDER)) == {early.id, late.id}


def test_reminders_follow_the_activity_when_it_moves(db: Database, noon: datetime) -> None:
    activity = make_activity(starts_at=noon + timedelta(days=2))
    activities.sign_up(activity, make_person())
    clock.set_fixed(noon + timedelta(days=1, hours=1))
    reminders.remind_due()
    old = Campaign.get()

    later = {"starts_at": noon + timedelta(days=4), "ends_at": noon + timedelta(days=4, hours=1)}
    activities.update(activity, later, version=1, actor=None)

    assert Campaign.get_by_id(old.id).status is CampaignStatus.CANCELLED
    clock.set_fixed(noon + timedelta(days=2))
    assert reminders.remind_due() == 0
    clock.set_fixed(noon + timedelta(days=3))
    assert reminders.remind_due() == 1


def test_a_move_to_the_near_is_not_followed_by_a_reminder_that_is_past(db: Database, noon: datetime) -> None:
    activity = make_activity(starts_at=noon + timedelta(days=9))
    activities.sign_up(activity, make_person())
    clock.set_fixed(noon + timedelta(hours=1))
    near = {"starts_at": noon + timedelta(hours=5), "ends_at": noon + timedelta(hours=6)}

    activities.update(activity, near, version=1, actor=None)

    assert reminders.remind_due() == 0
    clock.set_fixed(noon + timedelta(hours=4))
    assert reminders.remind_due() == 1


@pytest.mark.parametrize(
    ("hours", "minutes", "expected"),
    [
        (24, 60, 23.0),  # 12:00: at 11:00
        (20.75, 60, 20.0),  # 8:45: at 7:45, in the quiet hours, so at 8:00
        (20.25, 60, 8.0),  # 8:15: eight o'clock is too late, so at 20:00 the evening before
        (34.0, 30, 32.0),  # 22:00: at 21:30, in the quiet hours and 8:00 is over, so at 20:00
    ],
)
def test_a_reminder_does_not_come_in_the_night(
    db: Database, noon: datetime, hours: float, minutes: int, expected: float
) -> None:
    activity = make_activity(starts_at=noon + timedelta(hours=hours), reminders=str(minutes))

    assert reminders.moments(activity) == [(noon + timedelta(hours=expected), minutes)]


@pytest.mark.parametrize(("typed", "kept"), [("60，1440", "1440,60"), ("", ""), ("60,60", "60")])
def test_reminders_are_typed_as_minutes(db: Database, typed: str, kept: str) -> None:
    activity = make_activity()

    assert activities.update(activity, {"reminders": typed}, version=1, actor=None).reminders == kept


@pytest.mark.parametrize("typed", ["一小时", "1", "99999", "10,20,30,40,50"])
def test_wrong_reminders_are_named(db: Database, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        activities.update(make_activity(), {"reminders": typed}, version=1, actor=None)

    assert set(refused.value.fields) == {"reminders"}
    assert Activity.get().reminders == "1440,60"


def test_a_person_who_gave_the_seat_back_is_not_reminded(db: Database, noon: datetime) -> None:
    activity, person = make_activity(starts_at=noon + timedelta(hours=2), reminders="60"), make_person()
    activities.sign_up(activity, person)
    activities.cancel_sign_up(activity, person)
    clock.advance(timedelta(hours=1))

    assert reminders.remind_due() == 0
    assert SignUp.get().status is SignUpStatus.CANCELLED


def test_the_time_stays_while_check_in_is_open_and_after_somebody_came(db: Database, noon: datetime) -> None:
    activity = make_activity(starts_at=noon + timedelta(hours=2))
    come = make_person()
    make_sign_up(activity, come)
    opening = make_opening(activity)
    later = {"starts_at": noon + timedelta(hours=3), "ends_at": noon + timedelta(hours=5)}

    with pytest.raises(Invalid) as while_open:
        activities.update(activity, later, version=1, actor=None)
    make_check_in(activity, come)
    check_ins.close(activity, by=make_runner(activity.member_unit))
    with pytest.raises(Invalid) as after_coming:
        activities.update(activity, {"ends_at": noon + timedelta(hours=9)}, version=1, actor=None)

    assert opening.closed_at is None
    assert while_open.value.fields == {"starts_at": moves.CHECK_IN_IS_OPEN}
    assert after_coming.value.fields == {"ends_at": moves.SOMEBODY_CAME.format(number=1)}
    assert ActivityMove.select().count() == 0


def test_the_time_can_change_once_the_check_in_was_undone(db: Database, noon: datetime) -> None:
    activity = make_activity(starts_at=noon + timedelta(hours=2))
    make_check_in(activity, make_person(), status=CheckInStatus.UNDONE)

    moved = activities.update(activity, {"ends_at": noon + timedelta(hours=9)}, version=1, actor=None)

    assert moved.ends_at == noon + timedelta(hours=9)


def test_a_new_place_is_told_also_to_who_comes_late(db: Database, noon: datetime) -> None:
    activity = make_activity(starts_at=noon - timedelta(minutes=10))
    late = make_person()
    make_sign_up(activity, late)
    make_opening(activity)

    activities.update(activity, {"place": "二号厅"}, version=1, actor=None)

    assert people_of(notice(NoticeKind.ACTIVITY_MOVED)) == {late.id}
    assert Campaign.get().deadline_at == activity.ends_at
