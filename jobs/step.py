"""Time without waiting: `step(until)` jumps from one due moment to the next and runs what is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

import clock
from jobs import schedule
from jobs.queue import immediate_queue, queue, set_queue
from jobs.timetable import fire, is_daily, next_fire
from models.messaging import Campaign, CampaignStatus, Delivery, DeliveryStatus, MassBatch, MassBatchStatus
from models.surveys import Questionnaire, QuestionnaireStatus
from services.activities.due import next_moment
from services.messaging import deliveries, launch, mass_sending, quiet_hours, sending_pauses, series

MOST_ROUNDS = 100
LIVE = [CampaignStatus.LAUNCHING, CampaignStatus.SENDING, CampaignStatus.PAUSED]


def step(until: datetime) -> list[datetime]:
    """Live through the time from now to `until` (naive UTC); the moments at which something was due.

    The clock is held from here on. Tasks run at once, in this thread. Raises RuntimeError when
    the work of one moment does not come to an end.
    """
    before = queue()
    set_queue(immediate_queue())
    moments = []
    try:
        now = clock.utc_now()
        clock.set_fixed(now)
        run_due()
        while (moment := next_due(now)) is not None and moment <= until:
            clock.set_fixed(moment)
            _fire_daily(now, moment)
            run_due()
            moments.append(moment)
            now = moment
        clock.set_fixed(until)
    finally:
        set_queue(before)
    return moments


def run_due() -> None:
    """Run all the jobs of every few seconds or minutes until nothing more is due at this moment."""
    jobs = [job for job in schedule.JOBS if not is_daily(job)]
    for _ in range(MOST_ROUNDS):
        for job in jobs:
            job.act()
        if not (launch.due() or deliveries.due_chunks(1) or mass_sending.due_batches()):
            if not Campaign.select().where(Campaign.status.in_(LIVE)).exists():
                return
            for job in jobs:  # once more: what was sent last may be settled, finished or gathered
                job.act()
            if not (deliveries.due_chunks(1) or mass_sending.due_batches()):
                return
    raise RuntimeError("the work of this moment does not come to an end")


def next_due(now: datetime) -> datetime | None:
    """The next moment after `now` at which the database, or a daily job, has something due."""
    planned = (
        Delivery.select()
        .join(Campaign)
        .where(Campaign.status.in_(LIVE), Delivery.status == DeliveryStatus.PLANNED)
    )
    claimed = Delivery.select().where(Delivery.status == DeliveryStatus.CLAIMED)
    batches = MassBatch.select().where(
        MassBatch.status.in_([MassBatchStatus.PLANNED, MassBatchStatus.CLAIMED])
    )
    live = Campaign.select().where(Campaign.status.in_(LIVE))
    found = [
        _earliest(
            Campaign.select().where(Campaign.status == CampaignStatus.SCHEDULED), Campaign.scheduled_at, now
        ),
        _earliest(planned, Delivery.not_before, now),
        _earliest(claimed, Delivery.lease_until, now),
        _earliest(batches, MassBatch.lease_until, now),
        _earliest(live, Campaign.deadline_at, now),
        _earliest(
            Questionnaire.select().where(Questionnaire.status == QuestionnaireStatus.OPEN),
            Questionnaire.closes_at,
            now,
        ),
        next_moment(now),
        sending_pauses.next_resume(now),
        series.next_moment(now),
        *(next_fire(job, now) for job in schedule.JOBS if is_daily(job)),
    ]
    waits = planned.exists() or Campaign.select().where(Campaign.status == CampaignStatus.SCHEDULED).exists()
    if waits and quiet_hours.is_quiet(now):
        found.append(quiet_hours.next_allowed(now))
    # a lease or a time "not before" is over just after its moment
    moments = [moment for moment in found if moment is not None]
    return min(moments) + timedelta(microseconds=1) if moments else None


def _earliest(query: Any, column: Any, now: datetime) -> datetime | None:
    found: datetime | None = query.where(column > now).select(fn.MIN(column)).scalar()
    return found


def _fire_daily(after: datetime, until: datetime) -> None:
    for job in _daily():
        moment = next_fire(job, after)
        if moment <= until:
            fire(job, moment)


def _daily() -> Iterable[schedule.Job]:
    return (job for job in schedule.JOBS if is_daily(job))
