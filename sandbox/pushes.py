"""Pushes to the callback: signing, deadline, retries; job events in a bounded queue (contract §1)."""

from __future__ import annotations

import asyncio
import heapq
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .apps import MINI, OFFICIAL
from .callback import Callback
from .http_client import HttpClient, NoAnswer
from .replies import BadReply, ReplyReader
from .xml import document, element

if TYPE_CHECKING:
    from .platform import Platform

log = logging.getLogger("sandbox.pushes")

InProcess = Callable[[dict[str, str], bytes], tuple[int, bytes]]


@dataclass(slots=True)
class Outcome:
    """What became of one push: replied, empty, malformed, failed or unsent."""

    state: str
    reply: dict[str, Any] | None = None
    reason: str = ""
    attempts: int = 0


@dataclass(slots=True)
class JobEvent:
    openid: str
    name: str
    xml: str  # or the JSON text of a mini program
    app: str = OFFICIAL


class Pushes:
    """Everything that goes to the product. `in_process` stands for HTTP in tests, by app."""

    def __init__(self, platform: Platform, in_process: dict[str, InProcess] | None = None) -> None:
        options = platform.options
        self._platform, self._options, self._in_process = platform, options, in_process or {}
        self._client = HttpClient(options.web) if options.web else None
        self._callbacks = {
            kind: Callback(options, kind, bool(self._client) or kind in self._in_process)
            for kind in (OFFICIAL, MINI)
        }
        official = self._callbacks[OFFICIAL]
        self.envelope = official.envelope
        self.reader = ReplyReader(
            mode=options.callback_mode,
            token=options.token,
            envelope=official.envelope,
            original_id=options.original_id,
            has_media=platform.has_media,
        )
        self.counts: Counter[str] = Counter()
        self.early: list[JobEvent] = []
        self._due: list[tuple[float, int, JobEvent]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._on_the_way: dict[int, JobEvent] = {}
        self._number = 0
        self._added: asyncio.Event | None = None
        self.last_msg_id = 24_000_000_000_000_000

    def callback_of(self, app: str) -> Callback:
        return self._callbacks[app]

    def head(self, openid: str, kind: str) -> str:
        return (
            element("ToUserName", self._options.original_id)
            + element("FromUserName", openid)
            + element("CreateTime", int(self._platform.clock.now()))
            + element("MsgType", kind)
        )

    def message(self, openid: str, kind: str, fields: str) -> str:
        """A message of a person, with its MsgId."""
        self.last_msg_id += 1
        return document(self.head(openid, kind), fields, element("MsgId", self.last_msg_id))

    def event(self, openid: str, name: str, fields: str) -> str:
        return document(self.head(openid, "event"), element("Event", name), fields)

    def mini_event(self, openid: str, name: str, fields: dict[str, Any]) -> str:
        """An event of the mini program, in its own format."""
        head = {
            "ToUserName": self._options.mini_original_id,
            "FromUserName": openid,
            "CreateTime": int(self._platform.clock.now()),
            "MsgType": "event",
            "Event": name,
        }
        return self._callbacks[MINI].written({**head, **fields})

    def mini_message(self, openid: str, kind: str, fields: dict[str, Any]) -> str:
        """A message to the mini program's customer service, in its own format."""
        self.last_msg_id += 1
        head = {
            "ToUserName": self._options.mini_original_id,
            "FromUserName": openid,
            "CreateTime": int(self._platform.clock.now()),
            "MsgType": kind,
        }
        return self._callbacks[MINI].written({**head, **fields, "MsgId": self.last_msg_id})

    def seal(self, openid: str, text: str, app: str = OFFICIAL) -> tuple[dict[str, str], bytes]:
        """Query and body as the app's mode wants them."""
        return self._callbacks[app].seal(openid, text, self._platform.clock.now())

    async def push(self, openid: str, xml: str, name: str, app: str = OFFICIAL) -> Outcome:
        """One push with its retries. A malformed answer is not repeated: the person saw it."""
        if not self._callbacks[app].has_address:
            self.counts["unsent"] += 1
            return Outcome("unsent")
        outcome = Outcome("failed")
        for attempt in range(1, self._options.push_attempts + 1):
            began = time.monotonic()
            outcome = await self._attempt(openid, xml, name, app, attempt)
            if outcome.state != "failed":
                break
            if attempt < self._options.push_attempts:
                self.counts["retried"] += 1
                elapsed = time.monotonic() - began
                gap = min(self._options.push_retry_gap, self._options.push_deadline)
                await asyncio.sleep(max(gap - elapsed, 0))
        self.counts["acked" if outcome.state in ("replied", "empty") else outcome.state] += 1
        return outcome

    async def _attempt(self, openid: str, xml: str, name: str, app: str, attempt: int) -> Outcome:
        self.counts["attempts"] += 1
        query, body = self.seal(openid, xml, app)
        began, status, raw, reason = time.monotonic(), 0, b"", ""
        try:
            async with asyncio.timeout(self._options.push_deadline):
                status, raw = await self._send(app, query, body)
        except (TimeoutError, NoAnswer) as error:
            reason = str(error) or "no answer within the deadline"
        if self._platform.faults.pushes and self._platform.faults.for_push(name, is_unheard=True):
            reason = "no answer within the deadline (a fault: it was not heard)"
        outcome = self._outcome(openid, status, raw, reason, app)
        milliseconds = (time.monotonic() - began) * 1000
        self._platform.datacube.called_back(self._platform.clock, outcome.state == "failed", milliseconds)
        outcome.attempts = attempt
        self._platform.wire.push(name, openid, xml, outcome, status, began, app)
        return outcome

    async def _send(self, app: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if app in self._in_process:
            return await asyncio.to_thread(self._in_process[app], query, body)
        if self._client is None:
            raise NoAnswer("no product address is set")
        callback = self._callbacks[app]
        target = f"{callback.path}?{urlencode(query)}"
        return await self._client.post(target, body, callback.content_type)

    def _outcome(self, openid: str, status: int, raw: bytes, reason: str, app: str) -> Outcome:
        if reason or status != 200:
            return Outcome("failed", reason=reason or f"HTTP status {status}")
        if app == MINI:  # a mini program cannot reply in the answer
            return Outcome("empty")
        try:
            reply = self.reader.read(raw, openid)
        except BadReply as error:
            return Outcome("malformed", reason=str(error))
        return Outcome("replied" if reply else "empty", reply)

    # job events -----------------------------------------------------------------

    def job_event(self, openid: str, name: str, fields: str) -> None:
        """Queue an event after the set delay; a fault may double, hasten, delay or lose it."""
        if not self._callbacks[OFFICIAL].has_address:
            self.counts["unsent"] += 1  # nobody listens: not even written
            return
        self.later(JobEvent(openid, name, self.event(openid, name, fields)))

    def later(self, event: JobEvent) -> None:
        if not self._callbacks[event.app].has_address:
            self.counts["unsent"] += 1
            return
        name = event.name
        fault = self._platform.faults.for_push(name)
        delay = self._options.event_delay_ms / 1000
        if fault is None:
            self._queue(event, delay)
            return
        if fault.how == "missing":
            self.counts["missing"] += 1
        elif fault.how == "early":
            self.early.append(event)
        elif fault.how == "doubled":
            self._queue(event, delay)
            self._queue(event, delay)
        elif fault.how == "late":
            self._queue(event, delay + fault.delay_ms / 1000)
        else:
            self._queue(event, delay * random.random() * 2)

    def _queue(self, event: JobEvent, delay: float) -> None:
        self._number += 1
        heapq.heappush(self._due, (time.monotonic() + delay, self._number, event))
        if self._added is not None and self._due[0][1] == self._number:
            self._added.set()

    async def push_early(self) -> None:
        """Events that are to overtake the answer of the call that caused them."""
        while self.early:
            event = self.early.pop(0)
            await self.push(event.openid, event.xml, event.name, event.app)

    @property
    def pending(self) -> int:
        return len(self._due) + len(self._on_the_way)

    async def run(self) -> None:
        """Carry events out, never more than the set number at one time."""
        self._added = asyncio.Event()
        slots = asyncio.Semaphore(self._options.event_concurrency)
        while True:
            self._added.clear()
            wait = self._due[0][0] - time.monotonic() if self._due else None
            if wait is None or wait > 0:
                try:
                    await asyncio.wait_for(self._added.wait(), wait)
                except TimeoutError:
                    log.debug("the next event is due")
                continue
            await slots.acquire()
            _, number, event = heapq.heappop(self._due)
            self._on_the_way[number] = event
            task = asyncio.create_task(self._carry(number, event, slots))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _carry(self, number: int, event: JobEvent, slots: asyncio.Semaphore) -> None:
        try:
            outcome = await self.push(event.openid, event.xml, event.name, event.app)
            if outcome.state not in ("empty", "replied"):
                log.warning("event %s was not acknowledged: %s %s", event.name, outcome.state, outcome.reason)
        finally:
            self._on_the_way.pop(number, None)
            slots.release()

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def dump(self) -> dict[str, Any]:
        waiting = [
            *self._on_the_way.values(),
            *(event for _, _, event in sorted(self._due, key=lambda row: row[:2])),
        ]
        return {"last_msg_id": self.last_msg_id, "counts": dict(self.counts), "waiting": waiting}

    def load(self, kept: dict[str, Any]) -> None:
        self.last_msg_id = kept["last_msg_id"]
        self.counts = Counter(kept["counts"])
        for row in kept["waiting"]:
            self._queue(JobEvent(**row), self._options.event_delay_ms / 1000)
