"""/_sandbox: the clock, the limits, the counts, and what tells that the process lives."""

from __future__ import annotations

from typing import Any

from .web import BadRequest, Request, json_response, route


def number(body: dict[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e11 < value < 1e11:
        raise BadRequest(f"{name} must be a number")
    return float(value)


@route("GET", "/healthz")
async def healthz(platform: Any, request: Request) -> Any:
    return {"status": "ok"}


@route("GET", "/_sandbox/clock")
async def show_clock(platform: Any, request: Request) -> Any:
    return platform.clock.told()


@route("POST", "/_sandbox/clock")
async def move_clock(platform: Any, request: Request) -> Any:
    """{time: unix seconds | advance_seconds, rate}: rate 0 holds the clock"""
    body = request.body
    rate = number(body, "rate")
    if rate is not None and rate < 0:
        raise BadRequest("rate must not be negative")
    platform.clock.move(number(body, "time"), number(body, "advance_seconds") or 0.0, rate)
    platform.live.tell_all({"clock": platform.clock.told()})
    return platform.clock.told()


def _set(limits: dict[str, int], body: dict[str, Any]) -> None:
    for path, limit in body.items():
        if limit is None:
            limits.pop(path, None)
        elif isinstance(limit, int) and not isinstance(limit, bool) and limit >= 0:
            limits[path] = limit
        else:
            raise BadRequest(f"the limit of {path} must be a whole number")


@route("POST", "/_sandbox/limits")
async def set_limits(platform: Any, request: Request) -> Any:
    """{path: daily limit, per_minute: {path: limit}}; null takes the own limit again"""
    body, limits = request.body, platform.apps.limits
    per_minute = body.pop("per_minute", {})
    if not isinstance(per_minute, dict):
        raise BadRequest("per_minute must be {path: limit}")
    _set(limits.daily, body)
    _set(limits.minute, per_minute)
    return {**limits.daily, "per_minute": limits.minute}


@route("POST", "/_sandbox/network")
async def set_network(platform: Any, request: Request) -> Any:
    """{ip_list: [address]}: who may mint tokens; [] lets everybody"""
    told = request.body.get("ip_list")
    if not isinstance(told, list) or not all(isinstance(word, str) for word in told):
        raise BadRequest("ip_list must be a list of addresses")
    platform.apps.ip_list = told
    return {"ip_list": told}


@route("POST", "/_sandbox/apps/{app}")
async def set_app(platform: Any, request: Request) -> Any:
    """{frozen: bool, kill_tokens: true}: one app, official or mini"""
    app = next((app for app in platform.apps.both if app.kind == request.arguments["app"]), None)
    if app is None:
        raise BadRequest("the apps are official and mini")
    if "frozen" in request.body:
        app.is_frozen = bool(request.body["frozen"])
    killed = app.credentials.kill_all(platform.clock.now()) if request.body.get("kill_tokens") else 0
    return {"app": app.kind, "frozen": app.is_frozen, "killed": killed}


@route("GET", "/_sandbox/stats")
async def stats(platform: Any, request: Request) -> Any:
    """Calls by path and errcode, pushes, and how often each content reached how many people."""
    contents, wanted = [], request.query.get("content", "")
    for content, counts in platform.people.received.items():
        if wanted not in content:
            continue
        doubled = [openid for openid, times in counts.items() if times > 1]
        contents.append(
            {
                "content": content,
                "persons": len(counts),
                "messages": sum(counts.values()),
                "doubled": len(doubled),
                "doubled_openids": doubled[:20],
            }
        )
    return {
        "kind": platform.options.kind,
        "people": len(platform.people),
        "followers": len(platform.people.followers()),
        "calls": platform.wire.counted(),
        "late_ms": platform.wire.late_ms(),
        "pushes": {**platform.pushes.counts, "pending": platform.pushes.pending},
        "quotas": platform.apps.official.quotas.used,
        "mini_quotas": platform.apps.mini.quotas.used,
        "received": contents,
    }


@route("GET", "/_sandbox/received")
async def received(platform: Any, request: Request) -> Any:
    """?content=part of it → {content: {openid: times}}"""
    wanted = request.query.get("content", "")
    return {content: counts for content, counts in platform.people.received.items() if wanted in content}


@route("POST", "/_sandbox/reset")
async def reset(platform: Any, request: Request) -> Any:
    """Forget counts, wire and faults; people and the account's state stay."""
    platform.people.received.clear()
    platform.wire.calls.clear()
    platform.wire.last.clear()
    platform.wire.lateness.clear()
    platform.pushes.counts.clear()
    platform.faults.calls.clear()
    platform.faults.pushes.clear()
    return {"state": "done"}


@route("POST", "/_sandbox/save")
async def save(platform: Any, request: Request) -> Any:
    return json_response({"seconds": platform.save()})
