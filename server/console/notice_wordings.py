"""通知用语: what automatic notices say, a version of one's own, its three reviews."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models.automatic_notices import (
    NOTICE_KIND_WORDS,
    WORDING_STATUS_WORDS,
    NoticeKind,
    NoticeWording,
    WordingStatus,
)
from models.messaging import REVIEW_STAGE_WORDS
from models.reviews import ReviewDecision, ReviewStage
from server.console import forms
from server.console.areas import MenuEntry
from server.console.guard import me, requires
from server.console.todo import Line, Todo, Waiting
from services.errors import Conflict, Invalid, NotFound
from services.messaging import notice_reviews, notice_wordings

bp = Blueprint("notice_wordings", __name__, url_prefix="/console/notice-wordings")
MENU = MenuEntry("推送", "通知用语", "notice_wordings.index", "notice_wordings.manage", "message-2", 55)
Answer = str | Response | tuple[str, int]

VARIABLE_WORDS = {
    "title": "活动标题",
    "starts_at": "开始时间",
    "place": "地点",
    "changes": "变了什么",
    "reason": "原因",
    "until": "名额保留到",
    "unit": "单位",
    "places": "名额数",
    "named": "已报人数",
    "answer_by": "报送截止",
    "decision": "结果",
    "detail": "说明",
    "number": "编号",
}


NAMES = {word: name for name, word in VARIABLE_WORDS.items()}
_BRACED = re.compile(r"\{([^{}?？]+)([?？]?)\}")


def shown(text: str) -> str:
    """A wording with its variables in Chinese: {开始时间}; one that may be missing ends in ？."""
    return _BRACED.sub(
        lambda m: f"{{{VARIABLE_WORDS.get(m[1], m[1])}{'？' if m[2] else ''}}}",
        text,
    )


def read(text: str) -> str:
    """As it is stored, whether the variables were written in Chinese or by their names."""
    return _BRACED.sub(lambda m: f"{{{NAMES.get(m[1].strip(), m[1])}{'?' if m[2] else ''}}}", text)


@dataclass(frozen=True)
class Kind:
    """One kind as the list shows it."""

    kind: NoticeKind
    word: str
    standing: NoticeWording
    pending: NoticeWording | None


def _waiting() -> Waiting:
    rows = NoticeWording.select().where(NoticeWording.status == WordingStatus.IN_REVIEW)
    mine = [row for row in rows if not notice_reviews.why_may_not_review(row, me())]
    lines = [Line(NOTICE_KIND_WORDS[row.kind], _url(row.kind)) for row in mine]
    return Waiting("通知用语待审核", "message-2", len(mine), lines, url_for("console.notice_wordings.index"))


def _url(kind: NoticeKind) -> str:
    return url_for("console.notice_wordings.show", kind=kind.value)


TODO = (Todo("notice_wordings.manage", _waiting, order=45),)


@bp.get("/")
@requires("notice_wordings.manage")
def index() -> Answer:
    kinds = [
        Kind(kind, word, notice_wordings.standing(kind), notice_reviews.pending(kind))
        for kind, word in NOTICE_KIND_WORDS.items()
    ]
    return render_template("console/notice_wordings/index.html", kinds=kinds, shown=shown)


@bp.get("/<kind>")
@requires("notice_wordings.manage")
def show(kind: str) -> Answer:
    standing = notice_wordings.standing(_kind(kind))
    return _page(
        _kind(kind), forms.filled({"headline": shown(standing.headline), "text": shown(standing.text)})
    )


@bp.post("/<kind>")
@requires("notice_wordings.manage")
def propose(kind: str) -> Answer:
    chosen, form = _kind(kind), forms.submitted()
    try:
        notice_reviews.propose(chosen, read(form.text("headline")), read(form.text("text")), actor=me())
    except (Invalid, Conflict) as wrong:
        form.fail(wrong)
        form.errors.update({name: shown(told) for name, told in form.errors.items()})
        return _page(chosen, form), 422
    flash("已送审，由作者以外的三个人依次审核；通过前仍用现在的用语", "success")
    return redirect(url_for(".show", kind=kind))


@bp.post("/<kind>/review")
@requires("notice_wordings.manage")
def review(kind: str) -> Answer:
    chosen, form = _kind(kind), forms.submitted()
    row = notice_reviews.pending(chosen)
    if row is None:
        raise NotFound("没有在审核的版本，可能刚刚审完")
    try:
        stage = form.chosen("stage", ReviewStage)
        decision = form.chosen("decision", ReviewDecision, required="请选择通过或退回")
        after = notice_reviews.review(row, stage, decision, form.text("opinion"), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(chosen, form), 422
    flash("三审通过，已启用" if after.status is WordingStatus.PASSED else "已记下您的意见", "success")
    return redirect(url_for(".show", kind=kind))


def _kind(name: str) -> NoticeKind:
    if name not in list(NoticeKind):
        raise NotFound()
    return NoticeKind(name)


def _page(kind: NoticeKind, form: forms.Form) -> str:
    pending = notice_reviews.pending(kind)
    names = notice_wordings.variables(kind)
    return render_template(
        "console/notice_wordings/show.html",
        form=form,
        kind=kind,
        word=NOTICE_KIND_WORDS[kind],
        standing=notice_wordings.standing(kind),
        pending=pending,
        given=notice_reviews.given(pending) if pending is not None else [],
        due=notice_reviews.next_stage(pending) if pending is not None else None,
        why_not=notice_reviews.why_may_not_review(pending, me()) if pending is not None else "",
        history=notice_reviews.history(kind),
        variables=[(f"{{{VARIABLE_WORDS.get(name, name)}}}", must) for name, must in names.items()],
        shown=shown,
        stage_words=REVIEW_STAGE_WORDS,
        wording_words=WORDING_STATUS_WORDS,
        decisions=[("passed", "通过"), ("returned", "退回")],
        headline_length=notice_wordings.HEADLINE,
        text_length=notice_wordings.TEXT,
    )
