"""check_ins: one hall of people checks in by the mini program's API, each with a token and a key of its own.

Baseline: an empty route of the same server at the same pace, in turns of twenty seconds with the people
(a server closes a connection that has been idle for half a minute).
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import clock
import config
from benchmarks.figures import Figure
from benchmarks.load import HOST, Load, paced, request
from benchmarks.processes import Measured, close_database, open_database
from benchmarks.sizes import Sizes
from benchmarks.web import EMPTY
from demo import alliance
from models.activities import Activity, ActivitySeries, ActivityStatus, SignUp
from models.api_tokens import MiniSession
from models.base import db
from models.check_ins import CheckIn, CheckInOpening
from models.people import Follower, Person
from models.sealing import keyed_hash
from services import check_ins
from services.check_ins.codes import CODE_SECONDS, code_at, path_of

PATH = "/api/v1/check-ins"
TURN_SECONDS = 20
LATE_SECONDS = 2.0  # a code of a moment ago: never one that is not on show yet


def measure(sizes: Sizes) -> list[Figure]:
    """p99 of a check-in while a hall fills in a minute."""
    with tempfile.TemporaryDirectory() as name, Measured(Path(name)) as processes:
        open_database()
        alliance.load(people=0)
        opening, tokens = _hall(sizes.check_in_people)
        port = processes.start_granian("web", "benchmarks.web:create_app", ready="/healthz")
        empty, coming = Load(), Load()
        for part in _turns(tokens, sizes.check_in_rate):
            bare = [request("POST", EMPTY, body=b"x" * 120)] * len(part)
            _add(empty, paced(port, bare, rate=sizes.check_in_rate))
            made = _coming(opening, part, sizes.check_in_rate)
            _add(coming, paced(port, made, rate=sizes.check_in_rate))
        _check(coming, opening, len(tokens))
        close_database()
    return [
        Figure(
            "check_ins",
            coming.share(0.99),
            "ms p99",
            "an empty route, same pace",
            coming.share(0.99) / empty.share(0.99),
            "sqlite",
            "five statements and one commit a check-in; the tail is SQLite's checkpoints",
            {
                "p50_ms": coming.share(0.5),
                "empty_p99_ms": empty.share(0.99),
                "people": float(len(tokens)),
                "seconds": coming.seconds,
            },
        )
    ]


def _hall(people: int) -> tuple[CheckInOpening, list[str]]:
    """An activity that is going on, its check-in open, and signed-up people with tokens."""
    now, unit = clock.utc_now(), alliance.unit_named("市委党校")
    activity = Activity.create(
        series=ActivitySeries.select().first(),
        title="一场两千人的讲座",
        place="大礼堂",
        starts_at=now - timedelta(minutes=5),
        ends_at=now + timedelta(hours=2),
        member_unit=unit,
        status=ActivityStatus.PUBLISHED,
    )
    opening = CheckInOpening.create(activity=activity, nonce="benchmark", opened_at=now)
    tokens = [f"benchmark-token-{number}" for number in range(people)]
    app_id = config.settings().mini_app_id
    with db.atomic():
        for number, token in enumerate(tokens):
            person = Person.create(name=f"样例{number}", member_unit=unit, is_sample=True)
            follower = Follower.create(app_id=app_id, openid=f"m{number}", person=person, is_following=False)
            SignUp.create(activity=activity, person=person, moved_at=now)
            MiniSession.create(
                follower=follower,
                token_hash=keyed_hash(token),
                last_seen_at=now,
                expires_at=now + timedelta(days=1),
            )
    return opening, tokens


def _turns(tokens: list[str], rate: float) -> Iterator[list[str]]:
    size = max(1, round(rate * TURN_SECONDS))
    for first in range(0, len(tokens), size):
        yield tokens[first : first + size]


def _add(whole: Load, part: Load) -> None:
    whole.seconds += part.seconds
    whole.latencies += part.latencies
    whole.statuses += part.statuses


def _coming(opening: CheckInOpening, tokens: list[str], rate: float) -> list[bytes]:
    """The requests, each with the code that is on show when it is sent."""
    begins = time.time() - LATE_SECONDS
    return [
        _request(opening, token, int((begins + number / rate) // CODE_SECONDS))
        for number, token in enumerate(tokens)
    ]


def _request(opening: CheckInOpening, token: str, step: int) -> bytes:
    body = json.dumps({"code": path_of(code_at(opening, step))}).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nIdempotency-Key: {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _check(load: Load, opening: CheckInOpening, people: int) -> None:
    """Nobody lost, nobody doubled."""
    load.must_all_be(200)
    counts = check_ins.counts(opening.activity)
    if counts.present != people or CheckIn.select().count() != people:
        raise RuntimeError(f"{counts.present} of {people} are there, {CheckIn.select().count()} rows")
