"""The columns and articles of an issue, checked and written as a whole, in the order given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.publishing import EJournalArticle, EJournalColumn, EJournalIssue
from services.html import clean, plain_text

MAX_COLUMNS = 20
MAX_ARTICLES = 60
MAX_BODY = 200_000


@dataclass
class Column:
    """A column with its articles in order, read at once."""

    id: int
    name: str
    articles: list[EJournalArticle] = field(default_factory=list)


def read(issue: EJournalIssue) -> list[Column]:
    """All columns with their articles, in two queries."""
    rows = EJournalColumn.select().where(EJournalColumn.issue == issue.id)
    columns = {
        row.id: Column(row.id, row.name) for row in rows.order_by(EJournalColumn.position, EJournalColumn.id)
    }
    articles = (
        EJournalArticle.select()
        .where(EJournalArticle.column.in_(list(columns)))
        .order_by(EJournalArticle.position, EJournalArticle.id)
    )
    for article in articles:
        columns[article.column_id].articles.append(article)
    return list(columns.values())


def as_values(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """What `checked` takes: the structure as it stands."""
    return [
        {
            "id": column.id,
            "name": column.name,
            "articles": [
                {
                    "id": article.id,
                    "title": article.title,
                    "author": article.author,
                    "body_html": article.body_html,
                    "is_public": article.is_public,
                }
                for article in column.articles
            ],
        }
        for column in columns
    ]


def texts(columns: Sequence[Column]) -> dict[str, str]:
    """All words of the issue by the place where a reader finds them."""
    found = {}
    for column_no, column in enumerate(columns, 1):
        place = f"栏目{column_no}“{column.name}”"
        found[place] = column.name
        for number, article in enumerate(column.articles, 1):
            found[f"{place}第{number}篇《{article.title}》"] = "\n".join(
                [article.title, article.author, plain_text(article.body_html)]
            )
    return found


def checked(columns: Sequence[Mapping[str, Any]], errors: dict[str, str]) -> list[dict[str, Any]]:
    """The structure as it will be stored; what is wrong goes into `errors`.

    Fields are named `columns`, `columns.0.name`, `columns.0.articles.1.title` …
    """
    if len(columns) > MAX_COLUMNS:
        errors["columns"] = f"一期最多{MAX_COLUMNS}个栏目"
    if sum(len(column.get("articles") or ()) for column in columns) > MAX_ARTICLES:
        errors["columns"] = f"一期最多{MAX_ARTICLES}篇文章"
    names: set[str] = set()
    stored = []
    for number, column in enumerate(columns):
        key = f"columns.{number}"
        name = checked_text(
            column.get("name"),
            EJournalColumn.name.max_length,
            f"第{number + 1}个栏目的名称",
            key + ".name",
            errors,
        )
        if name in names:
            errors[key + ".name"] = f"栏目“{name}”重复了，请合并或改名"
        names.add(name)
        articles = [
            checked_article(
                article, f"{key}.articles.{place}", f"第{number + 1}个栏目第{place + 1}篇", errors
            )
            for place, article in enumerate(column.get("articles") or ())
        ]
        stored.append({"id": column.get("id"), "name": name, "articles": articles})
    return stored


def write(issue: EJournalIssue, columns: Sequence[Mapping[str, Any]]) -> None:
    """Make the issue hold exactly these, numbered from 1. Rows that stay keep their id, so links stay good.

    An id of another issue is not believed: such a row is made anew.
    """
    was = read(issue)
    old_columns = {column.id for column in was}
    old_articles = {article.id for column in was for article in column.articles}
    kept_columns: set[int] = set()
    kept_articles: set[int] = set()
    for position, column in enumerate(columns, 1):
        column_id = _put(
            EJournalColumn,
            column["id"],
            old_columns - kept_columns,
            issue=issue.id,
            name=column["name"],
            position=position,
        )
        kept_columns.add(column_id)
        for place, article in enumerate(column["articles"], 1):
            values = {name: article[name] for name in ("title", "author", "body_html", "is_public")}
            free = old_articles - kept_articles
            kept_articles.add(
                _put(EJournalArticle, article["id"], free, column=column_id, position=place, **values)
            )
    EJournalArticle.update(version=EJournalArticle.version + 1).where(
        EJournalArticle.id.in_(list(kept_articles & old_articles))
    ).execute()
    EJournalArticle.delete().where(EJournalArticle.id.in_(list(old_articles - kept_articles))).execute()
    EJournalColumn.delete().where(EJournalColumn.id.in_(list(old_columns - kept_columns))).execute()


def _put(
    model: type[EJournalColumn] | type[EJournalArticle], row_id: Any, known: set[int], **values: Any
) -> int:
    if row_id in known:
        model.update(**values).where(model.id == row_id).execute()
        return int(row_id)
    return int(model.create(**values).id)


def checked_article(
    article: Mapping[str, Any], key: str, place: str, errors: dict[str, str]
) -> dict[str, Any]:
    """An article as it will be stored; what is wrong goes into `errors` under `key`."""
    body = clean(article.get("body_html") or "")
    if len(body) > MAX_BODY:
        errors[f"{key}.body_html"] = f"{place}的正文太长，请分成几篇"
    title_limit = EJournalArticle.title.max_length
    author_limit = EJournalArticle.author.max_length
    return {
        "id": article.get("id"),
        "title": checked_text(article.get("title"), title_limit, f"{place}的标题", f"{key}.title", errors),
        "author": checked_text(
            article.get("author"), author_limit, f"{place}的作者", f"{key}.author", errors, is_required=False
        ),
        "body_html": body,
        "is_public": bool(article.get("is_public")),
    }


def checked_text(
    value: Any, limit: int, label: str, key: str, errors: dict[str, str], *, is_required: bool = True
) -> str:
    text = " ".join(str(value or "").split())
    if is_required and not text:
        errors[key] = f"请填写{label}"
    elif len(text) > limit:
        errors[key] = f"{label}不超过{limit}个字，现在是{len(text)}个字"
    return text
