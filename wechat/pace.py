"""How many calls at once one interface bears: more while it answers, fewer when it says "too often" or slows.

Additive increase, multiplicative decrease, once a round: the answers that were under way when the
pace was cut tell of the old pace and do not cut it again. One `Pace` per interface and process,
shared by all that send there.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

TOO_OFTEN = 45011
HALF, SLOWER = 0.5, 0.7
SMOOTH = 0.1  # the weight of one answer in the average of what a call takes
RATE_OVER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PaceNow:
    """A pace as it is shown. `slowed_ago` is in seconds, None when it was never slowed."""

    connections: int
    ceiling: int
    per_second: float
    latency_seconds: float
    why: str
    slowed_ago: float | None


class Pace:
    """The limit of calls at once, from `floor` to `ceiling`. Safe to share between threads."""

    def __init__(self, ceiling: int, *, floor: int = 1, slow_seconds: float = 2.0) -> None:
        self.ceiling = ceiling
        self.floor = min(floor, ceiling)
        self._slow = slow_seconds
        self._limit = float(ceiling)
        self._latency = 0.0
        self._since_cut = 0
        self._round = 0
        self._why = ""
        self._cut_at: float | None = None
        self._flights = 0
        self._answers = 0
        self._rate = 0.0
        self._counted_from = time.monotonic()
        self._lock = threading.Lock()

    def join(self) -> None:
        with self._lock:
            self._flights += 1

    def leave(self) -> None:
        with self._lock:
            self._flights -= 1

    @property
    def room(self) -> float:
        """How many one of those who send now may have under way; at the ceiling one round is read ahead."""
        whole = 2.0 * self.ceiling if self._limit >= self.ceiling else self._limit
        return max(1.0, whole / max(1, self._flights))

    def answered(self, seconds: float) -> None:
        """An answer that says nothing against the pace; `seconds` it took, 0 where nobody measured."""
        with self._lock:
            self._count()
            if seconds:
                self._latency += SMOOTH * (seconds - self._latency) if self._latency else seconds
            if self._latency > self._slow:
                self._cut(SLOWER, "微信应答变慢")
            else:
                self._limit = min(float(self.ceiling), self._limit + 1 / self._limit)

    def too_often(self) -> None:
        """The platform said 45011."""
        with self._lock:
            self._count()
            self._cut(HALF, "微信答复调用过于频繁（45011）")

    def now(self) -> PaceNow:
        with self._lock:
            at = time.monotonic()
            passed = at - self._counted_from
            rate = self._answers / passed if passed > 1 else self._rate
            ago = None if self._cut_at is None else at - self._cut_at
            return PaceNow(round(self._limit), self.ceiling, rate, self._latency, self._why, ago)

    def _count(self) -> None:
        self._answers += 1
        self._since_cut += 1
        at = time.monotonic()
        if at - self._counted_from > RATE_OVER_SECONDS:
            self._rate = self._answers / (at - self._counted_from)
            self._answers, self._counted_from = 0, at

    def _cut(self, share: float, why: str) -> None:
        if self._since_cut < self._round:
            return
        self._round, self._since_cut = round(self._limit), 0
        self._limit = max(float(self.floor), self._limit * share)
        self._why, self._cut_at = why, time.monotonic()


class Paces:
    """The paces of a process, by interface."""

    def __init__(self, ceiling: int, *, floor: int = 1, slow_seconds: float = 2.0) -> None:
        self._made = {"ceiling": ceiling, "floor": floor, "slow_seconds": slow_seconds}
        self._paces: dict[str, Pace] = {}
        self._lock = threading.Lock()

    def of(self, path: str) -> Pace:
        with self._lock:
            if path not in self._paces:
                self._paces[path] = Pace(**self._made)  # type: ignore[arg-type]
            return self._paces[path]

    def now(self) -> dict[str, PaceNow]:
        """The paces of the interfaces that were called, by path."""
        with self._lock:
            paces = dict(self._paces)
        return {path: pace.now() for path, pace in paces.items()}
