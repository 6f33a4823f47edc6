"""The three reviews of an issue: sent to review, read by three people, approved or returned."""

from __future__ import annotations

from models.accounts import Account
from models.base import db
from models.publishing import EJournalIssue, IssueReview, IssueStatus
from models.reviews import ReviewDecision, ReviewStage
from services import audit, reviews
from services.errors import Invalid, NotAllowed, StaleState
from services.publishing import e_journals, issue_states
from services.publishing.issue_states import KIND

STAGES = reviews.STAGES


def submit(issue: EJournalIssue, *, actor: Account | None) -> EJournalIssue:
    """Send to the first review. Raises Invalid naming what is missing or must be mended, IllegalMove."""
    with db.atomic():
        fresh = issue_states.fresh(issue, actor)
        if errors := e_journals.missing(fresh):
            raise Invalid(fields=errors)
        text = issue_states.content_hash(fresh)
        issue_states.move(fresh, IssueStatus.IN_REVIEW, content_hash=text, status_reason="")
        audit.record("e_journal_issue.in_review", fresh, actor=actor, issue_no=fresh.issue_no)
    return fresh


def take_back(issue: EJournalIssue, *, actor: Account | None) -> EJournalIssue:
    """Back to draft before it is published, by those who edit it. Raises IllegalMove."""
    with db.atomic():
        fresh = issue_states.fresh(issue, actor)
        issue_states.back_to_draft(fresh, "编者取回修改", actor=actor)
    return fresh


def standing(issue: EJournalIssue) -> list[IssueReview]:
    """The reviews that still count, in order of their stages."""
    return reviews.standing(KIND, issue)


def history(issue: EJournalIssue) -> list[IssueReview]:
    """Every review ever given, voided ones too, oldest first."""
    return reviews.history(KIND, issue)


def next_stage(issue: EJournalIssue) -> ReviewStage | None:
    """The stage that is due; None when the issue is not under review."""
    if issue.status is not IssueStatus.IN_REVIEW:
        return None
    return reviews.due(standing(issue))


def why_may_not_review(issue: EJournalIssue, account: Account) -> str:
    """Why this account may not give the review that is due, in words; "" when it may."""
    if next_stage(issue) is None:
        return "当前不在审核中"
    has_written = account.id in issue_states.writers([issue.id])[issue.id]
    return _why_not(issue, reviews.reviewer(KIND, account), standing(issue), has_written=has_written)


def waiting_for(account: Account) -> list[tuple[EJournalIssue, ReviewStage | None, str]]:
    """The issues under review that the account sees, with the stage due and why it may not give it;
    those that wait for it stand first. As many statements for many issues as for one."""
    under_review = list(
        e_journals.visible(actor=account)
        .where(EJournalIssue.status == IssueStatus.IN_REVIEW)
        .order_by(EJournalIssue.id)
    )
    ids = [issue.id for issue in under_review]
    given: dict[int, list[IssueReview]] = {issue_id: [] for issue_id in ids}
    for each in IssueReview.select().where(IssueReview.issue.in_(ids), IssueReview.voided_at.is_null()):
        given[each.issue_id].append(each)
    written, who = issue_states.writers(ids), reviews.reviewer(KIND, account)
    rows = [
        (
            issue,
            reviews.due(given[issue.id]),
            _why_not(issue, who, given[issue.id], has_written=account.id in written[issue.id]),
        )
        for issue in under_review
    ]
    return sorted(rows, key=lambda row: bool(row[2]))


def review(
    issue: EJournalIssue, stage: ReviewStage, decision: ReviewDecision, opinion: str, *, actor: Account
) -> IssueReview:
    """Give one stage's opinion. A pass of the final stage approves; a return sends back to draft.

    Raises NotAllowed with the reason, IllegalMove when another stage is due, Invalid for a return
    without an opinion or a pass over what must be mended first, StaleState when the text is no
    longer the one sent to review.
    """
    opinion = reviews.checked_opinion(decision, opinion)
    with db.atomic():
        fresh = issue_states.fresh(issue, None)
        reviews.check_stage(stage, next_stage(fresh), was=fresh.status.value)
        if why := why_may_not_review(fresh, actor):
            raise NotAllowed(why)
        if decision is ReviewDecision.PASSED and (errors := e_journals.missing(fresh)):
            # the list of words or the right to a picture changed since it was sent
            raise Invalid("；".join(errors.values()))
        if issue_states.content_hash(fresh) == fresh.content_hash:
            return _decide(fresh, stage, decision, opinion, actor=actor)
    # outside the transaction that refuses: going back to draft must stay
    issue_states.void_changed(issue)
    raise StaleState(issue_states.CHANGED)


def _why_not(
    issue: EJournalIssue, who: reviews.Reviewer, given: list[IssueReview], *, has_written: bool
) -> str:
    return reviews.why_not(
        KIND,
        who,
        given,
        member_unit_id=issue.e_journal.member_unit_id,
        is_author=False,  # whoever made the issue has written in it
        has_written=has_written,
    )


def _decide(
    issue: EJournalIssue, stage: ReviewStage, decision: ReviewDecision, opinion: str, *, actor: Account
) -> IssueReview:
    given: IssueReview = reviews.keep(
        KIND, issue, stage, decision, opinion, content_hash=issue.content_hash, actor=actor
    )
    said = {"stage": stage.value, "decision": decision.value, "opinion": opinion}
    audit.record("e_journal_issue.reviewed", issue, actor=actor, **said)
    if decision is ReviewDecision.RETURNED:
        issue_states.back_to_draft(issue, reviews.returned_because(stage, opinion), actor=actor)
    elif stage is STAGES[-1]:
        issue_states.move(issue, IssueStatus.APPROVED)
        audit.record("e_journal_issue.approved", issue, actor=actor, issue_no=issue.issue_no)
    return given
