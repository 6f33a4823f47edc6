"""The token row: sealed, fetched by one, cleared only if it is still the rejected one."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

import pytest

import models
from models.operations import Credential
from services.tokens import RowTokenStore
from wechat.credentials import ACCESS_TOKEN, Credentials, Minted, StoredToken

APP = "wx1"


@pytest.mark.usefixtures("db")
def test_a_token_is_kept_sealed_and_cleared_by_its_value() -> None:
    store = RowTokenStore()
    store.put(APP, ACCESS_TOKEN, StoredToken("first", 1000.0))
    store.put(APP, ACCESS_TOKEN, StoredToken("second", 2000.0))

    assert store.get(APP, ACCESS_TOKEN) == StoredToken("second", 2000.0)
    raw = models.db.execute_sql("SELECT value FROM credential").fetchone()[0]
    assert b"second" not in bytes(raw)
    assert not store.clear_if(APP, ACCESS_TOKEN, "first")
    assert store.clear_if(APP, ACCESS_TOKEN, "second")
    assert store.get(APP, ACCESS_TOKEN) is None


@pytest.mark.usefixtures("db")
def test_only_one_fetches_at_a_time() -> None:
    store = RowTokenStore()

    with store.refreshing(APP, ACCESS_TOKEN) as mine, store.refreshing(APP, ACCESS_TOKEN) as theirs:
        assert (mine, theirs) == (True, False)
    with store.refreshing(APP, ACCESS_TOKEN) as mine:
        assert mine


def test_sixteen_threads_cause_one_fetch(tmp_path: Path) -> None:
    bound = models.db.obj
    database = models.connect(f"sqlite:///{tmp_path / 'tokens.db'}")
    fetched: list[int] = []
    got: list[str] = []
    together = Barrier(16)

    def mint() -> Minted:
        fetched.append(1)
        return Minted("the-token", 7200)

    credentials = Credentials(APP, RowTokenStore(), mint)

    def ask() -> None:
        together.wait()
        got.append(credentials.access_token())

    try:
        with database.connection_context():
            database.create_tables([Credential, models.Lease])
        threads = [Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        models.db.initialize(bound)

    assert got == ["the-token"] * 16
    assert len(fetched) == 1
