"""What goes out: campaigns (推送任务), deliveries (投递) and attempts (投递尝试)."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Any

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    TextField,
)

from models.accounts import Account
from models.activities import Activity
from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.notices import Notice
from models.people import Follower, Person, Topic
from models.publishing import EJournalIssue
from models.reviews import REVIEW_STAGE_WORDS as REVIEW_STAGE_WORDS
from models.reviews import ReviewDecision, ReviewStage
from models.surveys import Questionnaire


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    LAUNCHING = "launching"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


CAMPAIGN_STATUS_WORDS = {
    CampaignStatus.DRAFT: "草稿",
    CampaignStatus.IN_REVIEW: "审核中",
    CampaignStatus.APPROVED: "已审定",
    CampaignStatus.SCHEDULED: "已排期",
    CampaignStatus.LAUNCHING: "正在启动",
    CampaignStatus.SENDING: "发送中",
    CampaignStatus.PAUSED: "已暂停",
    CampaignStatus.DONE: "已完成",
    CampaignStatus.CANCELLED: "已取消",
}

CAMPAIGN_MOVES = {
    CampaignStatus.DRAFT: {CampaignStatus.IN_REVIEW, CampaignStatus.CANCELLED},
    CampaignStatus.IN_REVIEW: {CampaignStatus.DRAFT, CampaignStatus.APPROVED, CampaignStatus.CANCELLED},
    CampaignStatus.APPROVED: {CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.CANCELLED},
    CampaignStatus.SCHEDULED: {
        CampaignStatus.DRAFT,
        CampaignStatus.APPROVED,
        CampaignStatus.LAUNCHING,
        CampaignStatus.CANCELLED,
    },
    CampaignStatus.LAUNCHING: {CampaignStatus.SENDING, CampaignStatus.CANCELLED},
    CampaignStatus.SENDING: {CampaignStatus.PAUSED, CampaignStatus.DONE, CampaignStatus.CANCELLED},
    CampaignStatus.PAUSED: {CampaignStatus.SENDING, CampaignStatus.CANCELLED},
    CampaignStatus.DONE: {CampaignStatus.SENDING},  # "retry only the failed"
    CampaignStatus.CANCELLED: set(),
}

EDITABLE = {CampaignStatus.DRAFT}
# An edit of the content of these sends them back to draft.
VOIDED_BY_EDIT = {CampaignStatus.IN_REVIEW, CampaignStatus.APPROVED, CampaignStatus.SCHEDULED}
UNDER_WAY = {CampaignStatus.LAUNCHING, CampaignStatus.SENDING, CampaignStatus.PAUSED}


class Channel(StrEnum):
    WINDOW_MESSAGE = "window_message"
    TEMPLATE_MESSAGE = "template_message"
    ONE_TIME_SUBSCRIPTION = "one_time_subscription"
    DIGEST = "digest"
    MASS_SEND = "mass_send"
    RIDER = "rider"


CHANNEL_WORDS = {
    Channel.WINDOW_MESSAGE: "客服消息",
    Channel.TEMPLATE_MESSAGE: "模板消息",
    Channel.ONE_TIME_SUBSCRIPTION: "一次性订阅",
    Channel.DIGEST: "摘要群发",
    Channel.MASS_SEND: "群发",
    Channel.RIDER: "顺带通知",
}


class Basis(StrEnum):
    SIGN_UP = "sign_up"
    OPT_IN = "opt_in"
    NONE = "none"


BASIS_WORDS = {Basis.SIGN_UP: "已报名", Basis.OPT_IN: "已订阅", Basis.NONE: "无"}


class DeliveryStatus(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    OFFERED = "offered"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


DELIVERY_STATUS_WORDS = {
    DeliveryStatus.PLANNED: "待发送",
    DeliveryStatus.CLAIMED: "发送中",
    DeliveryStatus.ACCEPTED: "微信已接受",
    DeliveryStatus.DELIVERED: "已送达",
    DeliveryStatus.OFFERED: "已顺带",
    DeliveryStatus.FAILED: "失败",
    DeliveryStatus.SKIPPED: "未发送",
    DeliveryStatus.UNKNOWN: "结果不明",
}

OPEN_DELIVERY = {DeliveryStatus.PLANNED, DeliveryStatus.CLAIMED}
REACHED = {DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED, DeliveryStatus.OFFERED}


class ContentKind(StrEnum):
    ACTIVITY = "activity"
    E_JOURNAL_ISSUE = "e_journal_issue"
    QUESTIONNAIRE = "questionnaire"
    NOTICE = "notice"
    AUTOMATIC_NOTICE = "automatic_notice"  # told by the product itself: models/automatic_notices.py
    DIGEST = "digest"  # carries what other campaigns have to say: models/digests.py


class Campaign(BaseModel):
    """What was decided: content, audience, time, channel policy, approvals.

    `audience` is JSON: {"everyone": true} or any of {"units": [ids], "tiers": ["1","9","X"],
    "roles": [role], "topics": [topic], "signed_up_for": activity id}; lists widen within a
    key, keys narrow one another. Of an automatic notice it is {"notice": id}: its own people.
    `channels` lists the channels the planner may use.
    """

    title = CharField(max_length=80)
    topic = EnumField(Topic, max_length=16)
    content_kind = EnumField(ContentKind, max_length=20)
    activity = ForeignKeyField(Activity, null=True, backref="campaigns", on_delete="RESTRICT")
    issue = ForeignKeyField(EJournalIssue, null=True, backref="campaigns", on_delete="RESTRICT")
    questionnaire = ForeignKeyField(Questionnaire, null=True, backref="campaigns", on_delete="RESTRICT")
    published_notice = ForeignKeyField(Notice, null=True, backref="campaigns", on_delete="RESTRICT")
    summary = CharField(max_length=120, default="", help_text="one sentence shown in every channel")
    member_unit = ForeignKeyField(MemberUnit, backref="campaigns", on_delete="RESTRICT")
    author = ForeignKeyField(Account, backref="campaigns", on_delete="RESTRICT")
    audience = JSONField(default=dict)
    channels = JSONField(default=list, help_text="allowed channels; empty: all the account may use")
    scheduled_at = DateTimeField(null=True, help_text="UTC")
    deadline_at = DateTimeField(null=True, help_text="UTC; riders expire here")
    quiet_hours_override = CharField(max_length=120, default="", help_text="why; empty: quiet hours hold")
    cover_token = CharField(max_length=32, default="", help_text="a picture's; empty: the shipped cover")
    status = EnumField(CampaignStatus, max_length=12, default=CampaignStatus.DRAFT)
    status_reason = CharField(max_length=200, default="", help_text="why paused or cancelled, in words")
    content_hash = CharField(max_length=64, default="", help_text="of what was sent to review")
    launch_cursor = IntegerField(default=0, help_text="greatest person id already frozen")
    launched_at = DateTimeField(null=True)
    finished_at = DateTimeField(null=True)
    version = IntegerField(default=1)
    is_sample = BooleanField(default=False)

    class Meta:
        indexes = ((("status", "scheduled_at"), False),)

    @property
    def is_automatic(self) -> bool:
        return self.content_kind is ContentKind.AUTOMATIC_NOTICE

    @cached_property
    def notice(self) -> Any:
        """The AutomaticNotice that this campaign carries; None for what a person decided."""
        return self.notices.first() if self.is_automatic else None

    @property
    def is_digest(self) -> bool:
        return self.content_kind is ContentKind.DIGEST

    @cached_property
    def digest(self) -> Any:
        """The Digest that this campaign sends; None for every other campaign."""
        return self.digests.first() if self.is_digest else None


class CampaignReview(BaseModel):
    """One stage's opinion on one text. `voided_at` is set when the text changed afterwards."""

    campaign = ForeignKeyField(Campaign, backref="reviews", on_delete="CASCADE")
    stage = EnumField(ReviewStage, max_length=12)
    reviewer = ForeignKeyField(Account, backref="reviews", on_delete="RESTRICT")
    decision = EnumField(ReviewDecision, max_length=12)
    opinion = TextField(default="")
    content_hash = CharField(max_length=64)
    decided_at = DateTimeField()
    voided_at = DateTimeField(null=True)


class MassBatchStatus(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    FINISHED = "finished"
    FAILED = "failed"
    UNKNOWN = "unknown"


class MassConfirmation(BaseModel):
    """A second person's word that a mass send may go; it holds for one text (`content_hash`)."""

    campaign = ForeignKeyField(Campaign, backref="mass_confirmations", on_delete="CASCADE")
    account = ForeignKeyField(Account, backref="mass_confirmations", on_delete="RESTRICT")
    content_hash = CharField(max_length=64)
    at = DateTimeField()

    class Meta:
        indexes = ((("campaign", "content_hash"), True),)


class MassSlot(BaseModel):
    """The one mass call that a subscription account has on a local day, and the campaign that holds it."""

    day = DateField(unique=True)
    campaign = ForeignKeyField(Campaign, backref="mass_slots", on_delete="CASCADE")


class MassBatch(BaseModel):
    """One mass call: one draft, one `clientmsgid` (≤ 32 ASCII), to a list of 2 to 10,000 people.

    `target` is empty for a list; a subscription account has no lists and sends to `everyone` or to
    the followers of one tag, named by its key (`unit:12`). Of a digest's batch the deliveries
    belong to the campaigns that it carries.
    """

    campaign = ForeignKeyField(Campaign, backref="mass_batches", on_delete="CASCADE")
    batch_no = IntegerField()
    client_msg_id = CharField(max_length=32, unique=True)
    media_id = CharField(max_length=128, default="")
    msg_id = CharField(max_length=32, null=True, index=True)
    status = EnumField(MassBatchStatus, max_length=12, default=MassBatchStatus.PLANNED)
    size = IntegerField(default=0)
    lease_until = DateTimeField(null=True)
    first_called_at = DateTimeField(null=True)
    reason = CharField(max_length=60, default="")
    total_count = IntegerField(null=True, help_text="the four counts of MASSSENDJOBFINISH")
    filter_count = IntegerField(null=True)
    sent_count = IntegerField(null=True)
    error_count = IntegerField(null=True)
    target = CharField(max_length=40, default="", help_text="empty: a list; everyone; or a tag's key")
    article_urls = TextField(default="", help_text="one a line, as the result event tells them")
    pages_deleted_at = DateTimeField(null=True, help_text="the pages were deleted; the cards remain")

    class Meta:
        indexes = ((("campaign", "batch_no"), True),)


class Delivery(BaseModel):
    """One recipient's row in a campaign; it ends in exactly one status with a reason.

    `settled_at` is null exactly while the row is planned or claimed; `lease_until` is set exactly
    while it is claimed by itself (a mass batch holds the lease for all its rows). A launch writes
    a million rows: no index is kept that another covers (measured: each costs a tenth of its
    rate), and four hold only the rows that need them.
    """

    campaign = ForeignKeyField(Campaign, backref="deliveries", on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, backref="deliveries", on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, null=True, backref="deliveries", on_delete="SET NULL", index=False)
    chunk = IntegerField(help_text="which queue task sends it; about 500 rows each")
    channel = EnumField(Channel, max_length=24, null=True)
    basis = EnumField(Basis, max_length=12, default=Basis.NONE)
    status = EnumField(DeliveryStatus, max_length=12)
    reason = CharField(max_length=40, default="", help_text="a code of services/messaging/reasons.py")
    refused_channels = CharField(max_length=120, default="", help_text="comma-separated; not planned again")
    batch = ForeignKeyField(MassBatch, null=True, backref="deliveries", on_delete="SET NULL", index=False)
    not_before = DateTimeField(null=True)
    claimed_at = DateTimeField(null=True)
    lease_until = DateTimeField(null=True)
    first_called_at = DateTimeField(null=True, help_text="first call under the present client_msg_id")
    msg_id = CharField(max_length=32, null=True)
    settled_at = DateTimeField(null=True)

    class Meta:
        indexes = (
            (("person", "campaign"), True),
            (("campaign", "status", "channel", "chunk"), False),
        )


Delivery.add_index(Delivery.index(Delivery.msg_id, where=Delivery.msg_id.is_null(False)))
Delivery.add_index(Delivery.index(Delivery.batch, where=Delivery.batch.is_null(False)))
Delivery.add_index(Delivery.index(Delivery.lease_until, where=Delivery.lease_until.is_null(False)))
# A query uses it only when it says the same with literals: see services/messaging/riders.py.
waiting_riders = SQL("channel = 'rider' AND status = 'planned'")
Delivery.add_index(Delivery.index(Delivery.person, name="delivery_rider", where=waiting_riders))


class AttemptOutcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    TRY_LATER = "try_later"
    UNKNOWN = "unknown"


class Attempt(BaseModel):
    """One call for a delivery. Never two of one delivery whose outcome is accepted or unknown."""

    delivery = ForeignKeyField(Delivery, backref="attempts", on_delete="CASCADE")
    channel = EnumField(Channel, max_length=24)
    at = DateTimeField()
    outcome = EnumField(AttemptOutcome, max_length=12)
    errcode = IntegerField(default=0)
    msg_id = CharField(max_length=32, null=True)
    rid = CharField(max_length=64, default="")


# The rule of the ledger, kept by the database: a second accepted or unknown call cannot be recorded.
Attempt.add_index(
    Attempt.index(
        Attempt.delivery,
        unique=True,
        name="attempt_once",
        where=SQL("outcome IN ('accepted', 'unknown')"),
    )
)


class TemplateMapping(BaseModel):
    """A logical template ("讲座通知") and the account's template that carries it.

    `fields` maps typed keys to our values: {"thing1": "title", "time2": "starts_at", …}.
    A template whose wording is "you subscribed to …" may carry opt-in news of `topic`;
    one worded as a sign-up reminder only reaches those who signed up.
    """

    name = CharField(max_length=40, unique=True)
    template_id = CharField(max_length=64)
    title = CharField(max_length=40)
    basis = EnumField(Basis, max_length=12)
    content_kind = EnumField(ContentKind, max_length=20)
    topic = EnumField(Topic, max_length=16, null=True)
    fields = JSONField(default=dict)
    is_active = BooleanField(default=True)
    version = IntegerField(default=1, help_text="rises with each edit")


class QuotaUse(BaseModel):
    """Calls spent on one interface on one local day; budgets bind across channels."""

    interface = CharField(max_length=40)
    day = DateField()
    used = IntegerField(default=0)
    exhausted_at = DateTimeField(null=True, help_text="45009 seen: nothing more until midnight")

    class Meta:
        indexes = ((("interface", "day"), True),)
