"""Planning again: a delivery whose channel was refused, or is used up, takes its next one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from peewee import Case, Value

import clock
from models.base import db, repeated
from models.messaging import OPEN_DELIVERY, Campaign, CampaignStatus, Channel, Delivery, DeliveryStatus
from models.people import Person
from services.messaging import planner

BATCH = 2000
BREATHER_SECONDS = 0.02


def without(ids: Sequence[int], channel: Channel, *, reason: str = "") -> int:
    """Plan these open deliveries again without a channel, in batches; how many.

    `reason` replaces the planner's own word for why the new channel was taken.
    """
    for start in range(0, len(ids), BATCH):
        if start:
            time.sleep(BREATHER_SECONDS)
        _without(ids[start : start + BATCH], channel, reason)
    return len(ids)


@repeated
def _without(ids: Sequence[int], channel: Channel, reason: str) -> None:
    with db.atomic():
        in_transaction(ids, channel, reason=reason)


def in_transaction(ids: Sequence[int], channel: Channel, *, reason: str = "") -> None:
    """The same for up to two thousand deliveries, inside the caller's transaction."""
    if not ids:
        return
    these = Delivery.id.in_(list(ids))
    Delivery.update(refused_channels=Delivery.refused_channels.concat(f"{channel.value},")).where(
        these
    ).execute()
    campaign_ids = Delivery.select(Delivery.campaign).where(these).distinct()
    for campaign in list(Campaign.select().where(Campaign.id.in_(campaign_ids))):
        if campaign.status is CampaignStatus.CANCELLED:
            Delivery.update(**closed("cancelled")).where(these, Delivery.campaign == campaign).execute()
        else:
            _plan(campaign, ids, reason)


def failed_afresh(
    campaign: Campaign, *, without: Iterable[str], only: Iterable[str] | None = None, reason: str = "retry"
) -> int:
    """Plan failed deliveries anew, with every channel open again, inside the caller's transaction; how many.

    Those that failed for one of the reasons `without` stay, and of `only` all others. The UPDATE
    itself picks the failed: of two retries at once the second finds none, so nobody is sent to twice.
    """
    picked = (
        Delivery.update(status=DeliveryStatus.PLANNED, refused_channels="", settled_at=None)
        .where(
            Delivery.campaign == campaign,
            Delivery.status == DeliveryStatus.FAILED,
            Delivery.reason.not_in(sorted(without)),
            *(() if only is None else (Delivery.reason.in_(sorted(only)),)),
        )
        .returning(Delivery.id)
    )
    ids = [row.id for row in picked.execute()]
    for start in range(0, len(ids), BATCH):
        _plan(campaign, ids[start : start + BATCH], reason)
    return len(ids)


def afresh(ids: Sequence[int]) -> None:
    """Plan these planned deliveries anew as their people stand now, inside the caller's transaction."""
    these = Delivery.select(Delivery.campaign).where(Delivery.id.in_(list(ids))).distinct()
    for campaign in list(Campaign.select().where(Campaign.id.in_(these))):
        _plan(campaign, ids, "")


def closed(reason: str) -> dict[str, object]:
    """The columns of a delivery that ends without being sent."""
    return {
        "status": DeliveryStatus.SKIPPED,
        "reason": reason,
        "settled_at": clock.utc_now(),
        "lease_until": None,
    }


def _plan(campaign: Campaign, ids: Sequence[int], reason: str) -> None:
    """One UPDATE … FROM the planner's SELECT over these deliveries and what they refused."""
    policy = planner.policy_for(campaign)
    again = Delivery.alias("again")
    rows = (
        planner.plan_rows(policy, refused=again.refused_channels)
        .select_extend(again.id.alias("delivery_id"))
        .join_from(Person, again, on=(again.person == Person.id) & (again.campaign == campaign.id))
        .where(again.id.in_(list(ids)))
        .alias("planned")
    )
    found = list(enumerate(planner.outcomes(policy, refused=again.refused_channels)))
    is_sent = rows.c.step.in_([number for number, (channel, _) in found if channel is not None])
    told = [(n, reason if reason and channel else why) for n, (channel, why) in found]
    words = Case(rows.c.step, told)
    Delivery.update(
        channel=planner.channel_of(rows.c.step, policy),
        basis=rows.c.basis,
        status=Case(None, [(is_sent, DeliveryStatus.PLANNED.value)], DeliveryStatus.SKIPPED.value),
        reason=words,
        settled_at=Case(None, [(is_sent, None)], Value(policy.now)),
        batch=None,
        not_before=None,
        claimed_at=None,
        lease_until=None,
        first_called_at=None,
        msg_id=None,
    ).from_(rows).where(Delivery.id == rows.c.delivery_id, Delivery.status.in_(list(OPEN_DELIVERY))).execute()
