"""list_100k: the page of a list of 100,000 people, as the console serves it.

Baseline: the same page of a list of 1,000.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from flask.testing import FlaskClient

import clock
from benchmarks.figures import Figure
from benchmarks.processes import Measured, close_database, open_database
from benchmarks.sizes import Sizes
from demo import alliance
from models.accounts import AccountRoleKind
from models.alliance import MemberUnit
from models.base import db
from models.people import Person
from services import accounts

SHORT = 1_000
ROUNDS = 15
PAGE_SIZE = 20
ADDRESS = "/console/people/"
PASSWORD = "Demo-2026-xian"


def of_many(sizes: Sizes) -> list[Figure]:
    """Milliseconds of the first page; the last one, a search and a filter beside it."""
    with tempfile.TemporaryDirectory() as name, Measured(Path(name)):
        open_database()
        alliance.load(people=0)
        client = _signed_in()
        short = min(SHORT, sizes.list_rows)
        _fill(short)
        before = {what: _milliseconds(client, query) for what, query in _pages(short).items()}
        _fill(sizes.list_rows - short)
        after = {what: _milliseconds(client, query) for what, query in _pages(sizes.list_rows).items()}
        close_database()
    more = {f"{what}_ms": after[what] for what in ("last", "search", "filter")}
    more |= {f"{what}_ratio": after[what] / before[what] for what in ("last", "search", "filter")}
    return [
        Figure(
            "list_100k",
            after["first"],
            "ms",
            f"the same page of a list of {SHORT:,}",
            after["first"] / before["first"],
            "sqlite",
            "counting along an index; the page itself, its menu and its template",
            {"short_ms": before["first"], **more},
        )
    ]


def _pages(rows: int) -> dict[str, str]:
    unit = MemberUnit.select().order_by(MemberUnit.order_no).first()
    return {
        "first": "",
        "last": f"?page={-(-rows // PAGE_SIZE)}",
        "search": "?q=人7",
        "filter": f"?unit={unit.id}&bound=no",
    }


def _signed_in() -> FlaskClient:
    """A session of the secretariat, opened without the slow sign-in."""
    import server

    given = {"username": "bench", "display_name": "测速", "password": PASSWORD}
    unit = MemberUnit.select().order_by(MemberUnit.order_no).first()
    account = accounts.create(**given, member_unit=unit, roles=[AccountRoleKind.SECRETARIAT], actor=None)
    client = server.create_app().test_client()
    with client.session_transaction(path="/console/") as session:
        session["_user_id"], session["_fresh"] = f"{account.id}:{account.session_version}", True
        session["seen_at"] = int(clock.timestamp())
    return client


def _fill(rows: int) -> None:
    """People over all units in turn, names without order."""
    if rows <= 0:
        return
    units = [unit.id for unit in MemberUnit.select()]
    start = Person.select().count()
    now = clock.utc_now()
    with db.atomic():
        db.connection().executemany(
            "INSERT INTO person (created_at, name, member_unit_id, position, is_sample, version)"
            " VALUES (?, ?, ?, '', 1, 1)",
            (
                (str(now), f"人{number * 7919 % 1_000_003}", units[number % len(units)])
                for number in range(start, start + rows)
            ),
        )


def _milliseconds(client: FlaskClient, query: str) -> float:
    """The median of some rounds, the first of which warms up."""
    taken = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        answer = client.get(f"{ADDRESS}{query}")
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{ADDRESS}{query} answered {answer.status_code}")
    return statistics.median(taken[1:])
