"""Which store a demo gets, and what is said when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import config
from demo import engine
from demo.processes import free_ports


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port where neither PostgreSQL nor Redis answers, given as the address of both."""
    (port,) = free_ports(1)
    monkeypatch.setenv("TEST_DATABASE_URL", f"postgresql://someone@127.0.0.1:{port}/test")
    monkeypatch.setenv("TEST_REDIS_URL", f"redis://127.0.0.1:{port}/5")
    config.settings.cache_clear()
    yield port
    monkeypatch.undo()
    config.settings.cache_clear()


def test_sqlite_is_a_file_of_its_own(tmp_path: Path) -> None:
    assert engine.prepared("sqlite", tmp_path) == (f"sqlite:///{tmp_path / 'demo.db'}", "")


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(engine.EngineMissing, match="ENGINE 须是 sqlite 或 postgresql"):
        engine.prepared("mysql", tmp_path)


@pytest.mark.usefixtures("nobody")
def test_a_postgresql_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(engine.EngineMissing, match=r"PostgreSQL 没有应答.*TEST_DATABASE_URL"):
        engine.prepared("postgresql", tmp_path)


@pytest.mark.usefixtures("nobody")
def test_a_redis_that_does_not_answer() -> None:
    with pytest.raises(engine.EngineMissing, match=r"Redis 没有应答.*TEST_REDIS_URL"):
        engine._redis(5)
