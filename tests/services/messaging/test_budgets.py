"""Quotas, caps and reserves: the planner's choice is as good as the best there is."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from peewee import Database

import clock
import config
from models.messaging import (
    Campaign,
    CampaignStatus,
    Channel,
    ContentKind,
    Delivery,
    DeliveryStatus,
    QuotaUse,
)
from models.people import Follower, SubscriptionConsent
from services.messaging import budgets, forecasts, launch, planner, quotas, reasons
from tests.factories import make_member, make_opt_in, make_person, make_sign_up
from tests.services.messaging.conftest import MakeCampaign, delivery_of, launched

pytestmark = pytest.mark.usefixtures("mappings")
W, T, OT, M = (
    Channel.WINDOW_MESSAGE,
    Channel.TEMPLATE_MESSAGE,
    Channel.ONE_TIME_SUBSCRIPTION,
    Channel.MASS_SEND,
)
Score = tuple[int, int, int, int]


def score(channels: list[Channel | None]) -> Score:
    """The objective, the greater the better: reached, then mass slots, consents and calls spared."""
    used = Counter(channels)
    if used[M] == 1:
        used[M] = 0  # a list of one does not go
    return sum(used[each] for each in (W, T, OT, M)), -used[M], -used[OT], -(used[W] + used[T] + used[OT])


def best(choices: list[tuple[Channel, ...]], most: dict[Channel, int]) -> Score:
    """By trying all."""
    found = [
        score(list(way))
        for way in product(*[(*each, None) for each in choices])
        if all(Counter(way)[channel] <= number for channel, number in most.items())
    ]
    return max(found)


SETS = st.sets(st.sampled_from([W, T, OT, M]))
CHANNELS = SETS.map(lambda some: tuple(each for each in (W, T, OT, M) if each in some))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    choices=st.lists(CHANNELS, max_size=6),
    most=st.fixed_dictionaries({each: st.integers(0, 3) for each in (W, T, OT)}),
)
def test_shares_are_the_best_there_are(choices: list[tuple[Channel, ...]], most: dict[Channel, int]) -> None:
    shares = budgets.shared(Counter(choices), most)

    taken = [channel for held in shares.values() for channel in held.elements()]
    assert Counter(choices) == {group: held.total() for group, held in shares.items()}
    assert all(channel is None or channel in group for group, held in shares.items() for channel in +held)
    assert all(Counter(taken)[channel] <= number for channel, number in most.items())
    assert score(taken) == best(choices, most)


PERSON = st.fixed_dictionaries(
    {
        "window_left": st.integers(0, 5),
        "hours": st.sampled_from([-1, 1, 40]),
        "signed_up": st.booleans(),
        "opt_in": st.sampled_from([None, True, False]),
        "consent": st.booleans(),
        "received": st.integers(2, 4),
        "wrote_days_ago": st.sampled_from([1, 60]),
    }
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # shrinking a plan takes minutes
)
@given(
    people=st.lists(PERSON, max_size=6),
    most=st.fixed_dictionaries({each: st.integers(0, 2) for each in (W, T, OT)}),
)
def test_a_launch_is_as_good_as_the_best_plan_found_by_trying_all(
    db: Database,
    make_campaign: MakeCampaign,
    monkeypatch: pytest.MonkeyPatch,
    people: list[dict[str, Any]],
    most: dict[Channel, int],
) -> None:
    with db.atomic() as transaction, monkeypatch.context() as patch:
        for channel, number in most.items():
            patch.setitem(quotas.DAILY_LIMITS, channel, number)
        campaign = make_campaign(deadline_at=clock.utc_now() + timedelta(hours=6))
        choices = [_make(state, campaign) for state in people]

        foretold = forecasts.of(campaign)
        launched(campaign)

        rows = list(Delivery.select().where(Delivery.campaign == campaign))
        told = {(line.channel, line.reason): line.persons for line in foretold.lines}
        assert told == Counter((row.channel, row.reason) for row in rows)
        channels = [None if row.channel is Channel.RIDER else row.channel for row in rows]
        assert len(rows) == len(people)
        assert score(channels) == best(choices, most)
        assert all(row.reason in reasons.REASON_WORDS and row.reason for row in rows)
        transaction.rollback()


def _make(state: dict[str, Any], campaign: Campaign) -> tuple[Channel, ...]:
    """A member in this state, and what the rules let them be sent by."""
    now, person = clock.utc_now(), make_person()
    if state["opt_in"] is not None:
        make_opt_in(person, is_on=state["opt_in"])
    if state["signed_up"]:
        make_sign_up(campaign.activity, person)
    follower = Follower.create(
        app_id=config.settings().wechat_app_id,
        openid=f"o{person.id}",
        person=person,
        is_following=True,
        window_until=now + timedelta(hours=state["hours"]),
        window_left=state["window_left"],
        mass_month="2026-11",
        mass_received=state["received"],
        last_message_at=now - timedelta(days=state["wrote_days_ago"]),
    )
    if state["consent"]:
        SubscriptionConsent.create(follower=follower, template_id="ONE", scene=1, granted_at=now)
    if state["opt_in"] is False and not state["signed_up"]:
        return ()
    reserve_is_free = state["received"] == 3 and state["wrote_days_ago"] > 30
    able = {
        W: state["window_left"] > planner.WINDOW_RESERVE and state["hours"] > 0,
        T: state["signed_up"] or state["opt_in"],
        OT: state["consent"],
        M: state["received"] < 3 or reserve_is_free,
    }
    return tuple(channel for channel in (W, T, OT, M) if able[channel])


def test_windows_about_to_close_keep_their_message(
    make_campaign: MakeCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(quotas.DAILY_LIMITS, W, 2)
    hours = (30, 3, 12, 20)
    members = [
        make_member(window_until=clock.utc_now() + timedelta(hours=each), window_left=5) for each in hours
    ]
    campaign = make_campaign(channels=["window_message", "rider"])

    launched(campaign)

    told = [(delivery_of(each, campaign).channel, delivery_of(each, campaign).reason) for each in members]
    stays, leaves = (W, "window_open"), (Channel.RIDER, "quota_overflow")
    assert told == [leaves, stays, stays, leaves]


def test_who_has_no_other_place_waits_for_tomorrow_when_the_deadline_lets(
    make_campaign: MakeCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(quotas.DAILY_LIMITS, T, 1)
    people = [make_member().person for _ in range(3)]
    for person in people:
        make_opt_in(person)

    late, soon = (
        make_campaign(channels=["template_message"], deadline_at=clock.utc_now() + timedelta(hours=hours))
        for hours in (48, 5)
    )
    launched(late)
    quotas.QuotaUse.delete().execute()
    monkeypatch.setitem(quotas.DAILY_LIMITS, T, 4)
    launched(soon)

    rows = list(Delivery.select().where(Delivery.campaign == late).order_by(Delivery.id))
    assert [(row.reason, row.not_before) for row in rows] == [
        ("opted_in", None),
        ("quota_exhausted", quotas.renewed_at()),
        ("quota_exhausted", quotas.renewed_at()),
    ]
    # the other's three are still planned: one is left of four
    told = Counter((row.status, row.reason) for row in Delivery.select().where(Delivery.campaign == soon))
    assert told == {(DeliveryStatus.PLANNED, "opted_in"): 1, (DeliveryStatus.SKIPPED, "no_quota"): 2}


def test_a_part_of_the_quota_stays_for_automatic_notices(
    make_campaign: MakeCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(quotas.DAILY_LIMITS, T, 1000)
    QuotaUse.create(interface=quotas.INTERFACES[T], day=clock.local_today(), used=100)

    decided = budgets.limits(make_campaign())
    automatic = budgets.limits(Campaign(content_kind=ContentKind.AUTOMATIC_NOTICE, id=0))

    assert (decided[T], automatic[T]) == (880, 900)


def test_a_person_gets_no_more_than_the_cap_whatever_the_channel(
    make_campaign: MakeCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    capped = config.settings().model_copy(update={"pushes_a_day": 2, "pushes_a_week": 3})
    monkeypatch.setattr(config, "settings", lambda: capped)
    until = clock.utc_now() + timedelta(days=9)
    busy, quiet = (make_member(window_until=until, window_left=5) for _ in range(2))
    make_opt_in(busy.person)
    earlier = [make_campaign(audience={"topics": ["lecture"]}) for _ in range(2)]
    for each in earlier:
        launched(each)
    Delivery.update(status=DeliveryStatus.ACCEPTED, settled_at=clock.utc_now()).execute()
    Campaign.update(status=CampaignStatus.DONE, finished_at=clock.utc_now()).execute()

    third = launched(make_campaign())
    only_direct = launched(make_campaign(channels=["window_message"]))
    clock.advance(timedelta(days=1))
    Campaign.update(status=CampaignStatus.DONE, finished_at=clock.utc_now()).execute()
    Delivery.update(status=DeliveryStatus.ACCEPTED, settled_at=clock.utc_now()).where(
        Delivery.channel == W
    ).execute()
    tomorrow = launched(make_campaign())

    assert (delivery_of(busy, third).channel, delivery_of(busy, third).reason) == (
        Channel.RIDER,
        "capped_day",
    )
    assert delivery_of(quiet, third).channel is W
    assert (delivery_of(busy, only_direct).status, delivery_of(busy, only_direct).reason) == (
        DeliveryStatus.SKIPPED,
        "capped_day",
    )
    assert delivery_of(quiet, tomorrow).channel is not None
    assert launch.planner.policy_for(Campaign(content_kind=ContentKind.AUTOMATIC_NOTICE)).caps == ()


def test_the_week_counts_too(make_campaign: MakeCampaign, monkeypatch: pytest.MonkeyPatch) -> None:
    capped = config.settings().model_copy(update={"pushes_a_day": 0, "pushes_a_week": 2})
    monkeypatch.setattr(config, "settings", lambda: capped)
    member = make_member(window_until=clock.utc_now() + timedelta(days=30), window_left=5)
    for _ in range(2):
        launched(make_campaign())
        gone = Delivery.update(status=DeliveryStatus.ACCEPTED, settled_at=clock.utc_now())
        gone.where(Delivery.settled_at.is_null()).execute()
        Campaign.update(status=CampaignStatus.DONE, finished_at=clock.utc_now()).execute()
        clock.advance(timedelta(days=2))

    assert delivery_of(member, launched(make_campaign())).reason == "capped_week"
    clock.advance(timedelta(days=4))
    Delivery.delete().where(Delivery.channel == Channel.RIDER).execute()

    assert delivery_of(member, launched(make_campaign())).reason == "window_open"


def test_a_forecast_tells_what_today_costs_and_what_an_hour_of_waiting_does(
    make_campaign: MakeCampaign,
) -> None:
    now = clock.utc_now()
    for minutes in (50, 65, 300):
        make_member(window_until=now + timedelta(minutes=minutes), window_left=5)
    make_opt_in(make_member().person)
    make_person()
    QuotaUse.create(interface=quotas.INTERFACES[W], day=clock.local_today(), used=7)
    campaign = make_campaign(channels=["window_message", "template_message"])

    told = forecasts.of(campaign)
    cost = forecasts.waiting(campaign, told)

    assert (told.total, told.reached, told.riders, told.unsent) == (5, 4, 0, 1)
    need = next(each for each in told.needs if each.channel is W)
    assert (need.needed, need.used, need.limit) == (3, 7, 500_000)
    assert need.left == 500_000 - 7 - 10_000
    assert (cost.until - now, cost.is_quiet, cost.closing, cost.reached_less) == (
        timedelta(hours=1), False, 2, 2,
    )  # fmt: skip
    assert set(cost.changes) == {(W, "window_open", 3, 1), (None, "no_channel", 0, 2)}
    assert not Delivery.select().exists()


def test_waiting_into_the_night_means_waiting_till_the_morning(make_campaign: MakeCampaign) -> None:
    clock.advance(timedelta(hours=8, minutes=30))  # 20:30
    make_member(window_until=clock.utc_now() + timedelta(hours=9), window_left=5)
    campaign = make_campaign()

    cost = forecasts.waiting(campaign, forecasts.of(campaign))

    assert (clock.to_local(cost.until).hour, cost.is_quiet, cost.closing) == (8, True, 1)
