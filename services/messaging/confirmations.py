"""A mass send goes only after a second person said so: it reaches many, and cannot be taken back.

Whoever confirms is not the author and may send; the word holds for the text as it is then.
"""

from __future__ import annotations

from typing import Any

from peewee import ModelSelect, fn

import clock
from models.accounts import Account
from models.base import db, locked
from models.messaging import UNDER_WAY, Campaign, CampaignStatus, Channel, MassConfirmation
from models.schedules import CampaignSeries
from services import access, audit
from services.errors import IllegalMove, NotAllowed, StaleState
from services.messaging import channels, contents

CONFIRMABLE = {CampaignStatus.APPROVED, CampaignStatus.SCHEDULED} | UNDER_WAY


def needed(campaign: Campaign) -> bool:
    """Whether the campaign may go by mass send, and is at the point where that is confirmed."""
    return campaign.status in CONFIRMABLE and Channel.MASS_SEND in channels.usable(campaign)


def standing(campaign: Campaign) -> MassConfirmation | None:
    """The confirmation of the text that was approved; None while there is none."""
    query = MassConfirmation.select(MassConfirmation, Account).join(Account)
    found: MassConfirmation | None = query.where(
        MassConfirmation.campaign == campaign, MassConfirmation.content_hash == campaign.content_hash
    ).first()
    return found


def is_given() -> Any:
    """The condition over Campaign that a second person confirmed its approved text."""
    return fn.EXISTS(
        MassConfirmation.select(MassConfirmation.id).where(
            MassConfirmation.campaign == Campaign.id, MassConfirmation.content_hash == Campaign.content_hash
        )
    )


def why_may_not(campaign: Campaign, account: Account) -> str:
    """Why this account may not confirm now, in words; "" when it may."""
    if campaign.status not in CONFIRMABLE:
        return "三审通过后才能确认群发"
    if campaign.series.exists():
        return "这是定期推送的样本，不会自己发出；每次发起的推送各自确认群发"
    if not access.may(account, "campaigns.send"):
        return "您没有发送权限"
    if account.id == campaign.author_id:
        return "群发须由作者以外的第二个人确认"
    return "已经确认过了" if standing(campaign) is not None else ""


def waiting(among: ModelSelect[Campaign], *, account: Account) -> ModelSelect[Campaign]:
    """Those of these campaigns that are approved, not confirmed, and not the account's own."""
    patterns = CampaignSeries.select(CampaignSeries.campaign)
    return among.where(
        Campaign.status.in_(list(CONFIRMABLE)),
        Campaign.author != account,
        Campaign.id.not_in(patterns),
        ~is_given(),
    )


def confirm(campaign: Campaign, *, actor: Account) -> MassConfirmation:
    """Let the mass send go when its time comes.

    Raises NotFound for another school's campaign, IllegalMove before the approval or a second time,
    NotAllowed for the author, StaleState when the text is no longer the approved one.
    """
    access.require_unit(actor, campaign.member_unit_id)
    access.require(actor, "campaigns.send")
    with db.atomic():
        fresh = locked(Campaign.select().where(Campaign.id == campaign.id)).get()
        if actor.id == fresh.author_id:
            raise NotAllowed(why_may_not(fresh, actor))
        if why := why_may_not(fresh, actor):
            raise IllegalMove(why)
        if contents.content_hash(fresh) != fresh.content_hash:
            raise StaleState("推送的内容有修改，须重新送审后再确认群发")
        given: MassConfirmation = MassConfirmation.create(
            campaign=fresh, account=actor, content_hash=fresh.content_hash, at=clock.utc_now()
        )
        audit.record("campaign.mass_confirmed", fresh, actor=actor, content_hash=fresh.content_hash)
    return given
