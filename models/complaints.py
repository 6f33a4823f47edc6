"""Complaints and suggestions (投诉建议): what was said, by when an answer is due, and every step since."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, DateField, DateTimeField, ForeignKeyField, IntegerField

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.inbound import StaffReply
from models.people import Follower, Person
from models.sealing import SealedTextField


class ComplaintKind(StrEnum):
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    OPINION = "opinion"


COMPLAINT_KIND_WORDS = {
    ComplaintKind.COMPLAINT: "投诉",
    ComplaintKind.SUGGESTION: "建议",
    ComplaintKind.OPINION: "意见反馈",
}


class ComplaintStatus(StrEnum):
    RECEIVED = "received"
    IN_HAND = "in_hand"
    ANSWERED = "answered"
    REOPENED = "reopened"
    CLOSED = "closed"


COMPLAINT_STATUS_WORDS = {
    ComplaintStatus.RECEIVED: "已收到",
    ComplaintStatus.IN_HAND: "办理中",
    ComplaintStatus.ANSWERED: "已答复",
    ComplaintStatus.REOPENED: "重新办理",
    ComplaintStatus.CLOSED: "已办结",
}

COMPLAINT_MOVES = {
    ComplaintStatus.RECEIVED: {ComplaintStatus.IN_HAND, ComplaintStatus.ANSWERED, ComplaintStatus.CLOSED},
    ComplaintStatus.IN_HAND: {ComplaintStatus.ANSWERED, ComplaintStatus.CLOSED},
    ComplaintStatus.ANSWERED: {ComplaintStatus.REOPENED, ComplaintStatus.CLOSED},
    ComplaintStatus.REOPENED: {ComplaintStatus.IN_HAND, ComplaintStatus.ANSWERED, ComplaintStatus.CLOSED},
    ComplaintStatus.CLOSED: {ComplaintStatus.REOPENED},
}

# The clock runs: the member waits for an answer.
AWAITS_ANSWER = {ComplaintStatus.RECEIVED, ComplaintStatus.IN_HAND, ComplaintStatus.REOPENED}


class Complaint(BaseModel):
    """One complaint or suggestion. Sealed, and answered by `due_on` (the alliance's zone).

    `hides_name`: the staff are never told who wrote it; the answer still finds the way back.
    `member_unit` is whose staff have it in hand, null: the alliance's secretariat.
    `version` rises with every act on it.
    """

    kind = EnumField(ComplaintKind, max_length=12)
    text = SealedTextField()
    contact = SealedTextField(null=True, help_text="the phone at which the member wishes to be called")
    hides_name = BooleanField(default=False)
    source = CharField(max_length=20, help_text="chat, page")
    follower = ForeignKeyField(Follower, null=True, backref="complaints", on_delete="SET NULL")
    person = ForeignKeyField(Person, null=True, backref="complaints", on_delete="SET NULL")
    member_unit = ForeignKeyField(MemberUnit, null=True, backref="complaints", on_delete="SET NULL")
    assigned_to = ForeignKeyField(Account, null=True, backref="complaints", on_delete="SET NULL")
    status = EnumField(ComplaintStatus, max_length=12, default=ComplaintStatus.RECEIVED)
    due_on = DateField()
    answer = SealedTextField(null=True, help_text="the latest one")
    answered_at = DateTimeField(null=True)
    is_satisfied = BooleanField(null=True, help_text="said once by the member")
    rated_at = DateTimeField(null=True)
    closed_at = DateTimeField(null=True)
    version = IntegerField(default=1)
    is_sample = BooleanField(default=False, help_text="written by a sample person")

    class Meta:
        indexes = ((("status", "due_on"), False),)


class ComplaintAct(StrEnum):
    RECEIVED = "received"
    TAKEN = "taken"
    HANDED_OVER = "handed_over"
    ANSWERED = "answered"
    RATED = "rated"
    REOPENED = "reopened"
    CLOSED = "closed"


COMPLAINT_ACT_WORDS = {
    ComplaintAct.RECEIVED: "收到",
    ComplaintAct.TAKEN: "开始办理",
    ComplaintAct.HANDED_OVER: "转办",
    ComplaintAct.ANSWERED: "答复",
    ComplaintAct.RATED: "会员评价",
    ComplaintAct.REOPENED: "重新办理",
    ComplaintAct.CLOSED: "办结",
}


class ComplaintStep(BaseModel):
    """What was done with a complaint, by whom (null: the member, or the clock), in which words."""

    complaint = ForeignKeyField(Complaint, backref="steps", on_delete="CASCADE")
    act = EnumField(ComplaintAct, max_length=12)
    account = ForeignKeyField(Account, null=True, backref="complaint_steps", on_delete="SET NULL")
    note = SealedTextField(null=True)
    reply = ForeignKeyField(StaffReply, null=True, backref="complaint_steps", on_delete="SET NULL")
