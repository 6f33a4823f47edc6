"""A push made again as a draft of its own: for other people at another time, or for the next occasion."""

from __future__ import annotations

from models.accounts import Account
from models.base import db
from models.messaging import Campaign
from models.schedules import RelativeTime
from services import access, audit
from services.errors import IllegalMove
from services.messaging import audiences, campaigns, relative_times
from services.messaging.campaign_values import CONTENT_MODELS

COPIED = (
    "topic", "content_kind", "activity", "issue", "questionnaire", "published_notice", "summary",
    "member_unit", "audience", "channels", "quiet_hours_override",
)  # fmt: skip
MARK = "（另发）"


def copy(campaign: Campaign, *, actor: Account) -> Campaign:
    """A draft by `actor` with the same content, audience and channels, reviewed anew.

    It follows the activity as the first does, until it is given another time. Raises IllegalMove for
    what nobody wrote by hand, Invalid where the content is gone or no longer the actor's to push.
    """
    access.require(actor, "campaigns.manage")
    access.require_unit(actor, campaign.member_unit_id)
    if campaign.content_kind not in CONTENT_MODELS:
        raise IllegalMove("自动生成的推送不能复制")
    values = {name: getattr(campaign, name) for name in COPIED}
    unit = audiences.bound(campaign.author)
    if unit is not None and audiences.bound(actor) is None:  # the copy reaches no further than the first
        told = {name: value for name, value in campaign.audience.items() if name != "everyone"}
        values["audience"] = told | {"units": [unit]}
    with db.atomic():
        made = campaigns.create(values | {"title": f"{campaign.title}{MARK}"[-80:]}, actor=actor)
        followed = RelativeTime.get_or_none(RelativeTime.campaign == campaign.id)
        if followed is not None:
            relative_times.attach(made, followed.anchor, followed.minutes, followed.time_of_day, actor=actor)
        audit.record("campaign.copied", made, actor=actor, source=campaign.id)
    return made
