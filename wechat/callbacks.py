"""The callback: signature, encryption and XML of what WeChat posts to us (contract §1).

One `Callbacks` per app. `receive` turns a request into an `Inbound` or raises `BadCallback`,
and nothing else, whatever the body holds.
https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

import clock
from wechat.inbound import BadXML, Inbound, parse_inbound, parse_xml
from wechat.replies import cdata

Mode = Literal["plain", "compatible", "safe"]
MAX_BODY_BYTES = 64 * 1024
MAX_AGE_SECONDS = 600


class BadCallbackKind(StrEnum):
    WRONG_SIGNATURE = "wrong_signature"  # 403, nothing stored
    STALE = "stale"  # 403, nothing stored
    UNPARSABLE = "unparsable"  # signed by WeChat: keep it raw, answer `success`
    WRONG_APP = "wrong_app"  # encrypted for another app: as a wrong signature


class BadCallback(Exception):
    """A request that is not a message for us. `xml` is what was decrypted, if it came so far."""

    def __init__(self, kind: BadCallbackKind, reason: str, *, xml: bytes | None = None) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason
        self.xml = xml


class Callbacks:
    """The callback of one app: its token, key and mode.

    Raises ValueError when the AES key is not 43 characters of base64, or is missing in a
    mode that encrypts.
    """

    def __init__(
        self,
        *,
        token: str,
        aes_key: str,
        app_id: str,
        mode: Mode = "safe",
        max_age_seconds: int = MAX_AGE_SECONDS,
    ) -> None:
        self._token = token
        self._app_id = app_id.encode()
        self.mode = mode
        self._max_age = max_age_seconds
        self._cipher = _cipher(aes_key) if aes_key or mode != "plain" else None

    def verify_url(self, query: Mapping[str, str]) -> str:
        """The echostr to answer a GET with (text/plain, nothing else). Raises BadCallback."""
        self._check_signature(query)
        self._check_age(query)
        return query.get("echostr", "")

    def receive(self, query: Mapping[str, str], body: bytes) -> Inbound:
        """The verified, decrypted and parsed message of a POST. Raises BadCallback.

        In safe mode an unencrypted body is refused: the query's signature does not cover it.
        """
        self._check_signature(query)
        self._check_age(query)
        if len(body) > MAX_BODY_BYTES:
            raise BadCallback(BadCallbackKind.UNPARSABLE, "body above 64 kB")
        encrypted = query.get("encrypt_type") == "aes"
        if not encrypted and self.mode == "safe":
            raise BadCallback(BadCallbackKind.WRONG_SIGNATURE, "not encrypted, but the mode is safe")
        xml = self._open(query, body) if encrypted else body
        try:
            message = parse_inbound(xml)
        except BadXML as error:
            raise BadCallback(BadCallbackKind.UNPARSABLE, str(error), xml=xml) from None
        message.encrypted = encrypted
        return message

    def answer(self, xml: str, *, encrypted: bool) -> bytes:
        """The response body for a reply's XML: sealed anew when the message came encrypted.

        "" (no reply) becomes `success`, which is never encrypted.
        """
        if not xml:
            return b"success"
        if not encrypted:
            return xml.encode()
        return self.encrypt_reply(xml, nonce=os.urandom(8).hex(), timestamp=int(clock.timestamp()))

    def encrypt_reply(self, xml: str, *, nonce: str, timestamp: int) -> bytes:
        """The encrypted envelope of a reply, signed for this nonce and time."""
        encrypt = self.encrypt(xml.encode())
        signature = _signature(self._token, str(timestamp), nonce, encrypt)
        return (
            f"<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        ).encode()

    def encrypt(self, message: bytes, *, random16: bytes | None = None) -> str:
        """base64 of AES-256-CBC over random(16) + length + message + app id, padded to 32."""
        plain = (random16 or os.urandom(16)) + len(message).to_bytes(4, "big") + message + self._app_id
        pad = 32 - len(plain) % 32
        encryptor = self._keyed().encryptor()
        sealed = encryptor.update(plain + bytes((pad,)) * pad) + encryptor.finalize()
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, encrypt: str) -> bytes:
        """The message inside an Encrypt field. Raises BadCallback (unparsable, wrong_app)."""
        try:
            sealed = base64.b64decode(encrypt, validate=True)
        except (binascii.Error, ValueError):
            raise BadCallback(BadCallbackKind.UNPARSABLE, "Encrypt is not base64") from None
        if not sealed or len(sealed) % 16:
            raise BadCallback(BadCallbackKind.UNPARSABLE, "Encrypt is not whole blocks")
        decryptor = self._keyed().decryptor()
        plain = decryptor.update(sealed) + decryptor.finalize()
        pad = plain[-1]
        if not 1 <= pad <= 32 or plain[-pad:] != bytes((pad,)) * pad:
            raise BadCallback(BadCallbackKind.UNPARSABLE, "wrong padding")
        end = 20 + int.from_bytes(plain[16:20], "big")
        if end > len(plain) - pad:
            raise BadCallback(BadCallbackKind.UNPARSABLE, "length beyond the message")
        if not hmac.compare_digest(plain[end:-pad], self._app_id):
            raise BadCallback(BadCallbackKind.WRONG_APP, "encrypted for another app")
        return plain[20:end]

    def _open(self, query: Mapping[str, str], body: bytes) -> bytes:
        try:
            encrypt = parse_xml(body).get("Encrypt")
        except BadXML as error:
            raise BadCallback(BadCallbackKind.UNPARSABLE, str(error)) from None
        if not isinstance(encrypt, str) or not encrypt:
            raise BadCallback(BadCallbackKind.UNPARSABLE, "no Encrypt field")
        told = query.get("msg_signature", "")
        if not _same(_signature(self._token, query["timestamp"], query["nonce"], encrypt), told):
            raise BadCallback(BadCallbackKind.WRONG_SIGNATURE, "msg_signature")
        return self.decrypt(encrypt)

    def _keyed(self) -> Cipher[CBC]:
        if self._cipher is None:
            raise BadCallback(BadCallbackKind.UNPARSABLE, "encrypted, but WECHAT_AES_KEY is empty")
        return self._cipher

    def _check_signature(self, query: Mapping[str, str]) -> None:
        expected = _signature(self._token, query.get("timestamp", ""), query.get("nonce", ""))
        if not query.get("timestamp") or not _same(expected, query.get("signature", "")):
            raise BadCallback(BadCallbackKind.WRONG_SIGNATURE, "signature")

    def _check_age(self, query: Mapping[str, str]) -> None:
        told = query["timestamp"]
        if not (told.isascii() and told.isdigit() and len(told) <= 12):
            raise BadCallback(BadCallbackKind.STALE, "timestamp is not a number")
        if abs(clock.timestamp() - int(told)) > self._max_age:
            raise BadCallback(BadCallbackKind.STALE, "timestamp outside the window")


def sign(token: str, timestamp: str, nonce: str, *encrypt: str) -> str:
    """The signature WeChat would send: over three values, or four with the Encrypt field."""
    return _signature(token, timestamp, nonce, *encrypt)


def _signature(*parts: str) -> str:
    joined = "".join(sorted(parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()  # the platform's scheme


def _same(expected: str, told: str) -> bool:
    return hmac.compare_digest(expected.encode(), told.encode("utf-8", "surrogatepass"))


def _cipher(aes_key: str) -> Cipher[CBC]:
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(aes_key) != 43 or len(key) != 32:
        raise ValueError("EncodingAESKey must be 43 characters of base64; copy it from the console")
    return Cipher(AES(key), CBC(key[:16]))
