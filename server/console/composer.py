"""What the editor of texts asks for while somebody writes (server/static/console/composer.js)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from server.console.guard import requires
from services import html

bp = Blueprint("composer", __name__, url_prefix="/console/composer")
MENU = ()


@bp.post("/paste")
@requires("composer.use")
def paste() -> Response:
    """The clipboard's HTML as it may stand in a text, and how many pictures of it were left behind."""
    cleaned, left = html.from_clipboard(request.get_data(as_text=True))
    return jsonify(html=cleaned, left=left)
