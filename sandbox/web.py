"""What a browser or a test asks the sandbox itself: requests, answers, routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import orjson

if TYPE_CHECKING:
    from .http_server import Connection
    from .platform import Platform


class BadRequest(ValueError):
    """What was asked of the sandbox makes no sense; the text says what to change."""


class Missing(LookupError):
    """There is no such person, page or picture."""


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    raw: bytes
    headers: dict[str, str]
    arguments: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object sent; {} when nothing was. Raises BadRequest."""
        if not self.raw:
            return {}
        try:
            body = orjson.loads(self.raw)
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"the body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise BadRequest("the body must be a JSON object")
        return body

    @property
    def cookies(self) -> dict[str, str]:
        told = {}
        for pair in self.headers.get("cookie", "").split(";"):
            name, mark, value = pair.strip().partition("=")
            if mark:
                told[name] = value
        return told

    def text(self, name: str) -> str:
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise BadRequest(f"{name} must be a text")
        return value


@dataclass(slots=True)
class Response:
    body: bytes = b""
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: list[tuple[str, str]] = field(default_factory=list)


def json_response(told: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS), status)


def redirect(url: str, headers: list[tuple[str, str]] | None = None) -> Response:
    """Raises BadRequest for a url that would break the header."""
    if any(ord(letter) < 32 for letter in url):
        raise BadRequest("the url holds control characters")
    return Response(b"", 302, "text/plain", [("Location", url), *(headers or [])])


def set_cookie(name: str, value: str | None) -> tuple[str, str]:
    """A Set-Cookie header for path /; None takes the cookie away."""
    try:
        SimpleCookie().load(f"{name}=x")
    except CookieError as error:
        raise BadRequest(f"bad cookie name {name!r}") from error
    end = "; Max-Age=0" if value is None else ""
    return "Set-Cookie", f"{name}={value or ''}; Path=/; SameSite=Lax; HttpOnly{end}"


class Stream:
    """An answer without an end: `run` writes to the connection until the client goes."""

    async def run(self, connection: Connection) -> None:
        raise NotImplementedError


Handler = Callable[["Platform", Request], Awaitable[Any]]
ROUTES: list[tuple[str, list[str], Handler]] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Declare a page or control; `{name}` in the path becomes an argument."""

    def declare(handler: Handler) -> Handler:
        ROUTES.append((method, path.strip("/").split("/"), handler))
        return handler

    return declare


def find_route(method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
    parts = path.strip("/").split("/")
    for wanted, pattern, handler in ROUTES:
        if wanted != method or len(pattern) != len(parts):
            continue
        arguments: dict[str, str] = {}
        for piece, part in zip(pattern, parts, strict=True):
            if piece.startswith("{"):
                arguments[piece[1:-1]] = unquote(part)
            elif piece != part:
                break
        else:
            return handler, arguments
    return None
