"""Who is in a digest's calls: everyone whom the planner left to it for one of its items."""

from __future__ import annotations

from typing import Any

from models.base import db
from models.messaging import Campaign, Channel, Delivery, DeliveryStatus
from services.messaging import digest_items, mass, mass_targets, replan


def make(campaign: Campaign) -> int:
    """Put all that waits for the digest's items into its batches; how many batches were made.

    A list holds 2 to 10,000 people; a subscription account sends to everyone in one call. A second
    time finds nothing left to put.
    """
    items = [item.id for item in digest_items.carried(campaign)]
    waiting: Any = (
        Delivery.select(Delivery.person).where(*_waits(items)).distinct().order_by(Delivery.person).tuples()
    )
    people = [person_id for (person_id,) in waiting]
    if mass_targets.is_by_tag():
        parts, target = ([len(people)] if people else []), mass_targets.EVERYONE
    else:
        parts, target = mass.sizes(len(people)), ""
    if people and not parts:
        alone = Delivery.select(Delivery.id).where(*_waits(items))
        replan.without([row.id for row in alone], Channel.DIGEST, reason="single_of_mass")
    start = 0
    for size in parts:
        first, last = people[start], people[start + size - 1]
        with db.atomic():
            batch = mass.new_batch(campaign, size, target)
            Delivery.update(batch=batch).where(
                *_waits(items), Delivery.person >= first, Delivery.person <= last
            ).execute()
        start += size
    return len(parts)


def _waits(items: list[int]) -> tuple[Any, ...]:
    return (
        Delivery.campaign.in_(items),
        Delivery.status == DeliveryStatus.PLANNED,
        Delivery.channel == Channel.DIGEST,
        Delivery.batch.is_null(),
    )
