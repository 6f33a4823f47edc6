"""Signatures and encryption of the callback (contract §1.1 and §1.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class BadEnvelope(ValueError):
    """What came back cannot be opened; the text says why."""


def signature(*parts: str) -> str:
    """sha1 of the parts in plain string order."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the platform's own scheme


class Envelope:
    """Encrypts and opens with one account's EncodingAESKey."""

    def __init__(self, aes_key: str, app_id: str) -> None:
        key = base64.b64decode(aes_key + "=")
        self._app_id = app_id.encode()
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def encrypt(self, message: bytes, prefix: bytes | None = None) -> str:
        plain = (prefix or os.urandom(16)) + struct.pack(">I", len(message)) + message + self._app_id
        pad = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher.encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def decrypt(self, text: str) -> bytes:
        """The message inside. Raises BadEnvelope for a wrong length, pad or app id."""
        try:
            sealed = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadEnvelope("Encrypt is not base64") from error
        if not sealed or len(sealed) % 16:
            raise BadEnvelope("Encrypt has a wrong length")
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(sealed) + decryptor.finalize()
        pad = plain[-1]
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
            raise BadEnvelope("padding is wrong")
        plain = plain[:-pad]
        if len(plain) < 20:
            raise BadEnvelope("the message is too short")
        (length,) = struct.unpack(">I", plain[16:20])
        message, app_id = plain[20 : 20 + length], plain[20 + length :]
        if len(message) != length or not hmac.compare_digest(app_id, self._app_id):
            raise BadEnvelope("the app id at the end is wrong")
        return message
