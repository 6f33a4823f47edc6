"""What went over the wire: the last calls and pushes, and counts of all of them."""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

import orjson

from .endpoints import Call
from .reasons import reason_of
from .web import BadRequest, Request, route

if TYPE_CHECKING:
    from .clock import Clock
    from .pushes import Outcome

KEPT = 500
RIDS_KEPT = 2000
SHOWN = 8000


class Wire:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.last: deque[tuple[Any, ...]] = deque(maxlen=KEPT)
        self.calls: Counter[tuple[str, int]] = Counter()
        self.lateness: deque[float] = deque(maxlen=20_000)  # seconds past the set latency

        self.refused: dict[str, dict[str, Any]] = {}  # rid -> app and request, the last ones
        self._number = 0
        self.count = 0  # entries so far; each entry begins with its number

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def call(self, call: Call, errcode: int, answer: bytes, began: float, why: str = "") -> None:
        self.calls[(call.path, errcode)] += 1
        if errcode:
            self._remember(call, answer, began)
        self.count += 1
        seconds = time.monotonic() - began
        self.last.append((self.count, "call", self._clock.now(), call, errcode, answer, seconds, why))

    def _remember(self, call: Call, answer: bytes, began: float) -> None:
        """What openapi/rid/get tells about a refusal."""
        told = answer.decode("utf-8", "replace")
        rid = told.rpartition("rid: ")[2][:26]
        while len(self.refused) >= RIDS_KEPT:
            del self.refused[next(iter(self.refused))]
        self.refused[rid] = {
            "app": call.app.kind if call.app is not None else "official",
            "request": {
                "invoke_time": int(self._clock.now()),
                "cost_in_ms": int((time.monotonic() - began) * 1000),
                "request_url": call.path,
                "request_body": call.raw[:4000].decode("utf-8", "replace"),
                "response_body": told,
                "client_ip": call.client,
            },
        }

    def push(
        self, name: str, openid: str, xml: str, outcome: Outcome, status: int, began: float, app: str
    ) -> None:
        seconds = time.monotonic() - began
        self.count += 1
        now = self._clock.now()
        self.last.append((self.count, "push", now, name, openid, xml, outcome, status, seconds, app))

    def counted(self) -> dict[str, dict[str, int]]:
        told: dict[str, dict[str, int]] = {}
        for (path, errcode), times in sorted(self.calls.items()):
            told.setdefault(path, {})[str(errcode)] = times
        return told

    def late_ms(self) -> dict[str, float]:
        """How far from the set latency answers left, sooner or later, over the last calls."""
        off = sorted(abs(seconds) for seconds in self.lateness)
        if not off:
            return {}
        return {
            "calls": len(off),
            "p50": round(off[len(off) // 2] * 1000, 2),
            "p95": round(off[int(len(off) * 0.95)] * 1000, 2),
            "max": round(off[-1] * 1000, 2),
        }

    def dump(self) -> dict[str, Any]:
        return {"calls": [[path, errcode, times] for (path, errcode), times in self.calls.items()]}

    def load(self, kept: dict[str, Any]) -> None:
        self.calls = Counter({(path, errcode): times for path, errcode, times in kept["calls"]})


SECRETS = re.compile(
    r'("(?:access_token|secret|appsecret|refresh_token|session_key|ticket)"\s*:\s*")([^"]{0,6})[^"]*(")'
)
SECRET_NAMES = ("access_token", "secret", "refresh_token")


def _masked(raw: bytes) -> str:
    """Text without its secrets: only their first letters stay. A file is told by its size."""
    text = raw[:SHOWN].decode("utf-8", "replace")
    if text.startswith(("\ufffd", "--")) or "\x00" in text[:200]:
        return f"（二进制，{len(raw)} 字节）"
    return SECRETS.sub(r"\1\2…\3", text)


def _name_of(platform: Any, openid: str) -> str:
    user = platform.mini.by_openid.get(openid)
    person = platform.people.by_openid.get(user.owner if user is not None else openid)
    return person.name if person is not None else ""


def _told(platform: Any, entry: tuple[Any, ...]) -> dict[str, Any]:
    if entry[1] == "call":
        number, _, at, call, errcode, answer, seconds, why = entry
        query = {
            name: value[:6] + "…" if name in SECRET_NAMES else value for name, value in call.query.items()
        }
        return {
            "id": number,
            "what": "call",
            "at": at,
            "method": call.method,
            "path": call.path,
            "query": query,
            "body": _masked(call.raw),
            "errcode": errcode,
            "reason": reason_of(errcode) if errcode else "",
            "fault": why,
            "answer": _masked(answer),
            "ms": round(seconds * 1000, 1),
            "app": call.app.kind if call.app is not None else "",
            "left": call.left,
            "client": call.client,
        }
    number, _, at, name, openid, xml, outcome, status, seconds, app = entry
    return {
        "id": number,
        "what": "push",
        "at": at,
        "name": name,
        "openid": openid,
        "person": _name_of(platform, openid),
        "xml": xml,
        "state": outcome.state,
        "reply": outcome.reply,
        "reason": outcome.reason,
        "attempt": outcome.attempts,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "app": app,
    }


def _fits(row: dict[str, Any], query: dict[str, str]) -> bool:
    words = query.get("q", "").lower()
    is_bad = row.get("errcode") or row.get("state") in ("failed", "malformed")
    return (
        query.get("path", "") in row.get("path", row.get("name", ""))
        and query.get("what", "") in ("", row["what"])
        and query.get("app", "") in ("", row["app"])
        and (not query.get("bad") or bool(is_bad))
        and (not words or words in orjson.dumps(row).decode().lower())
    )


@route("GET", "/_sandbox/wire")
async def show(platform: Any, request: Request) -> Any:
    """?limit=100&path=&what=call|push&app=official|mini&bad=1&q=words&after=id: the newest first"""
    query = request.query
    told_limit, told_after = query.get("limit", "100"), query.get("after", "0")
    if not (told_limit.isdecimal() and told_after.isdecimal()) or len(told_limit + told_after) > 20:
        raise BadRequest("limit and after must be whole numbers")
    wire: Wire = platform.wire
    rows: list[dict[str, Any]] = []
    for entry in reversed(wire.last):
        if entry[0] <= int(told_after) or len(rows) >= int(told_limit):
            break
        row = _told(platform, entry)
        if _fits(row, query):
            rows.append(row)
    return {"wire": rows, "last": wire.count, "base": platform.base_url}


@route("DELETE", "/_sandbox/wire")
async def forget(platform: Any, request: Request) -> Any:
    """Forget the entries; the counts stay."""
    platform.wire.last.clear()
    return {"last": platform.wire.count}
