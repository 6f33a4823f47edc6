"""The signed ids of a review on the phone: its page and the taps in chat. A forged one is nobody's."""

from __future__ import annotations

from itsdangerous import BadData, URLSafeSerializer

import config
from wechat.texts import menu_link

PREFIX = "rv-"
PASS, RETURN = "p", "r"
# Opinions that a tap may give; what else is to be said is written on the page.
OPINIONS = {"1": "文字需要修改", "2": "时间或地点有误", "3": "受众不合适"}


def path(invite_id: int) -> str:
    """The page of one invitation."""
    return f"/m/reviews/{_serializer('page').dumps(invite_id)}"


def of_path(token: str) -> int | None:
    """The invitation that a page's token names; None for a forged one."""
    try:
        found = _serializer("page").loads(token)
    except BadData:
        return None
    return found if isinstance(found, int) else None


def tap(text: str, invite_id: int, act: str) -> str:
    """A link in chat that answers with the act: PASS, RETURN, or RETURN with an opinion's number."""
    return menu_link(text, text, f"{PREFIX}{_serializer('tap').dumps([invite_id, act])}")


def of_tap(menu_id: str) -> tuple[int, str] | None:
    """The invitation and the act of a tap; None for a forged one."""
    try:
        found = _serializer("tap").loads(menu_id.removeprefix(PREFIX))
    except BadData:
        return None
    if not isinstance(found, list) or len(found) != 2 or not isinstance(found[0], int):
        return None
    return found[0], str(found[1])


def _serializer(use: str) -> URLSafeSerializer:
    return URLSafeSerializer(config.settings().secret_key, salt=f"review-{use}")
