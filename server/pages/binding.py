"""绑定 as a page: phone and invite code, or the unit's word with name and phone; then notice and consents.

The same steps as in chat, kept with the follower: what was begun here can be ended there.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from models.bindings import BindingRequest
from models.people import TOPIC_WORDS, Follower, Topic
from server.pages.member import follower_only, here, kept
from services import binding_requests, bindings, consents, followers, opt_ins, roster_match

bp = Blueprint("binding", __name__)
Answer = str | Response | tuple[str, int]

Typed = MultiDict[str, str]
WORD_HINT = "请核对单位绑定口令，可以问本单位联络员。"
TELL_HINT = "请核对后再填一次；确认无误仍不通过，可点下面的按钮，由联络员核实。"
TELL_BOTH = "请填写姓名和手机号后四位，例如：张晓明 5678"


@bp.get("/bind")
@follower_only
def form() -> Answer:
    signed_in = here()
    if followers.member_of(signed_in) is not None:
        return render_template("pages/binding/bound.html")
    if bindings.is_waiting(signed_in):
        return redirect(url_for(".notice"))
    request_now = binding_requests.current(signed_in)
    if request_now is not None and not binding_requests.is_filling_in(signed_in):
        binding_requests.news(signed_in)  # a decision is told by this page
        return render_template(
            "pages/binding/waiting.html",
            request_now=request_now,
            words=binding_requests.decision_words(request_now),
        )
    return _form(kept() or MultiDict(request.args))


@bp.post("/bind")
@follower_only
def begin() -> Answer:
    """`by`: code (phone and invite code) or unit (the unit's word, name, last four digits)."""
    signed_in, typed = here(), request.form
    by_unit = typed.get("by") == "unit"
    problem = _by_unit(signed_in, typed) if by_unit else _by_code(signed_in, typed)
    if bindings.is_waiting(signed_in):
        return redirect(url_for(".notice"))
    return _form(typed, problem), 422


@bp.post("/bind/apply")
@follower_only
def apply() -> Answer:
    """What the roster does not know is left to a liaison; the notice comes first."""
    binding_requests.apply(here())
    return redirect(url_for(".notice"))


@bp.get("/bind/notice")
@follower_only
def notice() -> Answer:
    pending = bindings.pending(here())
    return _notice(pending) if pending is not None else redirect(url_for(".form"))


@bp.post("/bind/notice")
@follower_only
def answer() -> Answer:
    signed_in = here()
    pending = bindings.pending(signed_in)
    if pending is None:  # answered before, or in chat
        return redirect(url_for(".form"))
    if request.form.get("answer") != "yes":
        bindings.refuse(signed_in, source="page")
        return redirect(url_for(".form"))
    if not request.form.get("agrees"):
        return _notice(pending, "请先勾选“我已阅读并同意”，再点绑定；不同意请点下面的按钮"), 422
    person = bindings.agree(signed_in, source="page")
    if person is None:
        return redirect(url_for(".form"))
    for topic in TOPIC_WORDS:
        if topic.value in request.form.getlist("topic"):
            opt_ins.set_topic(person, Topic(topic), True, source="page")
    return redirect(url_for("pages.mine.overview"))


@bp.post("/bind/withdraw")
@follower_only
def withdraw() -> Answer:
    binding_requests.withdraw(here())
    return redirect(url_for(".form"))


def _by_code(signed_in: Follower, typed: Typed) -> str:
    phone, code = typed.get("phone", "").strip(), typed.get("code", "").strip()
    if not phone or not code:
        return "请填写手机号和邀请码两项"
    return bindings.begin_with_phone(signed_in, phone, code)


def _by_unit(signed_in: Follower, typed: Typed) -> str:
    given = roster_match.read(f"{typed.get('name', '')} {typed.get('digits', '')}")
    word = typed.get("word", "").strip()
    if not word:
        return "请填写本单位的绑定口令，可以问本单位联络员"
    if given is None:
        return TELL_BOTH
    said = bindings.begin(signed_in, word, way="page", hint=WORD_HINT)
    if not binding_requests.is_filling_in(signed_in):
        return said
    return binding_requests.tell(signed_in, *given, hint=TELL_HINT)


def _form(typed: Typed, problem: str = "") -> str:
    waits: BindingRequest | None = binding_requests.current(here())
    return render_template(
        "pages/binding/form.html",
        typed=typed,
        problem=problem,
        can_apply=bool(problem) and waits is not None and bool(waits.name),
    )


def _notice(pending: bindings.Pending, problem: str = "") -> str:
    return render_template(
        "pages/binding/notice.html",
        pending=pending,
        lines=consents.PRIVACY_NOTICE.splitlines()[1:],
        topics=TOPIC_WORDS,
        chosen=request.form.getlist("topic"),
        problem=problem,
    )
