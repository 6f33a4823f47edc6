"""From a claim to the ledger: every class of refusal, and what a killed worker leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from peewee import IntegrityError

import clock
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    QuotaUse,
)
from models.people import Follower, SubscriptionConsent
from sandbox.testing import Sandbox
from services.messaging import campaigns, deliveries, quotas, reasons, replan, results, settling
from tests.factories import make_opt_in
from tests.services.messaging.conftest import MakeCampaign, delivery_of, launched, statuses
from wechat.gateway import Gateway

pytestmark = pytest.mark.usefixtures("mappings")
OnPhone = Callable[..., Follower]
TEMPLATE = "/cgi-bin/message/template/send"
CUSTOM = "/cgi-bin/message/custom/send"


def send(campaign: Campaign, gateway: Gateway) -> None:
    for campaign_id, chunk in deliveries.due_chunks():
        assert campaign_id == campaign.id
        deliveries.send_chunk(campaign_id, chunk, wechat=gateway)


def subscriber(on_phone: OnPhone) -> Follower:
    follower = on_phone()
    make_opt_in(follower.person)
    return follower


def attempts(follower: Follower, campaign: Campaign) -> list[tuple[Channel, AttemptOutcome, int]]:
    rows = Attempt.select().where(Attempt.delivery == delivery_of(follower, campaign)).order_by(Attempt.id)
    return [(row.channel, row.outcome, row.errcode) for row in rows]


def state(follower: Follower, campaign: Campaign) -> tuple[Channel | None, DeliveryStatus, str]:
    row = delivery_of(follower, campaign)
    return row.channel, row.status, row.reason


def received(sandbox: Sandbox, follower: Follower) -> list[str]:
    return [bubble["kind"] for bubble in sandbox.chat(follower.openid) if bubble["by"] == "account"]


def test_three_channels_reach_their_people(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    windowed, subscribed = on_phone(window=True), subscriber(on_phone)
    consenting = on_phone(consent=True)
    campaign = launched(make_campaign())

    send(campaign, gateway)

    assert [received(sandbox, each) for each in (windowed, subscribed, consenting)] == [
        ["text"], ["template"], ["template"],
    ]  # fmt: skip
    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 3}
    assert Follower.get_by_id(windowed.id).window_left == 4
    assert SubscriptionConsent.get().used_at is not None
    assert delivery_of(subscribed, campaign).msg_id
    assert Attempt.select().count() == 3
    assert results.finish_done() == [campaign.id]


def test_a_second_call_for_what_was_accepted_cannot_be_written(
    make_campaign: MakeCampaign, on_phone: OnPhone, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = launched(make_campaign())
    send(campaign, gateway)
    delivery = delivery_of(follower, campaign)

    with pytest.raises(IntegrityError):
        Attempt.create(
            delivery=delivery,
            channel=Channel.WINDOW_MESSAGE,
            at=clock.utc_now(),
            outcome=AttemptOutcome.UNKNOWN,
        )


def test_who_left_ends_and_is_marked(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = launched(make_campaign())
    sandbox.act(follower.openid, "unfollow")

    send(campaign, gateway)

    assert state(follower, campaign) == (Channel.TEMPLATE_MESSAGE, DeliveryStatus.FAILED, "e43004")
    assert not Follower.get_by_id(follower.id).is_following


@pytest.mark.parametrize("errcode", [45015, 45047, 48002])
def test_a_refused_channel_is_planned_again_without_it(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway, errcode: int
) -> None:
    follower = on_phone(window=True)
    make_opt_in(follower.person)
    campaign = launched(make_campaign())
    sandbox.fault(path=CUSTOM, errcode=errcode)

    send(campaign, gateway)

    assert state(follower, campaign)[:2] == (Channel.TEMPLATE_MESSAGE, DeliveryStatus.ACCEPTED)
    assert attempts(follower, campaign) == [
        (Channel.WINDOW_MESSAGE, AttemptOutcome.REFUSED, errcode),
        (Channel.TEMPLATE_MESSAGE, AttemptOutcome.ACCEPTED, 0),
    ]
    assert delivery_of(follower, campaign).refused_channels == "window_message,"


@pytest.mark.parametrize("errcode", [40037, 40249, 48001, 47003, 47001])
def test_what_would_fail_for_everybody_pauses_in_words(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway, errcode: int
) -> None:
    followers = [subscriber(on_phone) for _ in range(30)]
    campaign = launched(make_campaign())
    sandbox.fault(path=TEMPLATE, errcode=errcode, times=30)

    send(campaign, gateway)

    fresh = Campaign.get_by_id(campaign.id)
    assert fresh.status is CampaignStatus.PAUSED
    assert str(errcode) in fresh.status_reason
    assert statuses(campaign) == {DeliveryStatus.PLANNED: len(followers)}
    assert Delivery.select().where(Delivery.lease_until.is_null(False)).count() == 0


def test_a_spent_quota_waits_for_midnight(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = make_campaign()
    campaign.activity.starts_at = clock.utc_now() + timedelta(days=3)
    campaign = launched(campaign)
    sandbox.fault(path=TEMPLATE, errcode=45009)

    send(campaign, gateway)

    row = delivery_of(follower, campaign)
    assert (row.status, row.reason, row.not_before) == (
        DeliveryStatus.PLANNED, "quota_exhausted", quotas.renewed_at(),
    )  # fmt: skip
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.SENDING
    assert QuotaUse.get().exhausted_at is not None
    assert deliveries.due_chunks() == []

    clock.set_fixed(quotas.renewed_at() + timedelta(hours=9))
    send(campaign, gateway)

    assert state(follower, campaign)[1] is DeliveryStatus.ACCEPTED


def test_try_later_waits_and_gives_the_channel_up_in_the_end(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = launched(make_campaign(channels=["template_message", "rider"]))
    sandbox.fault(path=TEMPLATE, errcode=-1, times=5)

    waits = []
    for _ in range(5):
        send(campaign, gateway)
        row = delivery_of(follower, campaign)
        if row.not_before is not None:
            waits.append((row.not_before - clock.utc_now()).total_seconds())
            clock.set_fixed(row.not_before)

    assert waits == [30, 120, 600, 1800]
    assert state(follower, campaign) == (Channel.RIDER, DeliveryStatus.PLANNED, "no_other_means")


def test_a_lost_template_answer_is_asked_again_under_the_same_key(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = launched(make_campaign())
    sandbox.fault(path=TEMPLATE, drop="after")

    send(campaign, gateway)
    assert state(follower, campaign) == (Channel.TEMPLATE_MESSAGE, DeliveryStatus.PLANNED, "no_answer")
    assert [outcome for _, outcome, _ in attempts(follower, campaign)] == [AttemptOutcome.UNKNOWN]
    clock.advance(timedelta(minutes=1))
    send(campaign, gateway)

    assert state(follower, campaign)[1] is DeliveryStatus.ACCEPTED
    assert [outcome for _, outcome, _ in attempts(follower, campaign)] == [AttemptOutcome.ACCEPTED]
    assert received(sandbox, follower) == ["template"]


def test_a_lost_template_answer_is_not_asked_after_nine_minutes(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = launched(make_campaign())
    sandbox.fault(path=TEMPLATE, drop="after")

    send(campaign, gateway)
    clock.advance(timedelta(minutes=9, seconds=1))
    send(campaign, gateway)

    assert state(follower, campaign)[1] is DeliveryStatus.UNKNOWN
    assert received(sandbox, follower) == ["template"]


def test_a_lost_window_answer_stays_unknown(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    follower = on_phone(window=True)
    campaign = launched(make_campaign())
    sandbox.fault(path=CUSTOM, drop="after")

    send(campaign, gateway)
    clock.advance(timedelta(hours=2))
    deliveries.free_expired()
    send(campaign, gateway)

    assert state(follower, campaign) == (Channel.WINDOW_MESSAGE, DeliveryStatus.UNKNOWN, "no_answer")
    assert received(sandbox, follower) == ["text"]
    assert Follower.get_by_id(follower.id).window_left == 4


def test_a_call_that_never_left_is_planned_again(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    follower = on_phone(window=True)
    campaign = launched(make_campaign())
    gateway._client._api_url = "http://127.0.0.1:9"

    send(campaign, gateway)

    row = delivery_of(follower, campaign)
    assert (row.status, row.reason, row.first_called_at) == (DeliveryStatus.PLANNED, "try_later", None)
    assert attempts(follower, campaign) == []


def test_the_sweep_frees_what_a_dead_worker_held(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    windowed, subscribed = on_phone(window=True), subscriber(on_phone)
    campaign = launched(make_campaign())
    for channel in (Channel.WINDOW_MESSAGE, Channel.TEMPLATE_MESSAGE):
        assert len(deliveries._claim(campaign.id, 0, channel, limit=None)) == 1
    assert deliveries.free_expired() == 0

    clock.advance(timedelta(minutes=3, seconds=1))
    assert deliveries.free_expired() == 2

    assert state(windowed, campaign) == (Channel.WINDOW_MESSAGE, DeliveryStatus.UNKNOWN, "lease_expired")
    assert state(subscribed, campaign) == (Channel.TEMPLATE_MESSAGE, DeliveryStatus.PLANNED, "lease_freed")
    assert delivery_of(subscribed, campaign).first_called_at == clock.utc_now() - timedelta(
        minutes=3, seconds=1
    )
    send(campaign, gateway)
    assert state(subscribed, campaign)[1] is DeliveryStatus.ACCEPTED


def test_pause_stops_claiming_and_resume_goes_on(
    make_campaign: MakeCampaign, on_phone: OnPhone, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = launched(make_campaign())
    campaigns.pause(campaign, actor=None)

    assert deliveries.due_chunks() == []
    assert deliveries.send_chunk(campaign.id, 0, wechat=gateway).claimed == 0
    campaigns.resume(campaign, actor=None)
    send(campaign, gateway)

    assert state(follower, campaign)[1] is DeliveryStatus.ACCEPTED


def test_cancel_skips_the_planned_and_keeps_the_sum(
    make_campaign: MakeCampaign, on_phone: OnPhone, gateway: Gateway
) -> None:
    sent = on_phone(window=True)
    campaign = launched(make_campaign())
    send(campaign, gateway)
    subscriber(on_phone)
    other = make_campaign()
    other = launched(other)

    assert campaigns.cancel(other, actor=None) == 2
    campaigns.cancel(campaign, actor=None)

    assert statuses(other) == {DeliveryStatus.SKIPPED: 2}
    assert state(sent, campaign)[1] is DeliveryStatus.ACCEPTED


def test_a_row_whose_worker_died_before_the_cancellation_is_unknown(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = launched(make_campaign())
    deliveries._claim(campaign.id, 0, Channel.TEMPLATE_MESSAGE, limit=None)
    campaigns.cancel(campaign, actor=None)

    clock.advance(timedelta(minutes=4))
    deliveries.free_expired()

    assert state(follower, campaign)[1:] == (DeliveryStatus.UNKNOWN, "lease_expired")
    assert [each.outcome for each in Attempt.select()] == [AttemptOutcome.UNKNOWN]


def test_only_the_failed_are_retried(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    lucky, unlucky = subscriber(on_phone), subscriber(on_phone)
    campaign = launched(make_campaign())
    sandbox.fault(path=TEMPLATE, errcode=43019)
    send(campaign, gateway)
    failed = [each for each in (lucky, unlucky) if state(each, campaign)[1] is DeliveryStatus.FAILED]
    assert len(failed) == 1
    assert results.finish_done() == [campaign.id]

    clock.advance(timedelta(seconds=2))
    assert campaigns.retry_failed(Campaign.get_by_id(campaign.id), actor=None) == 1
    send(campaign, gateway)

    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 2}
    assert [received(sandbox, each) for each in (lucky, unlucky)] == [["template"], ["template"]]


def test_of_two_retries_at_once_the_second_sends_nothing_again(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = launched(make_campaign())
    sandbox.fault(path=TEMPLATE, errcode=43019)
    send(campaign, gateway)
    one, other = Campaign.get_by_id(campaign.id), Campaign.get_by_id(campaign.id)

    clock.advance(timedelta(seconds=2))
    assert campaigns.retry_failed(one, actor=None) == 1
    send(campaign, gateway)

    assert campaigns.retry_failed(other, actor=None) == 0
    send(campaign, gateway)
    assert received(sandbox, follower) == ["template"]


@pytest.mark.parametrize("reason", sorted(reasons.NO_RETRY))
def test_who_refused_is_not_sent_to_again(
    make_campaign: MakeCampaign, on_phone: OnPhone, gateway: Gateway, reason: str
) -> None:
    subscriber(on_phone)
    campaign = launched(make_campaign())
    Delivery.update(status=DeliveryStatus.FAILED, reason=reason).execute()

    assert campaigns.retry_failed(campaign, actor=None) == 0
    assert statuses(campaign) == {DeliveryStatus.FAILED: 1}


def test_nothing_goes_out_in_the_quiet_hours(
    make_campaign: MakeCampaign, on_phone: OnPhone, gateway: Gateway
) -> None:
    subscriber(on_phone)
    campaign = launched(make_campaign())
    clock.advance(timedelta(hours=9))

    assert deliveries.due_chunks() == []
    assert deliveries.send_chunk(campaign.id, 0, wechat=gateway).why_stopped == "免打扰时段"


def test_the_ledger_of_calls_shows_no_openid(
    make_campaign: MakeCampaign, on_phone: OnPhone, gateway: Gateway
) -> None:
    follower = subscriber(on_phone)
    campaign = launched(make_campaign())

    claimed = deliveries._claim(campaign.id, 0, Channel.TEMPLATE_MESSAGE, limit=None)

    assert follower.openid not in repr(claimed)


def test_the_sweep_leaves_alone_what_a_late_worker_settled_since_it_looked(
    make_campaign: MakeCampaign, on_phone: OnPhone
) -> None:
    follower = on_phone(window=True)
    campaign = launched(make_campaign())
    row = delivery_of(follower, campaign)
    past = clock.utc_now() - timedelta(seconds=1)
    Delivery.update(status=DeliveryStatus.CLAIMED, lease_until=past, first_called_at=past).execute()
    seen = [(row.id, Channel.WINDOW_MESSAGE, past)]

    replan.without([row.id], Channel.WINDOW_MESSAGE)  # the late worker's refusal
    settling.free(seen, clock.utc_now())

    kept = delivery_of(follower, campaign)
    assert (kept.status, kept.channel) == (DeliveryStatus.PLANNED, Channel.MASS_SEND)
    assert attempts(follower, campaign) == []
