"""Counters of the rate limits in one process's memory.

The library's own memory store starts a thread for almost every request to look through all counters:
with a hall of two thousand phones that is what the slowest of them wait for.
"""

from __future__ import annotations

import threading
import time

from limits.storage import MemoryStorage

import config

SWEEP_SECONDS = 60.0
ADDRESS = "counted://"


class CountedMemory(MemoryStorage):
    """Fixed windows, dropped once a minute when they are over."""

    STORAGE_SCHEME = [ADDRESS.removesuffix("://")]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **more: str) -> None:
        super().__init__(uri, wrap_exceptions, **more)
        self._guard = threading.Lock()
        self._swept_at = time.time()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.time()
        with self._guard:
            if now - self._swept_at > SWEEP_SECONDS:
                self._sweep(now)
            if self.expirations.get(key, 0.0) <= now:
                self.storage[key] = 0
                self.expirations[key] = now + expiry
            self.storage[key] += amount
            return int(self.storage[key])

    def get(self, key: str) -> int:
        with self._guard:
            return int(self.storage.get(key, 0)) if self.expirations.get(key, 0.0) > time.time() else 0

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        for key in [key for key, ends in self.expirations.items() if ends <= now]:
            del self.expirations[key]
            self.storage.pop(key, None)


def storage() -> str:
    """Where limits are counted: Redis for all processes, else this process's own memory."""
    return config.settings().redis_url or ADDRESS
