"""The counters of the rate limits: windows end, and what is over is dropped."""

from __future__ import annotations

import pytest

from server import counting
from server.counting import SWEEP_SECONDS, CountedMemory


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moment, to be moved."""
    moment = [1_000_000.0]
    monkeypatch.setattr(counting.time, "time", lambda: moment[0])
    return moment


def test_a_window_counts_and_begins_anew_when_it_is_over(now: list[float]) -> None:
    counters = CountedMemory()

    assert [counters.incr("a", 60) for _ in range(3)] == [1, 2, 3]
    assert counters.get("a") == 3
    now[0] += 60
    assert counters.get("a") == 0
    assert counters.incr("a", 60) == 1


def test_windows_that_are_over_are_dropped(now: list[float]) -> None:
    counters = CountedMemory()
    for number in range(50):
        counters.incr(f"phone-{number}", 10)

    now[0] += SWEEP_SECONDS + 1
    counters.incr("another", 10)

    assert set(counters.expirations) == {"another"}
    assert set(counters.storage) == {"another"}
