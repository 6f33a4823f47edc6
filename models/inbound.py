"""What comes in: messages with their replies, the platform's job events, the inbox."""

from __future__ import annotations

from enum import StrEnum

from peewee import SQL, BooleanField, CharField, DateTimeField, ForeignKeyField, IntegerField, TextField

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.people import Follower
from models.sealing import SealedTextField


class InboundOutcome(StrEnum):
    HANDLED = "handled"
    NOT_UNDERSTOOD = "not_understood"
    FAILED = "failed"
    UNPARSED = "unparsed"


class InboundMessage(BaseModel):
    """A message or event, once (`dedupe_key`, contract §1.4), with the reply it was given.

    `raw` is sealed, kept 30 days, and null where it answers an anonymous question. `listed` is what
    the reply's numbers mean, where it was a list (bot/lists.py): the last one holds.
    """

    dedupe_key = CharField(max_length=200, unique=True)
    follower = ForeignKeyField(Follower, null=True, backref="inbound_messages", on_delete="CASCADE")
    kind = CharField(max_length=40, help_text="text, event:CLICK …")
    act = CharField(max_length=60, default="", help_text="the handler that answered")
    outcome = EnumField(InboundOutcome, max_length=16)
    raw = SealedTextField(null=True)
    reply = SealedTextField(null=True, help_text="reply as sent; null: none was due")
    listed = SealedTextField(null=True, help_text="JSON: the numbered list that was shown")
    received_at = DateTimeField(index=True)


class PlatformEvent(BaseModel):
    """A job event (template, mass, publish, subscribe result), stored at once, settled in bulk."""

    dedupe_key = CharField(max_length=200, unique=True)
    event = CharField(max_length=40)
    msg_id = CharField(max_length=32, index=True)
    status = CharField(max_length=60, default="", help_text="normalised: lower case, no spaces")
    body = TextField(default="{}", help_text="JSON of the counts; no openid")
    received_at = DateTimeField()
    settled_at = DateTimeField(null=True, index=True)


class InboxStatus(StrEnum):
    OPEN = "open"
    DONE = "done"


class InboxItem(BaseModel):
    """What nobody understood, for a person to read.

    `member_unit` is whose staff have it in hand, null: the alliance's secretariat. `version` rises
    with every act on it, so that of two who answer at once one is told.
    """

    follower = ForeignKeyField(Follower, backref="inbox_items", on_delete="CASCADE")
    text = SealedTextField()
    kind = CharField(max_length=20, default="question", help_text="question, media")
    status = EnumField(InboxStatus, max_length=12, default=InboxStatus.OPEN)
    done_by = IntegerField(null=True, help_text="account id")
    done_at = DateTimeField(null=True)
    member_unit = ForeignKeyField(MemberUnit, null=True, backref="inbox_items", on_delete="SET NULL")
    assigned_to = ForeignKeyField(Account, null=True, backref="inbox_items", on_delete="SET NULL")
    replied_at = DateTimeField(null=True)
    version = IntegerField(default=1)
    is_sample = BooleanField(default=False, help_text="written by a sample person")

    class Meta:
        indexes = ((("created_at",), False),)


class StaffReplyStatus(StrEnum):
    SENDING = "sending"
    ACCEPTED = "accepted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"


STAFF_REPLY_STATUS_WORDS = {
    StaffReplyStatus.SENDING: "发送中",
    StaffReplyStatus.ACCEPTED: "微信已接受",
    StaffReplyStatus.FAILED: "没有发出",
    StaffReplyStatus.UNKNOWN: "结果不明",
    StaffReplyStatus.WAITING: "等对方下次来消息时附上",
    StaffReplyStatus.OFFERED: "已随回复附上",
    StaffReplyStatus.WITHDRAWN: "已撤下",
}

STAFF_REPLY_MOVES = {
    StaffReplyStatus.SENDING: {
        StaffReplyStatus.ACCEPTED,
        StaffReplyStatus.FAILED,
        StaffReplyStatus.UNKNOWN,
        StaffReplyStatus.WAITING,
    },
    StaffReplyStatus.FAILED: {
        StaffReplyStatus.SENDING,
        StaffReplyStatus.WAITING,
        StaffReplyStatus.WITHDRAWN,
    },
    # a person decides that it did not arrive
    StaffReplyStatus.UNKNOWN: {StaffReplyStatus.ACCEPTED, StaffReplyStatus.WAITING},
    StaffReplyStatus.WAITING: {StaffReplyStatus.OFFERED, StaffReplyStatus.WITHDRAWN},
    StaffReplyStatus.ACCEPTED: set(),
    StaffReplyStatus.OFFERED: set(),
    StaffReplyStatus.WITHDRAWN: set(),
}


class StaffReply(BaseModel):
    """A text of our staff to one follower: one window message, or a rider on the next reply.

    The row is written before the call is made; `once` is the form's own number, so that a form
    sent twice makes one reply. `reason` is a code of services/messaging/reasons.py.
    """

    follower = ForeignKeyField(Follower, backref="staff_replies", on_delete="CASCADE")
    inbox_item = ForeignKeyField(InboxItem, null=True, backref="replies", on_delete="SET NULL")
    account = ForeignKeyField(Account, null=True, backref="staff_replies", on_delete="SET NULL")
    text = SealedTextField()
    once = CharField(max_length=40, unique=True)
    status = EnumField(StaffReplyStatus, max_length=12)
    reason = CharField(max_length=40, default="")
    lease_until = DateTimeField(null=True, help_text="set exactly while it is being sent")
    settled_at = DateTimeField(null=True)


# Asked with every message that comes in, in just these words (services/inbound_sql.py).
waiting_replies = SQL("status = 'waiting'")
StaffReply.add_index(StaffReply.index(StaffReply.follower, name="staff_reply_waiting", where=waiting_replies))


class SavedReply(BaseModel):
    """A wording kept for use again; `member_unit` null: for the whole alliance."""

    title = CharField(max_length=40)
    text = TextField()
    member_unit = ForeignKeyField(MemberUnit, null=True, backref="saved_replies", on_delete="CASCADE")
    version = IntegerField(default=1)
