"""The calls of mass sends: a draft, one call per batch, repeated only under the same clientmsgid.

The platform remembers a clientmsgid for a day: a call whose outcome is unknown, or whose
worker died, is repeated with the same one, and 45065 says that the first had gone. Nothing is
called before a second person confirmed the text (`confirmations`). Where the account protects its
mass sends (群发保护), its administrator confirms each on the phone: the call is repeated until then.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from peewee import Case, fn

import clock
from models.base import db, locked, repeated
from models.messaging import (
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatch,
    MassBatchStatus,
)
from models.people import Follower
from services import follower_tags
from services.messaging import (
    confirmations,
    contents,
    mass,
    mass_drafts,
    mass_targets,
    quiet_hours,
    quotas,
    reasons,
    settling,
)
from services.messaging.settling import NO_QUOTA
from wechat.answers import MassReceipt
from wechat.errors import NotAllowed, OutcomeUnknown, Refused, TryLater, WeChatError
from wechat.gateway import Gateway

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
REPEAT_WITHIN = timedelta(hours=23)
REPEAT_AFTER = timedelta(minutes=1)
POLL_AFTER = timedelta(hours=1)
NO_SLOT = 45028
MEDIA_GONE = 40007
PROTECTED = frozenset({89503, 89504, 89505})  # 群发保护: asked, still asked, being worked on
ADMIN_ANSWERS_WITHIN = timedelta(minutes=31)  # the platform gives thirty
ADMIN_SILENT = (
    "公众号开了群发保护，管理员 30 分钟内没有在手机上确认，这次群发已作废，没有人收到。"
    "请联系公众号管理员，说好时间后点“继续发送”，并在微信里及时确认"
)


def due_batches() -> list[int]:
    """Batches that may be called now."""
    now = clock.utc_now()
    if Channel.MASS_SEND in quotas.exhausted():
        return []
    query = (
        MassBatch.select(MassBatch.id)
        .join(Campaign)
        .where(
            Campaign.status == CampaignStatus.SENDING,
            MassBatch.status == MassBatchStatus.PLANNED,
            MassBatch.lease_until.is_null() | (MassBatch.lease_until <= now),
            confirmations.is_given(),
        )
        .order_by(MassBatch.id)
    )
    if quiet_hours.is_quiet(now):
        query = query.where(Campaign.quiet_hours_override != "")
    return [row.id for row in query]


def send_mass_batch(batch_id: int, *, wechat: Gateway) -> MassBatchStatus | None:
    """Send one batch; its status afterwards, None when it was not ours to send now."""
    if batch_id not in due_batches():
        return None
    batch = _claim(batch_id)
    if batch is None:
        return None
    campaign = batch.campaign
    if why := contents.why_not_sendable(campaign):
        _put_back(batch, None)
        settling.pause(campaign, why)
        return MassBatchStatus.PLANNED
    openids = _openids(batch)
    least = 1 if batch.target else mass.SMALLEST
    if len(openids) < least and batch.reason not in mass.MAY_HAVE_GONE:  # others left it since it was made
        return _without_mass(batch)
    if batch.target and not mass_targets.hold_slot(campaign):
        return _wait_for_tomorrow(batch)
    try:
        _bring_tag(batch, wechat)
        receipt = _call(batch, openids, wechat)
    except (NotAllowed, LookupError):  # the right, or the tag, is gone
        return _without_mass(batch)
    except Refused as refusal:
        return _refused(batch, refusal)
    except (TryLater, OutcomeUnknown) as error:
        if error.errcode in PROTECTED:
            return _wait_for_admin(batch)
        log.warning("mass batch %s of campaign %s: %s", batch.id, campaign.id, error)
        _put_back(batch, clock.utc_now() + REPEAT_AFTER, called=isinstance(error, OutcomeUnknown))
        return MassBatchStatus.PLANNED
    _accept(batch, receipt)
    return MassBatchStatus.ACCEPTED


def free_expired() -> int:
    """Batches whose worker died go back to planned, to be repeated under the same clientmsgid; how many."""
    freed = 0
    now = clock.utc_now()
    held = MassBatch.select().where(MassBatch.status == MassBatchStatus.CLAIMED, MassBatch.lease_until < now)
    for batch in held:
        if batch.first_called_at is not None and batch.first_called_at < now - REPEAT_WITHIN:
            mass.give_up(batch, now)
        else:
            _put_back(batch, None, called=True)
        freed += 1
    return freed


def poll_unfinished(*, wechat: Gateway) -> int:
    """Ask for the batches whose event is an hour late; how many were settled."""
    settled = 0
    late = MassBatch.select().where(
        MassBatch.status == MassBatchStatus.ACCEPTED,
        MassBatch.first_called_at < clock.utc_now() - POLL_AFTER,
        MassBatch.msg_id.is_null(False),
    )
    for batch in late:
        try:
            status = wechat.mass_get(str(batch.msg_id))
        except WeChatError as error:
            log.warning("mass batch %s: its state cannot be asked: %s", batch.id, error)
            continue
        if status in ("SEND_SUCCESS", "DELETE"):
            MassBatch.update(status=MassBatchStatus.FINISHED).where(MassBatch.id == batch.id).execute()
            settled += 1
        elif status == "SEND_FAIL":
            mass.fail(batch, status)
            settled += 1
    return settled


@repeated
def _claim(batch_id: int) -> MassBatch | None:
    now = clock.utc_now()
    with db.atomic():
        taken = (
            MassBatch.update(
                status=MassBatchStatus.CLAIMED,
                lease_until=now + LEASE,
                first_called_at=fn.COALESCE(MassBatch.first_called_at, now),
            )
            .where(
                MassBatch.id == batch_id,
                MassBatch.status == MassBatchStatus.PLANNED,
                fn.EXISTS(
                    Campaign.select(Campaign.id).where(
                        Campaign.id == MassBatch.campaign, Campaign.status == CampaignStatus.SENDING
                    )
                ),
            )
            .execute()
        )
        if not taken:
            return None
        batch: MassBatch = MassBatch.get_by_id(batch_id)
        if batch.first_called_at is not None and batch.first_called_at < now - REPEAT_WITHIN:
            mass.give_up(batch, now)
            return None
        batch.size = (
            Delivery.update(status=DeliveryStatus.CLAIMED, claimed_at=now)
            .where(Delivery.batch == batch, Delivery.status == DeliveryStatus.PLANNED)
            .execute()
        )
        if batch.campaign.is_digest:  # a person has a delivery for each item
            batch.size = Delivery.select(Delivery.person).where(Delivery.batch == batch).distinct().count()
        MassBatch.update(size=batch.size).where(MassBatch.id == batch.id).execute()
    return batch


def _openids(batch: MassBatch) -> list[str]:
    members: Any = (
        Delivery.select(Follower.openid)
        .join(Follower)
        .where(Delivery.batch == batch, Delivery.status == DeliveryStatus.CLAIMED)
        .order_by(Follower.openid)
        .distinct()
        .tuples()
    )
    return [openid for (openid,) in members]


def _bring_tag(batch: MassBatch, wechat: Gateway) -> None:
    """The tag as the audience stands now: since the night, people came and left. Raises TryLater."""
    if batch.target in ("", mass_targets.EVERYONE):
        return
    brought = follower_tags.bring([batch.target], wechat=wechat)
    if brought is None or brought.problems:
        raise TryLater("/cgi-bin/tags/members/batchtagging", errmsg="the tag is not in step yet")


def _call(batch: MassBatch, openids: list[str], wechat: Gateway) -> MassReceipt:
    """The draft, then the send. A draft that is gone (it leaves the box once sent) is made anew."""
    is_repeat = bool(batch.media_id)
    if not is_repeat:
        mass_drafts.make(batch, wechat)
    try:
        return _send(batch, openids, wechat)
    except Refused as refusal:
        if refusal.errcode != MEDIA_GONE or not is_repeat:
            raise
    mass_drafts.make(batch, wechat)
    return _send(batch, openids, wechat)


def _send(batch: MassBatch, openids: list[str], wechat: Gateway) -> MassReceipt:
    key = batch.client_msg_id
    if not batch.target:
        return wechat.mass_send_list(openids, batch.media_id, clientmsgid=key)
    tag_id = mass_targets.tag_id(batch.target)
    return wechat.mass_send_all(batch.media_id, clientmsgid=key, tag_id=tag_id)


@repeated
def _accept(batch: MassBatch, receipt: MassReceipt) -> None:
    now = clock.utc_now()
    month = clock.to_local(now).strftime("%Y-%m")
    with db.atomic():
        MassBatch.update(
            status=MassBatchStatus.ACCEPTED, msg_id=receipt.msg_id, lease_until=None, reason=""
        ).where(MassBatch.id == batch.id).execute()
        mass.hold_again(batch)
        mass.attempts(batch, "accepted", receipt.msg_id, now)
        members = Delivery.select(Delivery.follower).where(
            Delivery.batch == batch, Delivery.status == DeliveryStatus.CLAIMED
        )
        # two batches may hold the same people: locked in one order, neither waits for the other in a ring
        list(locked(Follower.select(Follower.id).where(Follower.id.in_(members)).order_by(Follower.id)))
        received = Case(None, [(Follower.mass_month == month, Follower.mass_received + 1)], 1)
        Follower.update(mass_received=received, mass_month=month).where(Follower.id.in_(members)).execute()
        Delivery.update(
            status=DeliveryStatus.ACCEPTED, reason="accepted", settled_at=now, lease_until=None
        ).where(Delivery.batch == batch, Delivery.status == DeliveryStatus.CLAIMED).execute()
        if not receipt.was_duplicate:
            quotas.spend(Channel.MASS_SEND, 1)


def _refused(batch: MassBatch, refusal: Refused) -> MassBatchStatus:
    """No slot left: by other channels. No calls left today: tomorrow. All else stops the campaign."""
    if refusal.errcode in (NO_SLOT, NO_QUOTA) and (batch.target or refusal.errcode == NO_QUOTA):
        quotas.exhaust(Channel.MASS_SEND)
        return _wait_for_tomorrow(batch)
    if refusal.errcode == NO_SLOT:
        return _without_mass(batch, has_no_slot=True)
    _put_back(batch, None)
    why = reasons.words(f"e{refusal.errcode}") if refusal.errcode else refusal.errmsg
    settling.pause(batch.campaign, why, errcode=refusal.errcode)
    return MassBatchStatus.PLANNED


def _wait_for_tomorrow(batch: MassBatch) -> MassBatchStatus:
    """Today's calls are used up: planned for midnight, by other channels where that is too late."""
    tomorrow = quotas.renewed_at()
    morning = tomorrow if batch.campaign.quiet_hours_override else quiet_hours.next_allowed(tomorrow)
    if batch.campaign.deadline_at is not None and batch.campaign.deadline_at <= morning:
        return _without_mass(batch, has_no_slot=True)
    _put_back(batch, tomorrow)
    return MassBatchStatus.PLANNED


def _wait_for_admin(batch: MassBatch) -> MassBatchStatus:
    """The platform asked the account's administrator. A repeat says 45065 once it was confirmed;
    after half an hour without an answer it is void, and the campaign pauses."""
    asked_at = batch.first_called_at or clock.utc_now()
    if clock.utc_now() - asked_at < ADMIN_ANSWERS_WITHIN:
        _put_back(batch, clock.utc_now() + REPEAT_AFTER, called=True, reason=mass.ADMIN_ASKED)
        return MassBatchStatus.PLANNED
    mass.renew_key(batch)
    _put_back(batch, None)
    settling.pause(batch.campaign, ADMIN_SILENT)
    return MassBatchStatus.PLANNED


@repeated
def _put_back(
    batch: MassBatch, not_before: datetime | None, *, called: bool = False, reason: str = ""
) -> None:
    """Planned again. `called`: it may have gone, so the time from which its key lives is kept."""
    with db.atomic():
        changes: dict[str, object] = {"status": MassBatchStatus.PLANNED, "lease_until": not_before}
        if called:
            changes["reason"] = reason or mass.NO_ANSWER
        elif batch.reason not in mass.MAY_HAVE_GONE:
            changes |= {"first_called_at": None, "reason": ""}
        # the sweep may have freed it and another claimed it meanwhile: then it is theirs to put back
        freed = MassBatch.update(**changes).where(
            MassBatch.id == batch.id,
            MassBatch.status == MassBatchStatus.CLAIMED,
            MassBatch.lease_until == batch.lease_until,
        )
        if not freed.execute():
            return
        Delivery.update(status=DeliveryStatus.PLANNED, claimed_at=None).where(
            Delivery.batch == batch, Delivery.status == DeliveryStatus.CLAIMED
        ).execute()


def _without_mass(batch: MassBatch, *, has_no_slot: bool = False) -> MassBatchStatus:
    """The batch cannot go: its people take their next channel, unless an earlier call may have gone."""
    if batch.reason in mass.MAY_HAVE_GONE:
        mass.give_up(batch, clock.utc_now())
        return MassBatchStatus.UNKNOWN
    MassBatch.update(status=MassBatchStatus.FAILED, reason="no_mass", lease_until=None).where(
        MassBatch.id == batch.id, MassBatch.status == MassBatchStatus.CLAIMED
    ).execute()
    mass.leave(batch, DeliveryStatus.CLAIMED, has_no_slot=has_no_slot)
    return MassBatchStatus.FAILED
