"""Signed ids of tappable chat links (`bizmsgmenuid`): what a tap means cannot be made up.

    make("s12", "34", "56") == "s12.34.56.<signature>"

They do not expire: a question answered days ago may still be tapped.
"""

from __future__ import annotations

import hashlib
import hmac

import config

SIGNATURE_DIGITS = 12
LONGEST = 100


def make(*parts: str) -> str:
    """The id of these parts, which hold no dot."""
    body = ".".join(parts)
    return f"{body}.{_signature(body)}"


def read(menu_id: str) -> list[str] | None:
    """The parts of an id that we made; None for any other."""
    body, _, told = menu_id[:LONGEST].rpartition(".")
    if not body or not hmac.compare_digest(_signature(body).encode(), told.encode("utf-8", "replace")):
        return None
    return body.split(".")


def _signature(body: str) -> str:
    key = config.settings().secret_key.encode()
    told = hmac.new(key, b"menu-id|" + body.encode("utf-8", "replace"), hashlib.sha256)
    return told.hexdigest()[:SIGNATURE_DIGITS]
