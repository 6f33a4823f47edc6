"""What must hold at the end of a run: the ledger against the phones."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from peewee import fn

import clock
from models.messaging import (
    OPEN_DELIVERY,
    Attempt,
    AttemptOutcome,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatch,
)
from services.messaging import results
from tests.exactness.world import World, deliveries_of, lecture_of

ONCE = [AttemptOutcome.ACCEPTED, AttemptOutcome.UNKNOWN]
EXPLAINED = {"no_answer", "lease_expired"}
REACHED = {DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED}
NEVER = {DeliveryStatus.FAILED, DeliveryStatus.SKIPPED}


Seen = dict[str, list[str]]  # openid -> messages on the phone


@dataclass
class Verdict:
    """One run: its figures, and in `problems` what did not hold, in words."""

    kind: str
    seed: int
    persons: int = 0
    engine: str = "sqlite"
    kills: int = 0
    faults: int = 0
    events_pushed: int = 0
    by_status: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        return asdict(self)


def judge(made: World, verdict: Verdict) -> None:
    """Fill in the figures and what does not hold."""
    verdict.events_pushed = made.sandbox.platform.pushes.counts["acked"]
    seen, states = made.messages(), Counter[str]()
    titles = [lecture_of(campaign) for campaign in made.fresh()]
    strange = [
        text for texts in seen.values() for text in texts if sum(title in text for title in titles) != 1
    ]
    if strange:
        verdict.problems.append(f"{len(strange)} messages belong to no one campaign: {strange[0]}")
    for campaign in made.fresh():
        rows, title = deliveries_of(campaign), lecture_of(campaign)
        theirs = {openid: [text for text in texts if title in text] for openid, texts in seen.items()}
        verdict.persons += made.audience
        states.update(row.status.value for row in rows)
        verdict.problems += [f"{title}: {problem}" for problem in _one(made, campaign, rows, theirs)]
    if verdict.problems:
        verdict.problems += _mass_history(made)
    verdict.by_status = dict(states)
    verdict.unknown = states["unknown"]


def _mass_history(made: World) -> list[str]:
    """For the reader of a failed run: the batches as they stand, and their calls as the platform saw them."""
    batches = MassBatch.select().where(MassBatch.campaign.in_(made.campaigns))
    told = [
        f"batch {b.id}: {b.status.value} {b.reason!r} {b.client_msg_id} called {b.first_called_at}"
        for b in batches
    ]
    for entry in made.sandbox.platform.wire.last:
        if entry[1] == "call" and "/message/mass/" in entry[3].path:
            moment = clock.from_timestamp(entry[2])
            told.append(f"{moment} {entry[3].raw[-60:]!r} -> {entry[4]} {entry[7]}")
    return told


def _one(made: World, campaign: Campaign, rows: list[Delivery], seen: Seen) -> list[str]:
    """What does not hold of one campaign."""
    found = []
    if campaign.status is not CampaignStatus.DONE:
        found.append(f"the campaign is {campaign.status.value}: {campaign.status_reason}")
    total = Delivery.select().where(Delivery.campaign == campaign).count()
    summed = sum(each.persons for each in results.counts(campaign))
    if not made.audience == total == summed == len(rows) == len({row.person_id for row in rows}):
        found.append(f"audience {made.audience}, deliveries {total}, sum of the states {summed}")
    return found + _each(rows, seen) + _attempts(campaign.id)


def _each(rows: list[Delivery], seen: Seen) -> list[str]:
    """Each person: in an end state, told at most once, and told just when the ledger says so."""
    found = []
    for row in rows:
        count = len(seen.get(row.follower.openid, [])) if row.follower is not None else 0
        who = f"delivery {row.id} {row.person.name} {row.channel}"
        name = f"{who} {row.status.value} {row.reason}: {count} messages"
        if row.status in OPEN_DELIVERY and row.channel is not Channel.RIDER:
            found.append(f"lost, {name}")
        if count > 1:
            found.append(f"doubled, {name}")
        # a mass send is accepted as a batch: the platform filters who refuses or has left
        is_sure = row.channel is not Channel.MASS_SEND and row.person.name != "blocked"
        if row.status in REACHED and is_sure and count != 1:
            found.append(f"said to be sent, {name}")
        if row.status in NEVER and count:
            found.append(f"said not to be sent, {name}")
        if row.status is DeliveryStatus.UNKNOWN and row.reason not in EXPLAINED:
            found.append(f"unexplained, {name}")
    return found


def _attempts(campaign_id: int) -> list[str]:
    """Never two attempts accepted or unknown; whoever is unknown has one that says when."""
    mine = Delivery.select(Delivery.id).where(Delivery.campaign == campaign_id)
    twice = (
        Attempt.select(Attempt.delivery)
        .where(Attempt.delivery.in_(mine), Attempt.outcome.in_(ONCE))
        .group_by(Attempt.delivery)
        .having(fn.COUNT(Attempt.id) > 1)
        .count()
    )
    tried = Attempt.select(Attempt.delivery).where(Attempt.outcome.in_(ONCE))
    silent = Delivery.select().where(
        Delivery.campaign == campaign_id,
        Delivery.status == DeliveryStatus.UNKNOWN,
        Delivery.id.not_in(tried),
    )
    told = [f"{twice} deliveries with two attempts that may have gone"] if twice else []
    return told + [f"delivery {row.id} is unknown without an attempt" for row in silent]
