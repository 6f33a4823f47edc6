"""What a page of an issue shows its reader: the same for members and for those who preview it."""

from __future__ import annotations

from typing import Any

from models.publishing import EJournalIssue
from services.errors import NotFound
from services.publishing import e_journals, issue_structure


def contents(issue: EJournalIssue) -> dict[str, Any]:
    """The page of contents: cover, permit line, columns with their articles."""
    return {
        "columns": issue_structure.read(issue),
        "cover": e_journals.cover_html(issue),
        "permit_line": e_journals.permit_line(issue),
    }


def article(issue: EJournalIssue, article_id: int) -> dict[str, Any]:
    """One article with its neighbours in the order of the issue. Raises NotFound."""
    columns = issue_structure.read(issue)
    order = [(column, each) for column in columns for each in column.articles]
    place = next((n for n, (_, each) in enumerate(order) if each.id == article_id), None)
    if place is None:
        raise NotFound("这篇文章不在这一期里，可能已调整")
    column, found = order[place]
    return {
        "column": column,
        "article": found,
        "number": place + 1,
        "count": len(order),
        "before": order[place - 1][1] if place else None,
        "after": order[place + 1][1] if place + 1 < len(order) else None,
        "permit_line": e_journals.permit_line(issue),
    }
