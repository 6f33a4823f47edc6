"""CSRF tokens for the console's forms and a limit on sign-in tries.

Other ways in have their own proof: WeChat signs its callback, member pages carry
a token of their own. So only addresses below /console are checked here.
"""

from __future__ import annotations

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect

from server import counting

csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address, in_memory_fallback_enabled=True)


def init_app(app: Flask) -> None:
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session, which ends by itself
        RATELIMIT_STORAGE_URI=counting.storage(),
        RATELIMIT_KEY_PREFIX="console",
    )
    csrf.init_app(app)
    limiter.init_app(app)

    @app.before_request
    def check_token() -> None:
        is_console = request.path == "/console" or request.path.startswith("/console/")
        if is_console and app.config["WTF_CSRF_ENABLED"]:
            csrf.protect()
