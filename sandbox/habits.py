"""Habits: what members of a crowd do by themselves, each drawn from the crowd's seed.

Some never read what comes, some refuse messages after so many of them, some tap the menu now
and then; the others read after a while. All of it goes by the sandbox's clock.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from dataclasses import dataclass, field
from typing import Any

from . import phones
from .clock import wait_at_most
from .people import Person
from .web import BadRequest

CONCURRENCY = 16
NAMES = ("never_reads", "blocks_after", "taps_menu")


@dataclass(slots=True)
class Habit:
    """One member's. `blocks_after` 0: never; `pushes` counts what the account sent unasked."""

    never_reads: bool = False
    blocks_after: int = 0
    taps_menu: bool = False
    pushes: int = 0
    taps: int = 0
    is_reading: bool = False


@dataclass(slots=True)
class Manner:
    """What all of a crowd share: how soon they read, how often and what they tap."""

    seed: str = "1"
    reads_minutes: float = 0.0  # the median; 0: nobody reads by themselves
    reads_spread: float = 1.0  # of the delay's logarithm
    taps_minutes: float = 600.0
    keys: list[str] = field(default_factory=list)


def delay_seconds(dice: random.Random, median: float, spread: float) -> float:
    """A person's delay: half are sooner than the median, a few much later."""
    return median * float(dice.lognormvariate(0.0, spread)) if median > 0 else 0.0


def delay_in(told: Any, name: str) -> tuple[float, float]:
    """(median in minutes, spread) of {"median_minutes", "spread"}; (0, 1) when nothing was said."""
    if told is None:
        return 0.0, 1.0
    if not isinstance(told, dict):
        raise BadRequest(f"{name} must be {{median_minutes, spread}}")
    return number_in(told, "median_minutes", 30.0), number_in(told, "spread", 1.0, most=5.0)


def number_in(body: dict[str, Any], name: str, default: float, *, most: float = 1e6) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise BadRequest(f"{name} must be a number from 0 to {most:g}")
    return float(value)


class Habits:
    """Who has which, and what is still to be done."""

    def __init__(self) -> None:
        self.of: dict[str, Habit] = {}
        self.manner = Manner()
        self.counts = {"reads": 0, "taps": 0, "blocked": 0}
        self._agenda: list[tuple[float, int, str, str]] = []  # due, number, what, openid
        self._number = 0
        self._added: asyncio.Event | None = None
        self._running: set[asyncio.Task[None]] = set()

    def take_up(self, openid: str, habit: Habit, now: float) -> None:
        self.of[openid] = habit
        if habit.taps_menu and not habit.never_reads:
            self._plan(now + self._dice("taps", openid, 0).uniform(0, 1) * self._tap_seconds, "tap", openid)

    def forget(self) -> None:
        self.of.clear()
        self._agenda.clear()

    def got(self, platform: Any, person: Person, body: dict[str, Any], now: float) -> None:
        """The account's message reached this person; replies to their own words do not count."""
        habit = self.of.get(person.openid)
        if habit is None or body.get("is_reply"):
            return
        habit.pushes += 1
        if habit.blocks_after and habit.pushes >= habit.blocks_after and not person.is_blocking:
            person.is_blocking = True
            self.counts["blocked"] += 1
            platform.live.tell(person.openid, {"following": person.is_following, "blocking": True})
        if self.manner.reads_minutes and not habit.never_reads and not habit.is_reading:
            habit.is_reading = True
            dice = self._dice("reads", person.openid, habit.pushes)
            wait = delay_seconds(dice, self.manner.reads_minutes * 60, self.manner.reads_spread)
            self._plan(now + wait, "read", person.openid)

    async def run(self, platform: Any) -> None:
        """Do what is due by the sandbox's clock, which may be moved at any time."""
        self._added = asyncio.Event()
        slots = asyncio.Semaphore(CONCURRENCY)
        while True:
            self._added.clear()
            if not self._agenda:
                await self._added.wait()
                continue
            if self._agenda[0][0] > platform.clock.now():
                await wait_at_most(platform.clock, self._agenda[0][0])
                continue
            _, _, what, openid = heapq.heappop(self._agenda)
            habit, person = self.of.get(openid), platform.people.by_openid.get(openid)
            if habit is None or person is None:
                continue
            if what == "read":
                self._read(platform, person, habit)
                continue
            await slots.acquire()
            task = asyncio.create_task(self._tap(platform, person, habit, slots))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def _read(self, platform: Any, person: Person, habit: Habit) -> None:
        """Open the chat, and the first article of each card that is new there."""
        habit.is_reading = False
        self.counts["reads"] += 1
        for message in person.chat[len(person.chat) - person.unread :]:
            for article in message.body.get("articles", [])[:1]:
                number = str(article.get("url", "")).rpartition("/")[2]
                if number in platform.drafts.pages:
                    platform.datacube.read(platform.clock, number, person.openid)
        person.unread = 0
        platform.live.tell(person.openid, {"unread": 0})

    async def _tap(self, platform: Any, person: Person, habit: Habit, slots: asyncio.Semaphore) -> None:
        """Tap one of the keys, then plan the next time from now: a leap of the clock brings one tap."""
        try:
            habit.taps += 1
            dice = self._dice("taps", person.openid, habit.taps)
            keys = self.manner.keys or click_keys(platform.menus.of(person))
            if keys and person.is_following:
                self.counts["taps"] += 1
                await phones.tap_menu(platform, person, dice.choice(keys))
            wait = max(dice.expovariate(1.0), 0.05) * self._tap_seconds
            self._plan(platform.clock.now() + wait, "tap", person.openid)
        finally:
            slots.release()

    @property
    def _tap_seconds(self) -> float:
        return self.manner.taps_minutes * 60

    def _dice(self, what: str, openid: str, number: int) -> random.Random:
        """Of this person's n-th act: the same for the same seed, whatever came between."""
        return random.Random(f"{self.manner.seed} {what} {openid} {number}")

    def _plan(self, due: float, what: str, openid: str) -> None:
        self._number += 1
        heapq.heappush(self._agenda, (due, self._number, what, openid))
        if self._added is not None:
            self._added.set()

    def dump(self) -> dict[str, Any]:
        return {"of": self.of, "manner": self.manner, "counts": self.counts, "agenda": self._agenda}

    def load(self, kept: dict[str, Any]) -> None:
        self.of = {openid: Habit(**row) for openid, row in kept["of"].items()}
        self.manner, self.counts = Manner(**kept["manner"]), kept["counts"]
        for due, _, what, openid in kept["agenda"]:
            self._plan(due, what, openid)


def click_keys(buttons: Any) -> list[str]:
    """The keys of a menu's click buttons, sub-menus included."""
    found = []
    for button in buttons or []:
        found += click_keys(button.get("sub_button"))
        if button.get("type") == "click":
            found.append(str(button["key"]))
    return found
