"""What a review found: nobody is sent a thing twice, and nobody is left out, at the edges of a push.

Whole-target calls of a subscription account after a replan, digests that are voided, late or wait for
quota, deadlines at an activity's start, caps, and pauses that end by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import clock
import config
from jobs.step import step
from models.accounts import AccountRoleKind
from models.activities import Activity, SignUp
from models.digests import Digest
from models.messaging import Campaign, CampaignStatus, Channel, Delivery, DeliveryStatus, MassSlot
from models.people import Follower
from models.schedules import Anchor
from models.sending import PauseKind
from sandbox.testing import Sandbox
from services import activities
from services.errors import IllegalMove, Invalid
from services.messaging import (
    campaigns,
    confirmations,
    digests,
    launch,
    mass,
    mass_sending,
    quotas,
    relative_times,
    replan,
    riders,
    sending_pauses,
    series,
    settling,
    withdrawals,
)
from tests.factories import make_account, make_activity, make_member, make_opt_in, make_sign_up
from tests.services.messaging.conftest import MakeCampaign, delivery_of, launched, statuses
from tests.services.messaging.test_digests import FRIDAY, keeper, lecture
from tests.services.messaging.test_digests import passed as passed_digest
from tests.services.messaging.test_mass import cards
from tests.services.messaging.test_mass_by_tag import by_tag
from tests.services.messaging.test_sending_pauses import TEMPLATE, account
from tests.services.messaging.test_series import passed
from wechat.gateway import Gateway

__all__ = ["account", "by_tag", "keeper"]

OnPhone = Callable[..., Follower]


def _days(number: int) -> Any:
    return clock.utc_now() + timedelta(days=number)


def _next_morning() -> None:
    clock.set_fixed(quotas.renewed_at() + timedelta(hours=9))


def _send_all(gateway: Gateway) -> None:
    mass.gather()
    for batch in mass_sending.due_batches():
        mass_sending.send_mass_batch(batch, wechat=gateway)


def _second_of_the_day(make_campaign: MakeCampaign, gateway: Gateway) -> tuple[Campaign, list[Delivery]]:
    """The day's one call went to the first campaign; two of the second's three were reached by window."""
    launched(make_campaign(deadline_at=_days(9)))
    _send_all(gateway)
    second = launched(make_campaign(deadline_at=_days(9)))
    rows = list(Delivery.select().where(Delivery.campaign == second).order_by(Delivery.id))
    assert {row.channel for row in rows} == {Channel.WINDOW_MESSAGE}
    Delivery.update(status=DeliveryStatus.ACCEPTED, settled_at=clock.utc_now()).where(
        Delivery.id.in_([row.id for row in rows[:2]])
    ).execute()
    return second, rows


@pytest.mark.usefixtures("by_tag")
@pytest.mark.parametrize("how", ["window shut", "retried"])
def test_one_who_is_planned_again_does_not_bring_the_message_to_everybody(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway, how: str
) -> None:
    people = [on_phone(window=True) for _ in range(3)]
    second, rows = _second_of_the_day(make_campaign, gateway)
    if how == "retried":
        Delivery.update(
            status=DeliveryStatus.FAILED, reason="system_failed", settled_at=clock.utc_now()
        ).where(Delivery.id == rows[2].id).execute()
    _next_morning()
    if how == "retried":
        campaigns.retry_failed(Campaign.get_by_id(second.id), actor=None)
    else:
        replan.without([rows[2].id], Channel.WINDOW_MESSAGE)

    sandbox.platform.mass.sent_to_all.clear()
    _send_all(gateway)

    assert [cards(sandbox, each) for each in people] == [1, 1, 1]


@pytest.mark.usefixtures("by_tag")
def test_a_seat_given_back_makes_no_second_call_to_everybody(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    people = [on_phone() for _ in range(3)]
    campaign = make_campaign(deadline_at=_days(9))
    make_sign_up(person=people[2].person, activity=campaign.activity)
    launched(campaign)
    SignUp.update(status="cancelled").execute()
    assert withdrawals.of_sign_up(people[2].person, campaign.activity) == 1

    _send_all(gateway)
    _next_morning()
    sandbox.platform.mass.sent_to_all.clear()
    _send_all(gateway)

    assert [cards(sandbox, each) for each in people] == [1, 1, 1]


@pytest.mark.usefixtures("by_tag")
def test_a_cancelled_campaign_gives_the_days_one_call_back(
    make_campaign: MakeCampaign, on_phone: OnPhone
) -> None:
    for _ in range(2):
        on_phone()
    first = launched(make_campaign())
    assert MassSlot.select().count() == 1

    campaigns.cancel(first, actor=None)

    second = launched(make_campaign())
    assert {row.channel for row in Delivery.select().where(Delivery.campaign == second)} == {
        Channel.MASS_SEND
    }


def _about_an_activity_in(make_campaign: MakeCampaign, span: timedelta) -> Campaign:
    campaign = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None)
    starts_at = clock.utc_now() + span
    Activity.update(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2)).where(
        Activity.id == campaign.activity_id
    ).execute()
    for _ in range(2):
        make_member()
    return Campaign.get_by_id(campaign.id)


def _launched_at_its_time(campaign: Campaign) -> Campaign:
    clock.set_fixed(Campaign.get_by_id(campaign.id).scheduled_at)
    launch.launch_due()
    riders.expire()
    return Campaign.get_by_id(campaign.id)


def test_a_push_in_the_course_of_an_activity_is_good_until_its_end(make_campaign: MakeCampaign) -> None:
    campaign = _about_an_activity_in(make_campaign, timedelta(hours=1))
    relative_times.attach(campaign, Anchor.START, 30, actor=campaign.author)
    relative_times.schedule(passed(campaign), actor=campaign.author)

    sent = _launched_at_its_time(campaign)

    assert sent.status is CampaignStatus.SENDING
    assert set(statuses(sent)) == {DeliveryStatus.PLANNED}


def test_a_push_of_an_activity_after_its_end_is_refused_at_once(make_campaign: MakeCampaign) -> None:
    campaign = _about_an_activity_in(make_campaign, timedelta(hours=1))

    with pytest.raises(Invalid) as told:
        relative_times.attach(campaign, Anchor.END, 30, actor=campaign.author)

    assert set(told.value.fields) == {"minutes"}


def test_a_deadline_that_the_activity_has_left_behind_no_longer_holds(make_campaign: MakeCampaign) -> None:
    campaign = _about_an_activity_in(make_campaign, timedelta(days=3))
    activity = campaign.activity
    Campaign.update(deadline_at=activity.starts_at - timedelta(hours=1)).execute()
    campaign = Campaign.get_by_id(campaign.id)
    relative_times.attach(campaign, Anchor.START, -24 * 60, actor=campaign.author)
    relative_times.schedule(passed(campaign), actor=campaign.author)
    fresh, week = Activity.get_by_id(activity.id), timedelta(days=7)

    activities.update(
        fresh,
        {"starts_at": fresh.starts_at + week, "ends_at": fresh.ends_at + week},
        version=fresh.version,
        actor=make_account(AccountRoleKind.SECRETARIAT),
    )

    assert set(statuses(_launched_at_its_time(campaign))) == {DeliveryStatus.PLANNED}


@pytest.mark.usefixtures("mappings")
def test_what_concerns_ones_own_sign_up_knows_no_cap(
    make_campaign: MakeCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    capped = config.settings().model_copy(update={"pushes_a_day": 1, "pushes_a_week": 5})
    monkeypatch.setattr(config, "settings", lambda: capped)
    member = make_member(window_until=_days(1), window_left=5)
    launched(make_campaign())
    own = make_campaign()
    make_sign_up(person=member.person, activity=own.activity)

    assert delivery_of(member, launched(own)).channel is not Channel.RIDER


def test_a_pause_for_quota_whose_text_changed_says_so(make_campaign: MakeCampaign) -> None:
    make_member()
    campaign = launched(make_campaign(deadline_at=_days(5)))
    at = quotas.renewed_at()
    sending_pauses._pause(campaign, PauseKind.QUOTA, "零点恢复额度", advice="", errcode=45009, at=at)
    fresh = Activity.get_by_id(campaign.activity_id)
    secretary = make_account(AccountRoleKind.SECRETARIAT)
    activities.update(fresh, {"title": "别的题目"}, version=fresh.version, actor=secretary)
    _next_morning()

    sending_pauses.watch()

    standing = Campaign.get_by_id(campaign.id)
    assert (standing.status, standing.status_reason) == (CampaignStatus.PAUSED, campaigns.TEXT_CHANGED)


@pytest.mark.usefixtures("mappings", "account")
def test_quota_that_comes_back_too_late_for_a_start_at_eight_is_not_awaited(
    make_campaign: MakeCampaign, on_phone: OnPhone, sandbox: Sandbox, noon: Any
) -> None:
    member = on_phone()
    make_opt_in(member.person)
    starts_at = quotas.renewed_at() + timedelta(hours=7, minutes=50)
    activity = make_activity(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    campaign = make_campaign(activity=activity, scheduled_at=noon)
    sandbox.fault(path=TEMPLATE, errcode=45009)

    step(noon + timedelta(minutes=1))

    assert delivery_of(member, campaign).channel is Channel.RIDER


def _confirmed_digest(make_campaign: MakeCampaign, days: int) -> tuple[Campaign, Digest]:
    for _ in range(2):
        make_member()
    item = launched(make_campaign(activity=lecture(days)))
    digest = passed_digest(digests.open_next(actor=item.author))
    digests.confirm(digest, actor=make_account(AccountRoleKind.SECRETARIAT))
    clock.set_fixed(FRIDAY + timedelta(minutes=1))
    return item, digest


@pytest.mark.usefixtures("keeper")
def test_a_digest_voided_and_passed_again_is_confirmed_again(make_campaign: MakeCampaign) -> None:
    item, digest = _confirmed_digest(make_campaign, 12)
    campaigns.pause(Campaign.get_by_id(item.id), actor=None)
    assert not launch.launch(digest.campaign_id)  # an item is paused: back to draft
    campaigns.resume(Campaign.get_by_id(item.id), actor=None)

    digest = passed_digest(Digest.get_by_id(digest.id))
    assert Campaign.get_by_id(digest.campaign_id).status is CampaignStatus.APPROVED
    digests.confirm(digest, actor=make_account(AccountRoleKind.SECRETARIAT))

    assert Campaign.get_by_id(digest.campaign_id).status is CampaignStatus.SCHEDULED


@pytest.mark.usefixtures("keeper")
def test_an_item_that_waits_for_quota_alone_does_not_hold_the_digest(make_campaign: MakeCampaign) -> None:
    item, digest = _confirmed_digest(make_campaign, 12)
    waiting = Campaign.get_by_id(item.id)
    sending_pauses._pause(waiting, PauseKind.QUOTA, "额度", advice="", at=quotas.renewed_at())

    assert launch.launch(digest.campaign_id)


@pytest.mark.usefixtures("keeper")
def test_a_digest_past_its_time_gives_its_items_back_to_the_next(make_campaign: MakeCampaign) -> None:
    item, digest = _confirmed_digest(make_campaign, 20)
    assert launch.launch(digest.campaign_id)
    settling.pause(Campaign.get_by_id(digest.campaign_id), "48001")
    clock.set_fixed(Campaign.get_by_id(digest.campaign_id).deadline_at + timedelta(minutes=1))

    riders.expire()

    assert [each.id for each in digests.waiting()] == [item.id]


def _daily(campaign: Campaign, **values: Any) -> Any:
    told = {
        "rule": "FREQ=DAILY",
        "time_of_day": "09:00",
        "starts_on": clock.local_today(),
        "on_rest_day": "send",
    }
    return series.create(campaign, told | values, actor=campaign.author)


def test_the_pattern_of_recurring_pushes_is_not_what_is_confirmed(make_campaign: MakeCampaign) -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None, is_confirmed=False)
    _daily(campaign)

    with pytest.raises(IllegalMove, match="样本"):
        confirmations.confirm(passed(campaign), actor=make_account(AccountRoleKind.SECRETARIAT))


def test_a_number_of_times_counts_from_a_moment_to_come(make_campaign: MakeCampaign) -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None)

    with pytest.raises(Invalid) as told:  # it is noon: nine o'clock is past
        _daily(campaign, times=3)
    assert set(told.value.fields) == {"starts_on"}

    made = _daily(campaign, times=3, starts_on=clock.local_today() + timedelta(days=1))
    assert len(series.upcoming(made)) == 3
