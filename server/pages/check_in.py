"""/m/c/<code>: what WeChat's own scanner opens. The page sends its form by itself; without script
there is a button. A look ahead (a prefetch) checks nobody in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import clock
from models.check_ins import CHECK_IN_STATUS_WORDS, CHECK_IN_WAY_WORDS, CheckInWay
from server.pages import member
from server.pages.member import me, member_only
from services import check_ins, wechat_account
from wechat.capabilities import Capability

bp = Blueprint("check_in", __name__)
Answer = str | Response | tuple[str, int]


@bp.get("/c/<code>")
def show(code: str) -> Answer:
    if member.follower() is not None:
        me()
        return render_template("pages/check_in/show.html", code=code)
    if wechat_account.gateway().capabilities.allows(Capability.WEB_OAUTH):
        return redirect(url_for("pages.sign_in.begin", next=request.path))
    return render_template("pages/check_in/by_chat.html")


@bp.post("/c/<code>")
@member_only
def come(code: str) -> Answer:
    checked = check_ins.check_in(me(), code=code, at=clock.utc_now(), way=CheckInWay.SCAN_PAGE)
    return render_template("pages/check_in/done.html", checked=checked)


@bp.get("/check-ins")
@member_only
def mine() -> Answer:
    """My own record."""
    return render_template(
        "pages/check_in/mine.html",
        rows=check_ins.mine(me()),
        way_words=CHECK_IN_WAY_WORDS,
        status_words=CHECK_IN_STATUS_WORDS,
    )
