"""Until when a campaign is of use."""

from __future__ import annotations

from datetime import datetime, timedelta

import clock
from models.activities import Activity
from models.messaging import Campaign
from models.surveys import Questionnaire
from services.messaging import contents

DEFAULT = timedelta(days=14)


def of(campaign: Campaign) -> datetime:
    """When riders give up: the set deadline, else the activity's start, the survey's end, or 14 days."""
    if campaign.deadline_at is not None:
        return campaign.deadline_at
    content = contents.content_of(campaign)
    if isinstance(content, Activity):
        # a push in its course is of use until it ends
        at = campaign.scheduled_at or clock.utc_now()
        return content.starts_at if content.starts_at > at else content.ends_at
    if isinstance(content, Questionnaire) and content.closes_at is not None:
        return content.closes_at
    return (campaign.scheduled_at or clock.utc_now()) + DEFAULT


def to_act(campaign: Campaign) -> datetime:
    """Until when its readers can still do what it asks for: the deadline, or the close of sign-ups."""
    last, content = of(campaign), contents.content_of(campaign)
    closes_at = content.sign_up_closes_at if isinstance(content, Activity) else None
    if closes_at is not None and closes_at > clock.utc_now():
        return min(last, closes_at)
    return last
