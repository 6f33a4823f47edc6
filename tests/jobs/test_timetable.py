"""The timetable, the lead and the queue."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from peewee import Database

import clock
import models
from jobs import clock as clock_process
from jobs import schedule, tasks
from jobs.queue import Queue, immediate_queue
from jobs.schedule import Job, daily, every
from jobs.timetable import Timetable, is_daily, next_fire
from models.operations import JobRun, Lease
from services import leases
from services.messaging import deliveries

pytestmark = pytest.mark.usefixtures("db")


def counting(name: str = "count", *, seconds: int = 60, fired: list[str] | None = None) -> Job:
    return Job(name, lambda: fired is not None and fired.append(name), every(seconds))


def test_a_job_fires_once_for_each_moment_whoever_asks(noon: datetime) -> None:
    fired: list[str] = []
    job = counting(fired=fired)
    one, other = Timetable([job]), Timetable([job])

    one.run_due(noon)
    other.run_due(noon)
    one.run_due(noon + timedelta(seconds=59))
    other.run_due(noon + timedelta(seconds=60))
    one.run_due(noon + timedelta(seconds=61))

    assert fired == ["count", "count"]
    assert [row.fire_at for row in JobRun.select().order_by(JobRun.id)] == [
        noon, noon + timedelta(seconds=60),
    ]  # fmt: skip


def test_a_jump_of_days_fires_once(noon: datetime) -> None:
    fired: list[str] = []
    timetable = Timetable([counting(fired=fired)])
    timetable.run_due(noon)

    timetable.run_due(noon + timedelta(days=3))
    timetable.run_due(noon + timedelta(days=3, seconds=1))

    assert fired == ["count", "count"]


def test_a_clock_set_back_goes_on_firing(noon: datetime) -> None:
    fired: list[str] = []
    timetable = Timetable([Job("poke", lambda: fired.append("poke"), every(5), is_recorded=False)])
    timetable.run_due(noon)

    timetable.run_due(noon - timedelta(days=1))

    assert fired == ["poke", "poke"]


def test_an_error_is_recorded_and_keeps_nobody_from_their_time(noon: datetime) -> None:
    fired: list[str] = []

    def fail() -> None:
        raise ValueError("the disk is full")

    Timetable([Job("fails", fail, every(60)), counting(fired=fired)]).run_due(noon)

    assert fired == ["count"]
    assert "the disk is full" in JobRun.get(JobRun.job == "fails").error


def test_a_missed_night_is_made_up_at_the_first_beat(noon: datetime) -> None:
    fired: list[str] = []
    job = Job("nightly", lambda: fired.append("nightly"), daily(3, 10))
    Timetable([job]).run_due(noon)
    assert fired == []
    JobRun.create(job="nightly", fire_at=next_fire(job, noon - timedelta(days=2)))

    timetable = Timetable([job])
    timetable.run_due(noon)
    timetable.run_due(noon + timedelta(hours=1))

    assert fired == ["nightly"]
    assert is_daily(job)
    assert clock.to_local(next_fire(job, noon)).strftime("%H:%M") == "03:10"


def test_every_name_of_the_timetable_is_there_once() -> None:
    names = [job.name for job in schedule.JOBS]

    assert len(names) == len(set(names))
    assert max(len(name) for name in names) <= 60


def test_one_leads_and_another_takes_over(db: Database) -> None:
    first = leases.take("clock", seconds=10)
    assert first is not None
    assert leases.take("clock", seconds=10) is None
    assert leases.take("clock", seconds=10, owner=first.owner) == first

    Lease.update(until=datetime(2020, 1, 1)).execute()
    second = leases.take("clock", seconds=10)

    assert second is not None
    assert not leases.renew(first, seconds=10)
    leases.release(first)
    assert leases.take("clock", seconds=10) is None
    leases.release(second)
    assert leases.take("clock", seconds=10) is not None


def test_a_moved_clock_ends_no_lease(noon: datetime) -> None:
    assert leases.take("clock", seconds=10) is not None

    clock.advance(timedelta(days=30))

    assert leases.take("clock", seconds=10) is None


def test_a_full_queue_is_not_poked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(deliveries, "due_chunks", lambda limit: asked.append(limit) or [])
    queue = immediate_queue()
    monkeypatch.setattr(schedule, "queue", lambda: queue)
    monkeypatch.setattr(Queue, "room", lambda self: 0)

    schedule.poke_deliveries()

    assert asked == []


def test_an_unsigned_task_is_not_run() -> None:
    from huey import MemoryHuey
    from huey.serializer import SignedSerializer

    huey = MemoryHuey("t", results=False, serializer=SignedSerializer(secret="ours", salt="t"))
    Queue(huey).poke(tasks.send_chunk, 1, 2)
    message = huey.storage.dequeue()
    forged = SignedSerializer(secret="theirs", salt="t").serialize(["anything"])

    assert huey.deserialize_task(message).args == (1, 2)
    with pytest.raises(ValueError, match=r"[Ss]ignature"):
        huey.deserialize_task(forged)


def test_the_clock_leads_fires_and_resigns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = models.db.obj
    database = models.connect(f"sqlite:///{tmp_path / 'clock.db'}")
    fired: list[float] = []
    try:
        with database.connection_context():
            database.create_tables(models.TABLES)
        job = Job("beat", lambda: fired.append(time.time()), every(1), is_recorded=False)
        monkeypatch.setattr(clock_process, "Timetable", lambda: Timetable([job]))
        first, second = clock_process.Clock(), clock_process.Clock()

        assert [first.beat(), second.beat(), first.beat()] == [True, False, True]
        first.resign()
        assert second.beat()

        assert fired
    finally:
        models.db.initialize(bound)
