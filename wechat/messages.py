"""Messages to one person, as the bulk methods of the gateway take them, and their wire form.

`key` is the caller's own (a delivery's id) and comes back with the outcome. openids are not
shown by `repr`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from wechat.sender import Post
from wechat.texts import sendable


@dataclass(frozen=True, slots=True)
class TemplateMessage:
    """A template message. `values` as `template_values.format_values` gives them.

    `client_msg_id` protects a repeat within ten minutes. A mini program wins over `url`.
    https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.html
    """

    key: Any
    openid: str = field(repr=False)
    template_id: str
    values: Mapping[str, str] = field(repr=False)
    url: str = ""
    client_msg_id: str = ""
    mini_app_id: str = ""
    mini_path: str = ""

    def as_post(self) -> Post:
        body: dict[str, Any] = {
            "touser": self.openid,
            "template_id": self.template_id,
            "data": {name: {"value": sendable(value)} for name, value in self.values.items()},
        }
        if self.url:
            body["url"] = self.url
        if self.client_msg_id:
            body["client_msg_id"] = self.client_msg_id
        if self.mini_app_id:
            body["miniprogram"] = {"appid": self.mini_app_id, "pagepath": self.mini_path}
        return Post(self.key, orjson.dumps(body))


@dataclass(frozen=True, slots=True)
class WindowMessage:
    """A customer-service text to someone whose window is open. The text may hold links.

    https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
    """

    key: Any
    openid: str = field(repr=False)
    text: str = field(repr=False)

    def as_post(self) -> Post:
        body = {"touser": self.openid, "msgtype": "text", "text": {"content": sendable(self.text)}}
        return Post(self.key, orjson.dumps(body))


@dataclass(frozen=True, slots=True)
class OneTimeMessage:
    """A one-time subscription message: one for each confirm on the consent page.

    `title` ≤ 15 characters, `content` ≤ 200, `scene` 0 to 10000 as confirmed.
    https://developers.weixin.qq.com/doc/service/guide/product/message/One-time_subscription_info.html
    """

    key: Any
    openid: str = field(repr=False)
    template_id: str
    scene: int
    title: str
    content: str = field(repr=False)
    url: str = ""

    def as_post(self) -> Post:
        body: dict[str, Any] = {
            "touser": self.openid,
            "template_id": self.template_id,
            "scene": str(self.scene),
            "title": sendable(self.title),
            "data": {"content": {"value": sendable(self.content)}},
        }
        if self.url:
            body["url"] = self.url
        return Post(self.key, orjson.dumps(body))


Message = TemplateMessage | WindowMessage | OneTimeMessage
