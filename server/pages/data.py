"""我的资料和隐私: what is held, taking it along, taking consents back, leaving, being erased."""

from __future__ import annotations

import json
from urllib.parse import quote

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

import clock
from models.people import TOPIC_WORDS, Topic
from server.console.exports import xlsx
from server.pages import member
from server.pages.member import follower, me, member_only
from services import bindings, held_data, mini_sessions, opt_ins, personal_data

bp = Blueprint("data", __name__)
Answer = str | BaseResponse | tuple[str, int]
FILE_NAME = "我的资料"


@bp.get("/data")
@member_only
def show() -> Answer:
    """What is held, in words, and every yes that can be taken back."""
    person = me()
    return render_template(
        "pages/data/show.html",
        told=held_data.in_words(person),
        topics=[(topic, TOPIC_WORDS[topic]) for topic in TOPIC_WORDS if topic in opt_ins.topics_of(person)],
        consents=held_data.consents_in_words(person),
        sessions=mini_sessions.of_person(person),
    )


@bp.post("/data/sessions/<int:session_id>/end")
@member_only
def end_session(session_id: int) -> Answer:
    """End one sign-in of the mini program, on whichever phone."""
    mini_sessions.end_own(session_id, person=me())
    return redirect(url_for(".show", _anchor="sessions"))


@bp.post("/data/sessions/end")
@member_only
def end_sessions() -> Answer:
    """A lost phone: end them all."""
    mini_sessions.end_of_person(me())
    return redirect(url_for(".show", _anchor="sessions"))


@bp.get("/data/export.json")
@member_only
def as_json() -> Response:
    person = me()
    body = json.dumps(personal_data.export_own(person), ensure_ascii=False, indent=2)
    answer = make_response(body)
    answer.mimetype = "application/json"
    name = quote(f"{FILE_NAME}-{clock.local_today():%Y%m%d}.json")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return answer


@bp.get("/data/export.xlsx")
@member_only
def as_sheet() -> Response:
    rows = held_data.flat(personal_data.export_own(me()))
    return xlsx(FILE_NAME, ("项目", "内容"), rows)


@bp.post("/data/topics/<topic>/off")
@member_only
def withdraw_topic(topic: str) -> Answer:
    if topic in {each.value for each in TOPIC_WORDS}:
        opt_ins.set_topic(me(), Topic(topic), False, source="page")
    return redirect(url_for(".show"))


@bp.get("/leave")
@member_only
def ask_to_leave() -> Answer:
    return _ask("leave")


@bp.post("/leave")
@member_only
def leave() -> Answer:
    if not request.form.get("sure"):
        return _ask("leave", problem="请先勾选“我已了解”，再点解除绑定"), 422
    signed_in = follower()
    if signed_in is not None:
        bindings.unbind(signed_in, source="page")
    return _done("已解除绑定", "公众号和小程序的绑定都已结束。需要时可以重新绑定。")


@bp.get("/erase")
@member_only
def ask_to_erase() -> Answer:
    return _ask("erase")


@bp.post("/erase")
@member_only
def erase() -> Answer:
    if not request.form.get("sure"):
        return _ask("erase", problem="请先勾选“我已了解”，再点注销资料"), 422
    personal_data.erase_own(me(), source="page")
    return _done("资料已注销", "姓名、手机号、职务、绑定和订阅都已删除。您仍可以浏览公众号里公开的内容。")


def _ask(what: str, *, problem: str = "") -> str:
    words = personal_data.WHAT_ERASING_DOES if what == "erase" else personal_data.WHAT_LEAVING_DOES
    start, _, rest = words.partition("：")
    lines = rest.rstrip("。").split("；")
    return render_template("pages/data/ask.html", what=what, start=start, lines=lines, problem=problem)


def _done(title: str, message: str) -> BaseResponse:
    """The last page of this sign-in."""
    body = render_template("pages/data/done.html", title=title, message=message, me=None)
    return member.let_out(make_response(body))
