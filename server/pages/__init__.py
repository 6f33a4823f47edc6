"""Member pages (/m/…): what a member reads and does on the phone, in WeUI's dress.

`member` knows who reads (a signed cookie of its own), `sign_in` makes that cookie; one module
for each area. Console and pages share no session.
"""

from __future__ import annotations

from flask import Blueprint, Flask

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
    for module in AREAS:
        pages.register_blueprint(module.bp)
    pages.add_url_rule("/<path:rest>", view_func=errors.nowhere)
    app.register_blueprint(pages)
    front.init_app(app)
