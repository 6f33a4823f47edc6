"""The app factory: it reads like a table of contents."""

from __future__ import annotations

import importlib

from flask import Flask

import config
import models
from models.base import db
from services import audit, wechat_account

BLUEPRINTS = (
    "server.proxies",
    "server.headers",
    "server.health",
    "server.metrics",
    "server.verification",
    "server.callback",
    "server.mini",
    "server.pictures",
    "server.pages",
    "server.console",
)
COMMANDS = (
    "server.commands.database",
    "server.commands.accounts",
    "server.commands.audit",
    "server.commands.demo",
    "server.commands.menu",
    "server.commands.going_live",
    "server.commands.processes",
    "server.commands.search",
    "server.commands.tags",
)


def create_app() -> Flask:
    settings = config.settings()
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        # a long article in Chinese, percent-encoded, passes werkzeug's half a megabyte
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        PREFERRED_URL_SCHEME=settings.public_url.split(":", 1)[0],
    )
    if db.obj is None:
        models.connect()
    _keep_connection(app)
    for name in BLUEPRINTS:
        importlib.import_module(name).init_app(app)
    for name in COMMANDS:
        commands = importlib.import_module(name).commands
        for group in commands if isinstance(commands, tuple) else (commands,):
            app.cli.add_command(group)
    return app


def create_web() -> Flask:
    """As a server process serves it: calls to WeChat end soon, for its threads answer the callback too."""
    wechat_account.use_timeouts(wechat_account.WEB_TIMEOUTS)
    return create_app()


def _keep_connection(app: Flask) -> None:
    """One database connection per thread, kept: a connect per request costs three to ten times."""

    @app.before_request
    def open_connection() -> None:
        from flask import request

        db.connect(reuse_if_open=True)
        audit.client_address.set(request.remote_addr or "")

    @app.teardown_request
    def close_broken(error: BaseException | None) -> None:
        if error is not None and not db.is_closed() and not db.in_transaction():
            db.close()
