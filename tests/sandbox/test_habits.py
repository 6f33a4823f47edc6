"""What a crowd's members do by themselves: the same for the same seed, and by the sandbox's clock."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from sandbox.testing import Sandbox, running_sandbox
from tests.sandbox.conftest import Callback
from tests.sandbox.survey_product import SurveyProduct

HABITS = {
    "never_reads": 0.25,
    "blocks_after": {"share": 0.2, "pushes": [1, 3]},
    "taps_menu": {"share": 0.5, "every_minutes": 60, "keys": ["LATEST"]},
    "reads": {"median_minutes": 30, "spread": 0.5},
}


def send(sandbox: Sandbox, openid: str, number: int) -> int:
    data = {"thing1": "讲座", "time2": "14:00", "thing3": "报告厅", "name4": "陈明远"}
    body = {
        "touser": openid,
        "template_id": "TPL_LECTURE",
        "client_msg_id": f"{openid}{number}",
        "data": {key: {"value": value} for key, value in data.items()},
    }
    return int(sandbox.call("/cgi-bin/message/template/send", body)["errcode"])


def waited(sandbox: Sandbox, name: str, count: int) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        told: dict[str, Any] = sandbox.get("/_sandbox/crowd/habits")
        if told[name] >= count:
            return told
        time.sleep(0.02)
    raise TimeoutError(f"{name} stayed below {count}: {told[name]}")


def test_who_has_which_habit_is_drawn_by_the_seed() -> None:
    told = []
    for seed in (7, 7, 8):
        with running_sandbox() as sandbox:
            made = sandbox.post("/_sandbox/crowd", {"members": 40, "seed": seed, **HABITS})
            assert (made["never_reads"], made["blocks_after"], made["taps_menu"]) == (10, 8, 20)
            told.append([list(row.values()) for row in sandbox.get("/_sandbox/crowd").values()])

    assert told[0] == told[1]
    assert told[0] != told[2]


def test_people_refuse_messages_after_so_many_of_them(sandbox: Sandbox) -> None:
    members: list[dict[str, Any]] = [{"openid": "oPatient"}, {"openid": "oImpatient", "blocks_after": 2}]
    sandbox.post("/_sandbox/crowd", {"members": members, "reads": {"median_minutes": 1}})

    for number in range(3):
        for row in members:
            assert send(sandbox, str(row["openid"]), number) == 0

    told = sandbox.get("/_sandbox/crowd/habits")
    assert told["blocked"] == 1
    assert [told["members"][row["openid"]]["blocking"] for row in members] == [False, True]
    sandbox.settle()
    assert len(sandbox.chat("oPatient")) == 3
    assert len(sandbox.chat("oImpatient")) == 2


def test_some_read_after_a_while_and_some_never(sandbox: Sandbox, callback: Callback) -> None:
    members: list[dict[str, Any]] = [
        {"openid": "oReader"},
        {"openid": "oSilent", "never_reads": True, "taps_menu": True},
    ]
    sandbox.post("/_sandbox/clock", {"rate": 0})
    sandbox.post("/_sandbox/crowd", {"members": members, "reads": {"median_minutes": 30, "spread": 0}})
    for row in members:
        send(sandbox, str(row["openid"]), 1)
    assert sandbox.person("oReader")["unread"] == 1

    sandbox.advance(31 * 60)
    told = waited(sandbox, "reads", 1)

    assert {openid: row["unread"] for openid, row in told["members"].items()} == {"oReader": 0, "oSilent": 1}
    sandbox.advance(100_000)
    assert sandbox.get("/_sandbox/crowd/habits")["taps"] == 0
    assert not callback.events("CLICK")


def test_menus_are_tapped_as_time_goes_by(sandbox: Sandbox, callback: Callback) -> None:
    sandbox.post("/_sandbox/clock", {"rate": 0})
    taps = {"share": 1, "every_minutes": 60, "keys": ["LATEST"]}
    sandbox.post("/_sandbox/crowd", {"members": 3, "taps_menu": taps})

    sandbox.advance(3600)
    waited(sandbox, "taps", 3)
    sandbox.advance(30 * 86400)  # a leap: each taps once, not a month's worth
    waited(sandbox, "taps", 6)

    time.sleep(0.3)
    assert sandbox.get("/_sandbox/crowd/habits")["taps"] == 6
    assert {event["EventKey"] for event in callback.events("CLICK")} == {"LATEST"}


def test_a_survey_is_answered_after_delays_of_the_clock(callback: Callback) -> None:
    product = SurveyProduct()
    callback.reply = product
    with running_sandbox(callback=callback) as sandbox:
        sandbox.post("/_sandbox/clock", {"rate": 0})
        made = sandbox.post("/_sandbox/crowd", {"members": 30, "seed": 3, "never_reads": 0.2})
        body = {"openids": made["openids"], "seed": 5, "delay": {"median_minutes": 60, "spread": 1}}
        sandbox.post("/_sandbox/crowd/survey", body)

        def states(done: int) -> dict[str, int]:
            deadline = time.monotonic() + 10
            while (told := sandbox.get("/_sandbox/crowd/survey")["states"]).get("done", 0) < done:
                assert time.monotonic() < deadline, told
                time.sleep(0.05)
            return dict(told)

        assert states(0) == {"waiting": 24, "silent": 6}
        sandbox.advance(3600)
        half = states(8)["done"]
        assert 8 <= half <= 16
        sandbox.advance(30 * 86400)
        assert states(24) == {"done": 24, "silent": 6}
        truth = sandbox.get("/_sandbox/crowd/survey/truth")
        assert truth == {openid: product.understood(openid) for openid in truth}
        assert len(truth) == 24


MEMORY = """
import asyncio, json
from sandbox import crowd
from sandbox.options import Options
from sandbox.platform import Platform
from sandbox.survey_person import Answering
from sandbox.web import Request
platform = Platform(Options(web="", mini=""))
body = {"members": 50_000, "never_reads": 0.3, "blocks_after": {"share": 0.1}, "taps_menu": {"share": 0.2},
        "reads": {"median_minutes": 30}, "consents": 0.3}
request = Request("POST", "/_sandbox/crowd", {}, json.dumps(body).encode(), {})
asyncio.run(crowd.make(platform, request))
for person in platform.people.by_openid.values():
    for number in range(8):
        platform.deliver(person, "text", {"text": f"第 {number} 条"}, f"custom|{number}", 1.0)
questions = ["单位", "关心的主题", "形式", "时长", "满意度", "建议"]
runs = [Answering(openid, "1", None, "", {text: ["党史"] for text in questions}) for openid in platform.crowd]
# not getrusage: its greatest size is handed down by whoever started this process
status = open("/proc/self/status").read()
print(len(platform.people), int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


def test_fifty_thousand_fit_into_300_megabytes() -> None:
    """With eight messages each, their habits, and what they mean in a survey of six questions."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, timeout=60, check=True
    )

    people, megabytes = map(int, done.stdout.split())
    assert people == 50_000
    assert megabytes < 300
