"""Which jobs of the timetable are due at a moment, and their firing, once each."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import clock
from jobs.schedule import JOBS, Job
from models.operations import JobRun

log = logging.getLogger(__name__)

BACKWARDS = timedelta(minutes=1)


class Timetable:
    """The next moment of each job by our clock, which may jump.

    However far it jumped, a job that is due fires once (coalesced): it asks the database what
    is due anyway. What was missed while no clock ran fires at the first beat.
    """

    def __init__(self, jobs: Sequence[Job] = JOBS) -> None:
        self._jobs = jobs
        self._next: dict[str, datetime] = {}
        self._last_now: datetime | None = None

    def run_due(self, now: datetime) -> list[str]:
        """Fire what is due at `now`; the names of the jobs fired."""
        if self._last_now is not None and now < self._last_now - BACKWARDS:
            self._next.clear()  # the clock was set back
        self._last_now = now
        fired = []
        for job in self._jobs:
            due_at = self._next.get(job.name) or self._first(job, now)
            if due_at <= now:
                self._next[job.name] = next_fire(job, now)
                if fire(job, due_at):
                    fired.append(job.name)
            else:
                self._next[job.name] = due_at
        return fired

    def _first(self, job: Job, now: datetime) -> datetime:
        """The first moment after the last recorded firing; now for a job that was never fired.

        A job of once a day that was never fired waits for its time.
        """
        last = (
            JobRun.select(JobRun.fire_at)
            .where(JobRun.job == job.name, JobRun.fire_at <= now)
            .order_by(JobRun.fire_at.desc())
            .scalar()
        )
        if last is not None:
            return next_fire(job, last)
        return next_fire(job, now) if is_daily(job) else now.replace(microsecond=0)


def next_fire(job: Job, after: datetime) -> datetime:
    """The job's next moment strictly after a naive UTC one."""
    moment = after.replace(tzinfo=UTC) + timedelta(microseconds=1)
    found = job.trigger.get_next_fire_time(None, moment)
    if found is None:
        raise RuntimeError(f"job {job.name} never fires again")
    return found.astimezone(UTC).replace(tzinfo=None)


def is_daily(job: Job) -> bool:
    now = datetime(2026, 1, 1)
    return next_fire(job, next_fire(job, now)) - next_fire(job, now) >= timedelta(hours=12)


def fire(job: Job, fire_at: datetime) -> bool:
    """Run a job for one moment; False when another clock has done so.

    A job's error is logged and recorded, and never keeps the next job from its time.
    """
    run = None
    if job.is_recorded:
        inserted = JobRun.insert(job=job.name, fire_at=fire_at, created_at=clock.utc_now())
        if not inserted.on_conflict_ignore().as_rowcount().execute():
            return False
        run = (JobRun.job == job.name) & (JobRun.fire_at == fire_at)
    error = ""
    try:
        job.act()
    except Exception:  # the edge of every job: whatever it was, the next beat tries again
        error = traceback.format_exc()
        log.exception("job %s failed", job.name)
    if run is not None:
        JobRun.update(finished_at=clock.utc_now(), error=error[-4000:]).where(run).execute()
    return True
