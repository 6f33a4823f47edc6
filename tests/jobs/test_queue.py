"""Whose tasks a worker runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import config
from jobs import queue as queues
from jobs import tasks


@pytest.fixture
def beside_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'own.db'}")
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setattr(queues, "STRANGE_SECONDS", 0.0)
    config.settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    config.settings.cache_clear()


def test_a_task_signed_with_another_key_is_dropped_and_said(
    beside_the_database: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queues.make_queue().poke(tasks.send_chunk, 1, 2)
    queues.make_queue().poke(tasks.send_chunk, 3, 4)
    beside_the_database.setenv("SECRET_KEY", "of another installation")
    config.settings.cache_clear()
    stranger = queues.make_queue()

    with caplog.at_level(logging.ERROR):
        assert stranger.huey.dequeue() is None

    assert "SECRET_KEY" in caplog.text
    beside_the_database.delenv("SECRET_KEY")
    config.settings.cache_clear()
    ours = queues.make_queue()
    assert ours.huey.dequeue().args == (3, 4)
    assert ours.huey.dequeue() is None
