"""A small keep-alive HTTP/1.1 client: what pushes to one callback need."""

from __future__ import annotations

import asyncio
import ssl
import time
from urllib.parse import urlsplit

import httptools

IDLE_SECONDS = 2.0  # servers close idle connections; an old one is not worth the risk
BIGGEST = 1024 * 1024


class NoAnswer(OSError):
    """The connection failed or closed before a whole answer came."""


class Answer:
    """Collects one response from httptools' parser."""

    def __init__(self, biggest: int = BIGGEST) -> None:
        self.body = bytearray()
        self.headers: dict[str, str] = {}
        self._biggest = biggest
        self.is_complete = self.is_headed = False
        self.parser = httptools.HttpResponseParser(self)

    def on_body(self, part: bytes) -> None:
        self.body += part
        if len(self.body) > self._biggest:
            raise NoAnswer("the answer is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.is_headed = True

    @property
    def status(self) -> int:
        return int(self.parser.get_status_code())

    def on_message_complete(self) -> None:
        self.is_complete = True


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class HttpClient:
    """Posts to one origin; connections are kept and reused."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{base_url!r} is no http address")
        self._host, self._netloc = parts.hostname, parts.netloc
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._base_path = parts.path.rstrip("/")
        self._idle: list[tuple[float, Connection]] = []

    async def post(self, target: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        """Status and body. Raises NoAnswer; the caller sets the deadline."""
        headers = {"user-agent": "Mozilla/4.0", "accept": "*/*", "content-type": content_type}
        answer = await self._exchange("POST", target, body, headers, BIGGEST)
        return answer.status, bytes(answer.body)

    async def request(
        self, method: str, target: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> Answer:
        """Any request, its answer up to 30 MB. Raises NoAnswer or TimeoutError."""
        async with asyncio.timeout(seconds):
            return await self._exchange(method, target, body, headers, BIGGEST * 30)

    async def _exchange(
        self, method: str, target: str, body: bytes, headers: dict[str, str], biggest: int
    ) -> Answer:
        reader, writer = await self._connection()
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"{method} {self._base_path}{target} HTTP/1.1\r\nHost: {self._netloc}\r\n{lines}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        is_clean = False
        try:
            writer.write(head.encode("latin-1") + body)
            answer = await self._read(reader, Answer(biggest), method == "HEAD")
            is_clean = answer.parser.should_keep_alive() and method != "HEAD"
            return answer
        except (OSError, httptools.HttpParserError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error
        finally:
            if is_clean:
                self._idle.append((time.monotonic(), (reader, writer)))
            else:
                writer.close()

    async def _read(self, reader: asyncio.StreamReader, answer: Answer, has_no_body: bool) -> Answer:
        while not answer.is_complete and not (has_no_body and answer.is_headed):
            data = await reader.read(65536)
            if not data:
                raise NoAnswer("the connection was closed before the answer")
            answer.parser.feed_data(data)
        return answer

    async def _connection(self) -> Connection:
        while self._idle:
            since, (reader, writer) = self._idle.pop()
            if time.monotonic() - since < IDLE_SECONDS and not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        try:
            return await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        except OSError as error:
            raise NoAnswer(f"cannot connect to {self._netloc}: {error}") from error

    def close(self) -> None:
        for _, (_, writer) in self._idle:
            writer.close()
        self._idle.clear()
