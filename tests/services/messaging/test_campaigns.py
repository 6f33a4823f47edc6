"""Campaigns: what is refused, who reviews, what an edit voids."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import clock
from models.accounts import Account, AccountRole, AccountRoleKind
from models.activities import Activity
from models.audit import AuditEntry
from models.messaging import (
    CAMPAIGN_MOVES,
    Campaign,
    CampaignReview,
    CampaignStatus,
    ReviewDecision,
    ReviewStage,
)
from services.errors import Conflict, IllegalMove, Invalid, NotAllowed, NotFound, StaleState
from services.messaging import campaigns, launch, proofreading, quiet_hours, reviews
from services.messaging.states import move
from tests.factories import make_account, make_activity, make_person, make_unit
from tests.factories.surveys import make_questionnaire, single
from tests.services.messaging.conftest import MakeCampaign

PASSED, RETURNED = ReviewDecision.PASSED, ReviewDecision.RETURNED
R1, R2, R3 = ReviewStage


@pytest.fixture
def author(secretary: Account) -> Account:
    return make_account(AccountRoleKind.SCHOOL_ADMIN)


@pytest.fixture
def values(author: Account) -> dict[str, Any]:
    activity = make_activity(member_unit=author.member_unit)
    return {
        "title": "讲座通知",
        "topic": "lecture",
        "content_kind": "activity",
        "activity": activity.id,
        "audience": {"units": [author.member_unit_id]},
    }


@pytest.fixture
def in_review(author: Account, values: dict[str, Any]) -> Campaign:
    campaign = campaigns.create(values, actor=author)
    campaigns.submit(campaign, actor=author)
    return campaign


def reviewer() -> Account:
    return make_account(AccountRoleKind.SECRETARIAT)


def approved(campaign: Campaign) -> Campaign:
    for stage in ReviewStage:
        reviews.review(campaign, stage, PASSED, "", actor=reviewer())
    return campaign


@pytest.mark.parametrize(
    ("missing", "field"), [("audience", "audience"), ("activity", "content"), ("title", "title")]
)
def test_a_campaign_without_it_is_refused_naming_the_field(
    author: Account, values: dict[str, Any], missing: str, field: str
) -> None:
    del values[missing]

    with pytest.raises(Invalid) as told:
        campaigns.create(values, actor=author)

    assert list(told.value.fields) == [field]


def test_a_campaign_without_time_is_refused_naming_the_field(author: Account, in_review: Campaign) -> None:
    approved(in_review)

    with pytest.raises(Invalid) as told:
        campaigns.schedule(in_review, None, actor=author)

    assert list(told.value.fields) == ["scheduled_at"]


def test_quiet_hours_need_a_reason(author: Account, in_review: Campaign) -> None:
    approved(in_review)
    late = clock.from_local(datetime(2026, 11, 23, 21, 0))

    with pytest.raises(Invalid):
        campaigns.schedule(in_review, late, actor=author)
    campaigns.schedule(in_review, late, actor=author, quiet_hours_override="台风停课，须当晚通知")

    assert in_review.status is CampaignStatus.SCHEDULED
    assert quiet_hours.next_allowed(late) == clock.from_local(datetime(2026, 11, 24, 8, 0))


def test_an_audience_stays_within_the_authors_unit(author: Account, values: dict[str, Any]) -> None:
    values["audience"] = {"units": [make_unit().id]}

    with pytest.raises(Invalid) as told:
        campaigns.create(values, actor=author)

    assert list(told.value.fields) == ["audience"]


def test_another_schools_questionnaire_is_not_pushed(author: Account, values: dict[str, Any]) -> None:
    theirs = make_questionnaire()
    about = {"content_kind": "questionnaire", "questionnaire": theirs.id, "topic": "survey"}

    with pytest.raises(NotFound):
        campaigns.create(values | about, actor=author)


def test_another_schools_campaign_is_not_found(in_review: Campaign) -> None:
    with pytest.raises(NotFound):
        campaigns.get(in_review.id, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))


def test_three_people_approve_in_order(author: Account, in_review: Campaign) -> None:
    first, second, third = reviewer(), reviewer(), reviewer()

    with pytest.raises(IllegalMove):
        reviews.review(in_review, R2, PASSED, "", actor=second)
    reviews.review(in_review, R1, PASSED, "可", actor=first)
    reviews.review(in_review, R2, PASSED, "", actor=second)
    reviews.review(in_review, R3, PASSED, "", actor=third)

    assert Campaign.get_by_id(in_review.id).status is CampaignStatus.APPROVED
    assert [review.reviewer for review in reviews.standing(in_review)] == [first, second, third]
    assert {review.content_hash for review in reviews.standing(in_review)} == {in_review.content_hash}


def test_neither_the_author_nor_an_earlier_reviewer_reviews(author: Account, in_review: Campaign) -> None:
    first = reviewer()
    reviews.review(in_review, R1, PASSED, "", actor=first)

    for other in (author, first, make_account(AccountRoleKind.SCHOOL_ADMIN), make_account()):
        with pytest.raises(NotAllowed):
            reviews.review(in_review, R2, PASSED, "", actor=other)


def test_who_rewrote_it_does_not_review_it(author: Account, values: dict[str, Any]) -> None:
    writer, timer = reviewer(), reviewer()
    campaign = campaigns.create(values, actor=author)
    campaigns.update(campaign, {"summary": "欢迎报名"}, version=1, actor=writer)
    later = clock.utc_now() + timedelta(days=9)
    campaigns.update(campaign, {"deadline_at": later}, version=2, actor=timer)
    campaigns.submit(campaign, actor=author)

    with pytest.raises(NotAllowed):
        reviews.review(campaign, R1, PASSED, "", actor=writer)
    reviews.review(campaign, R1, PASSED, "", actor=timer)


def test_a_return_goes_back_to_draft_and_voids(in_review: Campaign) -> None:
    reviews.review(in_review, R1, PASSED, "", actor=reviewer())
    with pytest.raises(Invalid):
        reviews.review(in_review, R2, RETURNED, "", actor=reviewer())

    reviews.review(in_review, R2, RETURNED, "地点写错", actor=reviewer())

    fresh = Campaign.get_by_id(in_review.id)
    assert (fresh.status, fresh.status_reason) == (CampaignStatus.DRAFT, "复审退回：地点写错")
    assert reviews.standing(fresh) == []
    assert len(reviews.history(fresh)) == 2


def test_an_edit_of_the_content_voids_the_reviews(author: Account, in_review: Campaign) -> None:
    approved(in_review)
    activity = in_review.activity
    activity.place = "二号报告厅"
    activity.save()

    voided = campaigns.void_reviews(activity=activity, actor=author)

    assert [campaign.id for campaign in voided] == [in_review.id]
    assert Campaign.get_by_id(in_review.id).status is CampaignStatus.DRAFT
    assert CampaignReview.select().where(CampaignReview.voided_at.is_null()).count() == 0


def test_an_edit_that_nobody_reads_voids_nothing(in_review: Campaign) -> None:
    activity = in_review.activity
    activity.seats = 30
    activity.save()

    assert campaigns.void_reviews(activity=activity) == []


def test_an_edit_while_it_is_sent_pauses_until_the_text_is_the_reviewed_one(
    make_campaign: MakeCampaign, secretary: Account
) -> None:
    campaign = make_campaign(status=CampaignStatus.SENDING)
    activity = campaign.activity
    activity.place, was = "二号报告厅", activity.place
    activity.save()

    campaigns.void_reviews(activity=activity, actor=secretary)

    paused = Campaign.get_by_id(campaign.id)
    assert (paused.status, paused.status_reason) == (CampaignStatus.PAUSED, campaigns.TEXT_CHANGED)
    for act in (campaigns.resume, campaigns.retry_failed):
        with pytest.raises(IllegalMove):
            act(paused, actor=secretary)

    activity.place = was
    activity.save()
    campaigns.resume(Campaign.get_by_id(campaign.id), actor=secretary)
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.SENDING


def test_an_author_who_left_the_secretariat_reaches_nobody_unreviewed(
    make_campaign: MakeCampaign, secretary: Account
) -> None:
    make_person(member_unit=secretary.member_unit)
    campaign = make_campaign()
    AccountRole.update(role=AccountRoleKind.SCHOOL_ADMIN).where(AccountRole.account == secretary).execute()

    assert not launch.launch(campaign.id)

    fresh = Campaign.get_by_id(campaign.id)
    assert (fresh.status, fresh.status_reason) == (CampaignStatus.DRAFT, campaigns.VOIDED)


def test_a_text_changed_unseen_cannot_be_passed(in_review: Campaign) -> None:
    activity = in_review.activity
    activity.title = "换了题目"
    activity.save()

    with pytest.raises(StaleState):
        reviews.review(Campaign.get_by_id(in_review.id), R1, PASSED, "", actor=reviewer())

    assert Campaign.get_by_id(in_review.id).status is CampaignStatus.DRAFT


def test_an_update_goes_back_to_draft_and_needs_the_version(author: Account, in_review: Campaign) -> None:
    campaigns.update(in_review, {"summary": "欢迎报名"}, version=1, actor=author)

    assert (in_review.status, in_review.version) == (CampaignStatus.DRAFT, 2)
    with pytest.raises(Conflict):
        campaigns.update(in_review, {"summary": "再改"}, version=1, actor=author)


def test_a_new_deadline_keeps_the_reviews(author: Account, in_review: Campaign) -> None:
    later = clock.utc_now() + timedelta(days=9)

    campaigns.update(in_review, {"deadline_at": later}, version=1, actor=author)

    assert in_review.status is CampaignStatus.IN_REVIEW


def test_a_scheduled_time_is_moved_only_by_who_may_send_and_only_to_a_good_one(
    author: Account, in_review: Campaign
) -> None:
    campaigns.schedule(approved(in_review), clock.utc_now() + timedelta(days=1), actor=author)
    editor = make_account(AccountRoleKind.EDITOR, member_unit=author.member_unit)
    sooner, late = clock.utc_now() + timedelta(hours=1), clock.from_local(datetime(2026, 11, 24, 22, 0))

    with pytest.raises(NotAllowed):
        campaigns.update(in_review, {"scheduled_at": sooner}, version=1, actor=editor)
    for at in (None, late):
        with pytest.raises(Invalid) as told:
            campaigns.update(in_review, {"scheduled_at": at}, version=1, actor=author)
        assert list(told.value.fields) == ["scheduled_at"]

    campaigns.update(in_review, {"scheduled_at": sooner}, version=1, actor=author)
    fresh = Campaign.get_by_id(in_review.id)
    assert (fresh.status, fresh.scheduled_at) == (CampaignStatus.SCHEDULED, sooner)


def test_every_move_of_the_table_and_no_other(make_campaign: MakeCampaign) -> None:
    for was in CampaignStatus:
        for to in CampaignStatus:
            campaign = make_campaign(status=was)
            if to in CAMPAIGN_MOVES[was]:
                move(campaign, to, actor=None)
                assert Campaign.get_by_id(campaign.id).status is to
            else:
                with pytest.raises(IllegalMove):
                    move(campaign, to, actor=None)


def test_of_two_who_move_one_wins(make_campaign: MakeCampaign, secretary: Account) -> None:
    campaign = make_campaign(status=CampaignStatus.SENDING)
    seen_by_another = Campaign.get_by_id(campaign.id)
    campaigns.pause(campaign, actor=secretary)

    with pytest.raises(StaleState):
        campaigns.cancel(seen_by_another, actor=secretary)

    last = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert last.action == "campaign.paused"


def test_submit_refuses_a_cancelled_activity(author: Account, values: dict[str, Any]) -> None:
    campaign = campaigns.create(values, actor=author)
    campaign.activity.status = "cancelled"

    with pytest.raises(Invalid) as told:
        campaigns.submit(campaign, actor=author)

    assert list(told.value.fields) == ["content"]


@pytest.mark.parametrize(
    ("field", "text", "place"),
    [("title", "市攻 府组织学习", "活动标题"), ("body_html", "<p>市攻<b>府</b>组织学习</p>", "活动介绍")],
)
def test_error_prone_words_stop_it_naming_where_they_stand(
    author: Account, values: dict[str, Any], field: str, text: str, place: str
) -> None:
    Activity.update({field: text}).execute()
    campaign = campaigns.create(values, actor=author)

    for reason in ("", "对"):
        with pytest.raises(Invalid) as told:
            campaigns.submit(campaign, actor=author, wording_override=reason)
        assert told.value.fields["wording"].startswith(f"{place}：“攻府”疑为“政府”")

    campaigns.submit(campaign, actor=author, wording_override="引用原件，原文如此")
    assert campaign.status is CampaignStatus.IN_REVIEW
    kept = AuditEntry.get(AuditEntry.action == "campaign.wording_overridden")
    assert (kept.account_id, kept.subject_id) == (author.id, str(campaign.id))
    assert "引用原件" in kept.details
    assert proofreading.override_of(campaign) == "引用原件，原文如此"


def test_error_prone_words_of_a_questionnaire_stop_it(secretary: Account) -> None:
    survey = make_questionnaire(single(text="对正府的建议？"), member_unit=secretary.member_unit)
    values = {
        "title": "需求征集",
        "topic": "survey",
        "content_kind": "questionnaire",
        "questionnaire": survey.id,
        "audience": {"everyone": True},
    }

    with pytest.raises(Invalid) as told:
        campaigns.submit(campaigns.create(values, actor=secretary), actor=secretary)

    assert told.value.fields["wording"].startswith("第1题：“正府”")


def test_someone_without_a_unit_in_common_is_not_counted(author: Account) -> None:
    from services.messaging import audiences

    make_person(member_unit=author.member_unit)
    make_person()

    assert audiences.count({"everyone": True}, actor=author) == 1
    assert audiences.count({"everyone": True}, actor=reviewer()) == 2
