"""The calls of mass sends: a draft, one call per batch, repeated only under the same clientmsgid.

The platform remembers a clientmsgid for a day: a call whose outcome is unknown, or whose
worker died, is repeated with the same one, and 45065 says that the first had gone.
"""

from __future__ import annotations

import io
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
from models.operations import Credential
from models.people import Follower
from models.sealing import keyed_hash
from services.messaging import (
    article_pictures,
    contents,
    mass,
    quiet_hours,
    quotas,
    reasons,
    replan,
    settling,
)
from services.messaging.settling import NO_QUOTA
from wechat.answers import Article, MassReceipt
from wechat.errors import NotAllowed, OutcomeUnknown, Refused, TryLater, WeChatError
from wechat.gateway import Gateway

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
REPEAT_WITHIN = timedelta(hours=23)
REPEAT_AFTER = timedelta(minutes=1)
POLL_AFTER = timedelta(hours=1)
NO_SLOT = 45028
MEDIA_GONE = 40007
COVER = "cover"
COVER_SIZE = (900, 383)
COVER_COLOUR = (178, 34, 34)


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
    if (
        len(openids) < mass.SMALLEST and batch.reason != mass.MAY_HAVE_GONE
    ):  # others left it since it was made
        _without_mass(batch)
        return MassBatchStatus.FAILED
    try:
        receipt = _call(batch, openids, wechat)
    except NotAllowed:
        _without_mass(batch)
        return MassBatchStatus.FAILED
    except Refused as refusal:
        return _refused(batch, refusal)
    except (TryLater, OutcomeUnknown) as error:
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
        MassBatch.update(size=batch.size).where(MassBatch.id == batch.id).execute()
    return batch


def _openids(batch: MassBatch) -> list[str]:
    members: Any = (
        Delivery.select(Follower.openid)
        .join(Follower)
        .where(Delivery.batch == batch, Delivery.status == DeliveryStatus.CLAIMED)
        .order_by(Delivery.id)
        .tuples()
    )
    return [openid for (openid,) in members]


def _call(batch: MassBatch, openids: list[str], wechat: Gateway) -> MassReceipt:
    """The draft, then the send. A draft that is gone (it leaves the box once sent) is made anew."""
    is_repeat = bool(batch.media_id)
    if not is_repeat:
        _make_draft(batch, wechat)
    try:
        return wechat.mass_send_list(openids, batch.media_id, clientmsgid=batch.client_msg_id)
    except Refused as refusal:
        if refusal.errcode != MEDIA_GONE or not is_repeat:
            raise
    _make_draft(batch, wechat)
    return wechat.mass_send_list(openids, batch.media_id, clientmsgid=batch.client_msg_id)


def _make_draft(batch: MassBatch, wechat: Gateway) -> None:
    try:
        media_id = draft(batch.campaign, wechat)
    except Refused as refusal:
        if refusal.errcode != MEDIA_GONE:
            raise
        Credential.delete().where(Credential.app_id == wechat.app_id, Credential.kind == COVER).execute()
        media_id = draft(batch.campaign, wechat)
    batch.media_id = media_id
    MassBatch.update(media_id=media_id).where(MassBatch.id == batch.id).execute()


def draft(campaign: Campaign, wechat: Gateway, *, mark: str = "") -> str:
    """Make the campaign's draft; its media_id. `mark` stands before the title of one that is a trial."""
    article = contents.article(campaign)
    return wechat.draft_add(
        [
            Article(
                title=f"{mark}{article.title}"[: contents.ARTICLE_TITLE],
                author=article.author,
                digest=article.digest,
                content=article_pictures.placed(article.content_html, wechat),
                source_url=article.source_url,
                cover_media_id=_cover(wechat),
            )
        ]
    )


def _cover(wechat: Gateway) -> str:
    """The permanent picture that every draft must have; uploaded once and kept as a row."""
    row = Credential.get_or_none(Credential.app_id == wechat.app_id, Credential.kind == COVER)
    if row is not None:
        return str(row.value)
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", COVER_SIZE, COVER_COLOUR).save(picture, "JPEG", quality=85)
    media_id = wechat.add_image_material(picture.getvalue(), "cover.jpg").media_id
    Credential.insert(
        app_id=wechat.app_id,
        kind=COVER,
        value=media_id,
        value_hash=keyed_hash(media_id),
        expires_at=clock.utc_now() + timedelta(days=3650),
        created_at=clock.utc_now(),
    ).on_conflict_ignore().execute()
    return media_id


@repeated
def _accept(batch: MassBatch, receipt: MassReceipt) -> None:
    now = clock.utc_now()
    month = clock.to_local(now).strftime("%Y-%m")
    with db.atomic():
        MassBatch.update(
            status=MassBatchStatus.ACCEPTED, msg_id=receipt.msg_id, lease_until=None, reason=""
        ).where(MassBatch.id == batch.id).execute()
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
    if refusal.errcode == NO_SLOT:
        _without_mass(batch)
        return MassBatchStatus.FAILED
    if refusal.errcode == NO_QUOTA:
        quotas.exhaust(Channel.MASS_SEND)
        if batch.campaign.deadline_at is not None and batch.campaign.deadline_at <= quotas.renewed_at():
            _without_mass(batch)
            return MassBatchStatus.FAILED
        _put_back(batch, quotas.renewed_at())
        return MassBatchStatus.PLANNED
    _put_back(batch, None)
    why = reasons.words(f"e{refusal.errcode}") if refusal.errcode else refusal.errmsg
    settling.pause(batch.campaign, why, errcode=refusal.errcode)
    return MassBatchStatus.PLANNED


@repeated
def _put_back(batch: MassBatch, not_before: datetime | None, *, called: bool = False) -> None:
    """Planned again. `called`: it may have gone, so the time from which its key lives is kept."""
    with db.atomic():
        changes: dict[str, object] = {"status": MassBatchStatus.PLANNED, "lease_until": not_before}
        if called:
            changes["reason"] = mass.MAY_HAVE_GONE
        elif batch.reason != mass.MAY_HAVE_GONE:
            changes["first_called_at"] = None
        MassBatch.update(**changes).where(
            MassBatch.id == batch.id, MassBatch.status == MassBatchStatus.CLAIMED
        ).execute()
        Delivery.update(status=DeliveryStatus.PLANNED, claimed_at=None).where(
            Delivery.batch == batch, Delivery.status == DeliveryStatus.CLAIMED
        ).execute()


def _without_mass(batch: MassBatch) -> None:
    """The batch cannot go: its people are planned by their next channel."""
    MassBatch.update(status=MassBatchStatus.FAILED, reason="no_mass", lease_until=None).where(
        MassBatch.id == batch.id
    ).execute()
    members = Delivery.select(Delivery.id).where(
        Delivery.batch == batch, Delivery.status == DeliveryStatus.CLAIMED
    )
    replan.without([row.id for row in members], Channel.MASS_SEND)
