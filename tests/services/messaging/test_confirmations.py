"""Mass sends wait for a second person, and for the account's administrator where WeChat asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

import clock
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from models.messaging import Campaign, CampaignStatus, Delivery, DeliveryStatus, MassBatch, MassBatchStatus
from models.people import Follower
from sandbox.testing import Sandbox
from services.errors import IllegalMove, NotAllowed, NotFound
from services.messaging import campaigns, confirmations, events, mass_pages, mass_sending, riders
from tests.factories import make_account
from tests.services.messaging.conftest import MakeCampaign, launched, statuses
from tests.services.messaging.test_mass import MASS, batch_of, cards, report
from wechat.gateway import Gateway
from wechat.inbound import parse_inbound

OnPhone = Callable[..., Follower]


@pytest.fixture
def three(on_phone: OnPhone) -> list[Follower]:
    return [on_phone() for _ in range(3)]


def test_a_mass_send_waits_for_a_second_person(
    make_campaign: MakeCampaign, three: list[Follower], secretary: Account, gateway: Gateway
) -> None:
    campaign = launched(make_campaign(is_confirmed=False))
    assert confirmations.needed(campaign)
    assert mass_sending.due_batches() == []

    with pytest.raises(NotAllowed):
        confirmations.confirm(campaign, actor=secretary)
    with pytest.raises(NotFound):
        confirmations.confirm(campaign, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))
    second = make_account(AccountRoleKind.SECRETARIAT)
    confirmations.confirm(campaign, actor=second)
    with pytest.raises(IllegalMove):
        confirmations.confirm(campaign, actor=second)

    [batch_id] = mass_sending.due_batches()
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED
    entry = AuditEntry.get(AuditEntry.action == "campaign.mass_confirmed")
    assert (entry.account_id, entry.subject_id) == (second.id, str(campaign.id))


def test_a_confirmation_holds_for_its_text_only(make_campaign: MakeCampaign, three: list[Follower]) -> None:
    campaign = make_campaign()
    assert confirmations.standing(campaign) is not None

    campaigns.update(campaign, {"summary": "改了一句"}, version=1, actor=campaign.author)
    campaigns.submit(campaign, actor=campaign.author)

    assert confirmations.standing(Campaign.get_by_id(campaign.id)) is None


def test_what_nobody_confirmed_ends_with_its_deadline(
    make_campaign: MakeCampaign, three: list[Follower]
) -> None:
    campaign = launched(make_campaign(is_confirmed=False, deadline_at=clock.utc_now() + timedelta(hours=2)))

    clock.advance(timedelta(hours=3))
    riders.expire()

    assert {(row.status, row.reason) for row in Delivery.select()} == {
        (DeliveryStatus.SKIPPED, "mass_missed")
    }
    assert batch_of(campaign).status is MassBatchStatus.FAILED


def test_the_administrators_word_is_waited_for(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    sandbox.fault(path=MASS, errcode=89503, times=1)
    sandbox.fault(path=MASS, errcode=89504, times=1)

    for _ in range(2):
        assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.PLANNED
        assert batch_of(campaign).reason == "admin_asked"
        clock.advance(timedelta(minutes=2))
    key = batch_of(campaign).client_msg_id
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED

    assert batch_of(campaign).client_msg_id == key
    assert [cards(sandbox, each) for each in three] == [1, 1, 1]
    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 3}


def test_an_administrator_who_says_nothing_pauses_the_campaign_in_words(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    key = batch_of(campaign).client_msg_id
    sandbox.fault(path=MASS, errcode=89504, times=2)
    mass_sending.send_mass_batch(batch_id, wechat=gateway)

    clock.advance(timedelta(minutes=32))
    mass_sending.send_mass_batch(batch_id, wechat=gateway)

    fresh = Campaign.get_by_id(campaign.id)
    assert fresh.status is CampaignStatus.PAUSED
    assert "管理员 30 分钟内没有在手机上确认" in fresh.status_reason
    assert statuses(campaign) == {DeliveryStatus.PLANNED: 3}
    assert batch_of(campaign).client_msg_id != key  # the next call is a new request
    campaigns.resume(fresh, actor=campaign.author)
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED
    assert [cards(sandbox, each) for each in three] == [1, 1, 1]


def test_a_refusal_told_by_the_event_is_said_in_words(
    make_campaign: MakeCampaign, three: list[Follower], gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    mass_sending.send_mass_batch(batch_id, wechat=gateway)

    report(batch_of(campaign).msg_id, "err(40002)", sent=0)
    events.settle()

    assert {(row.status, row.reason) for row in Delivery.select()} == {(DeliveryStatus.FAILED, "mass_40002")}
    assert MassBatch.get_by_id(batch_id).status is MassBatchStatus.FAILED


def test_the_pages_of_a_mass_send_are_kept_and_may_be_deleted(
    make_campaign: MakeCampaign, three: list[Follower], sandbox: Sandbox, gateway: Gateway
) -> None:
    campaign = launched(make_campaign())
    [batch_id] = mass_sending.due_batches()
    mass_sending.send_mass_batch(batch_id, wechat=gateway)
    batch = batch_of(campaign)
    job = sandbox.platform.mass.jobs[int(str(batch.msg_id))]
    events.store(
        parse_inbound(
            f"<xml><ToUserName>gh_1</ToUserName><FromUserName>oEditor</FromUserName><CreateTime>1</CreateTime>"
            f"<MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event><MsgID>{batch.msg_id}</MsgID>"
            f"<Status>send success</Status><ArticleUrlResult><Count>1</Count><ResultList><item><ArticleIdx>1"
            f"</ArticleIdx><ArticleUrl>{job.urls[0]}</ArticleUrl></item></ResultList></ArticleUrlResult>"
            "</xml>".encode()
        )
    )
    events.settle()
    assert mass_pages.urls(batch_of(campaign)) == job.urls

    mass_pages.delete(campaign, batch_id, actor=campaign.author, wechat=gateway)

    assert job.status == "DELETE"
    assert [cards(sandbox, each) for each in three] == [1, 1, 1]  # the cards remain
    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 3}
    with pytest.raises(IllegalMove):
        mass_pages.delete(campaign, batch_id, actor=campaign.author, wechat=gateway)
