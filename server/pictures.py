"""`/pictures/<token>`: a picture as texts show it. Public by its address, which nobody can guess."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, request
from werkzeug.wrappers import Response as Answer

from services import pictures

bp = Blueprint("pictures", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/pictures/<token>")
def show(token: str) -> Answer:
    """`?size=thumb` gives the small one. A picture never changes under its address."""
    found = pictures.file_of(token, request.args.get("size", pictures.PAGE))
    if found is None:
        abort(404)
    data, content_type = found
    response = Response(data, content_type=content_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.set_etag(token + request.args.get("size", ""))
    return response.make_conditional(request)
