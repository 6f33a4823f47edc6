"""How an interface is declared, and the platform's order of checks (contract §18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import orjson

from .apps import MINI, OFFICIAL, App
from .errors import PlatformError

if TYPE_CHECKING:
    from .platform import Platform

Answer = dict[str, Any]
ONLY_OFFICIAL, ONLY_MINI, BOTH = (OFFICIAL,), (MINI,), (OFFICIAL, MINI)


@dataclass(slots=True)
class Binary:
    """A file as the answer; refusals of the same interface are JSON."""

    data: bytes
    content_type: str
    name: str = ""


class Rights(Enum):
    """Which official accounts have an interface (contract §15)."""

    ANY = auto()
    MENU = auto()  # verified ones, and service accounts without
    VERIFIED = auto()
    SERVICE = auto()


class Takes(Enum):
    NOTHING = auto()
    JSON = auto()
    FILE = auto()


@dataclass(slots=True)
class Call:
    """One API call as it came in; `app` is whose token it carried, `left` what the day still allows."""

    method: str
    path: str
    query: dict[str, str]
    raw: bytes = b""
    content_type: str = ""
    client: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    app: Any = None
    left: int | None = None


Act = Callable[["Platform", Call], "Answer | Binary"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    methods: tuple[str, ...]
    act: Act
    rights: Rights
    takes: Takes
    daily: int | None
    minute: int | None
    minute_error: int
    needs_token: bool
    apps: tuple[str, ...]


ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(
    method: str,
    path: str,
    *,
    rights: Rights = Rights.VERIFIED,
    takes: Takes | None = None,
    daily: int | None = None,
    minute: int | None = None,
    minute_error: int = 45011,
    needs_token: bool = True,
    apps: tuple[str, ...] = ONLY_OFFICIAL,
) -> Callable[[Act], Act]:
    """Declare an interface. A POST takes JSON unless told otherwise; `daily`, `minute` are its quotas."""
    methods = tuple(method.split("|"))
    if takes is None:
        takes = Takes.JSON if methods == ("POST",) else Takes.NOTHING

    def declare(act: Act) -> Act:
        ENDPOINTS[path] = Endpoint(
            methods, act, rights, takes, daily, minute, minute_error, needs_token, apps
        )
        return act

    return declare


def ok(**more: Any) -> Answer:
    return {"errcode": 0, "errmsg": "ok", **more}


def answer(platform: Platform, call: Call) -> Answer | Binary:
    """Check method, token, body, rights and quota, then act. Raises PlatformError."""
    known = ENDPOINTS.get(call.path)
    if known is None:
        raise PlatformError(40066, call.path[:200])
    if call.method not in known.methods:
        raise PlatformError(43001 if "GET" in known.methods else 43002)
    if known.needs_token:
        call.app = platform.apps.by_token(call.query.get("access_token"), platform.clock.now())
    if known.takes is Takes.JSON:
        call.body = read_body(call.raw)
    if call.app is not None:
        if not platform.may_call(call.app, known):
            raise PlatformError(48001)
        use_quota(platform, call.app, call, known)
    return known.act(platform, call)


def use_quota(platform: Platform, app: App, call: Call, known: Endpoint) -> None:
    """Raises 45009 for the day, the interface's own error for the minute."""
    quotas = app.quotas
    if known.minute is not None or quotas.limits.minute:
        limit = quotas.limits.minute.get(call.path, known.minute)
        if limit is not None:
            quotas.pace(call.path, limit, known.minute_error, platform.clock.now())
    daily = known.daily if known.daily is not None else quotas.limits.daily.get(call.path)
    if daily is not None:
        call.left = 0  # stays so when the day is used up
        call.left = quotas.use(call.path, daily, platform.clock.day())


def read_body(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body: 44002 empty, 40033 with \\u escapes, 47001 else wrong."""
    if not raw:
        raise PlatformError(44002)
    if b"\\u" in raw:
        raise PlatformError(40033)
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise PlatformError(47001) from error
    if not isinstance(body, dict):
        raise PlatformError(47001)
    return body


def text_in(body: dict[str, Any], name: str, errcode: int = 40035) -> str:
    """A non-empty string of the body, or the error."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise PlatformError(errcode, name)
    return value


def object_in(body: dict[str, Any], name: str, errcode: int = 47001) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise PlatformError(errcode, name)
    return value


def list_in(body: dict[str, Any], name: str, errcode: int = 47001) -> list[Any]:
    value = body.get(name)
    if not isinstance(value, list):
        raise PlatformError(errcode, name)
    return value


def whole_in(
    body: dict[str, Any],
    name: str,
    *,
    least: int,
    most: int,
    default: int | None = None,
    errcode: int = 40035,
) -> int:
    """A whole number between the bounds, or the error; the default stands for a missing one."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise PlatformError(errcode, name)
    return value


def page_in(body: dict[str, Any]) -> tuple[int, int]:
    """offset and count (1 to 20) as the batchget interfaces take them."""
    return whole_in(body, "offset", least=0, most=10**9), whole_in(body, "count", least=1, most=20)


def optional_text(body: dict[str, Any], name: str, errcode: int = 40035) -> str:
    """A string that may be absent, "" then."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PlatformError(errcode, name)
    return value
