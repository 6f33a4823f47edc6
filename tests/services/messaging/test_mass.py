"""Mass lists, their events, and riders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

import clock
from models.base import db, is_sqlite
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatch,
    MassBatchStatus,
)
from models.operations import Credential
from models.people import Follower
from sandbox.testing import Sandbox
from sandbox.xml import element
from services import bindings
from services.messaging import campaigns, events, mass, mass_drafts, mass_sending, quotas, results, riders
from tests.factories import make_member
from tests.services.messaging.conftest import MakeCampaign, delivery_of, launched, statuses
from wechat.gateway import Gateway
from wechat.inbound import parse_inbound

OnPhone = Callable[..., Follower]
MASS = "/cgi-bin/message/mass/send"


def batch_of(campaign: Campaign) -> MassBatch:
    return MassBatch.get(MassBatch.campaign == campaign)


def cards(sandbox: Sandbox, follower: Follower) -> int:
    return sum(1 for bubble in sandbox.chat(follower.openid) if bubble["kind"] == "news")


def report(msg_id: str | None, status: str = "send success", *, sent: int = 3, at: int = 1) -> None:
    """MASSSENDJOBFINISH as WeChat words it."""
    fields = "".join(
        element(name, value)
        for name, value in (
            ("ToUserName", "gh_1"), ("FromUserName", "oEditor"), ("CreateTime", at), ("MsgType", "event"),
            ("Event", "MASSSENDJOBFINISH"), ("MsgID", msg_id or ""), ("Status", status), ("TotalCount", 3),
            ("FilterCount", sent), ("SentCount", sent), ("ErrorCount", 0),
        )
    )  # fmt: skip
    events.store(parse_inbound(f"<xml>{fields}</xml>".encode()))


@pytest.fixture
def three(on_phone: OnPhone) -> list[Follower]:
    return [on_phone() for _ in range(3)]


def test_one_call_reaches_the_list(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()

    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is None

    assert [cards(sandbox, each) for each in three] == [1, 1, 1]
    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 3}
    assert Attempt.select().count() == 3
    assert {(f.mass_month, f.mass_received) for f in Follower.select()} == {("2026-11", 1)}
    assert quotas.left(Channel.MASS_SEND) == quotas.DAILY_LIMITS[Channel.MASS_SEND] - 1
    report(batch_of(campaign).msg_id)
    assert events.settle() == 1
    batch = batch_of(campaign)
    assert (batch.status, batch.total_count, batch.sent_count) == (MassBatchStatus.FINISHED, 3, 3)


def test_the_cover_is_uploaded_once(
    make_campaign: MakeCampaign, three: list[Follower], gateway: Gateway
) -> None:
    for _ in range(2):
        launched(make_campaign())
    for batch_id in mass_sending.due_batches():
        mass_sending.send_mass_batch(batch_id, wechat=gateway)

    assert Credential.select().where(Credential.kind == mass_drafts.COVER).count() == 1


def test_a_lost_answer_is_repeated_under_the_same_id(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    sandbox.fault(path=MASS, drop="after")
    [batch_id] = mass_sending.due_batches()

    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.PLANNED
    assert mass_sending.due_batches() == []
    clock.advance(timedelta(minutes=2))
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED

    assert [cards(sandbox, each) for each in three] == [1, 1, 1]
    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 3}


def test_a_dead_workers_batch_is_repeated_within_a_day_and_given_up_after(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    claimed = mass_sending._claim(batch_id)
    assert claimed is not None
    mass_sending._call(claimed, [each.openid for each in three], gateway)

    clock.advance(timedelta(minutes=4))
    assert mass_sending.free_expired() == 1
    assert statuses(campaign) == {DeliveryStatus.PLANNED: 3}
    clock.advance(timedelta(hours=23))
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is None

    assert statuses(campaign) == {DeliveryStatus.UNKNOWN: 3}
    assert [cards(sandbox, each) for each in three] == [1, 1, 1]
    assert batch_of(campaign).status is MassBatchStatus.UNKNOWN


def test_no_slot_left_goes_by_another_channel(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    sandbox.fault(path=MASS, errcode=45028)
    [batch_id] = mass_sending.due_batches()

    mass_sending.send_mass_batch(batch_id, wechat=gateway)

    assert {row.channel for row in Delivery.select()} == {Channel.RIDER}
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.SENDING


def test_a_spent_day_waits_for_midnight_and_is_not_given_up(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    sandbox.fault(path=MASS, errcode=45009)
    [batch_id] = mass_sending.due_batches()
    mass_sending.send_mass_batch(batch_id, wechat=gateway)
    assert mass_sending.due_batches() == []

    clock.set_fixed(quotas.renewed_at() + timedelta(hours=33))
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED

    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 3}


def test_a_refusal_of_the_content_pauses(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    sandbox.fault(path=MASS, errcode=45166)
    [batch_id] = mass_sending.due_batches()

    mass_sending.send_mass_batch(batch_id, wechat=gateway)

    fresh = Campaign.get_by_id(campaign.id)
    assert fresh.status is CampaignStatus.PAUSED
    assert "45166" in fresh.status_reason
    assert statuses(campaign) == {DeliveryStatus.PLANNED: 3}


def test_a_mass_send_turned_down_afterwards_may_be_retried(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    mass_sending.send_mass_batch(batch_id, wechat=gateway)
    report(batch_of(campaign).msg_id, "err(20001)", sent=0)

    events.settle()

    assert {(row.status, row.reason) for row in Delivery.select()} == {(DeliveryStatus.FAILED, "mass_20001")}
    assert {row.outcome for row in Attempt.select()} == {AttemptOutcome.REFUSED}
    assert campaigns.retry_failed(Campaign.get_by_id(campaign.id), actor=None) == 3
    assert mass.gather() == 1
    [again] = mass_sending.due_batches()
    assert mass_sending.send_mass_batch(again, wechat=gateway) is MassBatchStatus.ACCEPTED


def test_a_paused_campaign_is_not_claimed(
    make_campaign: MakeCampaign, three: list[Follower], gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    campaigns.pause(campaign, actor=None)
    monkeypatch.setattr(mass_sending, "due_batches", lambda: [batch_id])  # asked before the pause

    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is None
    assert batch_of(campaign).status is MassBatchStatus.PLANNED


def test_a_batch_left_by_all_but_one_is_not_called(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    for follower in three[1:]:
        bindings.unbind(follower)

    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.FAILED
    assert delivery_of(three[0], campaign).channel is Channel.RIDER
    assert [cards(sandbox, each) for each in three] == [0, 0, 0]


def test_a_batch_that_may_have_gone_is_unknown_once_it_is_cancelled(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    sandbox.fault(path=MASS, drop="after")
    mass_sending.send_mass_batch(batch_id, wechat=gateway)
    bindings.unbind(three[0])

    assert campaigns.cancel(campaign, actor=None) == 0

    assert batch_of(campaign).status is MassBatchStatus.UNKNOWN
    assert statuses(campaign) == {DeliveryStatus.UNKNOWN: 3}


def test_a_lost_event_is_asked_for(
    make_campaign: MakeCampaign, three: list[Follower], gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    mass_sending.send_mass_batch(batch_id, wechat=gateway)
    assert mass_sending.poll_unfinished(wechat=gateway) == 0

    clock.advance(timedelta(hours=1, seconds=1))
    assert mass_sending.poll_unfinished(wechat=gateway) == 1

    assert batch_of(campaign).status is MassBatchStatus.FINISHED


def test_a_rider_is_offered_once(make_campaign: MakeCampaign) -> None:
    follower = make_member()
    campaign = launched(make_campaign(channels=["rider"]))

    said = riders.offer(follower, budget_bytes=1000, at=clock.utc_now())

    assert "基层治理" in said
    assert riders.offer(follower, budget_bytes=1000, at=clock.utc_now()) == ""
    row = delivery_of(follower, campaign)
    assert (row.status, row.reason) == (DeliveryStatus.OFFERED, "offered")
    assert results.finish_done() == [campaign.id]


def test_riders_go_oldest_first_and_within_the_budget(make_campaign: MakeCampaign) -> None:
    follower = make_member()
    first, second = (launched(make_campaign(channels=["rider"])) for _ in range(2))
    one = len(riders._text_of(first, follower.person.member_unit_id).encode())

    assert riders.offer(follower, budget_bytes=20, at=clock.utc_now()) == ""
    riders.offer(follower, budget_bytes=one + 10, at=clock.utc_now())

    assert delivery_of(follower, first).status is DeliveryStatus.OFFERED
    assert delivery_of(follower, second).status is DeliveryStatus.PLANNED


def test_a_paused_campaigns_rider_waits(make_campaign: MakeCampaign) -> None:
    follower = make_member()
    campaign = launched(make_campaign(channels=["rider"]))
    campaigns.pause(campaign, actor=None)

    assert riders.offer(follower, budget_bytes=1000, at=clock.utc_now()) == ""


def test_a_rider_expires_with_its_campaign(make_campaign: MakeCampaign) -> None:
    follower = make_member()
    campaign = launched(make_campaign(channels=["rider"]))
    assert results.finish_done() == []

    clock.set_fixed(campaign.deadline_at)
    assert riders.expire() == 1

    row = delivery_of(follower, campaign)
    assert (row.status, row.reason) == (DeliveryStatus.SKIPPED, "expired")
    assert results.finish_done() == [campaign.id]
    assert sum(count.persons for count in results.counts(campaign)) == 1


def test_looking_for_riders_uses_their_own_index(make_campaign: MakeCampaign) -> None:
    if not is_sqlite():
        pytest.skip("the plan of an empty table is PostgreSQL's own affair")
    sql, parameters = riders._waiting(1, clock.utc_now()).sql()

    plan = " ".join(row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall())

    assert "delivery_rider" in plan
