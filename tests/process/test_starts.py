"""What a process cannot start without is said in one sentence that tells what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import config
from demo.processes import free_ports

pytestmark = pytest.mark.serial

FLASK = str(Path(sys.executable).with_name("flask"))
SECRET = "kept-to-ourselves"


def refusals(**settings: str) -> set[str]:
    """What web, worker and clock say before they end; each must end by itself, and fail."""
    (port,) = free_ports(1)
    environment = os.environ | {"APP_ENV": "development", "REDIS_URL": "", "WEB_PORT": str(port)} | settings
    started = [
        subprocess.Popen(
            [FLASK, what, "run"],
            cwd=config.ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for what in ("web", "worker", "clock")
    ]
    told = set()
    for process in started:
        try:
            said, _ = process.communicate(timeout=40)
        finally:
            process.kill()
        assert process.returncode == 1, said
        told.add(said.strip())
    return told


def test_a_missing_redis(upgraded: str) -> None:
    (port,) = free_ports(1)

    told = refusals(DATABASE_URL=upgraded, REDIS_URL=f"redis://:{SECRET}@127.0.0.1:{port}/0")

    assert told == {f"Error: Redis（127.0.0.1:{port}）没有应答，请启动它，或改正 REDIS_URL：ConnectionError"}


def test_an_unreachable_postgresql() -> None:
    (port,) = free_ports(1)

    told = refusals(DATABASE_URL=f"postgresql://someone:{SECRET}@127.0.0.1:{port}/none")

    (sentence,) = told
    assert sentence.startswith("Error: 数据库没有应答，请启动它，或改正 DATABASE_URL：")
    assert "\n" not in sentence
    assert str(port) in sentence
    assert SECRET not in sentence


def test_a_database_that_was_not_upgraded(tmp_path: Path) -> None:
    told = refusals(DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")

    (sentence,) = told
    assert sentence.startswith("Error: 数据库的结构还不是最新（缺 0001_initial")
    assert sentence.endswith("请先执行：flask db upgrade")
    assert "\n" not in sentence
