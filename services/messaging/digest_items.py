"""What a digest carries: campaigns, in the order of its articles."""

from __future__ import annotations

from models.accounts import Account
from models.digests import Digest, DigestItem
from models.messaging import Campaign


def carried(campaign: Campaign) -> list[Campaign]:
    """The campaigns whose articles this one sends, first article first: its own, or a digest's items."""
    if not campaign.is_digest:
        return [campaign]
    query = (
        Campaign.select(Campaign, Account)
        .join(Account)
        .join_from(Campaign, DigestItem)
        .join_from(DigestItem, Digest)
        .where(Digest.campaign == campaign, DigestItem.is_left_out == False)  # noqa: E712 - SQL
        .order_by(DigestItem.position, DigestItem.id)
    )
    return list(query)
