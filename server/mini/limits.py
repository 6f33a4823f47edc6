"""How often a phone may ask. A hall shares one address: signed-in phones are counted by their token,
signing in (where a token proves nothing yet) by the address."""

from __future__ import annotations

import hashlib

from apiflask import APIFlask
from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

import config
from server.mini.counting import CountedMemory

ADDRESS = f"{CountedMemory.STORAGE_SCHEME[0]}://"
EACH_MINUTE = "240/minute"
SIGN_INS = "1200/minute"
BINDINGS = "10/minute"
CHECK_INS = "30/minute"


def by_token() -> str:
    """The token's hash, or the address of who brings none."""
    token = request.headers.get("Authorization", "")
    return hashlib.sha256(token.encode()).hexdigest()[:32] if token else get_remote_address()


limiter = Limiter(
    key_func=by_token,
    default_limits=[EACH_MINUTE],
    in_memory_fallback_enabled=True,
    in_memory_fallback=[EACH_MINUTE],
    key_prefix="api",
)


def init_app(app: APIFlask) -> None:
    app.config["RATELIMIT_STORAGE_URI"] = config.settings().redis_url or ADDRESS
    limiter.init_app(app)
