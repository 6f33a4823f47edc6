"""Calls per interface: by day in Asia/Shanghai and by minute (contract §15); what is left of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .errors import PlatformError


@dataclass(slots=True)
class Limits:
    """What was said in place of the interfaces' own limits, by path."""

    daily: dict[str, int] = field(default_factory=dict)
    minute: dict[str, int] = field(default_factory=dict)


class Quotas:
    """What one app used today, and in this minute."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.day = ""
        self.used: dict[str, int] = {}
        self.cleared: dict[str, Any] = {"month": "", "times": 0}
        self._minute = 0
        self._in_minute: dict[str, int] = {}

    def use(self, path: str, daily: int, day: str) -> int:
        """Count one call; gives what is left. 45009 when the day's limit is reached."""
        if day != self.day:
            self._turn(day)
        used, limit = self.used.get(path, 0), self.limits.daily.get(path, daily)
        if used >= limit:
            raise PlatformError(45009)
        self.used[path] = used + 1
        return limit - used - 1

    def pace(self, key: str, limit: int, errcode: int, now: float) -> None:
        """Count one call of this minute; the error when it is one too many."""
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._in_minute = minute, {}
        used = self._in_minute.get(key, 0)
        if used >= limit:
            raise PlatformError(errcode)
        self._in_minute[key] = used + 1

    def told(self, path: str, daily: int, day: str) -> dict[str, int]:
        self._turn(day)
        limit, used = self.limits.daily.get(path, daily), self.used.get(path, 0)
        return {"daily_limit": limit, "used": used, "remain": max(limit - used, 0)}

    def clear(self, month: str, path: str = "") -> None:
        """Open all, or one path, again; ten times a month, then 48006."""
        if self.cleared["month"] != month:
            self.cleared = {"month": month, "times": 0}
        if self.cleared["times"] >= 10:
            raise PlatformError(48006)
        self.cleared["times"] = self.cleared["times"] + 1
        if path:
            self.used.pop(path, None)
        else:
            self.used.clear()

    def _turn(self, day: str) -> None:
        if day != self.day:
            self.day, self.used = day, {}

    def dump(self) -> dict[str, Any]:
        return {"day": self.day, "used": self.used, "cleared": self.cleared}

    def load(self, kept: dict[str, Any]) -> None:
        self.day, self.used, self.cleared = kept["day"], kept["used"], kept["cleared"]
