"""Campaigns and deliveries for the console's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import clock
from models.accounts import Account, AccountRoleKind
from models.activities import Activity
from models.messaging import (
    Basis,
    Campaign,
    CampaignStatus,
    Channel,
    ContentKind,
    Delivery,
    DeliveryStatus,
    ReviewDecision,
    ReviewStage,
)
from models.people import Person, Topic
from services.messaging import campaigns, contents, reviews
from tests.factories import make_account, make_activity, make_person


def make_campaign(**values: Any) -> Campaign:
    """A draft about a lecture, for everyone, by a secretary of the activity's unit."""
    activity: Activity = values.pop("activity", None) or make_activity()
    values.setdefault("author", None)
    values["author"] = values["author"] or make_account(
        AccountRoleKind.SECRETARIAT, member_unit=activity.member_unit
    )
    defaults: dict[str, Any] = {
        "title": activity.title,
        "topic": Topic.LECTURE,
        "content_kind": ContentKind.ACTIVITY,
        "activity": activity,
        "member_unit": activity.member_unit,
        "audience": {"everyone": True},
    }
    campaign = Campaign.create(**(defaults | values))
    if campaign.status is not CampaignStatus.DRAFT:
        campaign.content_hash = contents.content_hash(campaign)
        campaign.save(only=[Campaign.content_hash])
    return campaign


def make_reviewers(campaign: Campaign) -> list[Account]:
    unit = campaign.member_unit
    return [make_account(AccountRoleKind.SECRETARIAT, member_unit=unit) for _ in ReviewStage]


def pass_reviews(campaign: Campaign, reviewers: Sequence[Account]) -> None:
    campaigns.submit(campaign, actor=campaign.author)
    for stage, reviewer in zip(ReviewStage, reviewers, strict=False):
        reviews.review(campaign, stage, ReviewDecision.PASSED, "同意", actor=reviewer)


def make_delivery(campaign: Campaign, status: DeliveryStatus, **values: Any) -> Delivery:
    person: Person = values.pop("person", None) or make_person()
    settled: datetime | None = None if status in (DeliveryStatus.PLANNED,) else clock.utc_now()
    defaults: dict[str, Any] = {
        "chunk": 0,
        "channel": None if status is DeliveryStatus.SKIPPED else Channel.TEMPLATE_MESSAGE,
        "basis": Basis.OPT_IN,
        "settled_at": settled,
    }
    return Delivery.create(campaign=campaign, person=person, status=status, **(defaults | values))
