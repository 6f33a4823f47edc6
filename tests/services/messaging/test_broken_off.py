"""Settling that the database broke off for another's sake is done again: no answer of WeChat is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from peewee import Database, OperationalError

import models
from models.base import db, is_sqlite, locked, repeated
from models.people import Follower
from tests import factories


def test_two_who_wait_for_each_other_both_end(own_database: Database) -> None:
    """On PostgreSQL one is the deadlock's victim and comes again; SQLite never lets them meet."""
    first, second = factories.make_follower(), factories.make_follower()
    met = threading.Barrier(2, timeout=5)
    runs: list[str] = []
    faults: list[BaseException] = []

    def touching(name: str, *ids: int) -> Callable[[], None]:
        @repeated
        def act() -> None:
            runs.append(name)
            with db.atomic():
                list(locked(Follower.select().where(Follower.id == ids[0])))
                if runs.count(name) == 1 and not is_sqlite():
                    met.wait()
                Follower.update(window_left=Follower.window_left + 1).where(Follower.id.in_(ids)).execute()

        def run() -> None:
            try:
                with models.db.connection_context():
                    act()
            except BaseException as error:
                faults.append(error)

        return run

    threads = [
        threading.Thread(target=touching("a", first.id, second.id)),
        threading.Thread(target=touching("b", second.id, first.id)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert len(runs) == (2 if is_sqlite() else 3)
    left = [row.window_left for row in Follower.select().where(Follower.id.in_([first.id, second.id]))]
    assert left == [2, 2]


def test_another_error_is_not_repeated(own_database: Database) -> None:
    runs = []

    @repeated
    def act() -> None:
        runs.append(1)
        raise OperationalError("disk I/O error")

    with pytest.raises(OperationalError, match="disk"):
        act()

    assert runs == [1]
