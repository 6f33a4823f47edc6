"""A campaign ready to launch, people in every state, WeChat in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from peewee import Database

import clock
import config
from models.accounts import Account, AccountRoleKind
from models.messaging import (
    Basis,
    Campaign,
    CampaignStatus,
    ContentKind,
    Delivery,
    DeliveryStatus,
    MassConfirmation,
    TemplateMapping,
)
from models.people import Follower, SubscriptionConsent, Topic
from sandbox.testing import Sandbox, running_sandbox
from services.messaging import contents, launch
from tests.factories import make_account, make_activity, make_member
from wechat.client import Timeouts
from wechat.gateway import Gateway, make_gateway
from wechat.token_stores import MemoryTokenStore

MakeCampaign = Callable[..., Campaign]


@pytest.fixture
def secretary(db: Database, noon: datetime) -> Account:
    return make_account(AccountRoleKind.SECRETARIAT)


@pytest.fixture
def make_campaign(secretary: Account) -> MakeCampaign:
    """A scheduled campaign about a lecture, due now, to everybody; every value may be given.

    Its mass send is confirmed, unless `is_confirmed` says no.
    """

    def make(*, is_confirmed: bool = True, **values: Any) -> Campaign:
        defaults: dict[str, Any] = {
            "title": "讲座通知",
            "topic": Topic.LECTURE,
            "content_kind": ContentKind.ACTIVITY,
            "member_unit": secretary.member_unit,
            "author": secretary,
            "audience": {"everyone": True},
            "status": CampaignStatus.SCHEDULED,
            "scheduled_at": clock.utc_now(),
        }
        values = defaults | values
        if values["content_kind"] is ContentKind.ACTIVITY and "activity" not in values:
            values["activity"] = make_activity(title="基层治理", member_unit=secretary.member_unit)
        campaign = Campaign.create(**values)
        campaign.content_hash = contents.content_hash(campaign)
        campaign.save()
        if is_confirmed:
            MassConfirmation.create(
                campaign=campaign,
                account=make_account(AccountRoleKind.SECRETARIAT),
                content_hash=campaign.content_hash,
                at=clock.utc_now(),
            )
        return campaign

    return make


@pytest.fixture
def mappings(db: Database) -> list[TemplateMapping]:
    """A template for those who signed up and one for those who opted in to lectures."""
    return [
        TemplateMapping.create(
            name="报名提醒",
            template_id="TPL_SIGN_UP",
            title="活动报名提醒",
            basis=Basis.SIGN_UP,
            content_kind=ContentKind.ACTIVITY,
            fields={"thing1": "title", "time2": "starts_at", "thing3": "place"},
        ),
        TemplateMapping.create(
            name="讲座订阅",
            template_id="TPL_LECTURE",
            title="讲座订阅提醒",
            basis=Basis.OPT_IN,
            content_kind=ContentKind.ACTIVITY,
            topic=Topic.LECTURE,
            fields={"thing1": "title", "time2": "starts_at", "thing3": "place", "name4": "speaker"},
        ),
    ]


@pytest.fixture(scope="module")
def wechat_server() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(wechat_server: Sandbox) -> Iterator[Sandbox]:
    """WeChat, without the faults of the test before."""
    yield wechat_server
    wechat_server.request("DELETE", "/_sandbox/faults")


@pytest.fixture
def gateway(sandbox: Sandbox) -> Iterator[Gateway]:
    settings = config.settings().model_copy(update={"wechat_api_url": sandbox.url, "send_connections": 8})
    made = make_gateway(settings, MemoryTokenStore(), timeouts=Timeouts(2.0, 2.0))
    yield made
    made.close()


@pytest.fixture
def on_phone(sandbox: Sandbox) -> Callable[..., Follower]:
    """A member who exists in the sandbox too; `window` opens it on both sides."""

    def make(*, window: bool = False, consent: bool = False, **values: Any) -> Follower:
        openid = sandbox.add()
        if window:
            sandbox.say(openid, "你好")
            values |= {"window_until": clock.utc_now() + timedelta(hours=40), "window_left": 5}
        follower = make_member(openid=openid, **values)
        if consent:
            sandbox.platform.people.by_openid[openid].consents["ONE_NOTICE|7"] = 1
            SubscriptionConsent.create(
                follower=follower, template_id="ONE_NOTICE", scene=7, granted_at=clock.utc_now()
            )
        return follower

    return make


def launched(campaign: Campaign) -> Campaign:
    """The campaign after its launch."""
    assert launch.launch(campaign.id)
    return Campaign.get_by_id(campaign.id)


def delivery_of(follower: Follower, campaign: Campaign) -> Delivery:
    return Delivery.get(Delivery.person == follower.person, Delivery.campaign == campaign)


def statuses(campaign: Campaign) -> dict[DeliveryStatus, int]:
    found: dict[DeliveryStatus, int] = {}
    for row in Delivery.select(Delivery.status).where(Delivery.campaign == campaign):
        found[row.status] = found.get(row.status, 0) + 1
    return found
