"""A worker told to end: nothing new is begun, nothing stays in hand, another goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

import clock
from models.messaging import Campaign, CampaignStatus, DeliveryStatus
from models.people import Follower
from sandbox.testing import Sandbox
from services import stopping
from services.messaging import deliveries, launch
from tests.factories import make_opt_in
from tests.services.messaging.conftest import MakeCampaign, launched, statuses
from wechat.gateway import Gateway

pytestmark = pytest.mark.usefixtures("mappings")
OnPhone = Callable[..., Follower]


@pytest.fixture
def told_to_end() -> Iterator[None]:
    stopping.ask()
    yield
    stopping.forget()


def received(sandbox: Sandbox, *followers: Follower) -> int:
    chats = [sandbox.chat(follower.openid) for follower in followers]
    return sum(bubble["by"] == "account" for chat in chats for bubble in chat)


@pytest.mark.usefixtures("told_to_end")
def test_nothing_is_sent_and_nothing_stays_claimed(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    windowed, subscribed = on_phone(window=True), on_phone()
    make_opt_in(subscribed.person)
    campaign = launched_before_the_end(make_campaign)

    told = deliveries.send_chunk(campaign.id, 0, wechat=gateway)

    assert told.why_stopped == "任务进程正在结束"
    assert statuses(campaign) == {DeliveryStatus.PLANNED: 2}
    assert received(sandbox, windowed, subscribed) == 0

    stopping.forget()
    clock.advance(timedelta(minutes=1))
    deliveries.send_chunk(campaign.id, 0, wechat=gateway)

    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 2}
    assert received(sandbox, windowed) == received(sandbox, subscribed) == 1


def launched_before_the_end(make_campaign: MakeCampaign) -> Campaign:
    stopping.forget()
    campaign = launched(make_campaign())
    stopping.ask()
    return campaign


@pytest.mark.usefixtures("told_to_end")
def test_a_launch_is_left_to_another(make_campaign: MakeCampaign, on_phone: OnPhone) -> None:
    on_phone(window=True)
    campaign = make_campaign()

    assert not launch.launch(campaign.id)
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.LAUNCHING

    stopping.forget()

    assert launch.due() == [campaign.id]
    assert launch.launch(campaign.id)
    assert statuses(campaign) == {DeliveryStatus.PLANNED: 1}
