"""Days lived through without waiting, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

import clock
from jobs.step import step
from models.accounts import Account
from models.activities import SignUpStatus
from models.automatic_notices import AutomaticNotice, NoticeKind
from models.messaging import Campaign, CampaignStatus, Channel, Delivery, DeliveryStatus
from models.people import Follower, Topic
from sandbox.testing import Sandbox
from services import activities, wechat_account
from services.messaging import quotas
from tests.factories import make_activity, make_member, make_opt_in, make_person
from tests.services.messaging.conftest import MakeCampaign
from wechat.gateway import Gateway

TEMPLATE = "/cgi-bin/message/template/send"


@pytest.fixture(autouse=True)
def account(gateway: Gateway, mappings: object) -> Iterator[Gateway]:
    wechat_account.set_gateway(gateway)
    yield gateway
    wechat_account.set_gateway(None)


def test_a_spent_quota_is_lived_through(
    make_campaign: MakeCampaign,
    on_phone: Callable[..., Follower],
    sandbox: Sandbox,
    noon: datetime,
) -> None:
    follower = on_phone()
    make_opt_in(follower.person, Topic.LECTURE)
    campaign = make_campaign(scheduled_at=noon + timedelta(hours=2))
    sandbox.fault(path=TEMPLATE, errcode=45009)

    moments = step(noon + timedelta(hours=2, minutes=1))

    row = Delivery.get()
    assert moments[0] - (noon + timedelta(hours=2)) < timedelta(seconds=1)
    assert (row.status, row.not_before) == (DeliveryStatus.PLANNED, quotas.renewed_at())

    step(noon + timedelta(hours=23))

    row = Delivery.get()
    assert row.status is DeliveryStatus.ACCEPTED
    assert clock.to_local(row.settled_at).strftime("%d %H:%M") == "24 08:00"
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.DONE


def test_riders_wait_until_the_deadline(make_campaign: MakeCampaign, noon: datetime) -> None:
    make_member()
    campaign = make_campaign(deadline_at=noon + timedelta(days=3))

    step(noon + timedelta(days=2))
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.SENDING
    step(noon + timedelta(days=4))

    row = Delivery.get()
    assert (row.channel, row.status, row.reason) == (Channel.RIDER, DeliveryStatus.SKIPPED, "expired")
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.DONE


def test_days_without_anything_due_are_jumped_over(noon: datetime, secretary: object) -> None:
    moments = step(noon + timedelta(days=20))

    assert len(moments) == 20 * len({moment.time() for moment in moments})  # the daily jobs
    assert clock.utc_now() == noon + timedelta(days=20)


def test_reminders_and_offers_come_at_their_moments(noon: datetime, secretary: Account) -> None:
    activity = make_activity(
        seats=1, starts_at=noon + timedelta(days=2), offer_hours=3, member_unit=secretary.member_unit
    )
    first, slow, patient = make_person(), make_person(), make_person()
    activities.sign_up(activity, first)
    activities.wait(activity, slow)
    activities.wait(activity, patient)
    activities.cancel_sign_up(activity, first)

    step(noon + timedelta(hours=4))
    assert activities.sign_up(activity, patient).status is SignUpStatus.SIGNED_UP
    step(noon + timedelta(days=2))

    told = [
        (row.kind, clock.to_local(row.created_at).strftime("%d %H:%M")) for row in AutomaticNotice.select()
    ]
    assert told == [
        (NoticeKind.PLACE_OFFERED, "23 12:00"),
        (NoticeKind.PLACE_OFFERED, "23 15:00"),
        (NoticeKind.SIGN_UP_REMINDER, "24 12:00"),
        (NoticeKind.SIGN_UP_REMINDER, "25 11:00"),
    ]
