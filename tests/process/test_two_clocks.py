"""Two clocks at once: one leads; and were both to lead, each recorded job would still fire once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import config
import models
from demo.local_wechat import LocalWeChat, wait_until
from demo.processes import Processes
from jobs import schedule
from models.operations import JobRun
from tests.process.conftest import ENGINES

pytestmark = pytest.mark.serial

SECONDS = 4


@pytest.mark.parametrize("engine_name", ENGINES)
def test_each_moment_is_fired_once(upgraded: str, tmp_path: Path) -> None:
    fired = tmp_path / "fired"
    command = [sys.executable, "-m", "tests.process.ticking_clock", str(fired), str(SECONDS)]
    environment = os.environ | {"DATABASE_URL": upgraded, "CLOCK_FILE": "", "APP_ENV": "test"}
    clocks = [
        subprocess.Popen(
            command,
            cwd=config.ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for each in clocks:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in clocks:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in clocks:
        each.communicate(timeout=30)

    assert [each.returncode for each in clocks] == [0, 0, 0]
    with models.db.connection_context():
        moments = [row.fire_at for row in JobRun.select().order_by(JobRun.fire_at)]
    # besides the whole seconds each clock fires the moment of its start, once for all in that second
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(seconds=1)}
    assert SECONDS <= len(moments) <= SECONDS + 2
    firings = Counter(fired.read_text().split())
    assert sum(firings.values()) == len(moments)


def test_one_of_two_leads(processes: Processes, wechat: LocalWeChat, upgraded: str) -> None:
    wechat.post("/_sandbox/clock", {"rate": 60})  # an hour a minute: the jobs of each minute come each second
    for name in ("clock-1", "clock-2"):
        processes.start("clock", name)

    def runs() -> Counter[str]:
        with models.db.connection_context():
            return Counter(row.job for row in JobRun.select())

    wait_until(lambda: runs()["riders.expire"] >= 5, 30, "时钟没有走")

    logs = [processes.log(name) for name in ("clock-1", "clock-2")]
    assert sorted("leads" in log for log in logs) == [False, True]
    recorded = {job.name for job in schedule.JOBS if job.is_recorded}
    assert set(runs()) <= recorded
    with models.db.connection_context():
        assert not JobRun.select().where(JobRun.error != "").exists()
    leading = "clock-1" if "leads" in logs[0] else "clock-2"
    standing_by = "clock-2" if leading == "clock-1" else "clock-1"
    assert processes.end(leading) == 0
    wait_until(
        lambda: "leads" in processes.log(standing_by), 5, "另一个时钟没有接手"
    )  # no wait for the lease
