"""What of the e-journals waits for the account at hand."""

from __future__ import annotations

from flask import url_for
from peewee import Expression

from models.publishing import EJournal, EJournalIssue, IssueStatus
from models.reviews import REVIEW_STAGE_WORDS
from server.console.guard import me, scope
from server.console.todo import SHOWN, Line, Waiting
from services.publishing import reviews


def to_review() -> Waiting:
    """Issues whose due review this account may give."""
    lines = [
        Line(
            f"{issue.e_journal.name}{issue.issue_no}",
            url_for("console.e_journals.review", issue_id=issue.id),
            f"等待{REVIEW_STAGE_WORDS[stage]}",
        )
        for issue, stage, why_not in reviews.waiting_for(me())
        if stage is not None and not why_not
    ]
    url = url_for("console.e_journals.to_review")
    return Waiting("等我审核的期刊", "checkup-list", len(lines), lines[:SHOWN], url)


def to_mend() -> Waiting:
    """Issues that came back from review."""
    lines = _issues(IssueStatus.DRAFT, EJournalIssue.status_reason != "")
    return Waiting("退回修改的期刊", "arrow-back-up", len(lines), lines[:SHOWN])


def to_publish() -> Waiting:
    lines = _issues(IssueStatus.APPROVED)
    return Waiting("三审已通过、等待发布的期刊", "book", len(lines), lines[:SHOWN])


def _issues(status: IssueStatus, *terms: Expression) -> list[Line]:
    query = EJournalIssue.select(EJournalIssue, EJournal).join(EJournal)
    query = query.where(EJournalIssue.status == status, *terms).order_by(EJournalIssue.id.desc())
    bound = scope()
    if bound is not None:
        query = query.where(EJournal.member_unit == bound)
    return [
        Line(
            f"{issue.e_journal.name}{issue.issue_no}",
            url_for("console.e_journals.show", issue_id=issue.id),
            issue.status_reason,
        )
        for issue in query
    ]
