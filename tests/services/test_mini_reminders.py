"""Reminders by subscribe message: when they are due, what stops them, and that none goes twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import clock
import config
from models.activities import ActivityStatus
from models.mini_reminders import MiniReminder, MiniReminderStatus
from models.people import Follower
from services import activities, mini_reminders
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
        ("2026-11-26 22:00", "2026-11-25 20:00"),
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
