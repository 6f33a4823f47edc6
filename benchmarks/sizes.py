"""How much is measured: `full` for the figures told, `quick` for a look, `tiny` for the tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of one run. A figure of another size than `full` tells nothing about the product."""

    name: str
    rounds: int  # of each side of a comparison, taking turns
    keyword_requests: int  # per round and side
    survey_people: int  # each gives six answers
    survey_rate: int
    check_in_people: int
    check_in_rate: float  # a second
    push_messages: int
    loop_calls: int
    launches: tuple[tuple[str, int], ...]
    answers: int
    list_rows: int
    sends: int
    latency_calls: int
    latency_concurrency: int
    has_make_run: bool


FULL = Sizes(
    name="full",
    rounds=3,
    keyword_requests=5000,
    survey_people=1000,
    survey_rate=300,
    check_in_people=2000,
    check_in_rate=2000 / 60,
    push_messages=31_561,
    loop_calls=200,
    launches=(("launch_10k", 10_000), ("launch_100k", 100_000), ("launch_1m", 1_000_000)),
    answers=1_000_000,
    list_rows=100_000,
    sends=20_000,
    latency_calls=10_000,
    latency_concurrency=500,
    has_make_run=True,
)
QUICK = Sizes(
    name="quick",
    rounds=1,
    keyword_requests=2000,
    survey_people=500,
    survey_rate=300,
    check_in_people=400,
    check_in_rate=2000 / 60,
    push_messages=5000,
    loop_calls=50,
    launches=(("launch_10k", 5000), ("launch_100k", 20_000), ("launch_1m", 50_000)),
    answers=100_000,
    list_rows=20_000,
    sends=5000,
    latency_calls=2500,
    latency_concurrency=500,
    has_make_run=False,
)
TINY = Sizes(
    name="tiny",
    rounds=1,
    keyword_requests=40,
    survey_people=6,
    survey_rate=60,
    check_in_people=12,
    check_in_rate=30.0,
    push_messages=120,
    loop_calls=3,
    launches=(("launch_10k", 60), ("launch_100k", 120), ("launch_1m", 180)),
    answers=1000,
    list_rows=200,
    sends=200,
    latency_calls=60,
    latency_concurrency=20,
    has_make_run=False,
)
BY_NAME = {sizes.name: sizes for sizes in (FULL, QUICK, TINY)}
