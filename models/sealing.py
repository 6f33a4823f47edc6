"""Personal data at rest: sealed with FIELD_KEY (AES-256-GCM) and found again by a keyed hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from peewee import BlobField

import config

NONCE_BYTES = 12


class Unsealable(Exception):
    """The stored value was not sealed with this FIELD_KEY, or was changed."""


@lru_cache(maxsize=4)
def _keys(field_key: str) -> tuple[AESGCM, bytes]:
    key = base64.b64decode(field_key)
    if len(key) != 32:
        raise ValueError("FIELD_KEY must be 32 bytes in base64; make one with: openssl rand -base64 32")
    hash_key = hmac.new(key, b"keyed-hash", hashlib.sha256).digest()
    return AESGCM(key), hash_key


def seal(plain: bytes) -> bytes:
    """Nonce and ciphertext; the same plain text gives another result each time."""
    cipher, _ = _keys(config.settings().field_key)
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, None)


def unseal(sealed: bytes) -> bytes:
    """The plain bytes. Raises Unsealable."""
    cipher, _ = _keys(config.settings().field_key)
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except (InvalidTag, ValueError) as error:
        raise Unsealable("value cannot be opened with the present FIELD_KEY") from error


def keyed_hash(text: str) -> str:
    """64 hex digits, equal for equal text, useless without FIELD_KEY."""
    _, hash_key = _keys(config.settings().field_key)
    return hmac.new(hash_key, text.encode(), hashlib.sha256).hexdigest()


class SealedTextField(BlobField):
    """Text that is only ever stored sealed. NULL stays NULL."""

    def db_value(self, value: str | None) -> object:
        return None if value is None else super().db_value(seal(value.encode()))

    def python_value(self, value: bytes | memoryview | None) -> str | None:
        return None if value is None else unseal(bytes(value)).decode()
