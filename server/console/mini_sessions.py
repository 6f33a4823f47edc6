"""小程序登录: where a person is signed in to the mini program, and ending it (a lost phone)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models.people import Person
from server.console.guard import find, me, requires
from services import mini_sessions

bp = Blueprint("mini_sessions", __name__, url_prefix="/console/people")
MENU = ()
Answer = str | Response | tuple[str, int]


@bp.get("/<int:person_id>/mini-sessions")
@requires("people.view")
def index(person_id: int) -> Answer:
    person = find(Person, person_id)
    return render_template(
        "console/mini_sessions/index.html",
        person=person,
        sessions=mini_sessions.of_person(person, actor=me()),
    )


@bp.post("/<int:person_id>/mini-sessions/end")
@requires("people.manage")
def end(person_id: int) -> Answer:
    ended = mini_sessions.end_of_person(find(Person, person_id), actor=me())
    flash(f"已结束 {ended} 处登录，再用须重新登录" if ended else "没有登录着的手机", "success")
    return redirect(url_for(".index", person_id=person_id))
