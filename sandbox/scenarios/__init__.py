"""Named scenarios: each trap of the platform that must be replayable, started by one call.

`POST /_sandbox/scenarios/<name>` prepares it or plays it at once and answers what was done, as
sentences; `DELETE /_sandbox/scenarios` ends what is still to come.
"""

from __future__ import annotations

from typing import Any

from ..web import BadRequest, Missing, Request, route
from . import account, calls, pushes, recipients  # noqa: F401 - each declares its scenarios when imported
from .registry import SCENARIOS

__all__ = ["SCENARIOS"]


@route("GET", "/_sandbox/scenarios")
async def index(platform: Any, request: Request) -> Any:
    return {
        "scenarios": [
            {
                "name": one.name,
                "title": one.title,
                "about": one.about,
                "group": one.group,
                "fields": one.fields,
            }
            for one in SCENARIOS.values()
        ],
        "running": platform.faults.told(),
        "clock": platform.clock.told(),
    }


@route("POST", "/_sandbox/scenarios/{name}")
async def start(platform: Any, request: Request) -> Any:
    one = SCENARIOS.get(request.arguments["name"])
    if one is None:
        raise Missing(f"没有情景 {request.arguments['name']}；GET /_sandbox/scenarios 列出全部")
    unknown = set(request.body) - set(one.fields) - {"openid", "delay_ms"}
    if unknown:
        raise BadRequest(f"{one.name} 不认识 {'、'.join(sorted(unknown))}")
    return {"scenario": one.name, "did": await one.play(platform, request.body)}


@route("DELETE", "/_sandbox/scenarios")
async def end(platform: Any, request: Request) -> Any:
    """Nothing goes wrong any more: faults, limits of the minute, frozen secrets, the address list."""
    platform.faults.clear()
    platform.apps.limits.minute.clear()
    platform.apps.ip_list = [word for word in platform.options.ip_list.split(",") if word.strip()]
    for app in platform.apps.both:
        app.is_frozen = False
    platform.datacube.ready_hour = 8
    platform.publishing.next_status, platform.mass.next_status = 0, ""
    return {"state": "done"}
