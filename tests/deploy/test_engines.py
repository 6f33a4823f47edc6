"""Which engines the tests use: those named, else this machine's own, said aloud."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "127.0.0.1:1"  # nothing listens on port 1


def run(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "deploy/engines.py"],
        env=os.environ | {"TEST_DATABASE_URL": "", "TEST_REDIS_URL": "", "PYTHONUTF8": "1"} | settings,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_what_was_found_is_said_and_exported():
    told = run()

    names = dict(line.removeprefix("export ").split("=", 1) for line in told.stdout.splitlines())
    assert told.returncode == 0
    assert set(names) == {"TEST_DATABASE_URL", "TEST_REDIS_URL", "TEST_ENGINES"}
    assert told.stderr.startswith("数据引擎 / engines: SQLite, ")
    assert ("PostgreSQL 未找到" in told.stderr) == (names["TEST_DATABASE_URL"] == "''")
    assert ("Redis 未找到" in told.stderr) == (names["TEST_REDIS_URL"] == "''")


def test_a_named_database_that_does_not_answer_is_no_silent_skip():
    told = run(TEST_DATABASE_URL=f"postgresql://{NOBODY}/test")

    assert told.returncode == 1
    assert "TEST_DATABASE_URL" in told.stderr


def test_a_named_redis_that_does_not_answer_is_no_silent_skip():
    told = run(TEST_REDIS_URL=f"redis://{NOBODY}/15")

    assert told.returncode == 1
    assert "TEST_REDIS_URL" in told.stderr
