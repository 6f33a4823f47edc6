"""What became of a campaign: counts whose sum is always its audience, progress, one person's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import ModelSelect, fn

import clock
from models.base import db, locked
from models.inbound import PlatformEvent
from models.messaging import (
    OPEN_DELIVERY,
    REACHED,
    Attempt,
    Basis,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatch,
    MassBatchStatus,
)
from models.people import Person
from services.errors import StaleState
from services.messaging import audiences, planner
from services.messaging.states import move

RATE_OVER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Count:
    """How many deliveries stand alike. `channel` is None where nothing is sent."""

    channel: Channel | None
    basis: Basis
    status: DeliveryStatus
    reason: str
    persons: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is. `rate` is deliveries settled per second over the last 30 s."""

    audience: int
    settled: int
    waiting: int
    riders_waiting: int
    reached: int
    rate: float
    seconds_left: float | None

    @property
    def share(self) -> float:
        """From 0 to 1; riders that wait for their person do not hold it back."""
        due = self.audience - self.riders_waiting
        return 1.0 if due <= 0 else min(1.0, self.settled / due)


def counts(campaign: Campaign) -> list[Count]:
    """All deliveries by channel, basis, status and reason; the sum of `persons` is the audience."""
    query: Any = (
        Delivery.select(
            Delivery.channel, Delivery.basis, Delivery.status, Delivery.reason, fn.COUNT(Delivery.id)
        )
        .where(Delivery.campaign == campaign)
        .group_by(Delivery.channel, Delivery.basis, Delivery.status, Delivery.reason)
        .order_by(Delivery.channel, Delivery.basis, Delivery.status, Delivery.reason)
        .tuples()
    )
    return [Count(*row) for row in query]


def preview(campaign: Campaign) -> list[Count]:
    """What the planner would do now, without writing a row."""
    audiences.check(campaign)
    where = audiences.meant_by(campaign)
    policy = planner.policy_for(campaign)
    planned = planner.plan_rows(policy).where(*where).alias("planned")
    query: Any = (
        Person.select(planned.c.step, planned.c.basis, fn.COUNT(planned.c.person_id))
        .from_(planned)
        .group_by(planned.c.step, planned.c.basis)
        .order_by(planned.c.step, planned.c.basis)
        .tuples()
    )
    outcomes = planner.outcomes(policy)
    found = []
    for step, basis, persons in query:
        channel, reason = outcomes[step]
        status = DeliveryStatus.SKIPPED if channel is None else DeliveryStatus.PLANNED
        found.append(Count(channel, Basis(basis), status, reason, persons))
    return found


def progress(campaign: Campaign) -> Progress:
    """Live figures for the operator; cheap enough to poll."""
    by_status: dict[tuple[DeliveryStatus, bool], int] = {}
    for each in counts(campaign):
        key = (each.status, each.channel is Channel.RIDER)
        by_status[key] = by_status.get(key, 0) + each.persons
    audience = sum(by_status.values())
    waiting = sum(
        n for (status, is_rider), n in by_status.items() if status in OPEN_DELIVERY and not is_rider
    )
    riders = sum(n for (status, is_rider), n in by_status.items() if status in OPEN_DELIVERY and is_rider)
    since = clock.utc_now() - RATE_OVER
    recent = Delivery.select().where(
        Delivery.campaign == campaign, Delivery.settled_at > since, Delivery.status != DeliveryStatus.SKIPPED
    )
    rate = recent.count() / RATE_OVER.total_seconds() if waiting else 0.0
    return Progress(
        audience=audience,
        settled=audience - waiting - riders,
        waiting=waiting,
        riders_waiting=riders,
        reached=sum(n for (status, _), n in by_status.items() if status in REACHED),
        rate=rate,
        seconds_left=waiting / rate if rate else None,
    )


def failures(campaign: Campaign) -> dict[str, int]:
    """Persons by reason code, of the deliveries that failed, are unknown, or were skipped."""
    ended = (DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.SKIPPED)
    found: dict[str, int] = {}
    for each in counts(campaign):
        if each.status in ended:
            found[each.reason] = found.get(each.reason, 0) + each.persons
    return found


def failed_by_cause(campaign: Campaign) -> dict[str, int]:
    """Persons by reason code of the failed alone, the most frequent first."""
    found: dict[str, int] = {}
    for each in counts(campaign):
        if each.status is DeliveryStatus.FAILED:
            found[each.reason] = found.get(each.reason, 0) + each.persons
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def history(person: Person, *, limit: int = 200) -> list[Delivery]:
    """One person's deliveries with their campaigns, newest first; `delivery.attempts` has the calls."""
    return list(
        Delivery.select(Delivery, Campaign)
        .join(Campaign)
        .where(Delivery.person == person)
        .order_by(Delivery.id.desc())
        .limit(limit)
    )


def attempts_of(deliveries: list[Delivery]) -> dict[int, list[Attempt]]:
    """The calls of these deliveries by delivery id, oldest first; one query."""
    found: dict[int, list[Attempt]] = {delivery.get_id(): [] for delivery in deliveries}
    for attempt in Attempt.select().where(Attempt.delivery.in_(list(found))).order_by(Attempt.id):
        found[attempt.delivery_id].append(attempt)
    return found


def events_of(
    deliveries: list[Delivery], attempts: dict[int, list[Attempt]]
) -> dict[int, list[PlatformEvent]]:
    """What WeChat reported of these deliveries' own messages, by delivery id, oldest first; one query.

    Reports of a mass send are its batch's, not a person's, and are not among them.
    """
    owner = {row.msg_id: row.get_id() for row in deliveries if row.msg_id and row.batch_id is None}
    for delivery_id, calls in attempts.items():
        owner |= {call.msg_id: delivery_id for call in calls if call.msg_id}
    found: dict[int, list[PlatformEvent]] = {delivery.get_id(): [] for delivery in deliveries}
    for event in (
        PlatformEvent.select().where(PlatformEvent.msg_id.in_(sorted(owner))).order_by(PlatformEvent.id)
    ):
        found[owner[event.msg_id]].append(event)
    return found


def finish_done() -> list[int]:
    """Sending campaigns of which nothing is open any more become done; which.

    Riders keep a campaign open until its deadline.
    """
    done = []
    for campaign in list(_with_nothing_open()):
        try:
            with db.atomic():
                # asked again under the row's lock: a retry may have opened deliveries meanwhile
                locked(Campaign.select(Campaign.id).where(Campaign.id == campaign.id)).execute()
                if not _with_nothing_open().where(Campaign.id == campaign.id).exists():
                    continue
                move(campaign, CampaignStatus.DONE, actor=None, by_machine=True)
        except StaleState:
            continue  # paused or cancelled at this moment: that stands
        done.append(campaign.id)
    return done


def _with_nothing_open() -> ModelSelect[Campaign]:
    """Sending campaigns whose deliveries and mass batches have all come to an end."""
    open_rows = Delivery.select(Delivery.campaign).where(
        Delivery.campaign == Campaign.id, Delivery.status.in_(list(OPEN_DELIVERY))
    )
    open_batches = MassBatch.select(MassBatch.campaign).where(
        MassBatch.campaign == Campaign.id,
        MassBatch.status.in_([MassBatchStatus.PLANNED, MassBatchStatus.CLAIMED]),
    )
    return Campaign.select().where(
        Campaign.status == CampaignStatus.SENDING, ~fn.EXISTS(open_rows), ~fn.EXISTS(open_batches)
    )


def last_change(campaign: Campaign) -> datetime | None:
    """When a delivery of the campaign was last settled."""
    found: datetime | None = (
        Delivery.select(fn.MAX(Delivery.settled_at)).where(Delivery.campaign == campaign).scalar()
    )
    return found
