"""The one way in which a campaign's status moves: an UPDATE that names the old status."""

from __future__ import annotations

from typing import Any

import clock
from models.accounts import Account
from models.base import db
from models.messaging import CAMPAIGN_MOVES, Campaign, CampaignStatus
from services import audit
from services.errors import IllegalMove, StaleState


def move(
    campaign: Campaign,
    to: CampaignStatus,
    *,
    actor: Account | None,
    by_machine: bool = False,
    reason: str = "",
    **changes: Any,
) -> None:
    """Move the campaign on and record who did it; `changes` are set in the same UPDATE.

    `by_machine`: the clock or WeChat did it, which leaves no audit line. Raises IllegalMove
    when the state machine forbids it, StaleState when somebody else was faster.
    """
    was = campaign.status
    if to not in CAMPAIGN_MOVES[was]:
        raise IllegalMove(was=was.value, to=to.value)
    changes |= {"status": to, "status_reason": reason[:200]}
    if to in (CampaignStatus.DONE, CampaignStatus.CANCELLED):
        changes["finished_at"] = clock.utc_now()
    with db.atomic():
        moved = Campaign.update(**changes).where(Campaign.id == campaign.id, Campaign.status == was).execute()
        if not moved:
            raise StaleState(was=was.value, to=to.value)
        if not by_machine:
            why = {"reason": reason} if reason else {}
            audit.record(f"campaign.{to.value}", campaign, actor=actor, was=was.value, **why)
    for name, value in changes.items():
        setattr(campaign, name, value)
