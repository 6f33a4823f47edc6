"""The list of issues, one issue on its desk, and the periodicals."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models.publishing import ISSUE_STATUS_WORDS, EJournal, EJournalIssue, IssueStatus
from server.console import forms, words
from server.console.e_journals import bp
from server.console.guard import can, me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from server.console.row_history import serve_history
from services import alliance, sharing
from services.errors import Invalid
from services.publishing import e_journals, issue_structure, reviews

Answer = str | Response | tuple[str, int]


def _count_articles(rows: list[Any]) -> None:
    held = e_journals.article_count([row.id for row in rows])
    for row in rows:
        row.articles_held = held.get(row.id, 0)


LIST = Listing(
    name="issues",
    title="电子期刊",
    permission="e_journals.view",
    rows=lambda: e_journals.visible(actor=me()),
    prepare=_count_articles,
    columns=(
        Column(
            "期号",
            lambda row: f"{row.e_journal.name}{row.issue_no}",
            sort=EJournalIssue.issue_no,
            link=lambda row: url_for("console.e_journals.show", issue_id=row.id),
        ),
        Column("准印证", "print_permit_no", on_phone=False),
        Column("文章", lambda row: row.articles_held, on_phone=False, css="number"),
        Column("发布", lambda row: words.local_time(row.published_at), sort=EJournalIssue.published_at),
        Column("状态", lambda row: badge(row.status, ISSUE_STATUS_WORDS)),
    ),
    filters=(
        Filter(
            "journal",
            "刊物",
            lambda: [(str(row.id), row.name) for row in e_journals.journals()],
            lambda value: EJournalIssue.e_journal == int(value),
        ),
        Filter("status", "状态", choices(ISSUE_STATUS_WORDS), lambda value: EJournalIssue.status == value),
    ),
    search=(EJournalIssue.issue_no, EJournalIssue.summary),
    order=(EJournalIssue.created_at.desc(), EJournalIssue.id.desc()),
    search_hint="期号、摘要",
    empty="还没有期刊。点“新建一期”开始编。",
)
serve(bp, LIST)
serve_history(
    bp,
    "issue_id",
    EJournalIssue,
    "e_journals.view",
    find=lambda row_id: e_journals.find(row_id, actor=me()),
    name=lambda row: f"{row.e_journal.name}{row.issue_no}",
    owner=lambda row: row.e_journal.member_unit_id,
)


@bp.get("/")
@requires("e_journals.view")
def index() -> Answer:
    return render_template("console/e_journals/index.html", page=LIST.page())


@bp.get("/<int:issue_id>")
@requires("e_journals.view")
def show(issue_id: int) -> Answer:
    return desk_page(e_journals.find(issue_id, actor=me()))


def desk_page(
    issue: EJournalIssue, *, told: str = "", problem: str = "", typed_name: str = "", focus: str = ""
) -> str:
    """The issue on its desk; `typed_name` stays in the field of a column that was refused."""
    columns = e_journals.columns_of(issue)
    is_mine = can("e_journals.manage") and is_own(issue.e_journal)
    missing = {} if issue.status is IssueStatus.PUBLISHED else e_journals.missing(issue)
    return render_template(
        "console/e_journals/show.html",
        issue=issue,
        columns=columns,
        cover=e_journals.cover_html(issue),
        permit_line=e_journals.permit_line(issue),
        findings=e_journals.findings(issue),
        missing=[words for name, words in missing.items() if name != "wording"],  # findings tell those
        status_words=ISSUE_STATUS_WORDS,
        statuses=IssueStatus,
        is_mine=is_mine,
        may_edit=is_mine and issue.status is not IssueStatus.PUBLISHED,
        may_add=sum(len(column.articles) for column in columns) < issue_structure.MAX_ARTICLES,
        may_preview=may_preview(issue),
        may_review=can("e_journals.review") and not reviews.why_may_not_review(issue, me()),
        has_reviews=bool(reviews.history(issue)),
        group_text=sharing.text_of(issue) if issue.status is IssueStatus.PUBLISHED else "",
        told=told,
        problem=problem,
        typed_name=typed_name,
        focus=focus,
    )


@bp.get("/journals")
@requires("e_journals.manage")
def journals() -> Answer:
    return _journals(forms.filled({"member_unit": me().member_unit_id}))


@bp.post("/journals")
@requires("e_journals.manage")
def create_journal() -> Answer:
    form = forms.submitted()
    unit = form.integer("member_unit") if scope() is None else me().member_unit_id
    try:
        e_journals.create_journal(
            form.text("name"), print_permit_no=form.text("print_permit_no"), member_unit=unit, actor=me()
        )
    except Invalid as wrong:
        form.fail(wrong)
        return _journals(form), 422
    flash("已登记", "success")
    return redirect(url_for(".journals"))


def is_own(journal: EJournal) -> bool:
    return scope() in (None, journal.member_unit_id)


def may_preview(issue: EJournalIssue) -> bool:
    """Whoever edits or reviews reads it before publication, the others afterwards."""
    if issue.status is IssueStatus.PUBLISHED:
        return True
    return is_own(issue.e_journal) and (can("e_journals.manage") or can("e_journals.review"))


def _journals(form: forms.Form) -> str:
    units = [(str(unit.id), unit.name) for unit in alliance.choices(me())] if scope() is None else []
    return render_template(
        "console/e_journals/journals.html", form=form, journals=e_journals.journals(actor=me()), units=units
    )
