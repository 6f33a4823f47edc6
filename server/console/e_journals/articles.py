"""One article of an issue: its words, written in the editor; another's change meanwhile is told."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models.publishing import EJournalArticle, EJournalIssue
from server.console import conflicts, forms
from server.console.e_journals import bp
from server.console.forms import Form
from server.console.guard import me, requires
from services.errors import Conflict, DomainError, Invalid, NotFound, StaleState
from services.html import as_typed
from services.publishing import desk, e_journals

Answer = str | Response | tuple[str, int]
LABELS = {"title": "标题", "author": "作者", "body": "正文", "is_public": "可公开全文"}


@bp.get("/<int:issue_id>/columns/<int:column_id>/articles/new")
@requires("e_journals.manage")
def new_article(issue_id: int, column_id: int) -> Answer:
    issue = e_journals.find(issue_id, actor=me(), to_manage=True)
    return _form(Form(), issue, column=_column_name(issue, column_id))


@bp.post("/<int:issue_id>/columns/<int:column_id>/articles/new")
@requires("e_journals.manage")
def create_article(issue_id: int, column_id: int) -> Answer:
    issue = e_journals.find(issue_id, actor=me(), to_manage=True)
    form = forms.submitted()
    try:
        made = desk.add_article(issue, column_id, _values(form), actor=me())
    except (Invalid, Conflict) as wrong:
        return _refused(form, wrong, issue, column=_column_name(issue, column_id))
    flash(f"已编入《{made.title}》", "success")
    return redirect(url_for(".show", issue_id=issue_id) + f"#article-{made.id}")


@bp.get("/<int:issue_id>/articles/<int:article_id>/edit")
@requires("e_journals.manage")
def edit_article(issue_id: int, article_id: int) -> Answer:
    issue = e_journals.find(issue_id, actor=me(), to_manage=True)
    article = desk.find_article(issue, article_id)
    return _form(_form_of(article), issue, article=article, column=article.column.name)


@bp.post("/<int:issue_id>/articles/<int:article_id>/edit")
@requires("e_journals.manage")
def update_article(issue_id: int, article_id: int) -> Answer:
    issue = e_journals.find(issue_id, actor=me(), to_manage=True)
    article = desk.find_article(issue, article_id)
    form = forms.submitted()
    try:
        version = form.integer("version") or 0
        saved = desk.save_article(issue, article_id, _values(form), version=version, actor=me())
    except (Invalid, Conflict) as wrong:
        return _refused(form, wrong, issue, article=article, column=article.column.name)
    flash(f"《{saved.title}》已保存", "success")
    return redirect(url_for(".show", issue_id=issue_id) + f"#article-{article_id}")


@bp.post("/<int:issue_id>/articles/<int:article_id>/remove")
@requires("e_journals.manage")
def remove_article(issue_id: int, article_id: int) -> Answer:
    issue = e_journals.find(issue_id, actor=me(), to_manage=True)
    version = forms.submitted().integer("version") or 0
    desk.remove_article(issue, article_id, version=version, actor=me())
    flash("文章已删除", "warning")
    return redirect(url_for(".show", issue_id=issue_id) + "#desk")


def _refused(
    form: Form,
    wrong: DomainError,
    issue: EJournalIssue,
    *,
    column: str,
    article: EJournalArticle | None = None,
) -> tuple[str, int]:
    """What was typed stays. After a conflict the latest words stand beside it, field by field."""
    form.fail(wrong)
    if "body_html" in form.errors:
        form.errors["body"] = form.errors.pop("body_html")
    if isinstance(wrong, StaleState) and article is not None:
        article = desk.find_article(issue, article.id)
        choices = {"is_public": [("1", "是")]}
        conflicts.tell(form, issue, _form_of(article), LABELS, choices=choices, acts={desk.CHANGED})
    return _form(form, issue, article=article, column=column), 409 if isinstance(wrong, Conflict) else 422


def _form_of(article: EJournalArticle) -> Form:
    form = forms.of(article, "title", "author", "is_public", "version")
    form.values["body"] = as_typed(article.body_html)
    return form


def _values(form: Form) -> dict[str, Any]:
    return {
        "title": form.text("title"),
        "author": form.text("author"),
        "body_html": form.raw("body"),
        "is_public": form.flag("is_public"),
    }


def _column_name(issue: EJournalIssue, column_id: int) -> str:
    for column in e_journals.columns_of(issue):
        if column.id == column_id:
            return column.name
    raise NotFound("这个栏目已经不在了，请回到编辑台另选一个")


def _form(
    form: Form,
    issue: EJournalIssue,
    *,
    column: str,
    article: EJournalArticle | None = None,
) -> str:
    return render_template(
        "console/e_journals/article.html",
        form=form,
        issue=issue,
        article=article,
        column=column,
    )
