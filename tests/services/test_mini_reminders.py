"""Reminders by subscribe message: when they are due, what stops them, and that none goes twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import clock
import config
from models.activities import ActivityStatus
from models.automatic_notices import AutomaticNoticePerson
from models.messaging import Campaign, Channel, Delivery, DeliveryStatus
from models.mini_reminders import MiniReminder, MiniReminderStatus
from models.people import Follower
from services import activities, mini_reminders
from services.activities import reminders
from services.mini_reminders import ReminderNotPossible, due_at
from tests.at_once import at_once
from tests.factories import make_activity, make_follower, make_person, make_sign_up
from wechat.errors import OutcomeUnknown, Refused, TryLater, WeChatError
from wechat.subscription_messages import NO_CONSENT, PATH, SubscribeMessage

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest) -> None:
    """One that is rolled back, unless the test has its own."""
    if "own_database" not in request.fixturenames:
        request.getfixturevalue("db")


class Program:
    """A mini program whose sends end as told."""

    def __init__(self, *ends: WeChatError | str) -> None:
        self.ends = list(ends)
        self.sent: list[SubscribeMessage] = []

    def send_subscribe_message(self, message: SubscribeMessage) -> str:
        self.sent.append(message)
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        if isinstance(end, WeChatError):
            raise end
        return end


def make_asked(**values: object) -> tuple[Follower, MiniReminder]:
    """Somebody who signed up and asked to be reminded."""
    person = make_person()
    follower = make_follower(app_id=config.settings().mini_app_id, person=person, is_following=False)
    activity = make_activity(**values)
    make_sign_up(activity, person)
    row = mini_reminders.answered(follower, activity, accepted=True)
    assert row is not None
    return follower, row


def local(text: str) -> datetime:
    return clock.from_local(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("starts", "due"),
    [
        ("2026-11-26 14:00", "2026-11-25 14:00"),
        ("2026-11-26 22:00", "2026-11-26 08:00"),
        ("2026-11-24 08:15", "2026-11-23 20:00"),
        ("2026-11-26 07:30", "2026-11-25 08:00"),
        ("2026-11-23 19:00", "2026-11-23 17:00"),
        ("2026-11-23 13:00", "2026-11-23 12:00"),
    ],
)
def test_a_reminder_is_due_a_day_before_at_a_decent_hour(noon: datetime, starts: str, due: str) -> None:
    activity = make_activity(starts_at=local(starts))

    assert due_at(activity, noon) == local(due)


def test_a_yes_twice_is_one_reminder_and_a_no_takes_it_back() -> None:
    follower, row = make_asked()

    again = mini_reminders.answered(follower, row.activity, accepted=True)

    assert again is not None
    assert again.id == row.id
    assert mini_reminders.state_of(follower, row.activity) == "planned"
    mini_reminders.answered(follower, row.activity, accepted=False)
    assert mini_reminders.state_of(follower, row.activity) == "none"


def test_what_has_begun_is_not_reminded_of(noon: datetime) -> None:
    activity = make_activity(starts_at=noon)

    with pytest.raises(ReminderNotPossible):
        mini_reminders.answered(make_follower(), activity, accepted=True)


def test_it_goes_out_once_when_it_is_due() -> None:
    follower, row = make_asked(title="基层治理讲座", starts_at=clock.utc_now() + timedelta(hours=30))
    program = Program("1980000000000000001")
    assert mini_reminders.send_due(program) == 0

    with clock.fixed(row.due_at):
        assert [mini_reminders.send_due(program) for _ in range(2)] == [1, 0]

    [message] = program.sent
    assert message.openid == follower.openid
    assert message.values["thing1"] == "基层治理讲座"
    assert message.page == f"pages/activity/activity?id={row.activity_id}"
    assert MiniReminder.get().status is MiniReminderStatus.ACCEPTED
    assert mini_reminders.state_of(follower, row.activity) == "sent"


def test_an_activity_that_moved_is_reminded_of_at_its_new_time() -> None:
    _, row = make_asked(starts_at=clock.utc_now() + timedelta(hours=30))
    moved = row.activity
    moved.starts_at += timedelta(days=3)
    moved.ends_at += timedelta(days=3)
    moved.save()
    program = Program("1")

    with clock.fixed(row.due_at):
        mini_reminders.send_due(program)

    assert program.sent == []
    fresh = MiniReminder.get()
    assert fresh.status is MiniReminderStatus.PLANNED
    assert fresh.due_at == row.due_at + timedelta(days=3)


@pytest.mark.parametrize("why", ["cancelled_activity", "cancelled_sign_up", "unbound"])
def test_who_does_not_come_is_not_reminded(why: str) -> None:
    follower, row = make_asked(starts_at=clock.utc_now() + timedelta(hours=30))
    if why == "cancelled_activity":
        row.activity.status = ActivityStatus.CANCELLED
        row.activity.save()
    elif why == "cancelled_sign_up":
        activities.cancel_sign_up(row.activity, follower.person)
    else:
        Follower.update(person=None).where(Follower.id == follower.id).execute()
    program = Program("1")

    with clock.fixed(row.due_at):
        mini_reminders.send_due(program)

    assert program.sent == []
    told = MiniReminder.get()
    assert told.status is MiniReminderStatus.SKIPPED
    assert told.reason


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (Refused(PATH, errcode=NO_CONSENT), MiniReminderStatus.FAILED),
        (OutcomeUnknown(PATH), MiniReminderStatus.UNKNOWN),
        (TryLater(PATH), MiniReminderStatus.PLANNED),
    ],
)
def test_each_end_of_a_send_is_kept(end: WeChatError, status: MiniReminderStatus) -> None:
    _, row = make_asked(starts_at=clock.utc_now() + timedelta(hours=30))

    with clock.fixed(row.due_at):
        mini_reminders.send_due(Program(end))

    assert MiniReminder.get().status is status
    with clock.fixed(row.due_at + timedelta(minutes=5)):
        again = mini_reminders.send_due(Program("1"))
    assert again == (1 if status is MiniReminderStatus.PLANNED else 0)


def test_what_a_dead_worker_held_is_unknown_and_not_sent_again() -> None:
    _, row = make_asked(starts_at=clock.utc_now() + timedelta(hours=30))
    held = {"status": MiniReminderStatus.CLAIMED, "claimed_until": row.due_at}
    MiniReminder.update(**held).execute()

    with clock.fixed(row.due_at + timedelta(seconds=1)):
        assert mini_reminders.free_expired() == 1
        assert mini_reminders.send_due(Program("1")) == 0
    assert MiniReminder.get().status is MiniReminderStatus.UNKNOWN


@pytest.mark.parametrize("told", ["M1", "M1:thing1=nonsense", "M1:"])
def test_a_misspelt_setting_is_named(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    settings = config.settings().model_copy(update={"mini_reminder_template": told})
    monkeypatch.setattr(config, "settings", lambda: settings)

    with pytest.raises(ValueError, match="MINI_REMINDER_TEMPLATE"):
        mini_reminders.template()


@pytest.mark.usefixtures("own_database")
def test_two_workers_at_once_send_one_message() -> None:
    _, row = make_asked(starts_at=clock.utc_now() + timedelta(hours=30))
    program = Program("1")

    with clock.fixed(row.due_at):
        taken = at_once(*[lambda: mini_reminders.send_due(program)] * 3)  # type: ignore[arg-type]

    assert sum(taken) == len(program.sent) == 1


def test_a_reminder_asked_for_in_the_night_waits_for_the_morning(noon: datetime) -> None:
    activity = make_activity(starts_at=local("2026-11-24 08:15"))

    assert due_at(activity, local("2026-11-23 23:00")) == local("2026-11-24 08:00")


def test_who_is_reminded_by_the_mini_program_gets_no_second_reminder(noon: datetime) -> None:
    follower, row = make_asked(starts_at=noon + timedelta(days=2))
    other = make_person()
    make_sign_up(row.activity, other)

    with clock.fixed(row.due_at):
        reminders.remind_due()
        assert told() == [other.id]
        mini_reminders.send_due(Program("1"))
        reminders.remind_due()

    assert told() == [other.id]
    with clock.fixed(row.activity.starts_at - timedelta(hours=1)):  # the last reminder is another one
        reminders.remind_due()
    assert sorted(told()) == sorted([other.id, other.id, follower.person_id])


def test_whose_mini_reminder_failed_is_reminded_after_all(noon: datetime) -> None:
    follower, row = make_asked(starts_at=noon + timedelta(days=2))
    other = make_person()
    make_sign_up(row.activity, other)

    with clock.fixed(row.due_at):
        reminders.remind_due()
        mini_reminders.send_due(Program(Refused(PATH, errcode=NO_CONSENT)))
        assert [reminders.remind_due() for _ in range(2)] == [1, 0]

    assert told() == [other.id, follower.person_id]


@pytest.mark.parametrize(
    ("status", "channel", "sent"),
    [
        (DeliveryStatus.ACCEPTED, Channel.TEMPLATE_MESSAGE, 0),
        (DeliveryStatus.FAILED, Channel.TEMPLATE_MESSAGE, 1),
        (DeliveryStatus.PLANNED, Channel.RIDER, 1),
    ],
)
def test_who_was_just_reminded_is_not_reminded_by_the_mini_program(
    noon: datetime, status: DeliveryStatus, channel: Channel, sent: int
) -> None:
    person = make_person()
    activity = make_activity(starts_at=noon + timedelta(hours=3), reminders="180")
    make_sign_up(activity, person)
    reminders.remind_due()
    delivery = Delivery.create(
        campaign=Campaign.get(), person=person, chunk=0, channel=channel, status=status
    )
    mini = make_follower(app_id=config.settings().mini_app_id, person=person, is_following=False)
    row = mini_reminders.answered(mini, activity, accepted=True)
    program = Program("1")

    with clock.fixed(row.due_at):
        mini_reminders.send_due(program)

    assert len(program.sent) == sent
    if not sent:
        assert MiniReminder.get().reason == "公众号刚刚提醒过"
    if channel is Channel.RIDER:
        assert Delivery.get_by_id(delivery.id).reason == "reminded"


def test_a_move_to_an_earlier_time_takes_the_reminder_along(noon: datetime) -> None:
    _, row = make_asked(starts_at=noon + timedelta(days=9))
    near = {"starts_at": noon + timedelta(days=2), "ends_at": noon + timedelta(days=2, hours=1)}

    activities.update(row.activity, near, version=1, actor=None)

    assert MiniReminder.get().due_at == noon + timedelta(days=1)


def told() -> list[int]:
    """Who was told by automatic reminders, in turn."""
    return [row.person_id for row in AutomaticNoticePerson.select().order_by(AutomaticNoticePerson.id)]
