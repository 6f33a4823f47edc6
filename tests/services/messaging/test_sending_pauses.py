"""Campaigns that pause by themselves, and go on; retries by cause; the platform's own count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

import clock
from jobs.step import step
from models.accounts import AccountRoleKind
from models.messaging import (
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
)
from models.people import Follower, Topic
from models.sending import PauseKind, SendingPause
from sandbox.testing import Sandbox
from services import wechat_account
from services.messaging import campaigns, deliveries, paces, quotas, results, riders, sending_pauses
from tests.factories import make_account, make_member, make_opt_in
from tests.services.messaging.conftest import MakeCampaign, launched
from wechat.gateway import Gateway

TEMPLATE = "/cgi-bin/message/template/send"
OnPhone = Callable[..., Follower]


@pytest.fixture
def account(gateway: Gateway, mappings: object) -> Iterator[Gateway]:
    wechat_account.set_gateway(gateway)
    yield gateway
    wechat_account.set_gateway(None)


def settled(campaign: Campaign, status: DeliveryStatus, count: int, reason: str = "") -> list[Delivery]:
    """So many people of the campaign whose delivery ended so, now."""
    rows = []
    for _ in range(count):
        follower = make_member()
        rows.append(
            Delivery.create(
                campaign=campaign,
                person=follower.person,
                follower=follower,
                chunk=0,
                channel=Channel.TEMPLATE_MESSAGE,
                status=status,
                reason=reason,
                settled_at=clock.utc_now(),
            )
        )
    return rows


@pytest.fixture
def sending(make_campaign: MakeCampaign) -> Campaign:
    return make_campaign(status=CampaignStatus.SENDING, deadline_at=clock.utc_now() + timedelta(days=2))


def test_quota_alone_pauses_and_midnight_resumes(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, account: Gateway, noon: datetime
) -> None:
    followers = [on_phone() for _ in range(3)]
    for follower in followers:
        make_opt_in(follower.person, Topic.LECTURE)
    campaign = make_campaign(scheduled_at=noon, deadline_at=noon + timedelta(days=3))
    sandbox.fault(path=TEMPLATE, errcode=45009)

    step(noon + timedelta(minutes=1))

    campaign = Campaign.get_by_id(campaign.id)
    pause = sending_pauses.latest(campaign)
    assert campaign.status is CampaignStatus.PAUSED
    assert pause is not None
    assert (pause.kind, pause.resume_at, pause.errcode) == (PauseKind.QUOTA, quotas.renewed_at(), 45009)
    assert campaign.author.display_name in pause.told

    step(noon + timedelta(hours=12, seconds=20))
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.SENDING
    step(noon + timedelta(hours=21))

    assert {row.status for row in Delivery.select()} == {DeliveryStatus.ACCEPTED}
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.DONE
    assert sending_pauses.latest(campaign) is None


def test_a_changed_text_is_not_resumed_by_the_clock(sending: Campaign) -> None:
    sending_pauses._pause(sending, PauseKind.QUOTA, "额度", advice="", at=clock.utc_now())
    Campaign.update(summary="没有审过的一句").where(Campaign.id == sending.id).execute()

    assert sending_pauses.resume_due() == 0
    assert Campaign.get_by_id(sending.id).status is CampaignStatus.PAUSED


def test_riders_ride_on_while_only_the_quota_is_spent(sending: Campaign) -> None:
    follower = make_member()
    Delivery.create(
        campaign=sending,
        person=follower.person,
        follower=follower,
        chunk=0,
        channel=Channel.RIDER,
        status=DeliveryStatus.PLANNED,
    )
    sending_pauses._pause(sending, PauseKind.QUOTA, "额度", advice="", at=quotas.renewed_at())
    assert riders.offer(follower, budget_bytes=2000, at=clock.utc_now()) != ""

    Delivery.update(status=DeliveryStatus.PLANNED).execute()
    SendingPause.update(kind=PauseKind.FAILURES).execute()
    assert riders.offer(follower, budget_bytes=2000, at=clock.utc_now()) == ""


@pytest.mark.parametrize(("failed", "pauses"), [(9, False), (10, True)])
def test_too_many_failures_pause_with_the_reason_and_who_was_told(
    sending: Campaign, failed: int, pauses: bool
) -> None:
    stranger = make_account(AccountRoleKind.SCHOOL_ADMIN)
    settled(sending, DeliveryStatus.ACCEPTED, 200 - failed)
    settled(sending, DeliveryStatus.FAILED, failed, "e43004")

    assert sending_pauses.watch() == int(pauses)

    campaign, pause = Campaign.get_by_id(sending.id), sending_pauses.latest(sending)
    assert (campaign.status is CampaignStatus.PAUSED) is pauses
    assert (pause is not None) is pauses
    if pause is not None:
        assert "200 条有结果的里有 10 条失败（5%）" in campaign.status_reason
        assert pause.kind is PauseKind.FAILURES
        assert pause.advice
        assert pause.resume_at is None
        assert stranger.display_name not in pause.told


def test_few_failures_of_few_do_not_pause(sending: Campaign) -> None:
    settled(sending, DeliveryStatus.FAILED, 20, "e43004")

    assert sending_pauses.watch() == 0


def test_what_failed_before_a_resume_does_not_pause_again(sending: Campaign, noon: datetime) -> None:
    settled(sending, DeliveryStatus.FAILED, 200, "e43004")
    assert sending_pauses.watch() == 1
    clock.set_fixed(noon + timedelta(seconds=30))

    campaigns.resume(Campaign.get_by_id(sending.id), actor=None)

    assert sending_pauses.watch() == 0
    assert Campaign.get_by_id(sending.id).status is CampaignStatus.SENDING


def test_an_error_for_everybody_says_what_to_do(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, account: Gateway, noon: datetime
) -> None:
    make_opt_in(on_phone().person, Topic.LECTURE)
    campaign = make_campaign(scheduled_at=noon)
    sandbox.fault(path=TEMPLATE, errcode=40037)

    step(noon + timedelta(seconds=10))

    pause = sending_pauses.latest(campaign)
    assert pause is not None
    assert (pause.kind, pause.errcode, pause.resume_at) == (PauseKind.PLATFORM, 40037, None)
    assert "消息模板" in pause.advice


def test_only_the_chosen_causes_are_retried(sending: Campaign) -> None:
    settled(sending, DeliveryStatus.FAILED, 2, "system_failed")
    settled(sending, DeliveryStatus.FAILED, 3, "e45047")
    settled(sending, DeliveryStatus.FAILED, 1, "user_block")
    assert results.failed_by_cause(sending) == {"e45047": 3, "system_failed": 2, "user_block": 1}

    assert campaigns.retry_failed(sending, actor=None, causes=["system_failed", "user_block"]) == 2

    assert results.failed_by_cause(sending) == {"e45047": 3, "user_block": 1}


def test_the_platforms_count_is_kept_beside_ours(db: object, sandbox: Sandbox, account: Gateway) -> None:
    make_opt_in(make_member().person)

    assert paces.ask_platform(wechat=account) == len(quotas.INTERFACES)
    assert paces.platform_counts()[Channel.TEMPLATE_MESSAGE].daily_limit > 0

    sandbox.fault(path="/cgi-bin/openapi/quota/get", errcode=48001, times=9)
    assert paces.ask_platform(wechat=account) == 0
    assert "48001" in paces.platform_counts()[Channel.TEMPLATE_MESSAGE].refusal


def test_a_workers_pace_is_shown(
    make_campaign: MakeCampaign, on_phone: OnPhone, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paces, "_kept_at", 0.0)
    make_opt_in(on_phone().person, Topic.LECTURE)
    campaign = launched(make_campaign())
    deliveries.send_chunk(campaign.id, 0, wechat=account)
    paces.keep(account)

    shown = paces.shown()
    assert [(each.channel, each.connections, each.ceiling) for each in shown] == [
        (Channel.TEMPLATE_MESSAGE, 8, 8)
    ]
    assert (shown[0].why, shown[0].slowed_at) == ("", None)
