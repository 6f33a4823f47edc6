"""sandbox_sends and sandbox_latency: whether the stand-in is fast and exact enough to measure against."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.load import flood, request
from benchmarks.processes import Measured
from benchmarks.push import access_token
from benchmarks.sizes import Sizes
from demo.local_wechat import LocalWeChat

CONNECTIONS = 16
LATENCY_MS = 200
PEOPLE = 5000
PATH = "/cgi-bin/message/template/send"


def sends(sizes: Sizes) -> list[Figure]:
    """Template messages a second at no latency; the sandbox is one thread, so one core."""
    with tempfile.TemporaryDirectory() as name, Measured(Path(name)) as processes:
        processes.start_sandbox_with()
        wechat = LocalWeChat(processes.sandbox_url)
        requests = _messages(wechat, sizes.sends)
        empty = [request("GET", "/healthz")] * sizes.sends
        port = processes.sandbox_port
        flood(port, empty[:200], connections=CONNECTIONS).must_all_be(200)
        before = flood(port, empty, connections=CONNECTIONS)
        cpu = processes.cpu_seconds("sandbox")
        load = flood(port, requests, connections=CONNECTIONS)
        cpu = processes.cpu_seconds("sandbox") - cpu
        load.must_all_be(200)
        _must_be_accepted(wechat, sizes.sends)
    return [
        Figure(
            "sandbox_sends",
            load.rate,
            "sends/s",
            "its own empty answer (/healthz)",
            load.rate / before.rate,
            "memory",
            "CPU of one core: reading and writing HTTP, then the rules of the interface",
            {"empty_per_s": before.rate, "cpu_us_per_send": cpu / sizes.sends * 1e6},
        )
    ]


def latency(sizes: Sizes) -> list[Figure]:
    """How much later than the set latency answers leave (95 % of them, measured inside)."""
    with tempfile.TemporaryDirectory() as name, Measured(Path(name)) as processes:
        processes.start_sandbox_with(latency_ms=LATENCY_MS)
        wechat = LocalWeChat(processes.sandbox_url)
        requests = _messages(wechat, sizes.latency_calls)
        load = flood(processes.sandbox_port, requests, connections=sizes.latency_concurrency)
        load.must_all_be(200)
        _must_be_accepted(wechat, sizes.latency_calls)
        late = wechat.get("/_sandbox/stats", content="\0")["late_ms"]
    return [
        Figure(
            "sandbox_latency",
            late["p95"],
            "ms late p95",
            f"the {LATENCY_MS} ms that were set",
            (LATENCY_MS + late["p95"]) / LATENCY_MS,
            "memory",
            "the event loop's queue when many answers fall due at once",
            {
                "p50_ms_late": late["p50"],
                "outside_p50_ms": load.share(0.5),
                "outside_p95_ms": load.share(0.95),
                "per_s": load.rate,
            },
        )
    ]


def _messages(wechat: LocalWeChat, count: int) -> list[bytes]:
    """Template messages to a crowd, each with a key of its own."""
    people = wechat.post("/_sandbox/crowd", {"members": min(count, PEOPLE)})["openids"]
    query = {"access_token": access_token(wechat)}
    values = {"thing1": "测速", "time2": "2026年11月23日 14:00", "thing3": "报告厅", "name4": "陈明远"}
    data = {field: {"value": value} for field, value in values.items()}
    return [
        request("POST", PATH, query=query, body=_body(people[number % len(people)], data, f"m{number}"))
        for number in range(count)
    ]


def _body(openid: str, data: dict[str, dict[str, str]], key: str) -> bytes:
    message = {"touser": openid, "template_id": "TPL_LECTURE", "data": data, "client_msg_id": key}
    return json.dumps(message, ensure_ascii=False).encode()


def _must_be_accepted(wechat: LocalWeChat, count: int) -> None:
    told = wechat.calls().get(PATH, {})
    if told != {"0": count}:
        raise RuntimeError(f"not every message was accepted: {told}")
