"""Sign-in, sign-out, one's own password."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from models.base import db
from server.console import forms, guard
from server.console.guard import me, open_to_all, signed_in
from server.console.protection import limiter
from server.statuses import status_of
from services import accounts, audit
from services.errors import Invalid, Locked, NotAllowed, NotFound

bp = Blueprint("session", __name__, url_prefix="/console")
Answer = str | tuple[str, int] | BaseResponse


@bp.get("/sign-in")
@open_to_all
def sign_in() -> Answer:
    if guard.me_or_none() is not None:
        return redirect(_back())
    if "_user_id" in session:  # of a session that ended meanwhile
        guard.end_session()
    return render_template("console/session/sign_in.html", form=forms.Form())


@bp.post("/sign-in")
@open_to_all
@limiter.limit("30 per minute")
def open_session() -> Answer:
    form = forms.submitted()
    username, password = form.text("username"), form.raw("password")
    try:
        account = accounts.sign_in(username, password, address=request.remote_addr or "")
    except (NotAllowed, Locked) as refusal:
        form.fail(refusal)
        return render_template("console/session/sign_in.html", form=form), status_of(refusal)
    guard.start_session(account)
    if accounts.must_change_password(account):
        return redirect(url_for(".password"))
    return redirect(_back())


@bp.post("/sign-out")
@signed_in
def sign_out() -> Answer:
    with db.atomic():
        audit.record("account.signed_out", me(), actor=me())
    guard.end_session()
    flash("已退出", "success")
    return redirect(url_for(".sign_in"))


@bp.get("/password")
@signed_in
def password() -> Answer:
    return render_template("console/session/password.html", form=forms.Form())


@bp.post("/password")
@signed_in
@limiter.limit("10 per minute")
def change_password() -> Answer:
    account, form = me(), forms.submitted()
    try:
        if form.raw("password") != form.raw("again"):
            raise Invalid(fields={"again": "两次输入的新密码不一致"})
        accounts.change_password(account, current=form.raw("current"), password=form.raw("password"))
    except (Invalid, Locked) as refusal:
        form.fail(refusal)
        return render_template("console/session/password.html", form=form), status_of(refusal)
    guard.start_session(account)  # the change ended every session, this one too
    flash("密码已修改，其他地方的登录已全部结束", "success")
    return redirect(url_for("console.home.index"))


@bp.get("/<path:rest>")
@signed_in
def nowhere(rest: str) -> Response:
    """An address below /console that no area serves."""
    raise NotFound("这个页面不存在，可能已被删除或地址有误")


def _back() -> str:
    """The page asked for before signing in; only ever one of the console."""
    asked = request.args.get("next", "")
    parts = urlsplit(asked)
    if asked.startswith("/console/") and not parts.scheme and not parts.netloc and "\\" not in asked:
        return asked
    return url_for("console.home.index")
