"""SIGTERM ends every process within ten seconds, and nothing is left half-done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import models
from demo.local_wechat import LocalWeChat, wait_until
from demo.processes import Processes
from demo.storyline import Storyline
from jobs.clock import LEASE
from models.messaging import Delivery, DeliveryStatus, MassBatch, MassBatchStatus
from models.operations import Lease
from tests.process.conftest import sends_made, slow_sends

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]

CALL_MS = 300
TEN_SECONDS = 10.0


@pytest.fixture
def members() -> int:
    return 200


def end_the_worker(processes: Processes) -> tuple[int, int]:
    """In the middle of the sending; what stays in hand then, and what is still to be sent."""
    wechat = LocalWeChat(processes.sandbox_url)
    wait_until(lambda: sends_made(wechat) >= 30, 60, "没有发到 30 条", every=0.02)
    assert processes.end("worker", TEN_SECONDS) == 0
    with models.db.connection_context():
        held = Delivery.select().where(Delivery.status == DeliveryStatus.CLAIMED).count()
        held += MassBatch.select().where(MassBatch.status == MassBatchStatus.CLAIMED).count()
        waiting = Delivery.select().where(Delivery.status == DeliveryStatus.PLANNED).count()
    processes.start("worker")
    wechat.post("/_sandbox/clock", {"advance_seconds": 40})  # what was not called waits half a minute
    return held, waiting


def end_web(processes: Processes) -> bool:
    """While the crowd answers; whether it still was."""
    wechat = LocalWeChat(processes.sandbox_url)
    before = wechat.get("/_sandbox/stats", content="\0")["pushes"]["attempts"]

    def is_under_way() -> bool:
        return int(wechat.get("/_sandbox/stats", content="\0")["pushes"]["attempts"]) >= before + 200

    wait_until(is_under_way, 60, "没有人答问卷", every=0.02)
    assert processes.end("web", TEN_SECONDS) == 0
    is_answering = not wechat.get("/_sandbox/crowd/survey")["finished"]
    processes.start("web")
    return is_answering


def test_nothing_is_left_half_done(processes: Processes, wechat: LocalWeChat, story: Storyline) -> None:
    processes.start_product()
    story.decide()
    slow_sends(wechat, CALL_MS)

    with ThreadPoolExecutor(1) as beside:
        ending = beside.submit(end_the_worker, processes)
        story.send()
        held, waiting = ending.result()
        ending_web = beside.submit(end_web, processes)
        story.survey()
        was_answering = ending_web.result()
    story.settle()
    story.check()

    assert story.problems == []
    assert held == 0
    assert waiting > 0
    assert was_answering
    assert not Delivery.select().where(Delivery.status == DeliveryStatus.UNKNOWN).exists()
    assert Lease.select().where(Lease.name == LEASE).exists()
    assert processes.end("clock", TEN_SECONDS) == 0
    assert not Lease.select().where(Lease.name == LEASE).exists()
    for name in ("web", "worker"):
        assert processes.end(name, TEN_SECONDS) == 0
    processes.end("sandbox", TEN_SECONDS)
    assert story.states[-1].openid in (processes.folder / "sandbox.json").read_text()
    for name in ("web", "worker", "clock"):
        assert "Traceback" not in processes.log(name), processes.log(name)[-3000:]
