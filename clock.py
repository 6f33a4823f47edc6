"""The only source of "now". It can be set, so that half a year can be replayed.

Stored times are naive UTC datetimes; `to_local` shows them in the alliance's zone.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import config

_fixed: float | None = None
_file_state: tuple[int, float, float, float] | None = None  # mtime_ns, set_at, time, rate


def timestamp() -> float:
    """Now in Unix seconds."""
    if _fixed is not None:
        return _fixed
    path = config.settings().clock_file
    return _from_file(path) if path else time.time()


def utc_now() -> datetime:
    """Now as a naive UTC datetime, to the microsecond."""
    return from_timestamp(timestamp())


def from_timestamp(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def to_timestamp(moment: datetime) -> float:
    """Unix seconds of a naive UTC datetime."""
    return moment.replace(tzinfo=UTC).timestamp()


def zone() -> ZoneInfo:
    return ZoneInfo(config.settings().time_zone)


def to_local(moment: datetime) -> datetime:
    """A naive UTC datetime as an aware one in the alliance's zone."""
    return moment.replace(tzinfo=UTC).astimezone(zone())


def from_local(moment: datetime) -> datetime:
    """A naive wall-clock datetime of the alliance's zone as naive UTC."""
    return moment.replace(tzinfo=zone()).astimezone(UTC).replace(tzinfo=None)


def local_today() -> date:
    return to_local(utc_now()).date()


def start_of_local_day(day: date | None = None) -> datetime:
    """Midnight of a local day as naive UTC; quotas reset there (contract §15)."""
    day = day or local_today()
    return from_local(datetime(day.year, day.month, day.day))


@contextmanager
def fixed(moment: datetime) -> Iterator[None]:
    """Hold the clock at a naive UTC moment (tests, replays)."""
    global _fixed
    before = _fixed
    _fixed = to_timestamp(moment)
    try:
        yield
    finally:
        _fixed = before


def set_fixed(moment: datetime | None) -> None:
    """Hold the clock at a moment until changed; None lets it run."""
    global _fixed
    _fixed = None if moment is None else to_timestamp(moment)


def advance(span: timedelta) -> None:
    """Move a held clock on. Raises RuntimeError when it is not held."""
    global _fixed
    if _fixed is None:
        raise RuntimeError("the clock runs; hold it first")
    _fixed += span.total_seconds()


def _from_file(path: str) -> float:
    """CLOCK_FILE holds {"set_at", "time", "rate"}: time + (real - set_at) * rate."""
    global _file_state
    real = time.time()
    try:
        modified = os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return real
    if _file_state is None or _file_state[0] != modified:
        with open(path, encoding="utf-8") as handle:
            told = json.load(handle)
        _file_state = (modified, float(told["set_at"]), float(told["time"]), float(told["rate"]))
    _, set_at, shown, rate = _file_state
    return shown + (real - set_at) * rate
