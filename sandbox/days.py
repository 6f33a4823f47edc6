"""What happened on each day, by the hour: what the figures of §13 are counted from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .clock import Clock

READY_HOUR = 8  # yesterday's figures come at about this hour, Asia/Shanghai
SOURCES = {"ADD_SCENE_SEARCH": 1, "ADD_SCENE_QR_CODE": 30, "ADD_SCENE_PROFILE_CARD": 17}
KEPT_DAYS = 100

Hours = dict[int, dict[str, dict[str, int]]]  # hour -> page or msg_type -> openid -> times


@dataclass(slots=True)
class Day:
    new: dict[int, int] = field(default_factory=dict)  # user_source -> people
    cancelled: int = 0
    reads: Hours = field(default_factory=dict)
    shares: Hours = field(default_factory=dict)  # by "page|share_scene"
    said: Hours = field(default_factory=dict)
    callbacks: dict[int, list[float]] = field(default_factory=dict)  # hour -> count, fails, ms, longest


class Datacube:
    """`ready_hour` is moved by a scenario."""

    def __init__(self) -> None:
        self.days: dict[str, Day] = {}
        self.ready_hour = READY_HOUR

    def day(self, name: str) -> Day:
        found = self.days.get(name)
        if found is None:
            found = self.days[name] = Day()
            while len(self.days) > KEPT_DAYS:
                del self.days[min(self.days)]
        return found

    def followed(self, name: str, scene: str) -> None:
        new = self.day(name).new
        source = SOURCES.get(scene, 0)
        new[source] = new.get(source, 0) + 1

    def read(self, clock: Clock, page: str, openid: str) -> None:
        count_in(self.day(clock.day()).reads, clock.hour(), page, openid)

    def shared(self, clock: Clock, page: str, scene: int, openid: str) -> None:
        count_in(self.day(clock.day()).shares, clock.hour(), f"{page}|{scene}", openid)

    def said(self, clock: Clock, kind: str, openid: str) -> None:
        count_in(self.day(clock.day()).said, clock.hour(), kind, openid)

    def called_back(self, clock: Clock, has_failed: bool, milliseconds: float) -> None:
        row = self.day(clock.day()).callbacks.setdefault(clock.hour(), [0, 0, 0.0, 0.0])
        row[0] += 1
        row[1] += has_failed
        row[2] += milliseconds
        row[3] = max(row[3], milliseconds)

    def dump(self) -> dict[str, Any]:
        return {"days": self.days, "ready_hour": self.ready_hour}

    def load(self, kept: dict[str, Any]) -> None:
        self.ready_hour = kept["ready_hour"]
        for name, row in kept["days"].items():
            by_number = ("new", "reads", "shares", "said", "callbacks")
            numbered = {field: {int(key): told for key, told in row[field].items()} for field in by_number}
            self.days[name] = Day(cancelled=row["cancelled"], **numbered)


def count_in(hours: Hours, hour: int, what: str, openid: str) -> None:
    rows = hours.setdefault(hour, {}).setdefault(what, {})
    rows[openid] = rows.get(openid, 0) + 1


Together = dict[str, dict[str, int]]


def together(*days: Hours) -> Together:
    """Page or msg_type -> openid -> times, over all these hours."""
    told: Together = {}
    for hours in days:
        for parts in hours.values():
            for what, people in parts.items():
                rows = told.setdefault(what, {})
                for openid, times in people.items():
                    rows[openid] = rows.get(openid, 0) + times
    return told


def everything(parts: Together) -> dict[str, int]:
    """openid -> times, whatever it was."""
    told: dict[str, int] = {}
    for people in parts.values():
        for openid, times in people.items():
            told[openid] = told.get(openid, 0) + times
    return told
