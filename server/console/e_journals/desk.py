"""The desk: columns and articles dragged, or moved by buttons, one act at a time.

One form holds them all. A button named `do` says what: `column-5-up`, `column-5-rename`,
`article-7-down`, `article-7-to`, `add-column`; a drop fills `dropped`, `into` and `place`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from models.accounts import Account
from models.publishing import EJournalIssue
from server.console import forms
from server.console.e_journals import bp
from server.console.e_journals.screens import desk_page
from server.console.forms import Form
from server.console.guard import me, requires
from services.errors import Conflict, DomainError, Invalid, NotFound
from services.publishing import desk, e_journals, issue_structure

Answer = str | Response | tuple[str, int]

_DO = re.compile(r"(column|article)-(\d{1,9})-(up|down|rename|remove|to)$")
_DROPPED = re.compile(r"(column|article)-(\d{1,9})$")
AT_END = 10**6


class Place(NamedTuple):
    """Where an article stands: its column and the number in it, from 0."""

    column_id: int
    at: int


@bp.post("/<int:issue_id>/arrange")
@requires("e_journals.manage")
def arrange(issue_id: int) -> Answer:
    issue = e_journals.find(issue_id, actor=me(), to_manage=True)
    form = forms.submitted()
    typed_name = ""
    try:
        told, problem, status = _act(issue, form, me()), "", 200
    except (Invalid, Conflict, NotFound) as refused:
        told, problem, status = "", refused.message, _status(refused)
        typed_name = form.text("new-name")
    if request.headers.get("HX-Request") != "true":
        flash(told or problem, "success" if told else "danger")
        return redirect(url_for(".show", issue_id=issue_id) + "#desk")
    latest = e_journals.find(issue_id, actor=me(), to_manage=True)
    page = desk_page(
        latest, told=told, problem=problem, typed_name=typed_name, focus=form.text("do") if told else ""
    )
    return page, status


def _status(refused: DomainError) -> int:
    return 422 if isinstance(refused, Invalid) else 409


def _act(issue: EJournalIssue, form: Form, actor: Account) -> str:
    """Carry out one button or one drop; what was done, in words."""
    version = form.integer("version") or 0
    if dropped := _DROPPED.match(form.text("dropped")):
        return _drop(issue, dropped[1], int(dropped[2]), form, version, actor)
    do = form.text("do")
    if do == "add-column":
        return f"已加栏目“{desk.add_column(issue, form.text('new-name'), actor=actor).name}”"
    asked = _DO.match(do)
    if asked is None:
        raise Invalid("没有这个操作，请刷新页面再试")
    kind, row_id, what = asked[1], int(asked[2]), asked[3]
    act = _column if kind == "column" else _article
    return act(issue, row_id, what, form, version, actor)


def _drop(issue: EJournalIssue, kind: str, row_id: int, form: Form, version: int, actor: Account) -> str:
    place = form.integer("place") or 0
    if kind == "column":
        desk.move_column(issue, row_id, place, version=version, actor=actor)
        return "栏目的顺序已保存"
    desk.move_article(issue, row_id, form.integer("into") or 0, place, version=version, actor=actor)
    return "文章的位置已保存"


def _column(issue: EJournalIssue, row_id: int, what: str, form: Form, version: int, actor: Account) -> str:
    if what == "rename":
        desk.rename_column(issue, row_id, form.text(f"name-{row_id}"), version=version, actor=actor)
        return "栏目已改名"
    if what == "remove":
        desk.remove_column(issue, row_id, version=version, actor=actor)
        return "栏目已删除"
    ids = [column.id for column in issue_structure.read(issue)]
    at = ids.index(row_id) if row_id in ids else 0
    desk.move_column(issue, row_id, at + (-1 if what == "up" else 1), version=version, actor=actor)
    return "栏目的顺序已保存"


def _article(issue: EJournalIssue, row_id: int, what: str, form: Form, version: int, actor: Account) -> str:
    if what == "to":
        into = form.integer(f"to-{row_id}")
        if into is None:
            raise Invalid("请先选择要移到哪个栏目")
        desk.move_article(issue, row_id, into, AT_END, version=version, actor=actor)
        return "文章已移到所选栏目的最后"
    place = _neighbour(issue, row_id, -1 if what == "up" else 1)
    desk.move_article(issue, row_id, place.column_id, place.at, version=version, actor=actor)
    return "文章的位置已保存"


def _neighbour(issue: EJournalIssue, article_id: int, step: int) -> Place:
    """One place up or down; beyond the end of its column lies the next column."""
    columns = issue_structure.read(issue)
    for number, column in enumerate(columns):
        ids = [each.id for each in column.articles]
        if article_id not in ids:
            continue
        at = ids.index(article_id) + step
        if 0 <= at < len(ids):
            return Place(column.id, at)
        if at < 0 and number:
            return Place(columns[number - 1].id, AT_END)
        if at >= len(ids) and number + 1 < len(columns):
            return Place(columns[number + 1].id, 0)
        return Place(column.id, max(0, at))
    raise NotFound("这篇文章刚刚被别人删除了，下面是最新的目录")
