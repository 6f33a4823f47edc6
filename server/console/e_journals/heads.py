"""The head of an issue: periodical, number, permit line, day, summary, cover."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models.pictures import Picture
from models.publishing import EJournalIssue
from server.console import conflicts, forms
from server.console.e_journals import bp
from server.console.guard import me, requires
from services import pictures
from services.errors import Conflict, DomainError, Invalid, StaleState
from services.publishing import e_journals

Answer = str | Response | tuple[str, int]
FIRST_COLUMNS = ("最新科研理论成果", "热点资讯")
COVERS_SHOWN = 24
LABELS = {
    "e_journal": "刊物",
    "issue_no": "期号",
    "print_permit_no": "准印证号",
    "publish_on": "刊期日期",
    "summary": "本期摘要",
    "cover_token": "封面图片",
}


@bp.get("/new")
@requires("e_journals.manage")
def new() -> Answer:
    journals = e_journals.journals(actor=me())
    if not journals:
        flash("请先登记刊物，再编期刊", "warning")
        return redirect(url_for(".journals"))
    return _form(forms.filled({"e_journal": journals[0].id, "print_permit_no": journals[0].print_permit_no}))


@bp.post("/new")
@requires("e_journals.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        columns = [{"name": name, "articles": []} for name in FIRST_COLUMNS]
        issue = e_journals.save_issue(_values(form) | {"columns": columns}, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form), 422
    flash("已存为草稿。栏目按惯例列好了，可以改名、增删，再编入文章", "success")
    return redirect(url_for(".show", issue_id=issue.id))


@bp.get("/<int:issue_id>/edit")
@requires("e_journals.manage")
def edit(issue_id: int) -> Answer:
    issue = e_journals.find(issue_id, actor=me(), to_manage=True)
    return _form(forms.of(issue, *LABELS, "version"), issue)


@bp.post("/<int:issue_id>/edit")
@requires("e_journals.manage")
def update(issue_id: int) -> Answer:
    issue = e_journals.find(issue_id, actor=me(), to_manage=True)
    form = forms.submitted()
    try:
        values = _values(form)
        e_journals.save_issue(values, issue=issue, version=form.integer("version") or 0, actor=me())
    except (Invalid, Conflict) as wrong:
        return _refused(form, wrong, issue)
    flash("已保存", "success")
    return redirect(url_for(".show", issue_id=issue_id))


def _refused(form: forms.Form, wrong: DomainError, issue: EJournalIssue) -> tuple[str, int]:
    """What was typed stays. After a conflict the latest stands beside it, field by field."""
    form.fail(wrong)
    if isinstance(wrong, StaleState):
        issue = e_journals.find(issue.id, actor=me())
        shown = forms.of(issue, *LABELS, "version")
        choices = _choices(form.shown("cover_token"), shown.shown("cover_token"))
        conflicts.tell(form, issue, shown, LABELS, choices=choices)
    return _form(form, issue), 409 if isinstance(wrong, Conflict) else 422


def _choices(*tokens: str) -> conflicts.Choices:
    covers = Picture.select().where(Picture.token.in_(tokens))
    return {
        "e_journal": [(str(row.id), row.name) for row in e_journals.journals(actor=me())],
        "cover_token": [(each.token, each.alt) for each in covers],
    }


def _values(form: forms.Form) -> dict[str, Any]:
    values = {
        "e_journal": form.integer("e_journal", required="请选择刊物"),
        "issue_no": form.text("issue_no"),
        "print_permit_no": form.text("print_permit_no"),
        "summary": form.text("summary"),
        "publish_on": form.day("publish_on"),
        "cover_token": form.text("cover_token"),
    }
    form.check()
    return values


def _form(form: forms.Form, issue: EJournalIssue | None = None) -> str:
    usable = pictures.visible(actor=me()).order_by(Picture.id.desc()).limit(COVERS_SHOWN)
    covers = list(usable)
    chosen = form.shown("cover_token")
    if chosen and all(each.token != chosen for each in covers):
        covers += list(Picture.select().where(Picture.token == chosen))
    return render_template(
        "console/e_journals/form.html",
        form=form,
        issue=issue,
        covers=covers,
        journals=[(str(row.id), row.name) for row in e_journals.journals(actor=me())],
    )
