"""Faults on demand: the next calls to a path, or the next pushes, go wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .web import BadRequest, Request, route

DROPS = ("", "before", "after")
PUSHES = ("doubled", "early", "late", "missing", "shuffled", "unheard")


@dataclass(slots=True)
class CallFault:
    """The next `times` calls to `path` ("*" = any) go wrong, after `skip` that do not.

    `errcode` refuses; with `is_done` the work is done and the refusal told all the same.
    `openid` picks calls for one recipient; `unfollows` makes the recipient leave in silence
    just before; `advance_seconds` moves the clock just after.
    """

    path: str
    times: int
    errcode: int | None = None
    delay_ms: float = 0.0
    drop: str = ""
    skip: int = 0
    openid: str = ""
    is_done: bool = False
    unfollows: bool = False
    advance_seconds: float = 0.0
    why: str = ""


@dataclass(slots=True)
class PushFault:
    """The next `times` pushes named `push` ("*" = any; "message" = a person's message)."""

    push: str
    how: str
    times: int
    delay_ms: float = 1000.0
    why: str = ""


class Faults:
    def __init__(self) -> None:
        self.calls: list[CallFault] = []
        self.pushes: list[PushFault] = []

    def for_call(self, path: str, raw: bytes = b"") -> CallFault | None:
        for fault in self.calls:
            if fault.path not in ("*", path) or (fault.openid and fault.openid.encode() not in raw):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.calls.remove(fault)
            return fault
        return None

    def for_push(self, name: str, *, is_unheard: bool = False) -> PushFault | None:
        """The fault of this push; unheard ones are asked for at each attempt, by themselves."""
        for fault in self.pushes:
            if fault.push in ("*", name) and (fault.how == "unheard") == is_unheard:
                fault.times -= 1
                if fault.times <= 0:
                    self.pushes.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        self.calls.clear()
        self.pushes.clear()

    def told(self) -> dict[str, Any]:
        return {
            "calls": [asdict(fault) for fault in self.calls],
            "pushes": [asdict(fault) for fault in self.pushes],
        }


def _number(body: dict[str, Any], name: str, default: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise BadRequest(f"{name} must be a number, 0 or more")
    return value


def _call_fault(body: dict[str, Any]) -> CallFault:
    errcode, drop = body.get("errcode"), body.get("drop", "")
    if errcode is not None and (not isinstance(errcode, int) or isinstance(errcode, bool)):
        raise BadRequest("errcode must be a whole number")
    if drop not in DROPS:
        raise BadRequest("drop must be before or after")
    fault = CallFault(
        path=str(body["path"]),
        times=int(_number(body, "times", 1)),
        errcode=errcode,
        delay_ms=_number(body, "delay_ms", 0),
        drop=drop,
        skip=int(_number(body, "skip", 0)),
        openid=str(body.get("openid", "")),
        is_done=bool(body.get("is_done")),
        unfollows=bool(body.get("unfollows")),
        advance_seconds=_number(body, "advance_seconds", 0),
        why=str(body.get("why", ""))[:200],
    )
    if errcode is None and not any((drop, fault.delay_ms, fault.unfollows, fault.advance_seconds)):
        raise BadRequest("name what goes wrong: errcode, delay_ms, drop, unfollows or advance_seconds")
    return fault


def _push_fault(body: dict[str, Any]) -> PushFault:
    if body.get("how") not in PUSHES:
        raise BadRequest("how must be one of " + ", ".join(PUSHES))
    times, delay = int(_number(body, "times", 1)), _number(body, "delay_ms", 1000)
    return PushFault(str(body["push"]), body["how"], times, delay, str(body.get("why", ""))[:200])


@route("POST", "/_sandbox/faults")
async def add(platform: Any, request: Request) -> Any:
    body = request.body
    if body.get("kill_tokens"):
        return {"killed": platform.apps.kill_tokens(platform.clock.now())}
    if "path" in body:
        platform.faults.calls.append(_call_fault(body))
    elif "push" in body:
        platform.faults.pushes.append(_push_fault(body))
    else:
        raise BadRequest("name a path (calls), a push, or kill_tokens")
    return platform.faults.told()


@route("GET", "/_sandbox/faults")
async def show(platform: Any, request: Request) -> Any:
    return platform.faults.told()


@route("DELETE", "/_sandbox/faults")
async def clear(platform: Any, request: Request) -> Any:
    platform.faults.clear()
    return platform.faults.told()
