"""How a unit's people bind (绑定) their WeChat, and the requests that wait for a liaison."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, DateTimeField, ForeignKeyField, TextField

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.people import Follower, Person
from models.sealing import SealedTextField


class UnitBinding(BaseModel):
    """A unit's way in: the word typed in chat, the parametric QR code, whether a liaison must agree."""

    member_unit = ForeignKeyField(MemberUnit, unique=True, backref="bindings", on_delete="CASCADE")
    word = CharField(max_length=20, unique=True, help_text="绑定口令: typed after 绑定")
    needs_approval = BooleanField(default=False, help_text="绑定须联络员同意")
    qr_url = CharField(max_length=255, default="", help_text="what the parametric QR code holds")
    qr_made_at = DateTimeField(null=True)
    mini_code_key = CharField(
        max_length=120, default="", help_text="where services/storage.py keeps the mini program's code"
    )


class BindingRequestKind(StrEnum):
    ROSTER = "roster"
    UNMATCHED = "unmatched"
    MOVED = "moved"
    CONFLICT = "conflict"


BINDING_REQUEST_KIND_WORDS = {
    BindingRequestKind.ROSTER: "名单已核对",
    BindingRequestKind.UNMATCHED: "名单里没有核对到",
    BindingRequestKind.MOVED: "换微信（原来已绑定）",
    BindingRequestKind.CONFLICT: "同一微信对应两个身份",
}


class BindingRequestStatus(StrEnum):
    STARTED = "started"
    AGREEING = "agreeing"
    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


BINDING_REQUEST_STATUS_WORDS = {
    BindingRequestStatus.STARTED: "填写中",
    BindingRequestStatus.AGREEING: "等本人同意",
    BindingRequestStatus.OPEN: "待处理",
    BindingRequestStatus.APPROVED: "已绑定",
    BindingRequestStatus.REFUSED: "未通过",
    BindingRequestStatus.WITHDRAWN: "已撤回",
}

# Still between the member and us: nobody else sees it, and it is dropped after a day.
DIALOGUE = {BindingRequestStatus.STARTED, BindingRequestStatus.AGREEING}
DECIDED = {BindingRequestStatus.APPROVED, BindingRequestStatus.REFUSED}

BINDING_REQUEST_MOVES = {
    BindingRequestStatus.STARTED: {BindingRequestStatus.AGREEING, BindingRequestStatus.WITHDRAWN},
    BindingRequestStatus.AGREEING: {
        BindingRequestStatus.OPEN,
        BindingRequestStatus.APPROVED,
        BindingRequestStatus.WITHDRAWN,
    },
    BindingRequestStatus.OPEN: {
        BindingRequestStatus.APPROVED,
        BindingRequestStatus.REFUSED,
        BindingRequestStatus.WITHDRAWN,
    },
    BindingRequestStatus.APPROVED: set(),
    BindingRequestStatus.REFUSED: set(),
    BindingRequestStatus.WITHDRAWN: set(),
}


class BindingRequest(BaseModel):
    """A follower who wants to be bound as somebody of a unit, from the first word to the decision.

    `person` is who was found on the roster (or who was decided on), `other_person` the second
    one of a conflict. A null unit: two units are concerned, so that the secretariat decides.
    """

    follower = ForeignKeyField(Follower, backref="binding_requests", on_delete="CASCADE")
    member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="CASCADE")
    kind = EnumField(BindingRequestKind, max_length=12, default=BindingRequestKind.UNMATCHED)
    status = EnumField(BindingRequestStatus, max_length=12, default=BindingRequestStatus.STARTED)
    way = CharField(max_length=12, help_text="qr, word, page, mini, unionid")
    name = SealedTextField(null=True, help_text="as the follower gave it")
    digits = SealedTextField(null=True, help_text="the phone's last four digits, as given")
    person = ForeignKeyField(Person, null=True, on_delete="CASCADE")
    other_person = ForeignKeyField(Person, null=True, on_delete="CASCADE")
    moved_at = DateTimeField(help_text="UTC; when it last changed")
    agreed_at = DateTimeField(null=True, help_text="UTC; the yes to the privacy notice")
    decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    decided_at = DateTimeField(null=True)
    reason = TextField(default="", help_text="the decision's reason; the member reads it")
    told_at = DateTimeField(null=True, help_text="UTC; when the member read the decision")

    class Meta:
        indexes = ((("status", "member_unit"), False), (("follower", "status"), False))


class KeptForm(BaseModel):
    """What was typed into a member page whose sign-in had ended, for the same member to go on with.

    Found only with the token that the browser keeps: the row names nobody, so that an answer
    promised anonymous stays so.
    """

    token_hash = CharField(max_length=64, unique=True)
    owner_hash = CharField(max_length=64, help_text="keyed with the token: whose it is")
    path = CharField(max_length=255, help_text="the page that shows the form")
    fields = SealedTextField(help_text="JSON: names and values")
    kept_until = DateTimeField(index=True)
