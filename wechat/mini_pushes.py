"""What WeChat posts to a mini program: the official account's envelope, around XML or JSON.

The format is chosen on the platform's console; here either is read. JSON becomes the same `Inbound`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from wechat.callbacks import MAX_BODY_BYTES, BadCallback, BadCallbackKind, Callbacks
from wechat.inbound import BadXML, Inbound

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class MiniCallbacks(Callbacks):
    """The callback of a mini program."""

    def receive(self, query: Mapping[str, str], body: bytes) -> Inbound:
        """The verified, decrypted and parsed push. Raises BadCallback, as the account's does."""
        if not body.lstrip().startswith(b"{"):
            return super().receive(query, body)
        if len(body) > MAX_BODY_BYTES:
            raise BadCallback(BadCallbackKind.UNPARSABLE, "body above 64 kB")
        envelope = _read(body)
        encrypt = envelope.get("Encrypt")
        if query.get("encrypt_type") == "aes" and not isinstance(encrypt, str):
            raise BadCallback(BadCallbackKind.UNPARSABLE, "no Encrypt field")
        wrapped = f"<xml>{_element('Encrypt', encrypt)}</xml>" if encrypt else _xml(envelope)
        return super().receive(query, wrapped.encode())

    def decrypt(self, encrypt: str) -> bytes:
        """The XML of what is inside, whichever of the two it was."""
        inner = super().decrypt(encrypt)
        return _xml(_read(inner)).encode() if inner.lstrip().startswith(b"{") else inner


def _read(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise BadCallback(BadCallbackKind.UNPARSABLE, "not a JSON object")
    return told


def _xml(fields: Mapping[str, Any]) -> str:
    try:
        return f"<xml>{''.join(_element(name, value) for name, value in fields.items())}</xml>"
    except (BadXML, RecursionError) as error:
        raise BadCallback(BadCallbackKind.UNPARSABLE, "JSON that is no message") from error


def _element(name: str, value: Any) -> str:
    if not _NAME.fullmatch(name):
        raise BadXML("a field's name is none")
    if isinstance(value, list):
        return "".join(_element(name, each) for each in value)
    if isinstance(value, dict):
        inner = "".join(_element(key, each) for key, each in value.items())
    else:
        inner = "" if value is None else escape(str(value))
    return f"<{name}>{inner}</{name}>"
