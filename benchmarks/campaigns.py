"""A campaign about the sample lecture, due now, for everyone."""

from __future__ import annotations

from datetime import timedelta

import clock
from demo import alliance
from models.accounts import Account
from models.activities import Activity
from models.messaging import Campaign, CampaignStatus, ContentKind, MassConfirmation
from models.people import Topic
from services.messaging import contents

TITLE = "基层治理的制度与方法"


def sample_campaign(topic: Topic) -> Campaign:
    """Scheduled for this moment; its approvals are not made, launching does not ask for them."""
    now = clock.utc_now()
    campaign = Campaign.create(
        title="测速",
        topic=topic,
        content_kind=ContentKind.ACTIVITY,
        activity=Activity.get(Activity.title == TITLE),
        member_unit=alliance.unit_named("市委党校"),
        author=Account.get(Account.username == "mishu"),
        audience={"everyone": True},
        scheduled_at=now,
        deadline_at=now + timedelta(days=2),
        quiet_hours_override="测速",
        status=CampaignStatus.SCHEDULED,
    )
    campaign.content_hash = contents.content_hash(campaign)
    campaign.save()
    second = Account.get(Account.username == "zhongshen")
    MassConfirmation.create(campaign=campaign, account=second, content_hash=campaign.content_hash, at=now)
    return campaign
