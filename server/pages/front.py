"""The bare address, and addresses that nothing serves: where to go from there."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, make_response, render_template
from werkzeug.exceptions import NotFound

from server.pages import errors

bp = Blueprint("front", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.register_error_handler(404, _nowhere)


@bp.get("/")
def show() -> str:
    return render_template("pages/front.html")


@bp.get("/favicon.ico")
def icon() -> Response:
    """Browsers ask for it by themselves, also beside pages that name another one."""
    return make_response("", 204)


def _nowhere(error: NotFound) -> Response:
    return errors.page(errors.HTTP_WORDS[404], 404)
