"""Digests: what waits for them, their draft, reviews, confirmation, call, and what they miss."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

import clock
import config
from models.accounts import Account, AccountRoleKind
from models.activities import Activity, ActivityStatus
from models.audit import AuditEntry
from models.digests import Digest, DigestSetting
from models.messaging import (
    Attempt,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatch,
    MassBatchStatus,
    ReviewDecision,
    ReviewStage,
)
from models.people import Follower
from sandbox.testing import Sandbox
from services.errors import IllegalMove, Invalid, NotAllowed, NotFound
from services.messaging import (
    campaigns,
    digest_items,
    digest_times,
    digests,
    launch,
    mass_sending,
    mass_targets,
    results,
    reviews,
    riders,
    trials,
)
from tests.factories import make_account, make_activity, make_member
from tests.services.messaging.conftest import MakeCampaign, launched, statuses
from tests.services.messaging.test_mass import MASS, batch_of, cards
from tests.services.messaging.test_mass_by_tag import by_tag as by_tag
from wechat.gateway import Gateway

OnPhone = Callable[..., Follower]
FRIDAY = datetime(2026, 11, 27, 1, 0)  # 09:00 in Shanghai


@pytest.fixture
def keeper(secretary: Account) -> Account:
    """Digests are on; drafts are in this person's name."""
    DigestSetting.create(is_on=True, keeper=secretary)
    return secretary


def lecture(days: int, **values: object) -> Activity:
    return make_activity(
        starts_at=clock.utc_now() + timedelta(days=days),
        ends_at=clock.utc_now() + timedelta(days=days, hours=2),
        sign_up_closes_at=None,
        **values,
    )


def passed(digest: Digest) -> Digest:
    """Submitted by its keeper and passed by three others."""
    digests.submit(digest, actor=digest.campaign.author)
    for stage in ReviewStage:
        campaign = Campaign.get_by_id(digest.campaign_id)
        reviewer = make_account(AccountRoleKind.SECRETARIAT)
        reviews.review(campaign, stage, ReviewDecision.PASSED, "同意", actor=reviewer)
    return Digest.get_by_id(digest.id)


def sent(digest: Digest, gateway: Gateway) -> Campaign:
    """Confirmed, launched at its time, and every batch called."""
    at = digests.confirm(digest, actor=make_account(AccountRoleKind.SECRETARIAT))
    clock.set_fixed(at + timedelta(minutes=1))
    assert launch.launch(digest.campaign_id)
    for batch_id in mass_sending.due_batches():
        mass_sending.send_mass_batch(batch_id, wechat=gateway)
    results.finish_done()
    return Campaign.get_by_id(digest.campaign_id)


@pytest.mark.usefixtures("keeper")
def test_what_can_wait_goes_by_digest_and_the_urgent_by_mass(make_campaign: MakeCampaign) -> None:
    make_member(), make_member()
    can_wait = launched(make_campaign(activity=lecture(12)))
    urgent = launched(make_campaign(activity=lecture(3)))
    closes_soon = lecture(12)
    Activity.update(sign_up_closes_at=clock.utc_now() + timedelta(days=2)).execute()
    to_act_soon = launched(make_campaign(activity=Activity.get_by_id(closes_soon.id)))
    own_choice = launched(make_campaign(activity=lecture(12), channels=["mass_send"]))
    in_part = launched(make_campaign(activity=lecture(12), audience={"tiers": ["9"]}))

    chosen = {row.campaign_id: row.channel for row in Delivery.select()}
    assert chosen == {
        can_wait.id: Channel.DIGEST,
        urgent.id: Channel.MASS_SEND,
        to_act_soon.id: Channel.MASS_SEND,
        own_choice.id: Channel.MASS_SEND,
        in_part.id: Channel.RIDER,  # the digest is the first of four this month, three go before it
    }


def test_a_digest_goes_on_workdays_outside_the_quiet_hours(
    keeper: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest_times.next_at(clock.utc_now()) == FRIDAY
    assert digest_times.next_at(FRIDAY) == FRIDAY + timedelta(days=7)
    # 1 January 2027 is a Friday and a holiday: the next workday takes its place
    assert digest_times.next_at(datetime(2026, 12, 31, 1, 0)) == datetime(2027, 1, 4, 1, 0)
    monkeypatch.setattr(config.settings(), "wechat_account_kind", "subscription")
    assert digest_times.next_at(FRIDAY) == datetime(2026, 11, 30, 1, 0)  # daily: Monday

    with pytest.raises(Invalid) as wrong:
        digests.set_times({"is_on": True, "weekday": 4, "hour": 21}, version=1, actor=keeper)
    assert set(wrong.value.fields) == {"hour"}
    with pytest.raises(NotAllowed):
        digests.set_times(
            {"is_on": True, "weekday": 4, "hour": 9},
            version=1,
            actor=make_account(AccountRoleKind.SCHOOL_ADMIN),
        )
    digests.set_times({"is_on": False, "weekday": 0, "hour": 10}, version=1, actor=keeper)
    assert digest_times.next_at(clock.utc_now()) is None


def test_one_call_carries_all_items_once_to_everybody_left_to_it(
    make_campaign: MakeCampaign, keeper: Account, on_phone: OnPhone, sandbox: Sandbox, gateway: Gateway
) -> None:
    people = [on_phone() for _ in range(3)]
    later = launched(make_campaign(title="丁讲座", activity=lecture(20)))
    sooner = launched(make_campaign(title="丙讲座", activity=lecture(9)))
    assert digests.prepare_due() is None  # Monday: too early for Friday's draft
    clock.set_fixed(FRIDAY - timedelta(days=2))
    digest = digests.prepare_due()
    assert digest is not None
    assert digests.prepare_due() is None
    assert [item.id for item in digest_items.carried(digest.campaign)] == [sooner.id, later.id]

    with pytest.raises(IllegalMove):
        digests.confirm(digest, actor=make_account(AccountRoleKind.SECRETARIAT))  # not reviewed yet
    digest = passed(digest)
    with pytest.raises(NotAllowed):
        digests.confirm(digest, actor=keeper)
    campaign = sent(digest, gateway)

    assert campaign.status is CampaignStatus.DONE
    assert [cards(sandbox, each) for each in people] == [1, 1, 1]
    [bubble] = [each for each in sandbox.chat(people[0].openid) if each["kind"] == "news"]
    assert len(bubble["body"]["articles"] if "body" in bubble else bubble["articles"]) == 2
    for item in (sooner, later):
        assert statuses(item) == {DeliveryStatus.ACCEPTED: 3}
        assert {row.batch_id for row in Delivery.select().where(Delivery.campaign == item)} == {
            batch_of(campaign).id
        }
    assert batch_of(campaign).size == 3
    assert {row.mass_received for row in Follower.select()} == {1}  # one slot for both
    assert {row.channel for row in Attempt.select()} == {Channel.DIGEST}
    assert digests.counts(digest) == {DeliveryStatus.ACCEPTED: 6}


@pytest.mark.usefixtures("keeper")
def test_an_empty_digest_says_so_and_is_not_sent(make_campaign: MakeCampaign, secretary: Account) -> None:
    clock.set_fixed(FRIDAY - timedelta(days=1))
    assert digests.prepare_due() is None
    with pytest.raises(IllegalMove) as told:
        digests.open_next(actor=secretary)
    assert "这一期不发送" in str(told.value)

    make_member()
    launched(make_campaign(activity=lecture(20)))
    digest = digests.open_next(actor=secretary)
    [item] = digests.items(digest)
    digests.arrange(digest, item.id, "out", actor=secretary)
    with pytest.raises(Invalid):
        digests.submit(digest, actor=secretary)


def test_who_submits_becomes_its_author_and_the_trail_says_so(
    make_campaign: MakeCampaign, keeper: Account
) -> None:
    make_member()
    launched(make_campaign(activity=lecture(20)))
    digest, other = digests.open_next(actor=keeper), make_account(AccountRoleKind.SECRETARIAT)

    digests.submit(digest, actor=other)

    assert Campaign.get_by_id(digest.campaign_id).author == other
    [line] = AuditEntry.select().where(AuditEntry.action == "digest.author_changed")
    assert (line.account_id, line.subject_id) == (other.id, str(digest.campaign_id))
    assert json.loads(line.details) == {"was": keeper.display_name, "to": other.display_name}


def test_a_change_of_its_items_voids_the_reviews(make_campaign: MakeCampaign, keeper: Account) -> None:
    make_member()
    for days in (20, 21):
        launched(make_campaign(activity=lecture(days)))
    digest = passed(digests.open_next(actor=keeper))
    first, second = digests.items(digest)

    digests.arrange(digest, first.id, "down", actor=keeper)

    assert [each.id for each in digests.items(digest)] == [second.id, first.id]
    fresh = Campaign.get_by_id(digest.campaign_id)
    assert fresh.status is CampaignStatus.DRAFT
    assert reviews.standing(fresh) == []
    with pytest.raises(NotFound):
        digests.get(digest.id, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))


@pytest.mark.usefixtures("keeper")
def test_an_item_that_may_not_go_any_more_sends_the_digest_back(
    make_campaign: MakeCampaign, secretary: Account, gateway: Gateway
) -> None:
    for _ in range(2):
        make_member()
    activity = lecture(20)
    item = launched(make_campaign(title="甲讲座", activity=activity))
    digest = passed(digests.open_next(actor=secretary))
    at = digests.confirm(digest, actor=make_account(AccountRoleKind.SECRETARIAT))
    Activity.update(status=ActivityStatus.CANCELLED).where(Activity.id == activity.id).execute()

    clock.set_fixed(at)
    assert not launch.launch(digest.campaign_id)

    fresh = Campaign.get_by_id(digest.campaign_id)
    assert fresh.status is CampaignStatus.DRAFT
    assert "《甲讲座》：活动未发布或已取消" in fresh.status_reason
    assert statuses(item) == {DeliveryStatus.PLANNED: 2}


@pytest.mark.usefixtures("keeper")
def test_a_cancelled_digest_leaves_its_items_to_the_next_or_to_other_means(
    make_campaign: MakeCampaign, secretary: Account, gateway: Gateway
) -> None:
    for _ in range(2):
        make_member()
    soon, late = launched(make_campaign(activity=lecture(6))), launched(make_campaign(activity=lecture(20)))
    digest = passed(digests.open_next(actor=secretary))
    at = digests.confirm(digest, actor=make_account(AccountRoleKind.SECRETARIAT))
    clock.set_fixed(at)
    assert launch.launch(digest.campaign_id)

    digests.cancel(digest, actor=secretary, reason="改期")

    assert batch_of(digest.campaign).status is MassBatchStatus.FAILED
    assert {row.channel for row in Delivery.select().where(Delivery.campaign == late)} == {Channel.DIGEST}
    missed = {(row.channel, row.reason) for row in Delivery.select().where(Delivery.campaign == soon)}
    assert missed == {(Channel.MASS_SEND, "digest_missed")}
    assert [each.id for each in digests.waiting()] == [late.id]
    Campaign.update(status=CampaignStatus.CANCELLED).where(Campaign.id == late.id).execute()
    assert digests.waiting() == []


@pytest.mark.usefixtures("keeper")
def test_without_a_slot_what_misses_its_digest_rides(
    make_campaign: MakeCampaign, secretary: Account, sandbox: Sandbox, on_phone: OnPhone, gateway: Gateway
) -> None:
    on_phone(), on_phone()
    item = launched(make_campaign(activity=lecture(20)))
    digest = passed(digests.open_next(actor=secretary))
    sandbox.fault(path=MASS, errcode=45028, times=1)

    sent(digest, gateway)

    assert {(row.channel, row.status) for row in Delivery.select().where(Delivery.campaign == item)} == {
        (Channel.RIDER, DeliveryStatus.PLANNED)
    }
    riders.expire()
    assert statuses(item) == {DeliveryStatus.PLANNED: 2}  # its deadline is still ahead


@pytest.mark.usefixtures("keeper")
def test_a_kill_between_draft_and_call_is_repeated_under_the_same_id(
    make_campaign: MakeCampaign, secretary: Account, sandbox: Sandbox, on_phone: OnPhone, gateway: Gateway
) -> None:
    people = [on_phone(), on_phone()]
    item = launched(make_campaign(activity=lecture(20)))
    digest = passed(digests.open_next(actor=secretary))
    clock.set_fixed(digests.confirm(digest, actor=make_account(AccountRoleKind.SECRETARIAT)))
    assert launch.launch(digest.campaign_id)
    [batch_id] = mass_sending.due_batches()
    claimed = mass_sending._claim(batch_id)
    assert claimed is not None
    mass_sending._call(claimed, [each.openid for each in people], gateway)  # and the worker dies here

    clock.advance(timedelta(minutes=4))
    assert mass_sending.free_expired() == 1
    assert mass_sending.send_mass_batch(batch_id, wechat=gateway) is MassBatchStatus.ACCEPTED

    assert [cards(sandbox, each) for each in people] == [1, 1]
    assert statuses(item) == {DeliveryStatus.ACCEPTED: 2}


@pytest.mark.usefixtures("keeper", "by_tag")
def test_a_subscription_account_sends_its_digest_to_everyone_in_the_days_one_call(
    make_campaign: MakeCampaign, secretary: Account, sandbox: Sandbox, on_phone: OnPhone, gateway: Gateway
) -> None:
    people = [on_phone(window=True), on_phone()]
    item = launched(make_campaign(activity=lecture(20)))
    assert {row.channel for row in Delivery.select()} == {Channel.DIGEST}
    digest = passed(digests.open_next(actor=secretary))

    campaign = sent(digest, gateway)

    assert batch_of(campaign).target == mass_targets.EVERYONE
    assert [cards(sandbox, each) for each in people] == [1, 1]
    assert statuses(item) == {DeliveryStatus.ACCEPTED: 2}


@pytest.mark.usefixtures("keeper")
def test_a_digest_is_previewed_on_a_phone(
    make_campaign: MakeCampaign, secretary: Account, sandbox: Sandbox, on_phone: OnPhone, gateway: Gateway
) -> None:
    mine = on_phone()
    Account.update(person=mine.person).where(Account.id == secretary.id).execute()
    for days in (20, 21):
        launched(make_campaign(activity=lecture(days)))
    digest = digests.open_next(actor=secretary)

    [trial] = trials.send(
        digest.campaign,
        [mine.person_id],
        list(Channel),
        actor=Account.get_by_id(secretary.id),
        wechat=gateway,
    )

    assert trial.channel is Channel.MASS_SEND
    assert cards(sandbox, mine) == 1
    assert MassBatch.select().count() == 0


def test_what_was_not_ready_gives_way_to_the_next(make_campaign: MakeCampaign, keeper: Account) -> None:
    make_member()
    item = launched(make_campaign(activity=lecture(30)))
    first = digests.open_next(actor=keeper)
    clock.set_fixed(first.goes_at + timedelta(days=5))

    second = digests.prepare_due()

    assert second is not None
    old = Campaign.get_by_id(first.campaign_id)
    assert (old.status, old.status_reason) == (CampaignStatus.CANCELLED, digests.TOO_LATE)
    assert [each.id for each in digest_items.carried(second.campaign)] == [item.id]
    campaigns.cancel(item, actor=keeper)
    assert digests.release_missed() == 0
