"""The page with the phones: its files, its stream of news, the menu it shows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .web import BadRequest, Missing, Request, Response, Stream, route

if TYPE_CHECKING:
    from .http_server import Connection
    from .platform import Platform

STATIC = Path(__file__).with_name("static")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
KEEP_ALIVE_SECONDS = 15
PHONES = 24
POLICY = (
    "default-src 'self'; img-src 'self' data: blob: http: https:; frame-src 'self' http: https:; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'"
)


def file_response(file: Path, policy: str = POLICY) -> Response:
    """A file of ours. Raises Missing for every other path."""
    if not file.resolve().is_relative_to(STATIC.resolve()) or file.suffix not in TYPES or not file.is_file():
        raise Missing(f"there is no file {file.name}")
    headers = [("Cache-Control", "no-cache"), ("X-Content-Type-Options", "nosniff")]
    if file.suffix == ".html":
        headers.append(("Content-Security-Policy", policy))
    return Response(file.read_bytes(), 200, TYPES[file.suffix], headers)


@route("GET", "/")
async def index(platform: Any, request: Request) -> Any:
    return file_response(STATIC / "index.html")


@route("GET", "/wire")
async def wire(platform: Any, request: Request) -> Any:
    return file_response(STATIC / "wire.html")


@route("GET", "/scenarios")
async def scenarios(platform: Any, request: Request) -> Any:
    return file_response(STATIC / "scenarios.html")


@route("GET", "/static/{name}")
async def static(platform: Any, request: Request) -> Any:
    return file_response(STATIC / request.arguments["name"])


@route("GET", "/favicon.svg")
@route("GET", "/favicon.ico")
async def favicon(platform: Any, request: Request) -> Any:
    return file_response(STATIC / "favicon.svg")


@route("GET", "/_sandbox/account")
async def account(platform: Any, request: Request) -> Any:
    """What the page needs to draw a phone."""
    options = platform.options
    return {
        "name": options.account_name,
        "kind": options.kind,
        "web": options.web,
        "menu": platform.menus.button or [],
        "mini": options.mini_name if platform.mini_tree() is not None else "",
        "templates": [
            {"id": one.id, "title": one.title} for one in platform.subscriptions.of["official"].values()
        ][:3],
        "clock": platform.clock.told(),
    }


class News(Stream):
    """Server-Sent Events for the phones a page shows, until the page goes."""

    def __init__(self, platform: Platform, phones: set[str]) -> None:
        self._platform, self._phones = platform, phones

    async def run(self, connection: Connection) -> None:
        news = self._platform.live.listen(self._phones)
        news.put_nowait(b": hello\n\n")  # at once: a page waits for the first bytes

        async def part() -> bytes:
            return await _next(news, connection.gone)

        try:
            await connection.stream("text/event-stream; charset=utf-8", part)
        finally:
            self._platform.live.leave(news)


async def _next(news: asyncio.Queue[bytes], gone: asyncio.Future[None]) -> bytes:
    """The next news, a keep-alive when none comes; END when the process stops."""
    waiting = asyncio.ensure_future(news.get())
    both: set[asyncio.Future[Any]] = {waiting, gone}
    await asyncio.wait(both, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        return waiting.result()
    waiting.cancel()
    return b": still here\n\n"


@route("GET", "/_sandbox/events")
async def events(platform: Any, request: Request) -> Any:
    """?phones=openid,openid"""
    phones = {openid for openid in request.query.get("phones", "").split(",") if openid}
    if len(phones) > PHONES:
        raise BadRequest(f"a page shows at most {PHONES} phones")
    return News(platform, phones)
