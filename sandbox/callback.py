"""Where one app's pushes go and how they are wrapped (contract §1.2): mode, format, signature."""

from __future__ import annotations

import random
from typing import Any

import orjson

from .apps import MINI, OFFICIAL
from .callback_crypto import Envelope, signature
from .options import Options
from .xml import document, element


class Callback:
    """The callback of one app. `has_address` says whether anybody listens."""

    def __init__(self, options: Options, kind: str, has_address: bool) -> None:
        is_mini = kind == MINI
        self.kind = kind
        self.has_address = has_address
        self.path = options.mini_callback_path if is_mini else options.callback_path
        self.token = options.mini_token if is_mini else options.token
        self.mode = options.callback_mode
        self.is_json = is_mini and options.mini_format == "json"
        self.original_id = options.mini_original_id if is_mini else options.original_id
        app_id = options.mini_app_id if is_mini else options.app_id
        self.envelope = Envelope(options.mini_aes_key if is_mini else options.aes_key, app_id)

    @property
    def content_type(self) -> str:
        return "application/json" if self.is_json else "text/xml"

    def seal(self, openid: str, text: str, now: float) -> tuple[dict[str, str], bytes]:
        """Query and body as the app's mode wants them."""
        stamp, nonce = str(int(now)), str(random.randrange(10**8, 10**10))
        query = {
            "signature": signature(self.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": openid,
        }
        raw = text.encode("utf-8", "surrogatepass")
        if self.mode == "plain":
            return query, raw
        sealed = self.envelope.encrypt(raw)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = signature(self.token, stamp, nonce, sealed)
        return query, self._json_body(text, sealed) if self.is_json else self._xml_body(text, sealed)

    def _json_body(self, text: str, sealed: str) -> bytes:
        inner = {"ToUserName": self.original_id} if self.mode == "safe" else orjson.loads(text)
        return orjson.dumps({**inner, "Encrypt": sealed})

    def _xml_body(self, text: str, sealed: str) -> bytes:
        if self.mode == "safe":
            to = element("ToUserName", self.original_id)
            return document(to, element("Encrypt", sealed)).encode()
        inner = text.removeprefix("<xml>").removesuffix("</xml>")
        return document(inner, element("Encrypt", sealed)).encode("utf-8", "surrogatepass")

    def written(self, fields: dict[str, Any]) -> str:
        """The fields as this app's format writes them; in XML numbers stay bare and lists repeat."""
        return orjson.dumps(fields).decode() if self.is_json else document(_elements(fields))


def _elements(fields: dict[str, Any]) -> str:
    parts = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            parts.append(
                f"<{name}>{_elements(one)}</{name}>"
                if isinstance(one, dict)
                else element(name, one if isinstance(one, int) else str(one))
            )
    return "".join(parts)


KINDS = (OFFICIAL, MINI)
