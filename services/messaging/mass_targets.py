"""Whom one mass call reaches: a list of people, or everyone, or the followers of one tag.

A subscription account has no lists: a campaign may go by mass send only where its audience is
everyone or exactly one synced tag, and the account has one call a day in all. The call reaches the
whole target, so the planner then sends nobody of it anything else.
"""

from __future__ import annotations

from datetime import date

import clock
import config
from models.base import db
from models.messaging import (
    OPEN_DELIVERY,
    REACHED,
    Campaign,
    Channel,
    Delivery,
    DeliveryStatus,
    MassSlot,
)
from models.people import PersonRoleKind
from models.tags import FollowerTag
from services import follower_tags
from services.messaging import audiences, quotas
from wechat.capabilities import Capability, granted

EVERYONE = "everyone"


def is_by_tag() -> bool:
    """Whether the account's mass sends go to everyone or a tag, never to a list (订阅号)."""
    settings = config.settings()
    allowed = granted(settings.wechat_account_kind, verified=settings.wechat_verified)
    return Capability.MASS_BY_TAG in allowed and Capability.MASS_BY_LIST not in allowed


def of(campaign: Campaign) -> str:
    """The target that is the campaign's audience: `everyone`, or a tag's key; "" where none is."""
    if campaign.is_digest:
        return EVERYONE
    if campaign.is_automatic:
        return ""
    wanted = {name: value for name, value in (campaign.audience or {}).items() if value}
    unit_id = audiences.bound(campaign.author)
    if unit_id is not None and wanted in ({"everyone": True}, {"units": [unit_id]}):
        return _synced(f"unit:{unit_id}")
    if unit_id is not None or len(wanted) != 1:
        return ""
    return EVERYONE if wanted == {"everyone": True} else _synced(_key(wanted))


def tag_id(target: str) -> int | None:
    """The platform's number of the target's tag; None for everyone. Raises LookupError when it is gone."""
    if target == EVERYONE:
        return None
    row = _tag(target)
    if row is None:
        raise LookupError(target)
    return int(row.tag_id)


def words(target: str) -> str:
    """“全部关注者”, “标签：单位-乐余”; "" for a list."""
    if target in ("", EVERYONE):
        return "全部关注者" if target else ""
    row = _tag(target)
    return f"标签：{row.name}" if row is not None else "标签已删除"


def is_free_for(campaign: Campaign) -> bool:
    """Whether today's one call is, or may become, this campaign's."""
    held = MassSlot.get_or_none(MassSlot.day == clock.local_today())
    if held is not None and held.campaign_id != campaign.id:
        return False
    return quotas.left(Channel.MASS_SEND) > 0


def closed_to(campaign: Campaign) -> set[Channel]:
    """The channels by which no call to a whole target may go for the campaign now.

    Once somebody of it was sent to, or waits by another channel, such a call would reach them again.
    """
    if campaign.launched_at is not None and _is_under_way_otherwise(campaign):
        return {Channel.MASS_SEND, Channel.DIGEST}
    return set() if is_free_for(campaign) else {Channel.MASS_SEND}


def _is_under_way_otherwise(campaign: Campaign) -> bool:
    went = Delivery.status.in_([*REACHED, DeliveryStatus.UNKNOWN])
    others = [each for each in Channel if each not in (Channel.MASS_SEND, Channel.DIGEST)]
    waits = Delivery.status.in_([*OPEN_DELIVERY]) & Delivery.channel.in_(others)
    return any(
        Delivery.select(Delivery.id).where(Delivery.campaign == campaign.id, each).exists()
        for each in (went, waits)
    )


def hold_slot(campaign: Campaign, day: date | None = None) -> bool:
    """Take a day's one call for the campaign; False when another holds it. Twice changes nothing."""
    day = day or clock.local_today()
    with db.atomic():
        row = MassSlot.insert(day=day, campaign=campaign, created_at=clock.utc_now())
        row.on_conflict_ignore().execute()
        held = MassSlot.select().where(MassSlot.day == day, MassSlot.campaign == campaign)
        return bool(held.exists())


def free_slots(campaign_id: int) -> None:
    """Give back the days that are not used yet."""
    MassSlot.delete().where(MassSlot.campaign == campaign_id, MassSlot.day >= clock.local_today()).execute()


def _key(wanted: dict[str, object]) -> str:
    """The key of the tag that a single condition with a single value is; "" for any other."""
    [(name, values)] = wanted.items()
    if not isinstance(values, list):
        return ""
    if name in ("units", "topics") and len(values) == 1:
        return f"{name[:-1]}:{values[0]}"
    if name == "roles":
        meant = {PersonRoleKind(each) for each in values}
        return next((key for key, (_, roles) in follower_tags.ROLES.items() if set(roles) == meant), "")
    return ""


def _synced(key: str) -> str:
    return key if key and _tag(key) is not None else ""


def _tag(key: str) -> FollowerTag | None:
    found: FollowerTag | None = FollowerTag.get_or_none(
        FollowerTag.app_id == config.settings().wechat_app_id, FollowerTag.key == key
    )
    return found
