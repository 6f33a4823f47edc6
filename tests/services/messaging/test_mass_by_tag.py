"""Mass sends of a subscription account: everyone or one tag, one call a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

import clock
import config
from models.messaging import (
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatch,
    MassBatchStatus,
)
from models.people import Follower
from sandbox.testing import Sandbox
from services import follower_tags
from services.messaging import mass_sending, mass_targets, quotas
from tests.factories import make_unit
from tests.services.messaging.conftest import MakeCampaign, launched, statuses
from tests.services.messaging.test_mass import batch_of, cards
from wechat.capabilities import Capabilities
from wechat.gateway import Gateway

OnPhone = Callable[..., Follower]


@pytest.fixture
def by_tag(sandbox: Sandbox, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A verified subscription account on both sides."""
    monkeypatch.setattr(config.settings(), "wechat_account_kind", "subscription")
    monkeypatch.setattr(sandbox.platform.options, "kind", "subscription")
    gateway.capabilities = Capabilities("subscription", verified=True)
    sandbox.platform.mass.sent_to_all.clear()
    yield
    sandbox.platform.mass.sent_to_all.clear()


@pytest.mark.usefixtures("by_tag")
def test_one_call_reaches_everyone_and_the_next_waits_a_day(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    people = [on_phone(window=True), on_phone(), on_phone()]
    campaign = launched(make_campaign(deadline_at=clock.utc_now() + timedelta(days=9)))
    [batch_id] = mass_sending.due_batches()

    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED

    assert [cards(sandbox, each) for each in people] == [1, 1, 1]
    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 3}
    assert (batch_of(campaign).target, batch_of(campaign).size) == (mass_targets.EVERYONE, 3)
    assert quotas.left(Channel.MASS_SEND) == 0
    second = launched(make_campaign())
    assert Channel.MASS_SEND not in {
        row.channel for row in Delivery.select().where(Delivery.campaign == second)
    }
    assert mass_sending.due_batches() == []


@pytest.mark.usefixtures("by_tag")
def test_a_unit_is_a_tag_brought_in_step_before_the_call(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    unit = make_unit(short_name="乐余")
    mine, other = on_phone(unit=unit), on_phone()
    assert mass_targets.of(make_campaign(audience={"units": [unit.id]})) == ""  # no night has passed yet
    outcome = follower_tags.sync(wechat=gateway)
    assert outcome is not None
    assert outcome.problems == []
    late = on_phone(unit=unit)  # came after the night's work

    campaign = launched(make_campaign(audience={"units": [unit.id]}))
    [batch_id] = mass_sending.due_batches()
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED

    assert [cards(sandbox, each) for each in (mine, late, other)] == [1, 1, 0]
    assert batch_of(campaign).target == f"unit:{unit.id}"
    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 2}


@pytest.mark.usefixtures("by_tag")
def test_a_slot_used_elsewhere_waits_for_tomorrow_or_goes_otherwise(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    people = [on_phone(), on_phone()]
    sandbox.platform.mass.sent_to_all[sandbox.platform.clock.day()] = 1  # by hand, on WeChat's console
    campaign = launched(make_campaign(deadline_at=clock.utc_now() + timedelta(days=9)))
    [batch_id] = mass_sending.due_batches()

    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.PLANNED
    assert mass_sending.due_batches() == []
    sandbox.platform.mass.sent_to_all.clear()
    clock.set_fixed(quotas.renewed_at() + timedelta(hours=9))
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED

    assert [cards(sandbox, each) for each in people] == [1, 1]
    sandbox.platform.mass.sent_to_all[sandbox.platform.clock.day()] = 1
    clock.set_fixed(quotas.renewed_at() + timedelta(hours=9))
    urgent = launched(make_campaign(deadline_at=clock.utc_now() + timedelta(hours=3)))
    mass_sending.send_mass_batch(batch_of(urgent).id, wechat=gateway)
    assert MassBatch.get_by_id(batch_of(urgent).id).status is MassBatchStatus.FAILED
    assert {row.channel for row in Delivery.select().where(Delivery.campaign == urgent)} == {Channel.RIDER}
    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: 2}
