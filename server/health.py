"""`/healthz`: the process answers. `/readyz`: so do the database, the queue and WeChat's token."""

from __future__ import annotations

from flask import Blueprint, Flask
from peewee import PeeweeException

from models.base import db
from services import readiness, wechat_account
from wechat.errors import WeChatError

bp = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> tuple[dict[str, str], int]:
    """Each part that does not answer is named; not public (deploy/nginx.conf)."""
    missing = {"database": _database(), "queue": readiness.why_no_redis(), "token": ""}
    if not any(missing.values()):
        missing["token"] = _token()
    told = {part: why for part, why in missing.items() if why}
    return ({"status": "unavailable", **told}, 503) if told else ({"status": "ok"}, 200)


def _database() -> str:
    try:
        db.execute_sql("SELECT 1")
    except PeeweeException as error:
        return type(error).__name__
    return ""


def _token() -> str:
    """The stored token, or a fresh one; a new fetch happens at most once for all processes."""
    try:
        wechat_account.gateway().access_token()
    except WeChatError as error:
        return str(error)
    return ""
