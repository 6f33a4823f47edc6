"""Result events: early, late, twice, never; in bulk."""

from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from models.inbound import PlatformEvent
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
)
from sandbox.xml import element
from services.messaging import events, launch
from tests.factories import make_member, make_opt_in
from tests.services.messaging.conftest import MakeCampaign, launched
from wechat.inbound import parse_inbound

pytestmark = pytest.mark.usefixtures("mappings")


def report(msg_id: str, status: str = "success", openid: str = "oU1", at: int = 1) -> None:
    fields = "".join(
        element(name, value)
        for name, value in (
            ("ToUserName", "gh_1"), ("FromUserName", openid), ("CreateTime", at), ("MsgType", "event"),
            ("Event", "TEMPLATESENDJOBFINISH"), ("MsgID", msg_id), ("Status", status),
        )
    )  # fmt: skip
    events.store(parse_inbound(f"<xml>{fields}</xml>".encode()))


@pytest.fixture
def planned(make_campaign: MakeCampaign) -> Delivery:
    make_opt_in(make_member().person)
    campaign = launched(make_campaign())
    return Delivery.get(Delivery.campaign == campaign)


def accept(delivery: Delivery, msg_id: str) -> None:
    """As settling does when the call returns."""
    delivery.status, delivery.msg_id = DeliveryStatus.ACCEPTED, msg_id
    delivery.settled_at = delivery.created_at
    delivery.save()
    Attempt.create(
        delivery=delivery,
        channel=Channel.TEMPLATE_MESSAGE,
        at=delivery.created_at,
        outcome=AttemptOutcome.ACCEPTED,
        msg_id=msg_id,
    )


def ended(delivery: Delivery) -> tuple[DeliveryStatus, str]:
    row = Delivery.get_by_id(delivery.id)
    return row.status, row.reason


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("success", (DeliveryStatus.DELIVERED, "delivered")),
        ("failed:user block", (DeliveryStatus.FAILED, "user_block")),
        ("failed: system failed", (DeliveryStatus.FAILED, "system_failed")),
        ("Failed:User Block", (DeliveryStatus.FAILED, "user_block")),
        ("failed:something new", (DeliveryStatus.FAILED, "system_failed")),
    ],
)
def test_each_word_of_the_platform(
    planned: Delivery, status: str, expected: tuple[DeliveryStatus, str]
) -> None:
    accept(planned, "39001")
    report("39001", status)

    assert events.settle() == 1

    assert ended(planned) == expected
    is_failed = expected[0] is DeliveryStatus.FAILED
    assert Attempt.get().outcome is (AttemptOutcome.REFUSED if is_failed else AttemptOutcome.ACCEPTED)


def test_an_event_before_the_call_returned_waits_for_it(planned: Delivery) -> None:
    report("39001")

    assert events.settle() == 0
    accept(planned, "39001")
    assert events.settle() == 1

    assert ended(planned) == (DeliveryStatus.DELIVERED, "delivered")


def test_the_same_event_twice_is_one(planned: Delivery) -> None:
    accept(planned, "39001")
    report("39001")
    report("39001")

    assert PlatformEvent.select().count() == 1
    assert events.settle() == 1
    assert events.settle() == 0


def test_a_late_contradiction_changes_nothing(planned: Delivery) -> None:
    accept(planned, "39001")
    report("39001", at=1)
    events.settle()
    report("39001", "failed:user block", at=2)

    events.settle()

    assert ended(planned) == (DeliveryStatus.DELIVERED, "delivered")
    assert Attempt.get().outcome is AttemptOutcome.ACCEPTED


def test_a_strangers_event_stays_unmatched(planned: Delivery) -> None:
    report("77")

    assert events.settle() == 0
    assert events.unmatched() == 1


def test_hundreds_are_settled_in_bulk(make_campaign: MakeCampaign) -> None:
    for _ in range(60):
        make_opt_in(make_member().person)
    campaign: Campaign = launched(make_campaign())
    for number, delivery in enumerate(Delivery.select().where(Delivery.campaign == campaign)):
        accept(delivery, str(number))
        report(str(number), openid=f"o{number}")
    report("unknown")

    assert events.settle() == 60

    assert Delivery.select().where(Delivery.status == DeliveryStatus.DELIVERED).count() == 60
    assert launch.due() == []


def test_no_openid_is_kept_beside_the_key(planned: Delivery) -> None:
    report("39001", openid="oSecretOpenid")

    row = PlatformEvent.get()

    assert "oSecretOpenid" not in row.body + row.status + row.msg_id


def test_what_never_matched_is_put_aside_after_days(planned: Delivery) -> None:
    report("not-ours")
    assert (events.settle(), events.unmatched()) == (0, 1)

    assert events.give_up(clock.utc_now()) == 0
    assert events.give_up(clock.utc_now() + timedelta(seconds=1)) == 1

    assert events.unmatched() == 0


def test_events_that_wait_for_their_message_do_not_hold_up_the_others(
    make_campaign: MakeCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "BATCH", 2)
    campaign, now = make_campaign(status=CampaignStatus.SENDING), clock.utc_now()
    rows = []
    for number in range(5):
        follower = make_member()
        rows.append(
            Delivery.create(
                campaign=campaign, person=follower.person, follower=follower, chunk=0, msg_id=f"m{number}",
                channel=Channel.TEMPLATE_MESSAGE, status=DeliveryStatus.ACCEPTED, reason="accepted",
                settled_at=now,
            )
        )  # fmt: skip
    for key, msg_id in enumerate(["x", "m0", "y", "m1", "m1", "m2", "z", "m3", "m0"]):
        PlatformEvent.create(
            dedupe_key=f"k{key}", event=events.TEMPLATE, msg_id=msg_id, status="success", received_at=now
        )

    assert events.settle() == 6
    assert events.settle() == 0
    assert events.unmatched() == 3
    clock.set_fixed(now + timedelta(days=1, seconds=1))
    Campaign.update(launched_at=now).execute()
    assert (events.explain_missing(), events.explain_missing()) == (1, 0)

    told = [(row.status, row.reason) for row in Delivery.select().order_by(Delivery.id)]
    assert told == [(DeliveryStatus.DELIVERED, "delivered")] * 4 + [(DeliveryStatus.ACCEPTED, "no_event")]
