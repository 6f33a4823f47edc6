"""What WeChat would post to a callback: signed, encrypted, each message with an id of its own."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence

import config
from benchmarks.load import request
from sandbox.callback_crypto import Envelope, signature
from sandbox.xml import document, element, parse, text_of

ACCOUNT = "gh_sandbox00001"
CALLBACK = "/wechat/callback"

_ids = itertools.count(30_000_000_000_000_000)


def text_xml(openid: str, words: str) -> str:
    return document(
        element("ToUserName", ACCOUNT),
        element("FromUserName", openid),
        element("CreateTime", int(time.time())),
        element("MsgType", "text"),
        element("Content", words),
        element("MsgId", next(_ids)),
    )


def texts(path: str, said: Iterable[tuple[str, str]]) -> list[bytes]:
    """One safe-mode request for each (openid, words)."""
    envelope = _envelope()
    return [_sealed(path, envelope, openid, text_xml(openid, words)) for openid, words in said]


def read_reply(raw: bytes) -> str:
    """The words of an encrypted passive reply. Raises sandbox.xml.BadXml or BadEnvelope."""
    sealed = text_of(parse(raw), "Encrypt") or ""
    return text_of(parse(_envelope().decrypt(sealed)), "Content") or ""


def round_robin(openids: Sequence[str], count: int, words: str) -> list[tuple[str, str]]:
    return [(openids[number % len(openids)], words) for number in range(count)]


def _envelope() -> Envelope:
    settings = config.settings()
    return Envelope(settings.wechat_aes_key, settings.wechat_app_id)


def _sealed(path: str, envelope: Envelope, openid: str, xml: str) -> bytes:
    stamp, nonce, token = str(int(time.time())), str(next(_ids)), config.settings().wechat_token
    encrypted = envelope.encrypt(xml.encode())
    query = {
        "signature": signature(token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "openid": openid,
        "encrypt_type": "aes",
        "msg_signature": signature(token, stamp, nonce, encrypted),
    }
    body = document(element("ToUserName", ACCOUNT), element("Encrypt", encrypted))
    return request("POST", path, query=query, body=body.encode())
