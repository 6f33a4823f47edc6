"""The ledger in numbers: the counts of services/messaging/results.py, added up in several ways."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from models.messaging import (
    BASIS_WORDS,
    CHANNEL_WORDS,
    DELIVERY_STATUS_WORDS,
    OPEN_DELIVERY,
    REACHED,
    UNDER_WAY,
    Basis,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatch,
)
from services.messaging import reasons, results

NO_CHANNEL = "（无渠道）"


@dataclass(frozen=True)
class Figures:
    """Counts of one campaign. Each of the tables adds up to `total`, the audience frozen at launch.

    `waiting` are to be sent, `riders` wait for their person to write. `rate` is
    deliveries settled per second, None while nothing moves.
    """

    total: int
    reached: int
    waiting: int
    riders: int
    by_status: list[tuple[DeliveryStatus, int]]
    by_channel: list[tuple[str, int]]
    by_basis: list[tuple[str, int]]
    by_reason: list[tuple[DeliveryStatus, str, str, int]]
    batches: list[MassBatch]
    rate: float | None
    seconds_left: float | None

    @property
    def settled(self) -> int:
        return self.total - self.waiting - self.riders

    @property
    def retriable(self) -> int:
        """Those of the failed whom a retry may reach."""
        return sum(
            count
            for status, why, _, count in self.by_reason
            if status is DeliveryStatus.FAILED and reasons.may_retry(why)
        )

    def of(self, status: str) -> int:
        return dict(self.by_status).get(DeliveryStatus(status), 0)


def is_moving(campaign: Campaign) -> bool:
    """Whether figures still change by themselves: a paused campaign's calls under way end first."""
    if campaign.status is not CampaignStatus.PAUSED:
        return campaign.status in UNDER_WAY
    claimed = Delivery.status == DeliveryStatus.CLAIMED
    return bool(Delivery.select().where(Delivery.campaign == campaign, claimed).exists())


def of(campaign: Campaign) -> Figures:
    status: Counter[DeliveryStatus] = Counter()
    channel: Counter[Channel | None] = Counter()
    basis: Counter[Basis] = Counter()
    reason: Counter[tuple[DeliveryStatus, str]] = Counter()
    riders = 0
    for each in results.counts(campaign):
        status[each.status] += each.persons
        channel[each.channel] += each.persons
        basis[each.basis] += each.persons
        reason[each.status, each.reason] += each.persons
        if each.channel is Channel.RIDER and each.status in OPEN_DELIVERY:
            riders += each.persons
    moving = results.progress(campaign) if is_moving(campaign) else None
    return Figures(
        total=sum(status.values()),
        reached=sum(status[each] for each in REACHED),
        waiting=sum(status[each] for each in OPEN_DELIVERY) - riders,
        riders=riders,
        by_status=[(each, status[each]) for each in DELIVERY_STATUS_WORDS if status[each]],
        by_channel=[(CHANNEL_WORDS[each], channel[each]) for each in Channel if channel[each]]
        + ([(NO_CHANNEL, channel[None])] if channel[None] else []),
        by_basis=[(BASIS_WORDS[each], basis[each]) for each in Basis if basis[each]],
        by_reason=[
            (each, why, reasons.words(why) or DELIVERY_STATUS_WORDS[each], count)
            for (each, why), count in reason.most_common()
        ],
        batches=list(MassBatch.select().where(MassBatch.campaign == campaign).order_by(MassBatch.batch_no)),
        rate=moving.rate if moving else None,
        seconds_left=moving.seconds_left if moving else None,
    )
