"""A client that costs little: requests made ready beforehand, over kept connections, on uvloop.

    load = flood(port, requests, connections=16)      # as fast as they are answered
    load = paced(port, requests, rate=300)            # each at its own moment, whoever is late

`paced` counts from the moment a request was due, so that a queue before a slow answer shows.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httptools
import uvloop

HOST = "127.0.0.1"
PATIENCE_SECONDS = 120.0


@dataclass
class Load:
    """What came back: statuses, seconds of each answer, and the last body."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    last_body: bytes = b""

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def share(self, part: float) -> float:
        """The latency in ms below which `part` of the answers lie."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000

    def must_all_be(self, status: int) -> None:
        if set(self.statuses) != {status}:
            raise RuntimeError(f"answers other than {status}: {dict(self.statuses)}")


def request(method: str, path: str, *, query: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """One HTTP request as it goes over the wire."""
    target = path + (f"?{urlencode(query)}" if query else "")
    head = f"{method} {target} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def flood(port: int, requests: Sequence[bytes], *, connections: int) -> Load:
    """All requests, `connections` at once. Raises TimeoutError after two minutes of patience."""
    return _run(_flood(port, requests, connections))


def paced(port: int, requests: Sequence[bytes], *, rate: float, connections: int = 64) -> Load:
    """All requests at a fixed pace."""
    return _run(_paced(port, requests, rate, connections))


class _Wire(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self, load: Load, when_idle: Callable[[_Wire], None]) -> None:
        self._load = load
        self._when_idle = when_idle
        self._body = b""
        self._began = 0.0
        self.closed: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]

    def send(self, raw: bytes, *, began: float) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body, self._began = b"", began
        self._transport.write(raw)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        load = self._load
        load.latencies.append(time.perf_counter() - self._began)
        load.statuses[self._parser.get_status_code()] += 1
        load.last_body = self._body
        self._when_idle(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = error or ConnectionError("the server closed the connection")

    def close(self) -> None:
        self._transport.close()


async def _flood(port: int, requests: Sequence[bytes], connections: int) -> Load:
    load, done = Load(), asyncio.Event()
    waiting = iter(requests)

    def next_one(wire: _Wire) -> None:
        raw = next(waiting, None)
        if raw is not None:
            wire.send(raw, began=time.perf_counter())
        elif len(load.latencies) == len(requests):
            done.set()

    wires = await _connect(port, load, next_one, min(connections, len(requests)))
    began = time.perf_counter()
    for wire in wires:
        next_one(wire)
    await _all_answered(done, wires)
    load.seconds = time.perf_counter() - began
    return load


async def _paced(port: int, requests: Sequence[bytes], rate: float, connections: int) -> Load:
    load, done = Load(), asyncio.Event()
    idle: list[_Wire] = []
    due: deque[tuple[float, bytes]] = deque()

    def next_one(wire: _Wire) -> None:
        if due:
            moment, raw = due.popleft()
            wire.send(raw, began=moment)
        else:
            idle.append(wire)
            if len(load.latencies) == len(requests):
                done.set()

    wires = await _connect(port, load, next_one, connections)
    idle.extend(wires)
    began = time.perf_counter()
    for number, raw in enumerate(requests):
        moment = began + number / rate
        if (wait := moment - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        due.append((moment, raw))
        if idle:
            next_one(idle.pop())
    await _all_answered(done, wires)
    load.seconds = time.perf_counter() - began
    return load


async def _connect(port: int, load: Load, idle: Callable[[_Wire], None], count: int) -> list[_Wire]:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: _Wire(load, idle), HOST, port) for _ in range(count)]
    return [wire for _, wire in made]


async def _all_answered(done: asyncio.Event, wires: list[_Wire]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done.is_set():
        if broken := next((wire.closed for wire in wires if wire.closed), None):
            raise RuntimeError("a connection was lost under load") from broken
        if time.monotonic() > deadline:
            raise TimeoutError("not everything was answered")
        try:
            await asyncio.wait_for(done.wait(), 0.5)
        except TimeoutError:
            continue
    for wire in wires:
        wire.close()


def _run(load: Coroutine[Any, Any, Load]) -> Load:
    gc.collect()
    gc.disable()  # a sweep of ours is no latency of theirs
    try:
        return uvloop.run(load)
    finally:
        gc.enable()
