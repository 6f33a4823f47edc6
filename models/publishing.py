"""The e-journals (电子期刊): issues, their columns and the articles in order."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, DateField, DateTimeField, ForeignKeyField, IntegerField, TextField

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.reviews import ReviewDecision, ReviewStage


class IssueStatus(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


ISSUE_STATUS_WORDS = {
    IssueStatus.DRAFT: "草稿",
    IssueStatus.IN_REVIEW: "审核中",
    IssueStatus.APPROVED: "已审定",
    IssueStatus.PUBLISHED: "已发布",
    IssueStatus.WITHDRAWN: "已撤回",
}

ISSUE_MOVES = {
    IssueStatus.DRAFT: {IssueStatus.IN_REVIEW},
    IssueStatus.IN_REVIEW: {IssueStatus.DRAFT, IssueStatus.APPROVED},
    IssueStatus.APPROVED: {IssueStatus.DRAFT, IssueStatus.PUBLISHED},
    IssueStatus.PUBLISHED: {IssueStatus.WITHDRAWN},
    IssueStatus.WITHDRAWN: {IssueStatus.IN_REVIEW},
}

# An edit of these sends them back to draft; what is published is withdrawn before it is edited.
VOIDED_BY_EDIT = {IssueStatus.IN_REVIEW, IssueStatus.APPROVED}


class EJournal(BaseModel):
    """A periodical: 《党校图书情报》, 《前沿观察》. Internal material, read behind sign-in."""

    name = CharField(max_length=40, unique=True)
    print_permit_no = CharField(max_length=60, default="", help_text="准印证")
    member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")


class EJournalIssue(BaseModel):
    """One issue of an e-journal; `version` rises with each edit of its head or its order.

    `content_hash` is of the text that was sent to review, `cover_token` names a picture.
    """

    e_journal = ForeignKeyField(EJournal, backref="issues", on_delete="RESTRICT")
    issue_no = CharField(max_length=20, help_text="2026年第3期")
    print_permit_no = CharField(max_length=60, default="")
    summary = CharField(max_length=200, default="")
    publish_on = DateField(null=True)
    status = EnumField(IssueStatus, max_length=12, default=IssueStatus.DRAFT)
    status_reason = CharField(max_length=200, default="", help_text="why returned or withdrawn, in words")
    content_hash = CharField(max_length=64, default="", help_text="of what was sent to review")
    cover_token = CharField(max_length=64, default="")
    published_at = DateTimeField(null=True)
    version = IntegerField(default=1)
    is_sample = BooleanField(default=False)

    class Meta:
        indexes = ((("e_journal", "issue_no"), True),)


class EJournalColumn(BaseModel):
    """栏目 of one issue, such as 最新科研理论成果."""

    issue = ForeignKeyField(EJournalIssue, backref="columns", on_delete="CASCADE")
    name = CharField(max_length=40)
    position = IntegerField()


class EJournalArticle(BaseModel):
    """A text of one column; `version` rises with each edit of the text."""

    column = ForeignKeyField(EJournalColumn, backref="articles", on_delete="CASCADE")
    position = IntegerField()
    title = CharField(max_length=80)
    author = CharField(max_length=40, default="")
    body_html = TextField(default="", help_text="sanitised")
    is_public = BooleanField(default=False, help_text="only then may its text enter a draft")
    version = IntegerField(default=1)


class IssueReview(BaseModel):
    """One stage's opinion on one text of an issue. `voided_at` is set when it changed afterwards."""

    issue = ForeignKeyField(EJournalIssue, backref="reviews", on_delete="CASCADE")
    stage = EnumField(ReviewStage, max_length=12)
    reviewer = ForeignKeyField(Account, backref="issue_reviews", on_delete="RESTRICT")
    decision = EnumField(ReviewDecision, max_length=12)
    opinion = TextField(default="")
    content_hash = CharField(max_length=64)
    decided_at = DateTimeField()
    voided_at = DateTimeField(null=True)
