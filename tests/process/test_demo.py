"""`make demo`, small: both kinds of account on SQLite, a service account on PostgreSQL and Redis."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import config
from demo.engine import EngineMissing, prepared

pytestmark = pytest.mark.serial


@pytest.mark.parametrize(
    ("account", "engine", "told"),
    [
        ("service", "sqlite", "认证服务号，SQLite"),
        ("subscription", "sqlite", "认证订阅号，SQLite"),
        pytest.param("service", "postgresql", "认证服务号，PostgreSQL + Redis", marks=pytest.mark.engines),
    ],
    ids=["service-sqlite", "subscription-sqlite", "service-postgresql"],
)
def test_the_main_job_holds(account: str, engine: str, told: str, tmp_path: Path) -> None:
    if engine == "postgresql":
        try:
            prepared(engine, tmp_path)
        except EngineMissing as missing:
            pytest.skip(str(missing))

    done = subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=config.ROOT,
        env=os.environ | {"MEMBERS": "120", "ACCOUNT": account, "ENGINE": engine},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"示范联盟：120 名会员，{told}" in done.stdout
    assert "没有遗漏，没有重复；问卷没有调用任何接口" in done.stdout
