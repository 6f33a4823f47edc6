"""Trial sends: to oneself and to named testers, by the same calls, counted nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from models import trial_sends
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from models.messaging import Attempt, AttemptOutcome, CampaignStatus, Channel, Delivery, TemplateMapping
from models.people import Follower
from models.trial_sends import TrialSend
from sandbox.testing import Sandbox
from services.errors import Invalid, NotFound
from services.messaging import quotas, trials
from tests.factories import make_account, make_member
from tests.services.messaging.conftest import MakeCampaign
from tests.services.messaging.test_mass import OnPhone
from wechat.gateway import Gateway

WINDOW, TEMPLATE, PREVIEW = Channel.WINDOW_MESSAGE, Channel.TEMPLATE_MESSAGE, Channel.MASS_SEND


@pytest.fixture
def tester(secretary: Account, on_phone: OnPhone) -> Follower:
    """A colleague whose window is open."""
    follower = on_phone(window=True, unit=secretary.member_unit)
    trials.add_tester(follower.person_id, actor=secretary)
    return follower


def test_a_trial_reaches_the_phone_says_so_and_is_counted_nowhere(
    make_campaign: MakeCampaign,
    mappings: list[TemplateMapping],
    secretary: Account,
    tester: Follower,
    sandbox: Sandbox,
    gateway: Gateway,
) -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None, summary="请{姓名}参加")

    sent = trials.send(
        campaign, [tester.person_id], [WINDOW, TEMPLATE, PREVIEW], actor=secretary, wechat=gateway
    )

    assert [(each.channel, each.outcome) for each in sent] == [
        (WINDOW, AttemptOutcome.ACCEPTED),
        (TEMPLATE, AttemptOutcome.ACCEPTED),
        (PREVIEW, AttemptOutcome.ACCEPTED),
    ]
    said = [bubble["body"].get("text", "") for bubble in sandbox.chat(tester.openid)]
    assert any(text.startswith("【试发】") and f"请{tester.person.name}参加" in text for text in said)
    assert Delivery.select().count() == Attempt.select().count() == 0
    assert quotas.left(WINDOW) == quotas.DAILY_LIMITS[WINDOW] - 1
    assert Follower.get_by_id(tester.id).window_left == 4
    assert AuditEntry.select().where(AuditEntry.action == "campaign.tried").count() == 1


def test_a_shut_window_is_told_in_words_without_a_call(
    make_campaign: MakeCampaign, secretary: Account, tester: Follower, gateway: Gateway
) -> None:
    Follower.update(window_until=clock.utc_now() - timedelta(hours=1)).execute()

    [trial] = trials.send(make_campaign(), [tester.person_id], [WINDOW], actor=secretary, wechat=gateway)

    assert trial.outcome is AttemptOutcome.REFUSED
    assert "请先给公众号发一条消息" in TrialSend.get().told
    assert quotas.left(WINDOW) == quotas.DAILY_LIMITS[WINDOW]


def test_the_next_preview_takes_the_last_ones_draft_away(
    make_campaign: MakeCampaign, secretary: Account, tester: Follower, gateway: Gateway
) -> None:
    campaign = make_campaign()
    for _ in range(2):
        trials.send(campaign, [tester.person_id], [PREVIEW], actor=secretary, wechat=gateway)

    first, second = TrialSend.select().order_by(TrialSend.id)
    assert (first.media_id, first.outcome) == ("", AttemptOutcome.ACCEPTED)
    assert second.media_id


def test_only_oneself_and_the_units_testers_are_sent_to(
    make_campaign: MakeCampaign, secretary: Account, tester: Follower, gateway: Gateway
) -> None:
    stranger, colleague = make_member(), make_member(unit=secretary.member_unit)
    campaign = make_campaign()

    for people in ([stranger.person_id], [colleague.person_id, tester.person_id], []):
        with pytest.raises(Invalid) as refusal:
            trials.send(campaign, people, [WINDOW], actor=secretary, wechat=gateway)
        assert list(refusal.value.fields) == ["people"]
    with pytest.raises(Invalid, match="本单位已绑定"):
        trials.add_tester(stranger.person_id, actor=secretary)
    with pytest.raises(NotFound):
        trials.remove_tester(trial_sends.Tester.get().id, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))
    other = make_account(AccountRoleKind.SCHOOL_ADMIN, person=stranger.person)
    with pytest.raises(NotFound):
        trials.send(campaign, [stranger.person_id], [WINDOW], actor=other, wechat=gateway)
    secretary.person = colleague.person
    assert {each.id for each in trials.people(secretary)} == {tester.person_id, colleague.person_id}
    trials.remove_tester(trial_sends.Tester.get().id, actor=secretary)
    assert [each.id for each in trials.people(secretary)] == [colleague.person_id]


def test_a_text_with_unknown_variables_is_not_tried(
    make_campaign: MakeCampaign, secretary: Account, tester: Follower, gateway: Gateway
) -> None:
    campaign = make_campaign(summary="{网址}")

    with pytest.raises(Invalid, match="没有变量"):
        trials.send(campaign, [tester.person_id], [WINDOW], actor=secretary, wechat=gateway)
    assert TrialSend.select().count() == 0


def test_every_channel_can_be_tried(
    make_campaign: MakeCampaign,
    mappings: list[TemplateMapping],
    secretary: Account,
    on_phone: OnPhone,
    sandbox: Sandbox,
    gateway: Gateway,
) -> None:
    tester = on_phone(window=True, consent=True, unit=secretary.member_unit)
    trials.add_tester(tester.person_id, actor=secretary)
    campaign = make_campaign(status=CampaignStatus.DRAFT, scheduled_at=None)
    chosen = trials.channels_for(campaign)
    assert set(chosen) == set(Channel) - {Channel.DIGEST}  # a digest is tried as itself

    sent = trials.send(campaign, [tester.person_id], chosen, actor=secretary, wechat=gateway)
    [again] = trials.send(
        campaign, [tester.person_id], [Channel.ONE_TIME_SUBSCRIPTION], actor=secretary, wechat=gateway
    )

    assert {each.outcome for each in sent} == {AttemptOutcome.ACCEPTED}
    said = [bubble["body"].get("text", "") for bubble in sandbox.chat(tester.openid)]
    assert sum("顺带通知会这样附在回复后面" in text for text in said) == 1
    assert (again.outcome, "提醒我" in again.told) == (
        AttemptOutcome.REFUSED,
        True,
    )  # one consent, one message
    assert Delivery.select().count() == Attempt.select().count() == 0
