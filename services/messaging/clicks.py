"""Clicks (点开): links to our own pages carry a short signed mark of campaign and unit, never of a person.

Opening the page adds one to the unit's total; there is no redirect. The totals stand in the units'
fixed order and are not compared; a unit with fewer than five recipients is not told.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from peewee import fn

import config
from models.alliance import MemberUnit
from models.base import repeated
from models.clicks import ClickTotal
from models.messaging import OPEN_DELIVERY, Campaign, Delivery
from models.people import Person

MARK = "k"  # the name in the query
SIGNATURE_DIGITS = 10
LEAST_RECIPIENTS = 5


@dataclass(frozen=True, slots=True)
class UnitClicks:
    """`clicks` is None where so few people got it that it would tell of a person."""

    unit: str
    sent: int
    clicks: int | None


def marked(url: str, campaign: Campaign, unit_id: int | None) -> str:
    """The address with the mark; as it is where it leads elsewhere, or the unit is not known."""
    if unit_id is None or not url.startswith(f"{config.settings().public_url}/m/"):
        return url
    base, hash_sign, rest = url.partition("#")
    joint = "&" if "?" in base else "?"
    return f"{base}{joint}{MARK}={token(campaign.get_id(), unit_id)}{hash_sign}{rest}"


def in_text(text: str, url: str, campaign: Campaign, unit_id: int | None) -> str:
    """Chat text whose links to this page carry the mark."""
    return text.replace(f'href="{url}"', f'href="{marked(url, campaign, unit_id)}"')


def token(campaign_id: int, unit_id: int) -> str:
    body = f"{campaign_id}.{unit_id}"
    return f"{body}.{_signature(body)}"


def read(told: str) -> tuple[int, int] | None:
    """Campaign and unit of a mark that we made; None for any other."""
    body, _, signature = told[:60].rpartition(".")
    if not hmac.compare_digest(_signature(body).encode(), signature.encode("utf-8", "replace")):
        return None
    campaign_id, _, unit_id = body.partition(".")
    return int(campaign_id), int(unit_id)


@repeated
def count(told: str) -> None:
    """One more for the unit; a mark that is not ours, or whose campaign is gone, counts for nothing."""
    known = read(told)
    if known is None:
        return
    campaign_id, unit_id = known
    is_there = Campaign.select().where(Campaign.id == campaign_id).exists()
    if not is_there or not MemberUnit.select().where(MemberUnit.id == unit_id).exists():
        return
    more: Any = ClickTotal.insert(campaign=campaign_id, member_unit=unit_id, clicks=1)
    more.on_conflict(
        conflict_target=[ClickTotal.campaign, ClickTotal.member_unit],
        update={ClickTotal.clicks: ClickTotal.clicks + 1},
    ).execute()


def of_campaign(campaign: Campaign, *, scope: int | None = None) -> list[UnitClicks]:
    """Every unit with recipients, in the units' fixed order, bounded to one unit by `scope`."""
    sent: Any = (
        Delivery.select(MemberUnit.id, MemberUnit.short_name, fn.COUNT(Delivery.id))
        .join(Person)
        .join(MemberUnit)
        .where(
            Delivery.campaign == campaign,
            Delivery.channel.is_null(False),
            Delivery.status.not_in(sorted(OPEN_DELIVERY)),
        )
        .group_by(MemberUnit.id, MemberUnit.short_name, MemberUnit.order_no)
        .order_by(MemberUnit.order_no, MemberUnit.id)
    )
    if scope is not None:
        sent = sent.where(MemberUnit.id == scope)
    totals = {
        row.member_unit_id: row.clicks for row in ClickTotal.select().where(ClickTotal.campaign == campaign)
    }
    return [
        UnitClicks(name, number, totals.get(unit_id, 0) if number >= LEAST_RECIPIENTS else None)
        for unit_id, name, number in sent.tuples()
    ]


def _signature(body: str) -> str:
    key = config.settings().secret_key.encode()
    return hmac.new(key, f"click|{body}".encode(), hashlib.sha256).hexdigest()[:SIGNATURE_DIGITS]
