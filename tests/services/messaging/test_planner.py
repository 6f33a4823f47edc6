"""Who gets which channel, why; the sum is always the audience."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import Database

import clock
import config
from models.activities import Activity, SignUpStatus
from models.messaging import (
    Basis,
    Campaign,
    CampaignStatus,
    Channel,
    ContentKind,
    Delivery,
    DeliveryStatus,
    MassBatch,
    QuotaUse,
)
from models.people import Follower, SubscriptionConsent, Topic
from models.surveys import Questionnaire, QuestionnaireStatus
from services.messaging import launch, mass, overflow, planner, quotas, reasons, results
from tests.factories import make_member, make_opt_in, make_person, make_sign_up
from tests.services.messaging.conftest import MakeCampaign, delivery_of, launched

pytestmark = pytest.mark.usefixtures("mappings")
THIS_MONTH = "2026-11"


def with_window(**values: Any) -> Follower:
    return make_member(window_until=clock.utc_now() + timedelta(hours=20), window_left=5, **values)


def with_consent(**values: Any) -> Follower:
    follower = make_member(**values)
    SubscriptionConsent.create(
        follower=follower, template_id="ONE_NOTICE", scene=1, granted_at=clock.utc_now()
    )
    return follower


def opted_in(topic: Topic = Topic.LECTURE, *, is_on: bool = True) -> Follower:
    follower = make_member()
    make_opt_in(follower.person, topic, is_on=is_on)
    return follower


def planned(follower: Follower, campaign: Campaign) -> tuple[Channel | None, Basis, str]:
    row = delivery_of(follower, campaign)
    return row.channel, row.basis, row.reason


def test_each_state_has_its_channel_and_reason(make_campaign: MakeCampaign) -> None:
    campaign = make_campaign()
    unbound = make_person()
    gone = make_member(is_following=False)
    windowed, consenting, subscribed = with_window(), with_consent(), opted_in()
    signed, out = make_member(), opted_in(is_on=False)
    make_sign_up(campaign.activity, signed.person)
    plain, other = make_member(), make_member()
    talkative = make_member(
        mass_month=THIS_MONTH, mass_received=3, last_message_at=clock.utc_now() - timedelta(days=3)
    )
    silent = make_member(mass_month=THIS_MONTH, mass_received=3)
    full = make_member(mass_month=THIS_MONTH, mass_received=4)

    launched(campaign)

    row = Delivery.get(Delivery.person == unbound)
    assert (row.channel, row.status, row.reason) == (None, DeliveryStatus.SKIPPED, "not_bound")
    assert planned(gone, campaign) == (None, Basis.NONE, "unfollowed")
    assert planned(out, campaign) == (None, Basis.NONE, "opted_out")
    assert planned(windowed, campaign) == (Channel.WINDOW_MESSAGE, Basis.NONE, "window_open")
    assert planned(signed, campaign) == (Channel.TEMPLATE_MESSAGE, Basis.SIGN_UP, "signed_up")
    assert planned(subscribed, campaign) == (Channel.TEMPLATE_MESSAGE, Basis.OPT_IN, "opted_in")
    assert planned(consenting, campaign) == (Channel.ONE_TIME_SUBSCRIPTION, Basis.NONE, "one_time_consent")
    assert planned(plain, campaign) == (Channel.MASS_SEND, Basis.NONE, "mass_slot")
    assert planned(other, campaign) == (Channel.MASS_SEND, Basis.NONE, "mass_slot")
    assert planned(talkative, campaign) == (Channel.RIDER, Basis.NONE, "no_other_means")
    assert planned(silent, campaign) == (Channel.MASS_SEND, Basis.NONE, "mass_slot_last")
    assert planned(full, campaign) == (Channel.RIDER, Basis.NONE, "no_other_means")


def test_one_consent_serves_one_of_two_campaigns(make_campaign: MakeCampaign) -> None:
    consenting = with_consent()
    make_member(), make_member()
    first, second = make_campaign(), make_campaign()

    launched(first)
    launched(second)

    assert planned(consenting, first)[0] is Channel.ONE_TIME_SUBSCRIPTION
    assert planned(consenting, second)[0] is Channel.MASS_SEND


def test_two_window_messages_stay_in_reserve(make_campaign: MakeCampaign) -> None:
    until = clock.utc_now() + timedelta(hours=1)
    three = make_member(window_until=until, window_left=3)
    two = make_member(window_until=until, window_left=2)
    closing = make_member(window_until=clock.utc_now() + timedelta(minutes=5), window_left=5)
    campaign = make_campaign(channels=["window_message", "rider"])

    launched(campaign)

    channels = [planned(follower, campaign)[0] for follower in (three, two, closing)]
    assert channels == [Channel.WINDOW_MESSAGE, Channel.RIDER, Channel.RIDER]


def test_what_another_campaign_plans_counts_against_the_window(make_campaign: MakeCampaign) -> None:
    follower = make_member(window_until=clock.utc_now() + timedelta(hours=9), window_left=3)
    first, second = make_campaign(), make_campaign()

    launched(first)
    launched(second)

    assert planned(follower, first)[0] is Channel.WINDOW_MESSAGE
    assert planned(follower, second)[0] is not Channel.WINDOW_MESSAGE


def test_a_survey_invitation_never_takes_a_template(make_campaign: MakeCampaign) -> None:
    subscribed = opted_in(Topic.SURVEY)
    campaign = make_campaign(content_kind=ContentKind.QUESTIONNAIRE, topic=Topic.SURVEY)
    campaign.questionnaire = Questionnaire.create(
        title="需求征集", member_unit=campaign.member_unit, status=QuestionnaireStatus.OPEN
    )
    campaign.content_hash = launch.contents.content_hash(campaign)
    campaign.save()

    launched(campaign)

    channel, basis, _ = planned(subscribed, campaign)
    assert (channel, basis) == (Channel.RIDER, Basis.OPT_IN)


def test_an_opt_in_to_another_topic_is_no_basis(make_campaign: MakeCampaign) -> None:
    follower = opted_in(Topic.SALON)
    campaign = make_campaign(channels=["template_message", "rider"])

    launched(campaign)

    assert planned(follower, campaign) == (Channel.RIDER, Basis.NONE, "no_other_means")


def test_a_subscription_account_has_neither_templates_nor_lists(
    make_campaign: MakeCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "wechat_account_kind", "subscription")
    people = with_window(), opted_in(), with_consent(), make_member()
    to_everyone, second = make_campaign(), make_campaign()
    in_part = make_campaign(audience={"tiers": ["9", "X"]})

    for campaign in (to_everyone, second, in_part):
        launched(campaign)

    assert {planned(each, to_everyone)[2] for each in people} == {"mass_by_tag"}
    apart = [Channel.WINDOW_MESSAGE, Channel.RIDER, Channel.ONE_TIME_SUBSCRIPTION, Channel.RIDER]
    assert [planned(each, second)[0] for each in people] == apart  # the day has one call
    assert Channel.MASS_SEND not in {planned(each, in_part)[0] for each in people}  # no tag is that audience


def test_nothing_allowed_is_said_so(make_campaign: MakeCampaign) -> None:
    follower = make_member()
    campaign = make_campaign(channels=["template_message"])

    launched(campaign)

    assert planned(follower, campaign) == (None, Basis.NONE, "no_channel")


def test_a_list_of_one_becomes_a_rider(make_campaign: MakeCampaign) -> None:
    follower = make_member()
    campaign = make_campaign()

    launched(campaign)

    assert planned(follower, campaign) == (Channel.RIDER, Basis.NONE, "single_of_mass")
    assert MassBatch.select().count() == 0


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9_999, 10_000, 10_001, 20_001, 31_561])
def test_batches_hold_two_to_ten_thousand(count: int) -> None:
    sizes = mass.sizes(count)

    assert sum(sizes) == (count if count > 1 else 0)
    assert all(2 <= size <= 10_000 for size in sizes)


def test_what_a_quota_cannot_carry_takes_the_next_channel(
    make_campaign: MakeCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(quotas.DAILY_LIMITS, Channel.TEMPLATE_MESSAGE, 5)
    QuotaUse.create(interface=quotas.INTERFACES[Channel.TEMPLATE_MESSAGE], day=clock.local_today(), used=2)
    for _ in range(8):
        opted_in()
    campaign = make_campaign()

    launched(campaign)

    found = {(each.channel, each.reason): each.persons for each in results.counts(campaign)}
    assert found == {
        (Channel.TEMPLATE_MESSAGE, "opted_in"): 3,
        (Channel.MASS_SEND, "quota_overflow"): 5,
    }


def test_a_launch_interrupted_between_steps_goes_on(make_campaign: MakeCampaign) -> None:
    for _ in range(7):
        make_member()
    campaign = make_campaign()
    assert launch._started(campaign)
    assert launch.freeze_step(campaign, step=3)

    launch.launch(campaign.id)

    rows = list(Delivery.select().where(Delivery.campaign == campaign))
    assert len(rows) == len({row.person_id for row in rows}) == 7
    assert [row.chunk for row in rows] == [0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(("step", "is_more"), [(2, True), (3, True), (4, False)])
def test_a_step_tells_whether_somebody_may_be_left(
    make_campaign: MakeCampaign, step: int, is_more: bool
) -> None:
    for _ in range(3):
        make_member()
    campaign = make_campaign()
    assert launch._started(campaign)

    assert launch.freeze_step(campaign, step=step) is is_more

    assert Delivery.select().where(Delivery.campaign == campaign).count() == min(step, 3)


def test_a_launch_waits_for_its_time_and_for_the_morning(make_campaign: MakeCampaign) -> None:
    make_member()
    campaign = make_campaign(scheduled_at=clock.utc_now() + timedelta(hours=1))
    assert launch.launch_due() == []

    clock.advance(timedelta(hours=10))
    assert launch.launch_due() == []
    clock.advance(timedelta(hours=10))

    assert launch.launch_due() == [campaign.id]
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.SENDING


def test_a_text_changed_after_review_is_not_launched(make_campaign: MakeCampaign) -> None:
    make_member()
    campaign = make_campaign()
    Activity.update(title="换了").where(Activity.id == campaign.activity_id).execute()

    assert launch.launch_due() == []

    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.DRAFT


PEOPLE = st.fixed_dictionaries(
    {
        "bound": st.booleans(),
        "following": st.booleans(),
        "window_left": st.integers(0, 5),
        "hours": st.integers(-2, 40),
        "opt_in": st.sampled_from([None, True, False]),
        "signed_up": st.booleans(),
        "consent": st.booleans(),
        "received": st.integers(0, 4),
    }
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    people=st.lists(PEOPLE, max_size=12),
    channels=st.sets(st.sampled_from(list(Channel))),
    step=st.integers(1, 5),
)
def test_the_sum_is_the_audience_and_every_row_has_a_reason(
    db: Database, make_campaign: MakeCampaign, people: list[dict[str, Any]], channels: set[Channel], step: int
) -> None:
    with db.atomic() as transaction:
        campaign = make_campaign(channels=[each.value for each in channels])
        for state in people:
            _make(state, campaign)
        foretold = {(c.channel, c.reason): c.persons for c in results.preview(campaign)}
        launch._started(campaign)
        while launch.freeze_step(campaign, step=step):
            pass
        frozen = {(c.channel, c.reason): c.persons for c in results.counts(campaign)}
        overflow.keep_budgets(campaign)
        launch.mass.make_batches(campaign)

        counts = results.counts(campaign)
        assert sum(each.persons for each in counts) == len(people)
        assert frozen == foretold
        for each in counts:
            assert each.reason in reasons.REASON_WORDS
            assert each.reason
            assert (each.channel is None) == (each.status is DeliveryStatus.SKIPPED)
            assert each.channel is None or not channels or each.channel in channels
        assert (
            Delivery.select()
            .where(
                Delivery.campaign == campaign, Delivery.channel == Channel.MASS_SEND, Delivery.batch.is_null()
            )
            .count()
            == 0
        )
        transaction.rollback()


def _make(state: dict[str, Any], campaign: Campaign) -> None:
    person = make_person()
    if state["opt_in"] is not None:
        make_opt_in(person, is_on=state["opt_in"])
    status = SignUpStatus.SIGNED_UP if state["signed_up"] else SignUpStatus.CANCELLED
    make_sign_up(campaign.activity, person, status)
    if not state["bound"]:
        return
    follower = Follower.create(
        app_id=config.settings().wechat_app_id,
        openid=f"o{person.id}",
        person=person,
        is_following=state["following"],
        window_until=clock.utc_now() + timedelta(hours=state["hours"]),
        window_left=state["window_left"],
        mass_month=THIS_MONTH,
        mass_received=state["received"],
    )
    if state["consent"]:
        SubscriptionConsent.create(
            follower=follower, template_id="ONE_NOTICE", scene=1, granted_at=clock.utc_now()
        )


def test_the_plan_takes_one_statement_per_step(make_campaign: MakeCampaign) -> None:
    campaign = make_campaign()
    policy = planner.policy_for(campaign)

    sql, _ = planner.plan_rows(policy).sql()

    assert sql.count("JOIN") == 4
