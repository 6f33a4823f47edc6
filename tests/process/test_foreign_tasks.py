"""A worker with another SECRET_KEY on the same queue runs nothing, and ruins nothing."""

from __future__ import annotations

import time

import pytest

from demo.local_wechat import LocalWeChat, wait_until
from demo.processes import Processes
from demo.storyline import Storyline
from models.messaging import Campaign, CampaignStatus
from tests.process.conftest import ENGINES, sends_made

pytestmark = pytest.mark.serial


@pytest.fixture
def members() -> int:
    return 60


@pytest.mark.parametrize("engine_name", ENGINES)
def test_tasks_signed_with_another_key_are_not_run(
    processes: Processes, wechat: LocalWeChat, story: Storyline
) -> None:
    for what in ("web", "clock"):
        processes.start(what)
    processes.start("worker", "stranger", SECRET_KEY="not the key of this installation")
    processes.wait_until_answers("web", f"{processes.web_url}/readyz")
    story.decide()
    wechat.post("/_sandbox/clock", {"advance_seconds": 200, "rate": 5})  # all is poked each second

    wait_until(lambda: "SECRET_KEY" in processes.log("stranger"), 20, "没有收到任务")
    time.sleep(3)  # several pokes more

    processes.alive()
    assert {row.status for row in Campaign.select()} == {CampaignStatus.SCHEDULED}
    assert sends_made(wechat) == 0
    assert "Traceback" not in processes.log("stranger")

    processes.start("worker")
    story.send()  # although the stranger goes on taking tasks away

    assert {row.status for row in Campaign.select()} <= {CampaignStatus.SENDING, CampaignStatus.DONE}
    processes.alive()
    story.settle()
    assert processes.end("stranger") == 0
