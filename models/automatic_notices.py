"""Automatic notices (自动通知): a wording reviewed once, filled with the facts of an occasion."""

from __future__ import annotations

from enum import StrEnum

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField, JSONField, TextField

from models.accounts import Account
from models.activities import Activity
from models.base import BaseModel, EnumField
from models.messaging import Campaign, ReviewDecision, ReviewStage
from models.people import Person


class NoticeKind(StrEnum):
    ACTIVITY_MOVED = "activity_moved"
    ACTIVITY_CANCELLED = "activity_cancelled"
    PLACE_OFFERED = "place_offered"
    PLACE_GIVEN = "place_given"
    UNIT_INVITED = "unit_invited"
    UNIT_REMINDED = "unit_reminded"
    UNIT_NAMED = "unit_named"
    UNIT_UNNAMED = "unit_unnamed"
    FEEDBACK_ASKED = "feedback_asked"
    SIGN_UP_REMINDER = "sign_up_reminder"
    HOSTS_REMINDED = "hosts_reminded"
    REVIEW_ASKED = "review_asked"
    BINDING_DECIDED = "binding_decided"
    COMPLAINT_ANSWERED = "complaint_answered"
    SURVEY_REMINDED = "survey_reminded"


NOTICE_KIND_WORDS = {
    NoticeKind.ACTIVITY_MOVED: "活动变动",
    NoticeKind.ACTIVITY_CANCELLED: "活动取消",
    NoticeKind.PLACE_OFFERED: "候补名额",
    NoticeKind.PLACE_GIVEN: "候补成功",
    NoticeKind.UNIT_INVITED: "单位邀请",
    NoticeKind.UNIT_REMINDED: "报送提醒",
    NoticeKind.UNIT_NAMED: "单位代为报名",
    NoticeKind.UNIT_UNNAMED: "单位取消报名",
    NoticeKind.FEEDBACK_ASKED: "活动评价",
    NoticeKind.SIGN_UP_REMINDER: "活动提醒",
    NoticeKind.HOSTS_REMINDED: "主讲与组织提醒",
    NoticeKind.REVIEW_ASKED: "请您审核",
    NoticeKind.BINDING_DECIDED: "绑定申请结果",
    NoticeKind.COMPLAINT_ANSWERED: "意见答复",
    NoticeKind.SURVEY_REMINDED: "调研提醒",
}

# Of no use to who is no longer signed up, waiting or offered a seat.
NEEDS_SIGN_UP = {
    NoticeKind.ACTIVITY_MOVED,
    NoticeKind.PLACE_OFFERED,
    NoticeKind.PLACE_GIVEN,
    NoticeKind.UNIT_NAMED,
    NoticeKind.SIGN_UP_REMINDER,
}


class WordingStatus(StrEnum):
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    PASSED = "passed"


WORDING_STATUS_WORDS = {
    WordingStatus.IN_REVIEW: "审核中",
    WordingStatus.RETURNED: "已退回",
    WordingStatus.PASSED: "已审定",
}


class NoticeWording(BaseModel):
    """One version of a kind's text; it never changes, a new text is a new version.

    `{name}` is a variable that must be given, `{name?}` one that may be empty. Shipped with the
    product (author null), or written here and passed by three people; the latest passed is used.
    """

    kind = EnumField(NoticeKind, max_length=20)
    version = IntegerField()
    headline = CharField(max_length=60)
    text = TextField()
    author = ForeignKeyField(Account, null=True, on_delete="RESTRICT", help_text="null: shipped")
    status = EnumField(WordingStatus, max_length=12, default=WordingStatus.IN_REVIEW)
    moved_at = DateTimeField(help_text="UTC; when status last changed")

    class Meta:
        indexes = ((("kind", "version"), True),)


class NoticeWordingReview(BaseModel):
    """One stage's opinion on a version of a wording."""

    wording = ForeignKeyField(NoticeWording, backref="reviews", on_delete="CASCADE")
    stage = EnumField(ReviewStage, max_length=12)
    reviewer = ForeignKeyField(Account, on_delete="RESTRICT")
    decision = EnumField(ReviewDecision, max_length=12)
    opinion = TextField(default="")

    class Meta:
        indexes = ((("wording", "stage"), True), (("wording", "reviewer"), True))


class AutomaticNotice(BaseModel):
    """What a campaign of ours tells its people: a wording as it was filled, once and for all."""

    campaign = ForeignKeyField(Campaign, unique=True, backref="notices", on_delete="CASCADE")
    kind = EnumField(NoticeKind, max_length=20)
    activity = ForeignKeyField(Activity, null=True, backref="notices", on_delete="CASCADE")
    occasion = CharField(max_length=80, help_text="what distinguishes it from the same kind before")
    wording = ForeignKeyField(NoticeWording, on_delete="RESTRICT")
    headline = CharField(max_length=120)
    text = TextField()
    fields = JSONField(default=dict, help_text="the variables; a template's keys take them too")
    url = CharField(max_length=200, help_text="a path of ours, or a whole address")


class AutomaticNoticePerson(BaseModel):
    """Who is told. `told_key` stands for kind, subject and occasion: nobody is told twice."""

    notice = ForeignKeyField(AutomaticNotice, backref="people", on_delete="CASCADE")
    person = ForeignKeyField(Person, on_delete="CASCADE")
    told_key = CharField(max_length=64)

    class Meta:
        indexes = ((("told_key", "person"), True),)
