"""What a process says about the stores it cannot start without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import config
import models
from demo.processes import free_ports
from models.schema import runner
from services.readiness import why_not_ready


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    bound = models.db.obj
    models.connect(f"sqlite:///{tmp_path / 'empty.db'}")
    yield
    monkeypatch.undo()
    config.settings.cache_clear()
    if bound is not None:
        models.db.initialize(bound)


@pytest.mark.usefixtures("empty_store")
def test_an_empty_database_is_to_be_upgraded_and_then_is_ready() -> None:
    said = why_not_ready()
    assert said.startswith("数据库的结构还不是最新（缺 0001_initial")
    assert said.endswith("请先执行：flask db upgrade")

    with models.db.connection_context():
        runner().up()

    assert why_not_ready() == ""


@pytest.mark.usefixtures("empty_store")
def test_the_words_name_the_address_and_keep_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with models.db.connection_context():
        runner().up()
    (port,) = free_ports(1)
    monkeypatch.setenv("REDIS_URL", f"redis://:kept-to-ourselves@127.0.0.1:{port}/0")
    config.settings.cache_clear()

    assert why_not_ready() == (
        f"Redis（127.0.0.1:{port}）没有应答，请启动它，或改正 REDIS_URL：ConnectionError"
    )


@pytest.mark.usefixtures("empty_store")
def test_a_database_that_does_not_answer() -> None:
    (port,) = free_ports(1)
    models.connect(f"postgresql://someone:kept-to-ourselves@127.0.0.1:{port}/none")

    said = why_not_ready()

    assert said.startswith("数据库没有应答，请启动它，或改正 DATABASE_URL：")
    assert str(port) in said
    assert "kept-to-ourselves" not in said
