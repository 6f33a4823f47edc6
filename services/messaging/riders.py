"""Riders (顺带通知): notices that ride on the passive reply to a person's next message."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from peewee import SQL, Case

import clock
from models.base import db
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
)
from models.people import Follower, Person
from models.sending import PauseKind, SendingPause
from services.messaging import clicks, contents, ledger, mass, replan, uncertain

MOST = 3
EXPIRE_BATCH = 1000
BY_MASS = [Channel.MASS_SEND, Channel.DIGEST]


def offer(follower: Follower, *, budget_bytes: int, at: datetime) -> str:
    """The notices that wait for this person, oldest first, as lines to append to a reply.

    Call it inside the transaction that keeps the reply: what is returned is marked offered.
    At most three, and no more than `budget_bytes`; "" when none waits or fits.
    """
    if follower.person_id is None:
        return ""
    lines: list[str] = []
    offered: list[int] = []
    for delivery in _waiting(follower.person_id, at):
        text = _text_of(delivery.campaign, delivery.person.member_unit_id)
        size = len("\n".join([*lines, text]).encode())
        if text and size <= budget_bytes:
            lines.append(text)
            offered.append(delivery.id)
    if offered:
        _mark(offered, at)
    return "\n".join(lines)


def expire() -> int:
    """Skip what is still planned after its campaign's deadline; how many."""
    now = clock.utc_now()
    late = (
        Delivery.select(Delivery.id)
        .join(Campaign)
        .where(
            Campaign.status.in_([CampaignStatus.SENDING, CampaignStatus.PAUSED]),
            Campaign.deadline_at <= now,
            Delivery.status == DeliveryStatus.PLANNED,
            uncertain.not_called(),  # what may have gone keeps its one repeat
        )
        .limit(EXPIRE_BATCH)
    )
    expired = 0
    why = Case(None, [(Delivery.channel.in_(BY_MASS), "mass_missed")], "expired")
    while ids := [row.id for row in late.clone()]:
        with db.atomic():
            expired += (
                Delivery.update(**replan.closed("expired") | {"reason": why})
                .where(Delivery.id.in_(ids), Delivery.status == DeliveryStatus.PLANNED)
                .execute()
            )
        time.sleep(ledger.BREATHER_SECONDS)
    mass.end_expired(now)
    return expired


def _waiting(person_id: int, at: datetime) -> Any:
    return (
        Delivery.select(Delivery, Campaign, Person)
        .join(Campaign)
        .switch(Delivery)
        .join(Person)
        .where(
            Delivery.person == person_id,
            # literals: only in these words does the index of waiting riders serve (RIDER_WAITS)
            Delivery.channel == SQL("'rider'"),
            Delivery.status == SQL("'planned'"),
            # a day's quota binds our calls; a rider costs none
            (Campaign.status == CampaignStatus.SENDING)
            | ((Campaign.status == CampaignStatus.PAUSED) & Campaign.id.in_(_paused_by_quota())),
            Campaign.deadline_at > at,
        )
        .order_by(Delivery.id)
        .limit(MOST)
    )


def _paused_by_quota() -> Any:
    return SendingPause.select(SendingPause.campaign).where(
        SendingPause.ended_at.is_null(), SendingPause.kind == PauseKind.QUOTA
    )


def _text_of(campaign: Campaign, unit_id: int) -> str:
    if contents.why_not_sendable(campaign):
        return ""
    return clicks.in_text(contents.rider_text(campaign), contents.link(campaign), campaign, unit_id)


def _mark(ids: list[int], at: datetime) -> None:
    """Nobody confirms a rider: it ends as offered."""
    Delivery.update(status=DeliveryStatus.OFFERED, reason="offered", settled_at=at).where(
        Delivery.id.in_(ids), Delivery.status == DeliveryStatus.PLANNED
    ).execute()
    Attempt.insert_many(
        [
            {
                "created_at": at,
                "delivery": each,
                "channel": Channel.RIDER,
                "at": at,
                "outcome": AttemptOutcome.ACCEPTED,
            }
            for each in ids
        ]
    ).on_conflict_ignore().execute()
