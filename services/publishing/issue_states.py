"""Where an issue stands: its moves, what an edit does to it, and the hash of what readers read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import clock
from models.accounts import Account
from models.audit import AuditEntry
from models.base import db, locked
from models.publishing import ISSUE_MOVES, VOIDED_BY_EDIT, EJournalIssue, IssueReview, IssueStatus
from services import access, audit, reviews
from services.errors import IllegalMove, NotFound, StaleState
from services.messaging import campaigns
from services.publishing import issue_structure
from services.search import content

KIND = reviews.Reviewed(IssueReview, "issue", "e_journals.review", "期刊")
# Acts by which an account writes what readers read; whoever did one of them does not review.
WRITING = ("e_journal_issue.created", "e_journal_issue.changed", "e_journal_issue.arranged")
CHANGED = "送审后内容有修改，已退回草稿，须重新送审"


def fresh(issue: EJournalIssue, actor: Account | None) -> EJournalIssue:
    """The row as it is now, held until the transaction ends. Raises NotFound, another school's too."""
    row = locked(EJournalIssue.select().where(EJournalIssue.id == issue.id)).get_or_none()
    if row is None:
        raise NotFound()
    if actor is not None:
        access.require_unit(actor, row.e_journal.member_unit_id)
    return row


def to_edit(issue: EJournalIssue, actor: Account | None, version: int | None) -> EJournalIssue:
    """As `fresh`, to be changed. Raises IllegalMove where it is published, StaleState where somebody
    was faster than `version`."""
    row = fresh(issue, actor)
    if row.status is IssueStatus.PUBLISHED:
        raise IllegalMove("已发布的一期不能直接修改；确需更正，请先撤回，改好后重新送审")
    if version is not None and row.version != version:
        raise StaleState(f"{who_was_faster(row, actor)}，您这一步没有保存。请对照最新内容再改")
    return row


def edited(issue: EJournalIssue, *, action: str, actor: Account | None, **said: Any) -> EJournalIssue:
    """What follows from an edit, in its transaction: search, audit, and void reviews of another text."""
    saved = EJournalIssue.get_by_id(issue.id)
    content.index_issue(saved)
    audit.record(action, saved, actor=actor, issue_no=saved.issue_no, **said)
    if saved.status in VOIDED_BY_EDIT and content_hash(saved) != saved.content_hash:
        back_to_draft(saved, CHANGED, actor=actor)
    campaigns.void_reviews(issue=saved, actor=actor)
    return saved


def back_to_draft(issue: EJournalIssue, why: str, *, actor: Account | None) -> None:
    """Reviews do not count any more. Raises IllegalMove, StaleState."""
    reviews.void(KIND, issue)
    move(issue, IssueStatus.DRAFT, status_reason=why[: EJournalIssue.status_reason.max_length])
    audit.record("e_journal_issue.draft", issue, actor=actor, reason=why)


def void_changed(issue: EJournalIssue) -> None:
    """The text is another one than was sent to review: back to draft, in a transaction of its own."""
    with db.atomic():
        back_to_draft(fresh(issue, None), CHANGED, actor=None)


def move(issue: EJournalIssue, to: IssueStatus, **values: Any) -> None:
    """Raises IllegalMove, or StaleState where another process moved it meanwhile."""
    was = issue.status
    if to not in ISSUE_MOVES[was]:
        raise IllegalMove(was=was, to=to)
    moved = (
        EJournalIssue.update(status=to, version=issue.version + 1, **values)
        .where(EJournalIssue.id == issue.id, EJournalIssue.status == was)
        .execute()
    )
    if not moved:
        raise StaleState(was=was, to=to)
    issue.status, issue.version = to, issue.version + 1
    for name, value in values.items():
        setattr(issue, name, value)


def content_hash(issue: EJournalIssue) -> str:
    """64 hex digits over all that a reader reads; equal as long as none of it is changed."""
    texts = [
        [column.name, [[a.title, a.author, a.is_public, a.body_html] for a in column.articles]]
        for column in issue_structure.read(issue)
    ]
    head = [issue.issue_no, issue.print_permit_no, issue.summary, issue.publish_on, issue.cover_token]
    told = json.dumps([issue.e_journal.name, head, texts], ensure_ascii=False, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def writers(issue_ids: Sequence[int]) -> dict[int, set[int]]:
    """The accounts that wrote something of each issue; one statement."""
    rows: Any = (
        AuditEntry.select(AuditEntry.subject_id, AuditEntry.account_id)
        .where(*_acts(issue_ids), AuditEntry.account_id.is_null(False))
        .distinct()
        .tuples()
    )
    wrote: dict[int, set[int]] = {issue_id: set() for issue_id in issue_ids}
    for issue_id, account_id in rows:
        wrote[int(issue_id)].add(account_id)
    return wrote


def who_was_faster(issue: EJournalIssue, actor: Account | None) -> str:
    """“李编辑在11:52改过这一期”: who changed it last, and when."""
    last = AuditEntry.select().where(*_acts([issue.id])).order_by(AuditEntry.id.desc()).first()
    if last is None:
        return "这一期刚刚被别人改过"
    at = clock.to_local(last.at)
    when = f"{at:%H:%M}" if at.date() == clock.local_today() else f"{at.month}月{at.day}日{at:%H:%M}"
    if actor is not None and last.account_id == actor.id:
        return f"您在另一个窗口里{when}改过这一期"
    account = Account.get_or_none(Account.id == last.account_id) if last.account_id else None
    return f"{account.display_name if account else last.account_name}{when}改过这一期"


def _acts(issue_ids: Sequence[int]) -> tuple[Any, ...]:
    return (
        AuditEntry.subject_kind == "EJournalIssue",
        AuditEntry.subject_id.in_([str(issue_id) for issue_id in issue_ids]),
        AuditEntry.action.in_(WRITING),
    )
