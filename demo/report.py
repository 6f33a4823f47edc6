"""What the demo prints: the ledger by campaign, channel, basis and state; answers against what was meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from peewee import fn

from models.messaging import (
    BASIS_WORDS,
    CHANNEL_WORDS,
    DELIVERY_STATUS_WORDS,
    Attempt,
    AttemptOutcome,
    Campaign,
    Channel,
    Delivery,
)


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def table(head: list[str], rows: Iterable[Iterable[object]]) -> str:
    """Columns aligned by what a terminal shows; numbers to the right."""
    lines = [head, *([str(cell) for cell in row] for row in rows)]
    widths = [max(width(line[n]) for line in lines) for n in range(len(head))]

    def pad(text: str, size: int) -> str:
        space = " " * (size - width(text))
        return space + text if text.replace(",", "").isdigit() else text + space

    return "\n".join(
        "  " + "  ".join(pad(text, size) for text, size in zip(line, widths, strict=True)) for line in lines
    )


def ledger(campaigns: list[Campaign]) -> str:
    """Deliveries by campaign, channel, basis and state."""
    rows = (
        Delivery.select(
            Delivery.campaign,
            Delivery.channel,
            Delivery.basis,
            Delivery.status,
            fn.COUNT(Delivery.id).alias("number"),
        )
        .where(Delivery.campaign.in_(campaigns))
        .group_by(Delivery.campaign, Delivery.channel, Delivery.basis, Delivery.status)
        .order_by(Delivery.campaign, Delivery.channel, Delivery.basis, Delivery.status)
    )
    titles = {campaign.id: campaign.title for campaign in campaigns}
    return table(
        ["推送", "渠道", "依据", "状态", "人数"],
        [
            [
                titles[row.campaign_id],
                CHANNEL_WORDS[row.channel] if row.channel else "—",
                BASIS_WORDS[row.basis],
                DELIVERY_STATUS_WORDS[row.status],
                f"{row.number:,}",
            ]
            for row in rows
        ],
    )


def channels_used(campaigns: list[Campaign]) -> set[Channel]:
    """Channels by which somebody was reached, or at least tried."""
    rows = (
        Attempt.select(Attempt.channel)
        .join(Delivery)
        .where(Delivery.campaign.in_(campaigns), Attempt.outcome == AttemptOutcome.ACCEPTED)
        .distinct()
    )
    return {row.channel for row in rows}


def doubled(campaigns: list[Campaign]) -> int:
    """Deliveries with two attempts that were accepted or may have been; none is right."""
    return int(
        Attempt.select(Attempt.delivery)
        .join(Delivery)
        .where(
            Delivery.campaign.in_(campaigns),
            Attempt.outcome.in_([AttemptOutcome.ACCEPTED, AttemptOutcome.UNKNOWN]),
        )
        .group_by(Attempt.delivery)
        .having(fn.COUNT(Attempt.id) > 1)
        .count()
    )
