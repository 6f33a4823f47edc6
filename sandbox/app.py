"""What a request becomes: an API call in the platform's shape, or a page or control beside it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import orjson

from . import (  # noqa: F401 - each declares its interfaces and routes when imported
    content_check,
    control,
    crowd,
    datacube,
    mini_page,
    mini_routes,
    mini_service,
    minting,
    one_time,
    opening,
    page,
    phone_media,
    phone_routes,
    scenarios,
    survey,
    template_library,
)
from .endpoints import ENDPOINTS, Answer, Binary, Call, answer
from .errors import PlatformError
from .faults import CallFault
from .http_server import Connection, Exchange
from .platform import Platform
from .web import BadRequest, Missing, Request, Response, Stream, find_route, json_response

log = logging.getLogger("sandbox")

API = ("/cgi-bin/", "/sns/", "/wxa/", "/wxaapi/", "/datacube/", "/shorten/")
NOT_API = ("/cgi-bin/showqrcode",)
JSON = "application/json; charset=utf-8"
SLICE_SECONDS = 0.0005
EARLY_SECONDS = 0.002


class Application:
    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._latency = platform.options.latency_ms / 1000
        self._work: deque[tuple[Connection, bytes, float]] = deque()
        self.pace = self._note if self._latency else None
        self._answers: deque[tuple[float, Connection, bytes]] = deque()
        self._is_timed = False
        self._tasks: set[asyncio.Task[None]] = set()

    def handle(self, connection: Connection, exchange: Exchange) -> None:
        path = exchange.path
        if path not in ENDPOINTS and (not path.startswith(API) or path in NOT_API):
            self._later(self._page(connection, exchange))
        else:
            self._api(connection, exchange)

    # With a set latency, answers that fall due must not wait for a burst of new calls: what comes
    # in is only noted, and worked off in slices between which the event loop looks at its timers.

    def _note(self, connection: Connection, data: bytes, at: float) -> None:
        self._work.append((connection, data, at))
        if len(self._work) == 1:
            asyncio.get_running_loop().call_soon(self._work_off)

    def _work_off(self) -> None:
        until = time.monotonic() + SLICE_SECONDS
        while self._work:
            connection, data, at = self._work[0]
            connection.feed(data, at)
            self._work.popleft()
            if time.monotonic() > until and self._work:
                asyncio.get_running_loop().call_soon(self._work_off)
                return

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # the platform's interfaces ----------------------------------------------------

    def _api(self, connection: Connection, exchange: Exchange) -> None:
        platform = self.platform
        call = Call(
            exchange.method,
            exchange.path,
            parsed_query(exchange.query),
            exchange.body or b"",
            exchange.headers.get("content-type", ""),
            exchange.client,
        )
        fault = platform.faults.for_call(call.path, call.raw) if platform.faults.calls else None
        if fault is not None and fault.drop == "before":
            connection.drop()
            return
        errcode, told = self._answered(call, exchange.body is None, fault)
        content_type, body, headers = _written(told)
        platform.wire.call(call, errcode, body, exchange.began, fault.why if fault else "")
        if fault is not None or platform.pushes.early:
            self._later(self._finish(connection, exchange, fault, content_type, body, headers))
        elif self._latency:
            due = exchange.began + self._latency
            self._answer_at(due, connection, connection.written(200, content_type, body, headers))
        else:
            connection.answer(200, content_type, body, headers)

    # The latency is the same for all, so answers fall due in the order of their calls: one timer
    # serves them. Those due within the next moments leave together with the first of them, since
    # one that waits for its own timer waits for the writing of all before it too.

    def _answer_at(self, due: float, connection: Connection, written: bytes) -> None:
        if self._answers and due < self._answers[-1][0]:  # it waited behind another of its connection
            wait = max(due - time.monotonic(), 0.0)
            asyncio.get_running_loop().call_later(wait, self._send, due, connection, written)
            return
        self._answers.append((due, connection, written))
        if not self._is_timed:
            self._set_timer(due - time.monotonic())

    def _set_timer(self, wait: float) -> None:
        self._is_timed = True
        asyncio.get_running_loop().call_later(max(wait - EARLY_SECONDS, 0.0), self._send_due)

    def _send_due(self) -> None:
        answers = self._answers
        while answers:
            due, connection, written = answers[0]
            now = time.monotonic()
            if due - now > EARLY_SECONDS:
                self._set_timer(due - now)
                return
            answers.popleft()
            self._send(due, connection, written)
        self._is_timed = False

    def _send(self, due: float, connection: Connection, written: bytes) -> None:
        connection.send(written)
        self.platform.wire.lateness.append(time.monotonic() - due)

    async def _finish(
        self,
        connection: Connection,
        exchange: Exchange,
        fault: CallFault | None,
        content_type: str,
        body: bytes,
        headers: list[tuple[str, str]] | None,
    ) -> None:
        """The answer of a call that goes wrong or is overtaken by its own event."""
        if self.platform.pushes.early:
            await self.platform.pushes.push_early()
        wait = self._latency + (fault.delay_ms / 1000 if fault else 0.0)
        wait -= time.monotonic() - exchange.began
        if wait > 0:
            await asyncio.sleep(wait)
        if fault is not None and fault.drop == "after":
            connection.drop()
            return
        connection.answer(200, content_type, body, headers)

    def _answered(self, call: Call, is_too_big: bool, fault: CallFault | None) -> tuple[int, Answer | Binary]:
        try:
            if is_too_big:
                raise PlatformError(45001)
            if fault is not None:
                faulty(self.platform, call, fault)
            told = answer(self.platform, call)
            if fault is not None:
                finished(self.platform, fault, told)
            return 0 if isinstance(told, Binary) else int(told.get("errcode", 0)), told
        except PlatformError as error:
            return error.errcode, error.as_answer()
        except Exception:  # a bug of ours must still answer in the platform's shape
            log.exception("%s failed", call.path)
            return -1, PlatformError(-1).as_answer()

    # pages and controls -------------------------------------------------------------

    async def _page(self, connection: Connection, exchange: Exchange) -> None:
        told = await self._told(exchange)
        if isinstance(told, Stream):
            await told.run(connection)
            return
        connection.answer(told.status, told.content_type, told.body, told.headers)

    async def _told(self, exchange: Exchange) -> Response | Stream:
        method = "GET" if exchange.method == "HEAD" else exchange.method
        found = find_route(method, exchange.path)
        if found is None:
            return json_response({"error": f"there is no {exchange.method} {exchange.path}"}, 404)
        if exchange.body is None:
            return json_response({"error": "the body is too big"}, 413)
        handler, arguments = found
        query = parsed_query(exchange.query)
        request = Request(method, exchange.path, query, exchange.body, exchange.headers, arguments)
        try:
            told = await handler(self.platform, request)
        except BadRequest as error:
            return json_response({"error": str(error)}, 400)
        except Missing as error:
            return json_response({"error": str(error)}, 404)
        except PlatformError as error:
            return json_response(error.as_answer(), 400)
        except Exception:
            log.exception("%s failed", exchange.path)
            return json_response({"error": "the sandbox failed; its log tells why"}, 400)
        return told if isinstance(told, Response | Stream) else json_response(told)


def faulty(platform: Platform, call: Call, fault: CallFault) -> None:
    """What goes wrong before the work. Raises the refusal that was ordered."""
    if fault.errcode is not None and not fault.is_done:
        with suppress(PlatformError):  # whose call it was, for the wire page; a dead token is nobody's
            call.app = platform.apps.by_token(call.query.get("access_token"), platform.clock.now())
        raise PlatformError(fault.errcode, f"({fault.why})" if fault.why else "")
    if fault.unfollows:
        try:
            touser = orjson.loads(call.raw).get("touser")
        except (orjson.JSONDecodeError, AttributeError):
            return
        person = platform.people.by_openid.get(touser) if isinstance(touser, str) else None
        if person is not None:
            person.is_following = False


def finished(platform: Platform, fault: CallFault, told: Answer | Binary) -> None:
    """What goes wrong after the work. Raises the refusal that is told all the same."""
    if fault.advance_seconds:
        platform.clock.move(by=fault.advance_seconds)
    if fault.errcode is not None:
        known = told.get("msg_id") if isinstance(told, dict) else None
        raise PlatformError(fault.errcode, **({"msg_id": known} if known else {}))


def _written(told: Answer | Binary) -> tuple[str, bytes, list[tuple[str, str]] | None]:
    if not isinstance(told, Binary):
        return JSON, orjson.dumps(told), None
    name = "".join(letter for letter in told.name if letter.isalnum() or letter in "._-")
    headers = [("Content-Disposition", f'attachment; filename="{name}"')] if name else None
    return told.content_type, told.data, headers


def parsed_query(told: str) -> dict[str, str]:
    """The parameters, the last of each name."""
    if "%" not in told and "+" not in told and ";" not in told:  # nothing to decode: most calls
        pairs = (pair.partition("=") for pair in told.split("&") if pair)
        return {name: value for name, _, value in pairs}
    return dict(parse_qsl(told, keep_blank_values=True, errors="replace")) if told else {}
