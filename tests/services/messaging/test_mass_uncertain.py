"""Mass batches whose call may have gone: whatever happens next, nobody is planned for a second message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import clock
from models.messaging import Attempt, AttemptOutcome, Campaign, DeliveryStatus, MassBatch, MassBatchStatus
from models.people import Follower
from sandbox.testing import Sandbox
from services.messaging import mass, mass_sending, riders
from tests.services.messaging.conftest import MakeCampaign, launched, statuses
from wechat.gateway import Gateway

OnPhone = Callable[..., Follower]
MASS = "/cgi-bin/message/mass/send"


def batch_of(campaign: Campaign) -> MassBatch:
    return MassBatch.get(MassBatch.campaign == campaign)


def go_on(seconds: float) -> None:
    clock.set_fixed(clock.utc_now() + timedelta(seconds=seconds))


def test_a_late_worker_does_not_free_the_batch_of_another(
    make_campaign: MakeCampaign, on_phone: OnPhone
) -> None:
    """Its lease was over, another repeats the call: that nothing was sent is no longer its to say."""
    followers = [on_phone() for _ in range(3)]
    campaign = launched(make_campaign())
    late = mass_sending._claim(batch_of(campaign).id)
    assert late is not None
    go_on(200)
    assert mass_sending.free_expired() == 1
    assert mass_sending._claim(late.id) is not None

    mass_sending._put_back(late, None)

    batch = batch_of(campaign)
    assert (batch.status, batch.reason) == (MassBatchStatus.CLAIMED, mass.NO_ANSWER)
    assert statuses(campaign) == {DeliveryStatus.CLAIMED: len(followers)}


def test_what_may_have_gone_is_unknown_when_the_day_is_spent_before_its_repeat(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    followers = [on_phone() for _ in range(3)]
    campaign = launched(make_campaign(deadline_at=clock.utc_now() + timedelta(hours=3)))
    [batch_id] = mass_sending.due_batches()
    sandbox.fault(path=MASS, drop="after")
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.PLANNED
    go_on(120)
    sandbox.fault(path=MASS, errcode=45009)

    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.UNKNOWN

    assert statuses(campaign) == {DeliveryStatus.UNKNOWN: len(followers)}
    clock.set_fixed(campaign.deadline_at)
    assert riders.expire() == 0


def test_a_late_yes_counts_although_the_batch_was_freed(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    """The answer came after the lease: its people are accepted, and nobody misses the mass send."""
    followers = [on_phone() for _ in range(3)]
    campaign = launched(make_campaign())
    late = mass_sending._claim(batch_of(campaign).id)
    assert late is not None
    receipt = mass_sending._call(late, [each.openid for each in followers], gateway)
    go_on(200)
    assert mass_sending.free_expired() == 1

    mass_sending._accept(late, receipt)

    assert batch_of(campaign).status is MassBatchStatus.ACCEPTED
    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: len(followers)}
    assert {row.outcome for row in Attempt.select()} == {AttemptOutcome.ACCEPTED}
    assert Attempt.select().count() == len(followers)


def test_a_late_yes_settles_what_was_given_up(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    followers = [on_phone() for _ in range(3)]
    campaign = launched(make_campaign())
    late = mass_sending._claim(batch_of(campaign).id)
    assert late is not None
    receipt = mass_sending._call(late, [each.openid for each in followers], gateway)
    mass.give_up(late, clock.utc_now())

    mass_sending._accept(late, receipt)

    assert statuses(campaign) == {DeliveryStatus.ACCEPTED: len(followers)}
    assert {row.outcome for row in Attempt.select()} == {AttemptOutcome.ACCEPTED}
