"""A run in one process: it dies at any statement or look at the clock, and is started again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import clock
from jobs import schedule
from jobs.queue import immediate_queue, queue, set_queue
from jobs.step import next_due
from models.base import db
from models.messaging import CampaignStatus
from models.operations import Lease
from services import wechat_account
from services.errors import DomainError
from services.messaging import campaigns, deliveries, mass_sending
from tests.exactness import faults
from tests.exactness.verdict import Verdict, judge
from tests.exactness.world import World, wait_for_events, world

PERSONS = (20, 70)
TITLES = ("甲讲",)
ROUNDS = (6, 16)
LEAPS = (2, 2, 15, 40, 100, 200, 700)  # seconds of the clock between rounds
CALM_ROUNDS = 200
PAUSED_SECONDS = 3600
OURS = ("campaigns.", "deliveries.", "events.", "mass.", "sending.", "riders.")
JOBS = [job for job in schedule.JOBS if job.name.startswith(OURS)]


class Killed(BaseException):
    """The process is dead; nothing of ours runs any more, not even what stands under `finally`."""


class Killer:
    """Kills this thread's work after so many points; a dead process touches nothing."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._left: int | None = None
        self._is_dead = False

    def arm(self, points: int | None) -> None:
        self._left, self._is_dead = points, False

    def point(self) -> None:
        if threading.get_ident() != self._thread:
            return
        if self._left is not None and not self._is_dead:
            self._left -= 1
            self._is_dead = self._left <= 0
        if self._is_dead:
            raise Killed

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Every statement and every look at the clock is a point."""
        database, looked = db.obj, clock.utc_now
        execute: Callable[..., Any] = database.execute_sql

        def execute_sql(*told: Any, **more: Any) -> Any:
            self.point()
            return execute(*told, **more)

        def utc_now() -> datetime:
            self.point()
            return looked()

        database.execute_sql, clock.utc_now = execute_sql, utc_now
        try:
            yield
        finally:
            database.execute_sql, clock.utc_now = execute, looked


def run(seed: int) -> Verdict:
    """One run; the same seed makes the same people, faults and points of death."""
    began, verdict = time.monotonic(), Verdict("in process", seed)
    dice, before = random.Random(f"in process {seed}"), queue_or_none()
    set_queue(immediate_queue())
    try:
        persons, delay = dice.randint(*PERSONS), dice.choice([0.0, 20.0, 80.0])
        with world(dice, persons=persons, titles=TITLES, event_delay_ms=delay) as made:
            _chaos(made, verdict)
            _calm(made)
            judge(made, verdict)
            verdict.kills = made.restarts
    finally:
        set_queue(before)
    verdict.seconds = round(time.monotonic() - began, 2)
    return verdict


def queue_or_none() -> Any:
    with suppress(Exception):
        return queue()
    return None


def _chaos(made: World, verdict: Verdict) -> None:
    dice, killer = made.dice, Killer()
    with killer.watching():
        for _ in range(dice.randint(*ROUNDS)):
            if dice.random() < 0.6:
                faults.order(made.sandbox, dice)
                verdict.faults += 1
            killer.arm(int(dice.expovariate(1 / 60)) + 1 if dice.random() < 0.7 else None)
            try:
                for job in dice.sample(JOBS, dice.randint(3, len(JOBS))):
                    job.act()
            except Killed:
                killer.arm(None)
                _start_again(made)
            killer.arm(None)
            _operate(made)
            made.sandbox.advance(dice.choice(LEAPS))


def _start_again(made: World) -> None:
    """A new process on the same database; the dead one's leases are over a minute later."""
    made.restarts += 1
    database = db.obj
    dead = database.connection()
    database._state.reset()
    dead.close()
    wechat_account.gateway().close()
    wechat_account.set_gateway(None)
    database.connect()
    Lease.delete().execute()
    made.sandbox.advance(60)


def _operate(made: World) -> None:
    """Now and then somebody pauses, goes on, or tries the failed again."""
    dice, (campaign,) = made.dice, made.fresh()
    what = dice.random()
    with suppress(DomainError):  # not possible in this state: the operator is told so
        if campaign.status is CampaignStatus.PAUSED and what < 0.5:
            campaigns.resume(campaign, actor=None)
        elif campaign.status is CampaignStatus.SENDING and what < 0.15:
            campaigns.pause(campaign, actor=None)
        elif what > 0.85:
            campaigns.retry_failed(campaign, actor=None)


def _calm(made: World) -> None:
    """Nothing goes wrong any more; the clock goes from one due moment to the next until all is done."""
    made.sandbox.request("DELETE", "/_sandbox/faults")
    for _ in range(CALM_ROUNDS):
        wait_for_events(made.sandbox)
        for job in JOBS:
            job.act()
        (campaign,) = made.fresh()
        if campaign.status is CampaignStatus.PAUSED:
            campaigns.resume(campaign, actor=None)
            made.sandbox.advance(PAUSED_SECONDS)  # the day's quota may be the reason: midnight must come
            continue
        if campaign.status is CampaignStatus.DONE and not made.sandbox.platform.pushes.pending:
            break
        if deliveries.due_chunks(1) or mass_sending.due_batches():
            continue
        now, moment = clock.utc_now(), next_due(clock.utc_now())
        made.sandbox.advance(max((moment - now).total_seconds(), 1.0) if moment else 60.0)
    wait_for_events(made.sandbox)
    for job in JOBS:
        job.act()
