"""A mini program's own customer service: what a person does there opens its windows (contract §12)."""

from __future__ import annotations

from typing import Any

from . import phones
from .apps import MINI
from .mini_routes import user_of
from .pushes import Outcome
from .web import BadRequest, Request, route

ENTERED = "user_enter_tempsession"


async def _push(platform: Any, openid: str, text: str, name: str) -> dict[str, Any]:
    outcome: Outcome = await platform.pushes.push(openid, text, name, MINI)
    user = platform.mini.by_openid[openid]
    return {"state": outcome.state, "reason": outcome.reason, "windows": user.windows}


@route("POST", "/_sandbox/people/{openid}/mini/contact")
async def contact(platform: Any, request: Request) -> Any:
    """{session_from?}: the customer-service button; two messages within a minute, and an event."""
    _, user = user_of(platform, request)
    session_from = request.body.get("session_from", "")
    if not isinstance(session_from, str) or len(session_from) > 1000:
        raise BadRequest("session_from must be a text of up to 1000 characters")
    user.open_window("mini_enter", platform.clock.now())
    event = platform.pushes.mini_event(user.openid, ENTERED, {"SessionFrom": session_from})
    return await _push(platform, user.openid, event, ENTERED)


@route("POST", "/_sandbox/people/{openid}/mini/say")
async def say(platform: Any, request: Request) -> Any:
    """{content} or {card: {title, page}}: a text, or a page of the program; five messages in 48 hours."""
    person, user = user_of(platform, request)
    card = request.body.get("card")
    if card is None:
        kind, fields = "text", {"Content": request.text("content")}
        shown = {"text": fields["Content"], "to": "mini"}
    else:
        if not isinstance(card, dict) or not all(
            isinstance(card.get(name), str) for name in ("title", "page")
        ):
            raise BadRequest("card must be {title, page}")
        kind = "miniprogrampage"
        app_id = platform.options.mini_app_id
        fields = {"Title": card["title"], "AppId": app_id, "PagePath": card["page"], "ThumbUrl": ""}
        shown = {"text": f"［小程序］{card['title']}", "to": "mini"}
    user.open_window("mini_message", platform.clock.now())
    phones.write(platform, person, "person", "text", shown)
    return await _push(
        platform, user.openid, platform.pushes.mini_message(user.openid, kind, fields), "message"
    )
