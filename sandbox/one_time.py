"""One-time subscriptions: one consent, one message, also without following (contract §6)."""

from __future__ import annotations

from typing import Any

from .endpoints import Answer, Call, endpoint, ok, text_in
from .errors import PlatformError
from .templates import checked_jump


@endpoint("POST", "/cgi-bin/message/template/subscribe", daily=100_000)
def send_one_time(platform: Any, call: Call) -> Answer:
    """One message for one consent, also to people who do not follow."""
    body = call.body
    person = platform.people.find(body.get("touser"))
    template_id = text_in(body, "template_id", 40037)
    if template_id not in platform.templates.one_time:
        raise PlatformError(40037)
    scene = body.get("scene")
    if not isinstance(scene, int | str) or not str(scene).isdecimal() or int(scene) > 10_000:
        raise PlatformError(40035, "scene")
    title = text_in(body, "title", 47003)
    if len(title) > 15:
        raise PlatformError(45003)
    url, program = checked_jump(platform, body)
    cell = (body.get("data") or {}).get("content") if isinstance(body.get("data"), dict) else None
    value = cell.get("value") if isinstance(cell, dict) else None
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise PlatformError(47003, "data.content.value invalid")
    key = f"{template_id}|{int(scene)}"
    if person.consents.get(key, 0) < 1:
        raise PlatformError(43101)
    person.consents[key] -= 1
    card = {"title": title, "rows": [["", value]], "url": url, "program": program}
    platform.deliver(person, "template", card, f"one_time|{title}|{value}", platform.clock.now())
    return ok()
