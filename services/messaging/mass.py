"""Mass lists: who goes into which call of 2 to 10,000 people. The calls are in `mass_sending`."""

from __future__ import annotations

import secrets
from datetime import datetime

from peewee import ModelSelect, fn

import clock
from models.base import db, is_sqlite, locked, repeated
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Campaign,
    CampaignStatus,
    Channel,
    ContentKind,
    Delivery,
    DeliveryStatus,
    MassBatch,
    MassBatchStatus,
)
from services.messaging import mass_targets, reasons, replan
from services.messaging.channels import CALLED

SMALLEST, LARGEST = 2, 10_000
NO_ANSWER, ADMIN_ASKED = "no_answer", "admin_asked"
MAY_HAVE_GONE = (NO_ANSWER, ADMIN_ASKED)  # of a planned batch: its call had no answer, or awaits one
HELD = (
    "INSERT INTO attempt (created_at, delivery_id, channel, at, outcome, errcode, msg_id, rid)"
    " SELECT ?, id, channel, ?, ?, 0, ?, '' FROM delivery WHERE batch_id = ? AND status = 'claimed'"
    " ON CONFLICT (delivery_id) WHERE outcome IN ('accepted', 'unknown') DO NOTHING"
)


def sizes(count: int) -> list[int]:
    """How to part `count` people into batches of 2 to 10,000; [] for fewer than two."""
    if count < SMALLEST:
        return []
    batches = -(-count // LARGEST)
    even, more = divmod(count, batches)
    return [even + 1] * more + [even] * (batches - more)


def make_batches(campaign: Campaign) -> int:
    """Put every planned mass delivery without a batch into one; how many batches were made.

    A single person cannot be sent a mass message: that delivery takes its next channel.
    """
    waiting = Delivery.select().where(
        Delivery.campaign == campaign,
        Delivery.status == DeliveryStatus.PLANNED,
        Delivery.channel == Channel.MASS_SEND,
        Delivery.batch.is_null(),
    )
    count, target = waiting.count(), mass_targets.of(campaign) if mass_targets.is_by_tag() else ""
    if target and count and _joined(campaign, waiting):
        return 0
    parts = ([count] if count else []) if target else sizes(count)
    if not parts:
        replan.without([row.id for row in waiting], Channel.MASS_SEND, reason="single_of_mass")
    for size in parts:
        with db.atomic():
            _make_batch(campaign, size, target)
    return len(parts)


def _joined(campaign: Campaign, waiting: ModelSelect[Delivery]) -> bool:
    """Late comers join the one call to the whole target while it is to come, and wait while it is made;
    after it they take another channel. False where there was none yet, or WeChat turned it down."""
    calls = MassBatch.select().where(
        MassBatch.campaign == campaign, MassBatch.status != MassBatchStatus.FAILED
    )
    with db.atomic():
        batch = locked(calls.order_by(MassBatch.id.desc())).first()  # a worker claims before or after
        if batch is not None and batch.status is MassBatchStatus.PLANNED:
            ids = waiting.clone().select(Delivery.id)
            Delivery.update(batch=batch).where(Delivery.id.in_(ids)).execute()
    if batch is not None and batch.status not in (MassBatchStatus.PLANNED, MassBatchStatus.CLAIMED):
        replan.without([row.id for row in waiting], Channel.MASS_SEND)
    return batch is not None


def new_batch(campaign: Campaign, size: int, target: str = "") -> MassBatch:
    """A planned batch without members. Inside the caller's transaction."""
    last_no = MassBatch.select(fn.MAX(MassBatch.batch_no)).where(MassBatch.campaign == campaign).scalar() or 0
    batch: MassBatch = MassBatch.create(
        campaign=campaign,
        batch_no=last_no + 1,
        client_msg_id=_new_key(campaign.id, last_no + 1),
        size=size,
        target=target,
    )
    return batch


def renew_key(batch: MassBatch) -> None:
    """A key of its own for the next call: the platform dropped the one before."""
    batch.client_msg_id = _new_key(batch.campaign_id, batch.batch_no)
    batch.reason = ""
    MassBatch.update(client_msg_id=batch.client_msg_id, reason="").where(MassBatch.id == batch.id).execute()


def _new_key(campaign_id: int, batch_no: int) -> str:
    """Random: a restored or re-created database must not meet the ids of an earlier life (45065)."""
    return f"m{campaign_id}-{batch_no}-{secrets.token_hex(6)}"[:32]


def _make_batch(campaign: Campaign, size: int, target: str) -> None:
    batch = new_batch(campaign, size, target)
    members = (
        Delivery.select(Delivery.id)
        .where(
            Delivery.campaign == campaign,
            Delivery.status == DeliveryStatus.PLANNED,
            Delivery.channel == Channel.MASS_SEND,
            Delivery.batch.is_null(),
        )
        .order_by(Delivery.id)
        .limit(size)
    )
    Delivery.update(batch=batch).where(Delivery.id.in_(members)).execute()


def gather() -> int:
    """Make batches of what was planned for a mass send after the launch; how many.

    Only when nothing else of the campaign is under way: every call takes a slot of its people.
    """
    made = 0
    for campaign in Campaign.select().where(Campaign.status == CampaignStatus.SENDING):
        own = (Delivery.campaign == campaign) & (Delivery.status == DeliveryStatus.PLANNED)
        late = Delivery.select().where(own, Delivery.channel == Channel.MASS_SEND, Delivery.batch.is_null())
        busy = Delivery.select().where(
            Delivery.campaign == campaign,
            Delivery.status.in_([DeliveryStatus.PLANNED, DeliveryStatus.CLAIMED]),
            Delivery.channel.in_(CALLED),
        )
        if late.exists() and not busy.exists():
            made += make_batches(campaign)
    return made


@repeated
def fail(batch: MassBatch, reason: str, *, code: int | None = None) -> None:
    """WeChat turned the batch down after taking it: its people were not reached, a retry may be made.

    `code` is the n of the platform's `err(n)`.
    """
    told = f"mass_{code}" if code is not None and f"mass_{code}" in reasons.REASON_WORDS else "mass_failed"
    with db.atomic():
        MassBatch.update(status=MassBatchStatus.FAILED, reason=reason[:60]).where(
            MassBatch.id == batch.id
        ).execute()
        members = Delivery.select(Delivery.id).where(
            Delivery.batch == batch, Delivery.status == DeliveryStatus.ACCEPTED
        )
        Attempt.update(outcome=AttemptOutcome.REFUSED).where(
            Attempt.delivery.in_(members), Attempt.outcome == AttemptOutcome.ACCEPTED
        ).execute()
        Delivery.update(status=DeliveryStatus.FAILED, reason=told, settled_at=clock.utc_now()).where(
            Delivery.batch == batch, Delivery.status == DeliveryStatus.ACCEPTED
        ).execute()


def leave(batch: MassBatch, status: DeliveryStatus, *, has_no_slot: bool = False) -> None:
    """The batch does not go: its people of this status are planned without it.

    `has_no_slot`: no mass send of any kind is left to them.
    """
    rows = Delivery.select(Delivery.id).where(Delivery.batch == batch, Delivery.status == status)
    ids = [row.id for row in rows]
    if not batch.campaign.is_digest:
        replan.without(ids, Channel.MASS_SEND)
        return
    replan.without(ids, Channel.DIGEST, reason="digest_missed")
    if has_no_slot:
        for start in range(0, len(ids), replan.BATCH):  # a statement takes only so many values
            by_mass = Delivery.select(Delivery.id).where(
                Delivery.id.in_(ids[start : start + replan.BATCH]), Delivery.channel == Channel.MASS_SEND
            )
            replan.without([row.id for row in by_mass], Channel.MASS_SEND, reason="digest_missed")


def end_expired(now: datetime) -> int:
    """End the planned batches of campaigns whose deadline is over, where nobody waits any more; how many."""
    waiting = Delivery.select(Delivery.batch).where(
        Delivery.batch == MassBatch.id, Delivery.status == DeliveryStatus.PLANNED
    )
    over = Campaign.select(Campaign.id).where(
        Campaign.status.in_([CampaignStatus.SENDING, CampaignStatus.PAUSED]), Campaign.deadline_at <= now
    )
    # the next digest says the same: what this one was to carry waits for it
    late = MassBatch.select(MassBatch.id).where(
        MassBatch.status == MassBatchStatus.PLANNED,
        MassBatch.campaign.in_(over.where(Campaign.content_kind == ContentKind.DIGEST)),
        MassBatch.reason.not_in(MAY_HAVE_GONE),
    )
    Delivery.update(batch=None).where(
        Delivery.batch.in_(late), Delivery.status == DeliveryStatus.PLANNED
    ).execute()
    return int(
        MassBatch.update(status=MassBatchStatus.FAILED, reason="expired", lease_until=None)
        .where(MassBatch.status == MassBatchStatus.PLANNED, MassBatch.campaign.in_(over), ~fn.EXISTS(waiting))
        .execute()
    )


def end_cancelled(campaign_id: int) -> None:
    """End the batches that a cancelled campaign still plans: who may have been sent to is unknown."""
    waiting = (MassBatch.campaign == campaign_id, MassBatch.status == MassBatchStatus.PLANNED)
    for batch in MassBatch.select().where(*waiting, MassBatch.reason.in_(MAY_HAVE_GONE)):
        give_up(batch, clock.utc_now())
    # what a digest was to carry waits for the next one
    ended = MassBatch.select(MassBatch.id).where(*waiting)
    Delivery.update(batch=None).where(
        Delivery.batch.in_(ended), Delivery.status == DeliveryStatus.PLANNED, Delivery.campaign != campaign_id
    ).execute()
    MassBatch.update(status=MassBatchStatus.FAILED, reason="cancelled").where(*waiting).execute()
    called = MassBatch.select().where(
        MassBatch.campaign == campaign_id, MassBatch.status != MassBatchStatus.FAILED
    )
    if not called.exists():
        mass_targets.free_slots(campaign_id)


@repeated
def give_up(batch: MassBatch, now: datetime) -> None:
    """It may have gone and is not repeated: its people are unknown."""
    with db.atomic():
        MassBatch.update(status=MassBatchStatus.UNKNOWN, reason=NO_ANSWER, lease_until=None).where(
            MassBatch.id == batch.id
        ).execute()
        Delivery.update(status=DeliveryStatus.CLAIMED).where(
            Delivery.batch == batch, Delivery.status == DeliveryStatus.PLANNED
        ).execute()
        attempts(batch, "unknown", None, now)
        Delivery.update(
            status=DeliveryStatus.UNKNOWN, reason="no_answer", settled_at=now, lease_until=None
        ).where(Delivery.batch == batch, Delivery.status == DeliveryStatus.CLAIMED).execute()


def hold_again(batch: MassBatch) -> None:
    """The platform said yes: that is the truth about its people, whatever a sweep thought meanwhile.

    Inside the caller's transaction.
    """
    thought = (DeliveryStatus.PLANNED, DeliveryStatus.UNKNOWN)
    members = Delivery.select(Delivery.id).where(Delivery.batch == batch, Delivery.status.in_(thought))
    Attempt.delete().where(Attempt.delivery.in_(members), Attempt.outcome == AttemptOutcome.UNKNOWN).execute()
    Delivery.update(status=DeliveryStatus.CLAIMED).where(
        Delivery.batch == batch, Delivery.status.in_(thought)
    ).execute()


def attempts(batch: MassBatch, outcome: str, msg_id: str | None, now: datetime) -> None:
    """An attempt for each claimed delivery of the batch."""
    sql = HELD if is_sqlite() else HELD.replace("?", "%s")
    db.execute_sql(sql, (now, now, outcome, msg_id, batch.id))
