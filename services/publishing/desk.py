"""The desk of an issue (编辑台): one act for each column and article that is added, moved or changed.

Acts on the order carry the issue's `version`, an article's text its own: two editors write in two
articles at once, and of two who change the same thing the second is told by whom and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from models.accounts import Account
from models.base import db
from models.publishing import EJournalArticle, EJournalColumn, EJournalIssue
from services.errors import Conflict, Invalid, NotFound, StaleState
from services.publishing import issue_states, issue_structure
from services.publishing.issue_structure import MAX_ARTICLES, MAX_COLUMNS, Column

ARRANGED, CHANGED = "e_journal_issue.arranged", "e_journal_issue.changed"
GONE = "刚刚被别人删除或移走了，下面是最新的目录"


@dataclass(slots=True)
class _Desk:
    """The issue under the hand, read once; `said` goes into the audit trail."""

    issue: EJournalIssue
    columns: list[Column]
    said: dict[str, str]

    def column(self, column_id: int) -> Column:
        found = next((each for each in self.columns if each.id == column_id), None)
        if found is None:
            raise NotFound(f"这个栏目{GONE}")
        return found

    def article(self, article_id: int) -> tuple[Column, EJournalArticle]:
        for column in self.columns:
            for each in column.articles:
                if each.id == article_id:
                    return column, each
        raise NotFound(f"这篇文章{GONE}")


def add_column(issue: EJournalIssue, name: str, *, actor: Account | None) -> EJournalColumn:
    """A column at the end. Raises Invalid (`name`)."""
    with _desk(issue, None, actor, "加栏目") as desk:
        if len(desk.columns) >= MAX_COLUMNS:
            raise Invalid(fields={"name": f"一期最多{MAX_COLUMNS}个栏目"})
        checked = _name(desk, name)
        desk.said["name"] = checked
        return EJournalColumn.create(issue=issue.id, name=checked, position=len(desk.columns) + 1)


def rename_column(
    issue: EJournalIssue, column_id: int, name: str, *, version: int, actor: Account | None
) -> None:
    """Raises Invalid (`name`), StaleState, NotFound."""
    with _desk(issue, version, actor, "栏目改名") as desk:
        column = desk.column(column_id)
        checked = _name(desk, name, but=column)
        desk.said |= {"was": column.name, "to": checked}
        EJournalColumn.update(name=checked).where(EJournalColumn.id == column.id).execute()


def move_column(
    issue: EJournalIssue, column_id: int, place: int, *, version: int, actor: Account | None
) -> None:
    """Put it at this place (0 is the first, beyond the end the last). Raises StaleState, NotFound."""
    with _desk(issue, version, actor, "移动栏目") as desk:
        column = desk.column(column_id)
        desk.said["name"] = column.name
        rest = [each.id for each in desk.columns if each is not column]
        rest.insert(max(0, min(place, len(rest))), column.id)
        _number(EJournalColumn, rest)


def remove_column(issue: EJournalIssue, column_id: int, *, version: int, actor: Account | None) -> None:
    """Take an empty column away. Raises Conflict where articles stand in it, StaleState, NotFound."""
    with _desk(issue, version, actor, "删除栏目") as desk:
        column = desk.column(column_id)
        if column.articles:
            raise Conflict(f"栏目“{column.name}”里还有{len(column.articles)}篇文章，请先移到别的栏目或删除")
        desk.said["name"] = column.name
        EJournalColumn.delete().where(EJournalColumn.id == column.id).execute()
        _number(EJournalColumn, [each.id for each in desk.columns if each is not column])


def move_article(
    issue: EJournalIssue,
    article_id: int,
    column_id: int,
    place: int,
    *,
    version: int,
    actor: Account | None,
) -> None:
    """Put it into this column at this place (0 is the first). Raises StaleState, NotFound."""
    with _desk(issue, version, actor, "移动文章") as desk:
        column, article = desk.article(article_id)
        target = desk.column(column_id)
        desk.said |= {"title": article.title, "was": column.name, "to": target.name}
        EJournalArticle.update(column=target.id).where(EJournalArticle.id == article.id).execute()
        rest = [each.id for each in target.articles if each.id != article.id]
        rest.insert(max(0, min(place, len(rest))), article.id)
        _number(EJournalArticle, rest)
        if column is not target:
            _number(EJournalArticle, [each.id for each in column.articles if each.id != article.id])


def remove_article(issue: EJournalIssue, article_id: int, *, version: int, actor: Account | None) -> None:
    """Raises StaleState, NotFound."""
    with _desk(issue, version, actor, "删除文章") as desk:
        column, article = desk.article(article_id)
        desk.said["title"] = article.title
        EJournalArticle.delete().where(EJournalArticle.id == article.id).execute()
        _number(EJournalArticle, [each.id for each in column.articles if each.id != article.id])


def add_article(
    issue: EJournalIssue, column_id: int, values: Mapping[str, Any], *, actor: Account | None
) -> EJournalArticle:
    """An article at the end of a column: title, author, body_html, is_public. Raises Invalid, NotFound."""
    with _desk(issue, None, actor, "加文章") as desk:
        column = desk.column(column_id)
        if sum(len(each.articles) for each in desk.columns) >= MAX_ARTICLES:
            raise Invalid(fields={"title": f"一期最多{MAX_ARTICLES}篇文章"})
        checked = _article(values)
        desk.said["title"] = checked["title"]
        return EJournalArticle.create(column=column.id, position=len(column.articles) + 1, **checked)


def save_article(
    issue: EJournalIssue,
    article_id: int,
    values: Mapping[str, Any],
    *,
    version: int,
    actor: Account | None,
) -> EJournalArticle:
    """Change an article's words; `version` is the article's. Raises StaleState, Invalid, NotFound."""
    with db.atomic():
        fresh = issue_states.to_edit(issue, actor, None)
        _, article = _Desk(fresh, issue_structure.read(fresh), {}).article(article_id)
        if article.version != version:
            raise StaleState(f"{issue_states.who_was_faster(fresh, actor)}，这篇文章已经不是您打开时的样子")
        checked = _article(values)
        if any(getattr(article, name) != value for name, value in checked.items()):
            EJournalArticle.update(version=version + 1, **checked).where(
                EJournalArticle.id == article.id
            ).execute()
            issue_states.edited(fresh, action=CHANGED, actor=actor, title=checked["title"])
        return EJournalArticle.get_by_id(article.id)


def find_article(issue: EJournalIssue, article_id: int) -> EJournalArticle:
    """Raises NotFound for an article of another issue too."""
    article = (
        EJournalArticle.select(EJournalArticle, EJournalColumn)
        .join(EJournalColumn)
        .where(EJournalArticle.id == article_id, EJournalColumn.issue == issue.id)
        .first()
    )
    if article is None:
        raise NotFound("这篇文章不在这一期里，可能已被删除")
    return article


@contextmanager
def _desk(issue: EJournalIssue, version: int | None, actor: Account | None, act: str) -> Iterator[_Desk]:
    with db.atomic():
        fresh = issue_states.to_edit(issue, actor, version)
        desk = _Desk(fresh, issue_structure.read(fresh), {})
        yield desk
        EJournalIssue.update(version=fresh.version + 1).where(EJournalIssue.id == fresh.id).execute()
        issue_states.edited(fresh, action=ARRANGED, actor=actor, act=act, **desk.said)


def _name(desk: _Desk, name: str, *, but: Column | None = None) -> str:
    errors: dict[str, str] = {}
    most = EJournalColumn.name.max_length
    checked = issue_structure.checked_text(name, most, "栏目名称", "name", errors)
    if any(each.name == checked for each in desk.columns if each is not but):
        errors["name"] = f"已有栏目“{checked}”，请换一个名称"
    if errors:
        raise Invalid(fields=errors)
    return checked


def _article(values: Mapping[str, Any]) -> dict[str, Any]:
    errors: dict[str, str] = {}
    checked = issue_structure.checked_article(values, "", "文章", errors)
    if errors:
        raise Invalid(fields={key.removeprefix("."): words for key, words in errors.items()})
    return {name: value for name, value in checked.items() if name != "id"}


def _number(model: type[EJournalColumn] | type[EJournalArticle], ids: list[int]) -> None:
    for position, row_id in enumerate(ids, 1):
        model.update(position=position).where(model.id == row_id, model.position != position).execute()
