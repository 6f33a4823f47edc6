"""What must hold at the end of a run: the ledger against the phones."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from peewee import fn

from models.messaging import (
    OPEN_DELIVERY,
    Attempt,
    AttemptOutcome,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
)
from services.messaging import results
from tests.exactness.world import World, deliveries_of

ONCE = [AttemptOutcome.ACCEPTED, AttemptOutcome.UNKNOWN]
EXPLAINED = {"no_answer", "lease_expired"}
REACHED = {DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED}
NEVER = {DeliveryStatus.FAILED, DeliveryStatus.SKIPPED}


@dataclass
class Verdict:
    """One run: its figures, and in `problems` what did not hold, in words."""

    kind: str
    seed: int
    persons: int = 0
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
    campaign, rows = made.fresh(), deliveries_of(made)
    verdict.persons = made.audience
    verdict.by_status = dict(Counter(row.status.value for row in rows))
    verdict.unknown = verdict.by_status.get("unknown", 0)
    verdict.events_pushed = made.sandbox.platform.pushes.counts["acked"]
    problems = verdict.problems
    if campaign.status is not CampaignStatus.DONE:
        problems.append(f"the campaign is {campaign.status.value}: {campaign.status_reason}")
    total = Delivery.select().where(Delivery.campaign == campaign).count()
    summed = sum(each.persons for each in results.counts(campaign))
    if not made.audience == total == summed == sum(verdict.by_status.values()):
        problems.append(f"audience {made.audience}, deliveries {total}, sum of the states {summed}")
    problems += _each(made, rows)
    problems += _attempts(campaign.id)


def _each(made: World, rows: list[Delivery]) -> list[str]:
    """Each person: in an end state, told at most once, and told just when the ledger says so."""
    found, seen = [], made.messages()
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
