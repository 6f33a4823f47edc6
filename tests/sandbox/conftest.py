"""A sandbox of its own for each test, and a tiny callback that answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox import xml
from sandbox.callback_crypto import Envelope, signature
from sandbox.options import Options
from sandbox.testing import Sandbox, running_sandbox

Reply = Callable[[dict[str, Any]], "str | bytes"]


def text_reply(message: dict[str, Any], text: str) -> str:
    return xml.document(
        xml.element("ToUserName", message["FromUserName"]),
        xml.element("FromUserName", message["ToUserName"]),
        xml.element("CreateTime", 1),
        xml.element("MsgType", "text"),
        xml.element("Content", text),
    )


@dataclass
class Callback:
    """Opens each push as a product would, keeps it and answers what `reply` says."""

    reply: Reply = lambda message: "success"
    status: int = 200
    received: list[dict[str, Any]] = field(default_factory=list)
    envelope: Envelope = field(default_factory=lambda: Envelope(Options().aes_key, Options().app_id))

    def __call__(self, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        root = xml.parse(body)
        if "Encrypt" in root:
            sealed = xml.text_of(root, "Encrypt") or ""
            token = Options().token
            expected = signature(token, query["timestamp"], query["nonce"], sealed)
            assert query["msg_signature"] == expected
            try:
                root = xml.parse(self.envelope.decrypt(sealed))
            except xml.BadXml:  # control characters: kept raw, answered all the same
                return self.status, b"success"
        message = {name: values[0] for name, values in root.items()}
        self.received.append(message)
        answer = self.reply(message)
        raw = answer.encode() if isinstance(answer, str) else answer
        return self.status, self.sealed(raw) if raw.startswith(b"<xml>") and "encrypt_type" in query else raw

    def sealed(self, raw: bytes) -> bytes:
        sealed = self.envelope.encrypt(raw)
        return xml.document(
            xml.element("Encrypt", sealed),
            xml.element("MsgSignature", signature(Options().token, "1", "2", sealed)),
            xml.element("TimeStamp", "1"),
            xml.element("Nonce", "2"),
        ).encode()

    def events(self, name: str) -> list[dict[str, Any]]:
        return [message for message in self.received if message.get("Event") == name]


@pytest.fixture
def callback() -> Callback:
    return Callback()


@pytest.fixture
def sandbox(callback: Callback) -> Iterator[Sandbox]:
    with running_sandbox(callback=callback) as running:
        yield running
