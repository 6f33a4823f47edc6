"""What an account may do, by its kind and verification (contract §15): the one table.

A 48001 from the platform turns a row off, with the reason, for this process; the truth is
the platform's, the table only saves calls that cannot succeed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

AccountKind = Literal["service", "subscription"]


class Capability(StrEnum):
    PASSIVE_REPLY = "passive_reply"
    WINDOW_MESSAGE = "window_message"
    MENU = "menu"
    TAGS = "tags"
    DRAFT = "draft"
    PUBLISH = "publish"
    MASS_BY_LIST = "mass_by_list"
    MASS_BY_TAG = "mass_by_tag"
    TEMPLATE_MESSAGE = "template_message"
    WEB_OAUTH = "web_oauth"
    PARAMETRIC_QR = "parametric_qr"
    ONE_TIME_SUBSCRIPTION = "one_time_subscription"
    SUBSCRIBE_NOTICE = "subscribe_notice"


_C = Capability
_UNVERIFIED = frozenset({_C.PASSIVE_REPLY})
_SUBSCRIPTION = _UNVERIFIED | {
    _C.WINDOW_MESSAGE, _C.MENU, _C.TAGS, _C.DRAFT, _C.PUBLISH, _C.MASS_BY_TAG, _C.ONE_TIME_SUBSCRIPTION,
}  # fmt: skip
_SERVICE = _SUBSCRIPTION | {_C.MASS_BY_LIST, _C.TEMPLATE_MESSAGE, _C.WEB_OAUTH, _C.PARAMETRIC_QR}

WORDS: dict[Capability, str] = {
    _C.PASSIVE_REPLY: "被动回复",
    _C.WINDOW_MESSAGE: "客服消息",
    _C.MENU: "自定义菜单",
    _C.TAGS: "用户标签",
    _C.DRAFT: "草稿箱",
    _C.PUBLISH: "发布",
    _C.MASS_BY_LIST: "按名单群发",
    _C.MASS_BY_TAG: "按标签群发",
    _C.TEMPLATE_MESSAGE: "模板消息",
    _C.WEB_OAUTH: "网页授权",
    _C.PARAMETRIC_QR: "带参数二维码",
    _C.ONE_TIME_SUBSCRIPTION: "一次性订阅消息",
    _C.SUBSCRIBE_NOTICE: "订阅通知",
}


def granted(kind: AccountKind, *, verified: bool) -> frozenset[Capability]:
    """The table: what the platform grants such an account.

    Subscribe notices are off for everybody until probed: the platform grants them to some.
    """
    if not verified:
        return _UNVERIFIED
    return _SERVICE if kind == "service" else _SUBSCRIPTION


class Capabilities:
    """What this account may do now."""

    def __init__(self, kind: AccountKind, *, verified: bool) -> None:
        self.kind = kind
        self.verified = verified
        self._granted = granted(kind, verified=verified)
        self._turned_off: dict[Capability, str] = {}

    def allows(self, capability: Capability | str) -> bool:
        """Raises ValueError for a name that is not in the table."""
        wanted = Capability(capability)
        return wanted in self._granted and wanted not in self._turned_off

    def turn_off(self, capability: Capability | str, reason: str) -> None:
        """The platform refused it (48001): do not ask again. The first reason stays."""
        self._turned_off.setdefault(Capability(capability), reason)

    def turn_on(self, capability: Capability | str) -> None:
        """Granted after all: probed, or put right on the platform's console."""
        wanted = Capability(capability)
        self._turned_off.pop(wanted, None)
        self._granted |= {wanted}

    def reason(self, capability: Capability | str) -> str:
        """Why it is not allowed, in words; "" when it is."""
        wanted = Capability(capability)
        if wanted in self._turned_off:
            return self._turned_off[wanted]
        if wanted in self._granted:
            return ""
        if not self.verified:
            return f"公众号未认证，没有{WORDS[wanted]}权限"
        if wanted is _C.SUBSCRIBE_NOTICE:
            return "订阅通知尚未向平台探明权限"
        return f"订阅号没有{WORDS[wanted]}权限"
