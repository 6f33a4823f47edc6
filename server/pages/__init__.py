"""Member pages (/m/…): what a member reads and does on the phone, in WeUI's dress.

`member` knows who reads (a signed cookie of its own), `sign_in` makes that cookie; one module
for each area. Console and pages share no session.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Flask, Response, request

from server.pages import (
    activities,
    binding,
    check_in,
    complaints,
    data,
    dress,
    errors,
    front,
    issues,
    member,
    mine,
    notices,
    reviews,
    screen,
    sign_in,
    surveys,
)
from services.messaging import clicks

# One name a line: several people add theirs.
AREAS = (
    sign_in,
    binding,
    mine,
    data,
    complaints,
    check_in,
    screen,
    activities,
    issues,
    notices,
    reviews,
    surveys,
)


def init_app(app: Flask) -> None:
    pages = Blueprint("pages", __name__, url_prefix="/m")
    errors.register(pages)
    dress.register(pages, app)
    pages.context_processor(member.for_templates)
    pages.after_request(_count_click)
    for module in AREAS:
        pages.register_blueprint(module.bp)
    pages.add_url_rule("/<path:rest>", view_func=errors.nowhere)
    app.register_blueprint(pages)
    front.init_app(app)


def _count_click(answer: Response) -> Response:
    """A page that a push led to was shown: one more for the unit of the mark, nothing of the person."""
    told = request.args.get(clicks.MARK, "")
    if told and request.method == "GET" and answer.status_code == HTTPStatus.OK:
        clicks.count(told)
    return answer
