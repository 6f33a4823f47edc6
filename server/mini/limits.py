"""How often a phone may ask. A hall shares one address: signed-in phones are counted by their token,
signing in (where a token proves nothing yet) by the address. All that one address asks is counted
too, for each invented token would have a fresh limit."""

from __future__ import annotations

import hashlib

from apiflask import APIFlask
from flask import request
from flask_limiter import ApplicationLimit, Limiter
from flask_limiter.util import get_remote_address

from server import counting

EACH_MINUTE = "240/minute"
EACH_ADDRESS = "12000/minute"  # six for each of a hall of 2,000 phones
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
    application_limits=[ApplicationLimit(lambda: EACH_ADDRESS, key_function=get_remote_address)],
    in_memory_fallback_enabled=True,
    in_memory_fallback=[EACH_MINUTE],
    key_prefix="api",
)


def init_app(app: APIFlask) -> None:
    app.config["RATELIMIT_STORAGE_URI"] = counting.storage()
    limiter.init_app(app)
