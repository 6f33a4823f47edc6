"""Content safety: texts at once, pictures and sounds by an event (contract §12).

Nothing here reads a meaning. A text is judged by the words below, a file by the same words in
its address, so that tests can have every verdict they want.
"""

from __future__ import annotations

from typing import Any

from .apps import MINI
from .endpoints import ONLY_MINI, Answer, Call, endpoint, ok, optional_text, text_in
from .errors import PlatformError
from .pushes import JobEvent

ACTIVE_SECONDS = 2 * 3600
LONGEST = 2500
SCENES = (1, 2, 3, 4)
VERDICTS = (  # word -> suggest, label
    ("沙盒违规政治", "risky", 20001),
    ("沙盒违规色情", "risky", 20002),
    ("沙盒违规辱骂", "risky", 20003),
    ("沙盒违规犯罪", "risky", 20006),
    ("沙盒违规欺诈", "risky", 20008),
    ("沙盒违规其他", "risky", 21000),
    ("沙盒违规广告", "risky", 10001),
    ("沙盒需复核", "review", 20012),
    ("sandbox-risky", "risky", 20002),
    ("sandbox-review", "review", 21000),
)


def verdict(text: str) -> dict[str, Any]:
    for word, suggest, label in VERDICTS:
        if word in text:
            return {"suggest": suggest, "label": label}
    return {"suggest": "pass", "label": 100}


def _checked(platform: Any, body: dict[str, Any]) -> str:
    """The openid. Raises 40097, 40003, 61010."""
    if body.get("version") != 2 or isinstance(body.get("version"), bool):
        raise PlatformError(40097, "version")
    scene = body.get("scene")
    if isinstance(scene, bool) or scene not in SCENES:
        raise PlatformError(40097, "scene")
    user = platform.mini.find(body.get("openid"))
    if platform.clock.now() - user.active_at > ACTIVE_SECONDS:
        raise PlatformError(61010)
    openid: str = user.openid
    return openid


@endpoint("POST", "/wxa/msg_sec_check", apps=ONLY_MINI, daily=2_000_000, minute=4000, minute_error=44991)
def check_text(platform: Any, call: Call) -> Answer:
    content = text_in(call.body, "content", 44004)
    if len(content) > LONGEST:
        raise PlatformError(45002)
    _checked(platform, call.body)
    parts = [content, *(optional_text(call.body, name) for name in ("title", "nickname", "signature"))]
    result = verdict(" ".join(parts))
    detail = {"strategy": "content_model", "errcode": 0, **result, "prob": 90}
    return ok(result=result, detail=[detail], trace_id=f"t{platform.wire.next_number()}")


@endpoint("POST", "/wxa/media_check_async", apps=ONLY_MINI, daily=200_000, minute=2000, minute_error=44991)
def check_file(platform: Any, call: Call) -> Answer:
    """The verdict comes as an event from one openid of the platform's own."""
    address = text_in(call.body, "media_url", 40097)
    if call.body.get("media_type") not in (1, 2) or isinstance(call.body.get("media_type"), bool):
        raise PlatformError(40097, "media_type")
    _checked(platform, call.body)
    trace_id = f"t{platform.wire.next_number()}"
    is_there = address.startswith(("http://", "https://"))
    told = {
        "appid": call.app.app_id,
        "trace_id": trace_id,
        "version": 2,
        "errcode": 0 if is_there else -1008,
        "errmsg": "ok" if is_there else "download failed",
        "result": verdict(address) if is_there else {},
        "detail": [],
    }
    sender = platform.editor_openid
    text = platform.pushes.mini_event(sender, "wxa_media_check", told)
    platform.pushes.later(JobEvent(sender, "wxa_media_check", text, MINI))
    return ok(trace_id=trace_id)
