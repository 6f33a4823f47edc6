"""/m/screen/<token>: the hall's screen. It needs no sign-in, names nobody, and asks again by itself."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from models.activities import Activity
from server import check_in_screen
from services import check_ins
from services.errors import NotFound

bp = Blueprint("screen", __name__)


@bp.get("/screen/<token>")
def show(token: str) -> str:
    return render_template("pages/screen/show.html", **_shown(token))


@bp.get("/screen/<token>/now")
def now(token: str) -> Response:
    """What changes. Once it is closed the page stops asking (286 ends htmx's polling)."""
    shown = _shown(token)
    return make_response(
        render_template("pages/screen/now.html", **shown), 200 if shown["screen"] is not None else 286
    )


def _shown(token: str) -> dict[str, object]:
    opening = check_in_screen.opening_for(token)
    if opening is None:
        raise NotFound("这块签到屏已经失效，请在后台重新打开")
    activity: Activity = opening.activity
    is_open = check_ins.is_open(activity, opening)
    return {
        "token": token,
        "activity": activity,
        "counts": check_ins.counts(activity),
        "screen": check_in_screen.of(opening) if is_open else None,
    }
