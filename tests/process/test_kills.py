"""Processes killed without warning in the middle of the main job: nobody is lost or doubled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from peewee import fn

import models
from demo import report
from demo.local_wechat import LocalWeChat, wait_until
from demo.processes import Processes
from demo.storyline import Storyline
from jobs.clock import LEASE, LEASE_SECONDS
from models.messaging import Campaign, Channel, Delivery, DeliveryStatus
from models.operations import Lease
from tests.process.conftest import ENGINES, sends_made, slow_sends

pytestmark = [pytest.mark.serial, pytest.mark.timeout(480)]

CALL_MS = 100
LAUNCHED_AND_LATER = 200  # seconds of WeChat's clock: past the scheduled minute, and past a lease


@pytest.fixture
def members() -> int:
    return 400


@dataclass
class Seen:
    """What was found right after a kill."""

    claimed: int
    sends: int


def claimed() -> int:
    with models.db.connection_context():
        return int(Delivery.select().where(Delivery.status == DeliveryStatus.CLAIMED).count())


def leader() -> int:
    """The process id of the clock that leads; 0 when none does."""
    with models.db.connection_context():
        row = Lease.get_or_none(Lease.name == LEASE)
    return int(row.owner.split("-")[0]) if row is not None else 0


def kill_worker_at(processes: Processes, wechat: LocalWeChat, sends: int) -> Seen:
    wait_until(lambda: sends_made(wechat) >= sends, 60, f"没有发到 {sends} 条", every=0.02)
    processes.kill("worker")
    return Seen(claimed(), sends_made(wechat))


def kill_the_senders(processes: Processes, clocks: dict[int, str]) -> list[Seen]:
    """The worker twice, at different instants, and the clock that leads."""
    wechat = LocalWeChat(processes.sandbox_url)
    first = kill_worker_at(processes, wechat, 40)
    processes.start("worker")
    wechat.post("/_sandbox/clock", {"advance_seconds": LAUNCHED_AND_LATER})  # past the dead worker's leases
    second = kill_worker_at(processes, wechat, first.sends + 150)
    led = leader()
    processes.kill(clocks[led])
    processes.start("worker")
    wait_until(lambda: leader() not in (0, led), LEASE_SECONDS + 10, "没有时钟接手")
    assert leader() in clocks
    wechat.post("/_sandbox/clock", {"advance_seconds": LAUNCHED_AND_LATER})
    return [first, second]


def kill_web_during_the_survey(processes: Processes) -> list[bool]:
    """Twice; whether the crowd was still answering."""
    wechat = LocalWeChat(processes.sandbox_url)

    def messages() -> int:
        return int(wechat.get("/_sandbox/stats", content="\0")["pushes"]["attempts"])

    was_answering = []
    begun = messages()
    for answered in (150, 600):
        wait_until(lambda enough=begun + answered: messages() >= enough, 60, "没有人答问卷", every=0.02)
        processes.kill("web")
        was_answering.append(not wechat.get("/_sandbox/crowd/survey")["finished"])
        processes.start("web")
        processes.wait_until_answers("web", f"{processes.web_url}/readyz")
    return was_answering


def what_is_open(story: Storyline, processes: Processes) -> str:
    """What waits, as it lies in the ledger, and the last words of those who should send it."""
    held = Delivery.select(Delivery.channel, Delivery.status, fn.COUNT(Delivery.id)).where(
        Delivery.campaign.in_(story.campaigns)
    )
    with models.db.connection_context():
        counts = [
            f"{c.value} {s.value} {n}"
            for c, s, n in held.group_by(Delivery.channel, Delivery.status).tuples()
        ]
        leases = [f"{row.name} {row.owner} {row.until}" for row in Lease.select()]
        why = [f"{row.status.value} {row.status_reason}" for row in Campaign.select()]
    logs = [f"-- {name}\n{processes.log(name)[-1500:]}" for name in ("worker", "clock", "clock-2")]
    return "\n".join([*counts, *leases, *why, *logs])


@pytest.mark.parametrize("engine_name", ENGINES[1:])  # on SQLite: tests/exactness
def test_nobody_is_lost_or_doubled(processes: Processes, wechat: LocalWeChat, story: Storyline) -> None:
    processes.start_product()
    processes.start("clock", "clock-2")
    clocks = {processes.pid(name): name for name in ("clock", "clock-2")}
    story.decide()
    slow_sends(wechat, CALL_MS)
    story.patience = 300  # the last resort for what a worker held is the end of its three-minute lease

    with ThreadPoolExecutor(1) as beside:
        killing = beside.submit(kill_the_senders, processes, clocks)
        try:
            story.send()
        except TimeoutError as error:
            raise AssertionError(what_is_open(story, processes)) from (killing.exception() or error)
        kills = killing.result()
        killing_web = beside.submit(kill_web_during_the_survey, processes)
        story.survey()
        was_answering = killing_web.result()
    processes.alive()
    story.settle()
    story.check()

    # what a worker held without a key is unknown after its kill: that may be all window messages
    assert [each for each in story.problems if each != "没有用到的渠道：window_message"] == []
    assert [seen.claimed > 0 for seen in kills] == [True, True]
    assert wechat.get("/_sandbox/stats", content="\0")["pushes"]["retried"] > 0
    assert was_answering == [True, True]
    unknown = Delivery.select().where(Delivery.status == DeliveryStatus.UNKNOWN)
    assert {row.channel for row in unknown} <= {Channel.WINDOW_MESSAGE, Channel.ONE_TIME_SUBSCRIPTION}
    assert report.doubled(story.campaigns) == 0
