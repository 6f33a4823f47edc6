"""The console (管理后台): what administrators, editors, reviewers and liaisons work in.

A screen is an *area*: one module here with a blueprint and a menu entry. How to
add one stands at the top of `areas.py`; lists are declared with `listing.py`,
forms read with `forms.py`, rows found and rights checked with `guard.py`.
"""

from __future__ import annotations

from flask import Blueprint, Flask

import config
from server.console import areas, dialogs, errors, guard, protection, session, words


def init_app(app: Flask) -> None:
    app.config.update(
        # The session serves the console alone; member pages carry their own signed cookie.
        SESSION_COOKIE_NAME="console_session",
        SESSION_COOKIE_PATH="/console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=config.settings().app_env == "production",
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    guard.init_app(app)
    protection.init_app(app)
    words.init_app(app)

    console = Blueprint("console", __name__)
    errors.register(console)
    dialogs.register(console)
    console.register_blueprint(session.bp)
    for area in areas.load():
        console.register_blueprint(area.bp)
    console.context_processor(areas.shell)
    app.register_blueprint(console)
