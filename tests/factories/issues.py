"""Issues that went through their three reviews."""

from __future__ import annotations

from models.accounts import Account, AccountRoleKind
from models.publishing import EJournalIssue
from models.reviews import ReviewDecision, ReviewStage
from services.publishing import e_journals, reviews
from tests.factories import make_account


def make_reviewers() -> list[Account]:
    """Three of the secretariat, of different units."""
    return [make_account(AccountRoleKind.SECRETARIAT) for _ in ReviewStage]


def approved(issue: EJournalIssue) -> EJournalIssue:
    """Sent to review and passed by three people."""
    reviews.submit(issue, actor=None)
    for stage, reviewer in zip(ReviewStage, make_reviewers(), strict=True):
        reviews.review(issue, stage, ReviewDecision.PASSED, "", actor=reviewer)
    return EJournalIssue.get_by_id(issue.id)


def published(issue: EJournalIssue) -> EJournalIssue:
    return e_journals.publish(approved(issue), actor=None)
