"""HTTP/1.1 as the sandbox needs it: one protocol object a connection, answers in the order of the requests.

A web server of the shelf costs more per call than the platform's own work; here a request goes
straight from the parser to the answer, without a task.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import cast
from urllib.parse import unquote

import httptools

log = logging.getLogger("sandbox")

BIGGEST_BODY = 30 * 1024 * 1024
BIGGEST_HEAD = 64 * 1024
WAITING = 64  # pipelined requests of one connection
KEEP_ALIVE_SECONDS = 75
PHRASES = {status.value: status.phrase for status in HTTPStatus}
Headers = list[tuple[str, str]]


class Exchange:
    """One request. `body` is None when it was longer than the sandbox takes."""

    __slots__ = ("began", "body", "client", "headers", "keeps_alive", "method", "path", "query")

    def __init__(
        self,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        body: bytes | None,
        client: str,
        keeps_alive: bool,
        began: float,
    ) -> None:
        self.method, self.path, self.query = method, path, query
        self.headers, self.body, self.client = headers, body, client
        self.keeps_alive = keeps_alive
        self.began = began


Handle = Callable[["Connection", Exchange], None]
Pace = Callable[["Connection", bytes, float], None]


class Connection(asyncio.Protocol):
    """One client. `gone` is done when it has left.

    With `pace`, what comes in is only noted with its time; whoever paces feeds it later.
    """

    def __init__(self, handle: Handle, everyone: set[Connection], pace: Pace | None = None) -> None:
        self._handle = handle
        self._pace = pace
        self._received_at = 0.0
        self._everyone = everyone
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[Exchange] = deque()
        self._current: Exchange | None = None
        self._idle_since = time.monotonic()
        self._reset()

    # from the wire ------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class stands beside asyncio's
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        told = transport.get_extra_info("peername")
        self._client = str(told[0]) if told else ""
        self._everyone.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._everyone.discard(self)
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._pace is None:
            self.feed(data, time.monotonic())
        else:
            self._pace(self, data, time.monotonic())

    def feed(self, data: bytes, at: float) -> None:
        """Parse what was received at this moment; whole requests are handled."""
        self._received_at = at
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            log.debug("%s asked for another protocol; it gets this one", self._client)
        except httptools.HttpParserError as error:
            self._refuse(f"this is no HTTP/1.1: {error}")

    def _reset(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._head_size = 0
        self._parts: list[bytes] = []
        self._size = 0

    def on_message_begin(self) -> None:
        self._reset()

    def on_url(self, url: bytes) -> None:
        self._url += url
        if len(self._url) > BIGGEST_HEAD:
            self._refuse("the address is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        if self._head_size > BIGGEST_HEAD:
            self._refuse("the headers are too long")
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= BIGGEST_BODY:
            self._parts.append(part)

    def on_message_complete(self) -> None:
        raw, _, query = self._url.partition(b"?")
        path = raw.decode("latin-1")
        if "%" in path:
            path = unquote(path)
        if not path.startswith("/"):  # an absolute address, as proxies send it
            path = "/" + path.partition("://")[2].partition("/")[2]
        exchange = Exchange(
            self._parser.get_method().decode("latin-1"),
            path,
            query.decode("latin-1"),
            self._headers,
            b"".join(self._parts) if self._size <= BIGGEST_BODY else None,
            self._client,
            self._parser.should_keep_alive(),
            self._received_at,
        )
        if self._current is not None:
            self._waiting.append(exchange)
            if len(self._waiting) >= WAITING:
                self.transport.pause_reading()
            return
        self._begin(exchange)

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        self._handle(self, exchange)

    def _refuse(self, why: str) -> None:
        if not self.transport.is_closing():
            body = why.encode()
            head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            self.transport.write(head.encode() + body)
            self.transport.close()

    # to the wire --------------------------------------------------------------------

    def answer(self, status: int, content_type: str, body: bytes, headers: Headers | None = None) -> None:
        """The whole answer of the current request; the next one may begin."""
        self.send(self.written(status, content_type, body, headers))

    def written(self, status: int, content_type: str, body: bytes, headers: Headers | None = None) -> bytes:
        """The answer of the current request as it will go over the wire; empty when there is none."""
        exchange = self._current
        if exchange is None:
            return b""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers) if headers else ""
        close = "" if exchange.keeps_alive else "Connection: close\r\n"
        head = (
            f"HTTP/1.1 {status} {PHRASES.get(status, '')}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n{lines}{close}\r\n"
        ).encode("latin-1", "replace")
        return head if exchange.method == "HEAD" else head + body

    def send(self, written: bytes) -> None:
        """Send what `written` gave."""
        exchange = self._current
        if exchange is None or self.transport.is_closing():
            return
        self.transport.write(written)
        self._current = None
        if not exchange.keeps_alive:
            self.transport.close()
        elif self._waiting:
            self.transport.resume_reading()
            self._begin(self._waiting.popleft())
        else:
            self._idle_since = time.monotonic()

    async def stream(self, content_type: str, parts: Callable[[], Awaitable[bytes]]) -> None:
        """Parts until one is empty or the client has gone."""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nCache-Control: no-store\r\n"
        self.transport.write((head + "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n").encode())
        while not self.gone.done():
            part = await parts()
            if not part:
                break
            self.transport.write(part)
        self.transport.close()

    def drop(self) -> None:
        """Cut the connection without a byte."""
        self.transport.abort()

    # idleness -----------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        return self._current is None

    def leave_when_idle(self, now: float) -> None:
        """Close a connection that nobody used for a while."""
        if self.is_idle and now - self._idle_since > KEEP_ALIVE_SECONDS:
            self.transport.close()
