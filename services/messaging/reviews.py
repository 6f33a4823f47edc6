"""Three reviews by three people, none of them the author (三审), of one unchanged text."""

from __future__ import annotations

import json

from models.accounts import Account
from models.audit import AuditEntry
from models.base import db, locked
from models.messaging import (
    Campaign,
    CampaignReview,
    CampaignStatus,
    ReviewDecision,
    ReviewStage,
)
from services import audit, reviews
from services.errors import NotAllowed, NotFound, StaleState
from services.messaging import campaign_values, campaigns, contents
from services.messaging.states import move

STAGES = reviews.STAGES
KIND = reviews.Reviewed(CampaignReview, "campaign", "campaigns.review", "推送")


def standing(campaign: Campaign) -> list[CampaignReview]:
    """The reviews that still count, in order of their stages."""
    return reviews.standing(KIND, campaign)


def history(campaign: Campaign) -> list[CampaignReview]:
    """Every review ever given, voided ones too, oldest first."""
    return reviews.history(KIND, campaign)


def next_stage(campaign: Campaign) -> ReviewStage | None:
    """The stage that is due; None when the campaign is not under review."""
    if campaign.status is not CampaignStatus.IN_REVIEW:
        return None
    return reviews.due(standing(campaign))


def why_may_not_review(campaign: Campaign, account: Account) -> str:
    """Why this account may not give the review that is due, in words; "" when it may."""
    if next_stage(campaign) is None:
        return "当前不在审核中"
    return reviews.why_not(
        KIND,
        reviews.reviewer(KIND, account),
        standing(campaign),
        member_unit_id=campaign.member_unit_id,
        is_author=account.id == campaign.author_id,
        has_written=_has_written(campaign, account),
    )


def _has_written(campaign: Campaign, account: Account) -> bool:
    """Whether the account changed more of the campaign than its times: its author, then, as well."""
    edits = AuditEntry.select(AuditEntry.details).where(
        AuditEntry.action == "campaign.updated",
        AuditEntry.subject_kind == "Campaign",
        AuditEntry.subject_id == str(campaign.id),
        AuditEntry.account_id == account.id,
    )
    return any(set(json.loads(edit.details)["changed"]) - campaign_values.NOT_CONTENT for edit in edits)


def review(
    campaign: Campaign, stage: ReviewStage, decision: ReviewDecision, opinion: str, *, actor: Account
) -> CampaignReview:
    """Give one stage's opinion. A pass of the final stage approves; a return sends back to draft.

    Raises NotAllowed with the reason, IllegalMove when another stage is due, Invalid for a return
    without an opinion, StaleState when the text is no longer the one sent to review.
    """
    opinion = reviews.checked_opinion(decision, opinion)
    with db.atomic():
        fresh = locked(Campaign.select().where(Campaign.id == campaign.id)).first()
        if fresh is None:
            raise NotFound("没有找到这个推送任务")
        campaign.status, campaign.content_hash = fresh.status, fresh.content_hash
        reviews.check_stage(stage, next_stage(fresh), was=fresh.status.value)
        if why := why_may_not_review(fresh, actor):
            raise NotAllowed(why)
        if contents.content_hash(fresh) == fresh.content_hash:
            return _decide(campaign, stage, decision, opinion, actor=actor)
    # outside the transaction that refuses: going back to draft must stay
    campaigns.void_content_change(campaign)
    raise StaleState("送审后内容有修改，已退回草稿，须重新送审")


def _decide(
    campaign: Campaign, stage: ReviewStage, decision: ReviewDecision, opinion: str, *, actor: Account
) -> CampaignReview:
    content_hash = campaign.content_hash
    given: CampaignReview = reviews.keep(
        KIND, campaign, stage, decision, opinion, content_hash=content_hash, actor=actor
    )
    said = {"stage": stage.value, "decision": decision.value, "opinion": opinion}
    audit.record("campaign.reviewed", campaign, actor=actor, **said)
    if decision is ReviewDecision.RETURNED:
        why = reviews.returned_because(stage, opinion)
        move(campaign, CampaignStatus.DRAFT, actor=actor, reason=why)
    elif stage is STAGES[-1]:
        move(campaign, CampaignStatus.APPROVED, actor=actor)
    return given
