"""导入名单: upload, preview with what is wrong where, apply or discard, the result."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import groupby
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from models.accounts import Account
from models.people import RosterImport, RosterImportStatus
from server.console import forms
from server.console.areas import MenuEntry
from server.console.exports import XLSX
from server.console.guard import me, requires, scope
from services import alliance, roster
from services.errors import Invalid
from services.roster import files, workbook

bp = Blueprint("rosters", __name__, url_prefix="/console/rosters")
MENU = MenuEntry("成员", "导入名单", "rosters.index", "people.import", "file-import", 20)
Answer = str | BaseResponse | tuple[str, int]

STATUS_WORDS = {
    RosterImportStatus.PREVIEWED: "待确认",
    RosterImportStatus.APPLIED: "已导入",
    RosterImportStatus.DISCARDED: "已放弃",
}
OUTCOME_WORDS = {"new": "新增", "changed": "更新", "same": "不变"}
OUTCOME_COLOURS = {"new": "green", "changed": "blue", "same": "secondary"}
SHOWN_WRONG = 200


@bp.get("/")
@requires("people.import")
def index() -> Answer:
    return _index(forms.Form())


@bp.post("/")
@requires("people.import")
def upload() -> Answer:
    form, sent = forms.submitted(), request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Invalid(fields={"file": "请先选择一个 Excel 文件"})
        content = sent.read(workbook.MOST_BYTES + 1)
        preview = roster.preview(content, sent.filename, unit_scope=scope(), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _index(form), 422
    return redirect(url_for(".show", roster_id=preview.id))


@bp.get("/<int:roster_id>")
@requires("people.import")
def show(roster_id: int) -> Answer:
    row = roster.find(roster_id, actor=me())
    report = roster.report_of(row)
    return render_template(
        "console/people/roster.html",
        row=row,
        report=report,
        wrong=list(_by_row(report.wrong[:SHOWN_WRONG])),
        hidden=max(0, len(report.wrong) - SHOWN_WRONG),
        status_words=STATUS_WORDS,
        outcome_words=OUTCOME_WORDS,
        outcome_colours=OUTCOME_COLOURS,
        is_waiting=row.status is RosterImportStatus.PREVIEWED,
        is_applied=row.status is RosterImportStatus.APPLIED,
    )


@bp.post("/<int:roster_id>/apply")
@requires("people.import")
def apply(roster_id: int) -> Answer:
    report = roster.apply(roster.find(roster_id, actor=me()), actor=me())
    new, changed, same = (report.counts[name] for name in OUTCOME_WORDS)
    flash(f"导入完成：新增 {new} 人，更新 {changed} 人，{same} 人没有变化", "success")
    return redirect(url_for(".show", roster_id=roster_id))


@bp.post("/<int:roster_id>/discard")
@requires("people.import")
def discard(roster_id: int) -> Answer:
    roster.discard(roster.find(roster_id, actor=me()), actor=me())
    flash("已放弃这份名单，读取的内容已清除", "warning")
    return redirect(url_for(".index"))


@bp.get("/<int:roster_id>/wrong.xlsx")
@requires("people.import")
def wrong_rows(roster_id: int) -> Response:
    report = roster.report_of(roster.find(roster_id, actor=me()))
    return _download(files.wrong_rows(report.wrong), "未导入的行.xlsx")


@bp.get("/template.xlsx")
@requires("people.import")
def template() -> Response:
    return _download(files.template(alliance.choices(me())), "人员名单模板.xlsx")


def _index(form: forms.Form) -> str:
    rows = roster.recent(me())
    accounts = {
        row.id: row for row in Account.select().where(Account.id.in_([row.account_id for row in rows]))
    }
    return render_template(
        "console/people/rosters.html",
        form=form,
        recent=[(row, roster.report_of(row).counts, _by(row, accounts)) for row in rows],
        status_words=STATUS_WORDS,
        most_megabytes=workbook.MOST_BYTES // 1024 // 1024,
        is_bound=scope() is not None,
    )


def _by(row: RosterImport, accounts: dict[int, Account]) -> str:
    account = accounts.get(row.account_id)
    return str(account.display_name) if account else "—"


def _by_row(cells: list[Any]) -> Iterator[tuple[str, int, str, list[Any]]]:
    """One line for each wrong row, with all that is wrong in it."""
    for (sheet, row), group in groupby(cells, key=lambda cell: (cell.sheet, cell.row)):
        together = list(group)
        yield sheet, row, next((cell.name for cell in together if cell.name), ""), together


def _download(content: bytes, name: str) -> Response:
    answer = send_file(BytesIO(content), mimetype=XLSX)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
