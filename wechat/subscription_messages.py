"""Subscribe messages of the mini program (订阅消息): one consent, one message (contract §7).

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wechat.client import Client
from wechat.texts import sendable

PATH = "/cgi-bin/message/subscribe/send"
NO_CONSENT = 43101  # none left, refused or revoked: the platform does not tell which

State = Literal["formal", "trial", "developer"]


@dataclass(frozen=True, slots=True)
class SubscribeMessage:
    """`values` by the template's fields, as `template_values.format_values` gives them."""

    openid: str = field(repr=False)
    template_id: str
    values: Mapping[str, str] = field(repr=False)
    page: str = ""
    state: State = "formal"


def send(client: Client, message: SubscribeMessage) -> str:
    """Send one; its msgid ("" where the platform tells none).

    There is no key of ours: after OutcomeUnknown it must not be sent again. Refused with
    NO_CONSENT uses the consent up.
    """
    body = {
        "touser": message.openid,
        "template_id": message.template_id,
        "page": message.page,
        "miniprogram_state": message.state,
        "lang": "zh_CN",
        "data": {name: {"value": sendable(value)} for name, value in message.values.items()},
    }
    return str(client.call("POST", PATH, body=body).get("msgid") or "")
