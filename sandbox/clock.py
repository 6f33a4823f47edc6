"""One clock for the platform and, through a file, for the product. It can be moved."""

from __future__ import annotations

import asyncio
import json
import os
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))
LOOK_SECONDS = 0.2  # the clock may be moved while somebody waits for it


class Clock:
    """now = time + (real now - set_at) * rate; a rate of 0 holds it."""

    def __init__(self, file: str = "") -> None:
        self.file = Path(file) if file else None
        self._set_at = self._time = time.time()
        self._rate = 1.0
        self._day = (-1, "")
        if self.file and self.file.exists():
            self._read()
        self._write()

    def now(self) -> float:
        return self._time + (time.time() - self._set_at) * self._rate

    def day(self) -> str:
        """Today in Asia/Shanghai, where quotas are counted."""
        number = int((self.now() + 8 * 3600) // 86400)
        if number != self._day[0]:  # asked at every call, so it is written once a day
            self._day = (number, self._local().strftime("%Y-%m-%d"))
        return self._day[1]

    def month(self) -> str:
        return self._local().strftime("%Y-%m")

    def hour(self) -> int:
        """Of the day in Asia/Shanghai, 0 to 23."""
        return int((self.now() + 8 * 3600) % 86400 // 3600)

    @property
    def rate(self) -> float:
        return self._rate

    def move(self, to: float | None = None, by: float = 0.0, rate: float | None = None) -> None:
        """Set the time, add seconds, change the rate; what is not named stays."""
        shown = (self.now() if to is None else to) + by
        self._rate = self._rate if rate is None else rate
        self._time, self._set_at = shown, time.time()
        self._write()

    def told(self) -> dict[str, Any]:
        now = self.now()
        return {
            "time": now,
            "rate": self._rate,
            "utc": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
            "shanghai": datetime.fromtimestamp(now, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
        }

    def _local(self) -> datetime:
        return datetime.fromtimestamp(self.now(), SHANGHAI)

    def _read(self) -> None:
        assert self.file is not None  # noqa: S101 - only called with a file
        try:
            told = json.loads(self.file.read_text(encoding="utf-8"))
            self._set_at, self._time, self._rate = (
                float(told["set_at"]),
                float(told["time"]),
                float(told["rate"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise SystemExit(f"the clock file {self.file} cannot be read ({error}); remove it") from error

    def _write(self) -> None:
        if not self.file:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.file.with_name(f"{self.file.name}.{os.getpid()}.new")
        beside.write_text(
            json.dumps({"set_at": self._set_at, "time": self._time, "rate": self._rate}), encoding="utf-8"
        )
        beside.replace(self.file)


async def wait_at_most(clock: Clock, until: float) -> None:
    """Wait for this moment of the clock, a fifth of a second of real time at most: then look again."""
    left = until - clock.now()
    await asyncio.sleep(min(max(left / clock.rate, 0.001), LOOK_SECONDS) if clock.rate else LOOK_SECONDS)
