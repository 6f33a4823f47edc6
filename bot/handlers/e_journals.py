"""期刊: the columns of the latest issues. The texts are internal and stay behind the signed-in page."""

from __future__ import annotations

from typing import Any

from bot import entries, lists
from bot.context import Context, Reply
from bot.entries import Entry
from bot.lists import ListSource
from bot.replies import word_link
from bot.router import on
from models.publishing import EJournal, EJournalColumn, EJournalIssue, IssueStatus


def _page(ctx: Context, text: str, offset: int, limit: int) -> list[Entry]:
    """Published issues with the names of their columns, the latest first; one statement."""
    latest = (
        EJournalIssue.select(EJournalIssue.id)
        .where(EJournalIssue.status == IssueStatus.PUBLISHED)
        .order_by(EJournalIssue.published_at.desc(), EJournalIssue.id.desc())
        .limit(limit)
        .offset(offset)
    )
    rows: Any = (
        EJournalIssue.select(
            EJournalIssue, EJournal.name.alias("journal_name"), EJournalColumn.name.alias("column_name")
        )
        .join(EJournal)
        .switch(EJournalIssue)
        .left_outer_join(EJournalColumn)
        .where(EJournalIssue.id.in_(latest))
        .order_by(EJournalIssue.published_at.desc(), EJournalIssue.id.desc(), EJournalColumn.position)
        .objects()
    )
    issues: dict[int, tuple[Any, list[str]]] = {}
    for row in rows:
        _, columns = issues.setdefault(row.id, (row, []))
        if row.column_name:
            columns.append(row.column_name)
    return [entries.of_issue(issue, columns) for issue, columns in issues.values()]


def _nothing(ctx: Context, text: str) -> str:
    return f"还没有新的期刊。想第一时间知道，请点 {word_link('订阅期刊', '订阅 期刊')}"


ISSUES = lists.register(ListSource("issues", lambda text: "最新期刊", _page, _nothing, as_card=True))


@on.click("E_JOURNALS")
@on.text("期刊", "电子期刊", "最新期刊", "杂志", "刊物", containing=("期刊",))
def latest_issues(ctx: Context) -> Reply:
    return lists.show(ctx, ISSUES)
