"""A run with real processes: four workers, two clocks, one database; SIGKILL at any instant."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import clock
import config
from jobs.step import next_due
from models.messaging import OPEN_DELIVERY, CampaignStatus, Delivery
from models.operations import Lease
from services.errors import DomainError
from services.messaging import campaigns
from tests.exactness import faults
from tests.exactness.verdict import Verdict, judge
from tests.exactness.world import World, wait_for_events, world

WORKERS, CLOCKS = 4, 2
PERSONS = (60, 110)
TITLES = ("甲讲", "乙讲", "丙讲")  # due in the same second
KILLS = (3, 7)
RATE = 20.0  # seconds of the product's clock a second
LATENCY_MS = 15.0
PATIENCE_SECONDS = 90.0
STEP_SECONDS, PAUSED_SECONDS = 20.0, 3600.0


class Nursery:
    """Forks workers and clocks for one run after another."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.exactness.nursery"],
            cwd=config.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def bear(self, what: str, made: World) -> int:
        """The process id of a new worker or clock."""
        told = {"what": what, "environment": made.environment, "log": str(made.folder / f"{what}.log")}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    try:
        yield made
    finally:
        made.close()


@dataclass
class Crew:
    """Who is alive now: process id -> worker or clock."""

    nursery: Nursery
    made: World
    alive: dict[int, str] = field(default_factory=dict)

    def start(self, what: str) -> None:
        self.alive[self.nursery.bear(what, self.made)] = what

    def kill(self, process: int) -> str:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        return self.alive.pop(process)

    def kill_all(self) -> None:
        for process in list(self.alive):
            self.kill(process)


def run(seed: int, born: Nursery, engine: str = "sqlite") -> Verdict:
    """One run; the seed makes people, faults, and who is killed when (the machine decides the rest)."""
    began, verdict = time.monotonic(), Verdict("killing", seed, engine=engine)
    dice = random.Random(f"killing {seed}")
    options = {"latency_ms": LATENCY_MS, "event_delay_ms": dice.choice([0.0, 50.0])}
    persons = dice.randint(*PERSONS)
    with world(dice, persons=persons, titles=TITLES, rate=RATE, engine=engine, **options) as made:
        crew = Crew(born, made)
        try:
            for what in ("worker",) * WORKERS + ("clock",) * CLOCKS:
                crew.start(what)
            _kill_some(made, crew, verdict)
            _end_leases_of_the_dead(crew)
            _wait_for_the_end(made)
        finally:
            crew.kill_all()
        judge(made, verdict)
        verdict.kills = made.restarts
        if verdict.problems:
            verdict.problems += [
                f"{log.name}: {log.read_text()[-1500:]}" for log in made.folder.glob("*.log")
            ]
    verdict.seconds = round(time.monotonic() - began, 2)
    return verdict


def _kill_some(made: World, crew: Crew, verdict: Verdict) -> None:
    """From the launch on: faults, a pause now and then, and one or more dead at a time."""
    dice = made.dice
    time.sleep(dice.uniform(0.8, 1.6))  # about when the campaign becomes due
    for _ in range(dice.randint(*KILLS)):
        if dice.random() < 0.6:
            faults.order(made.sandbox, dice)
            verdict.faults += 1
        time.sleep(dice.uniform(0.02, 0.7))
        for process in dice.sample(sorted(crew.alive), dice.choice([1, 1, 1, 2, len(crew.alive)])):
            crew.start(crew.kill(process))
            made.restarts += 1
        with suppress(DomainError):  # not possible in this state: the operator is told so
            if dice.random() < 0.2:
                campaigns.pause(dice.choice(made.fresh()), actor=None)
        _go_on(made)


def _go_on(made: World) -> bool:
    """Resume what is paused; whether anything was."""
    paused = [campaign for campaign in made.fresh() if campaign.status is CampaignStatus.PAUSED]
    for campaign in paused:
        with suppress(DomainError):
            campaigns.resume(campaign, actor=None)
    return bool(paused)


def _may_have_gone() -> bool:
    called = Delivery.first_called_at.is_null(False)
    return bool(Delivery.select().where(called, Delivery.status.in_(list(OPEN_DELIVERY))).exists())


def _end_leases_of_the_dead(crew: Crew) -> None:
    """Theirs end after a minute of real time; the product's clock, which runs faster here, must not wait."""
    for lease in list(Lease.select()):  # read to its end: a write within an open read is "locked" at once
        if int(lease.owner.partition("-")[0]) not in crew.alive:
            Lease.delete().where(Lease.name == lease.name, Lease.owner == lease.owner).execute()


def _wait_for_the_end(made: World) -> None:
    """The living do the rest; the clock is moved to what is due next.

    While a call may have gone it goes in small steps, as in life: the platform remembers its key
    for ten minutes, and a leap past them would leave unknown what a repeat would have settled.
    """
    made.sandbox.request("DELETE", "/_sandbox/faults")
    ends = time.monotonic() + PATIENCE_SECONDS
    while any(each.status is not CampaignStatus.DONE for each in made.fresh()) and time.monotonic() < ends:
        time.sleep(0.3)
        if _go_on(made):
            made.sandbox.advance(PAUSED_SECONDS)  # the day's quota may be the reason: midnight must come
            continue
        now = clock.utc_now()
        moment = next_due(now)
        wait = (moment - now).total_seconds() if moment is not None else STEP_SECONDS
        made.sandbox.advance(min(wait, STEP_SECONDS) if _may_have_gone() else wait)
    wait_for_events(made.sandbox)
    time.sleep(0.6)  # two beats: the last events are settled
