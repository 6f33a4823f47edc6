"""launch_10k, launch_100k, launch_1m: freeze and plan an audience, in a process as young as a worker's.

Baseline: the same number of rows copied from one table into the ledger without any join or plan.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import clock
import config
import models
from benchmarks.campaigns import sample_campaign
from benchmarks.figures import Figure
from benchmarks.processes import Measured, close_database, open_database
from benchmarks.sizes import Sizes
from demo import alliance, crowd
from demo.engine import EngineMissing, prepared
from models.base import db
from models.messaging import Basis, Campaign, Delivery, DeliveryStatus
from models.people import Person, Topic
from services.messaging import launch

ROUNDS = 3
DATABASE, REDIS_NUMBER = "weidangxiao_bench", 11


def measured(name: str) -> Callable[[Sizes], list[Figure]]:
    """The figure of that name, on SQLite and, where it answers, on PostgreSQL (but the million)."""

    def measure(sizes: Sizes) -> list[Figure]:
        size = dict(sizes.launches)[name]
        figures = [_on(name, size, "sqlite", "")]
        if name != "launch_1m":
            try:
                url, _ = prepared("postgresql", Path(), database=DATABASE, redis_number=REDIS_NUMBER)
            except EngineMissing:
                print(f"{name}: PostgreSQL does not answer; SQLite only", file=sys.stderr)
            else:
                figures.append(_on(name, size, "postgresql", url))
        return figures

    return measure


def _on(name: str, size: int, engine: str, url: str) -> Figure:
    with tempfile.TemporaryDirectory() as folder, Measured(Path(folder), database_url=url) as processes:
        open_database()
        alliance.load(people=0)
        crowd.fill(size)
        rounds = []
        for _ in range(ROUNDS if size <= 100_000 else 1):
            rounds.append((_bare_copy(size), *_launched(processes)))
        close_database()
    baseline, seconds, grown, peak = (statistics.median(column) for column in zip(*rounds, strict=True))
    return Figure(
        name,
        size / seconds,
        "rows/s",
        "bare INSERT … SELECT",
        size / seconds / baseline,
        engine,
        "the engine: one INSERT … SELECT over five joins and the ledger's indexes, on one core",
        {
            "rows": size,
            "seconds": seconds,
            "us_per_row": seconds / size * 1e6,
            "peak_mb": peak,
            "grown_mb": grown,
        },
    )


def _launched(processes: Measured) -> tuple[float, float, float]:
    """Seconds and memory of a launch by a fresh process."""
    campaign = sample_campaign(Topic.LECTURE)
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.launch", str(campaign.id)],
        cwd=config.ROOT,
        env=processes.environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    rows = Delivery.select().where(Delivery.campaign == campaign).count()
    if rows != Person.select().count():
        raise RuntimeError(f"{rows} deliveries for {Person.select().count()} people")
    _forget(campaign)
    seconds, grown, peak = json.loads(told.stdout)
    return seconds, grown, peak


def _bare_copy(size: int) -> float:
    """Rows a second of the barest copy into the ledger."""
    campaign = sample_campaign(Topic.LECTURE)
    fields = [Delivery.created_at, Delivery.campaign, Delivery.person, Delivery.chunk]
    fields += [Delivery.basis, Delivery.status, Delivery.reason, Delivery.refused_channels]
    values = [clock.utc_now(), campaign.id, Person.id, 0, Basis.NONE.value]
    values += [DeliveryStatus.PLANNED.value, "", ""]
    began = time.perf_counter()
    with db.atomic():
        Delivery.insert_from(Person.select(*values).limit(size), fields).as_rowcount().execute()
    seconds = time.perf_counter() - began
    _forget(campaign)
    return size / seconds


def _forget(campaign: Campaign) -> None:
    with db.atomic():
        Delivery.delete().where(Delivery.campaign == campaign).execute()
        campaign.delete_instance(recursive=True)


def _memory(what: str) -> float:
    """`VmHWM` (the most so far) or `VmRSS` (now) of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(what)


def launch_here(campaign_id: int) -> tuple[float, float, float]:
    """Seconds, and the memory in MB by which this process grew and which it took at most."""
    models.connect().connect()
    before = _memory("VmRSS")
    began = time.perf_counter()
    if not launch.launch(campaign_id):
        raise RuntimeError("the campaign was not launched")
    seconds = time.perf_counter() - began
    peak = _memory("VmHWM")
    return seconds, peak - before, peak


if __name__ == "__main__":
    print(json.dumps(launch_here(int(sys.argv[1]))))
