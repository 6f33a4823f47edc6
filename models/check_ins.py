"""Check-in (签到): an activity opens it, people come by code, six digits or roll call."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, DateTimeField, FloatField, ForeignKeyField, IntegerField

from models.activities import Activity
from models.base import BaseModel, EnumField
from models.people import Person


class CheckInOpening(BaseModel):
    """The check-in of an activity. `nonce` goes into its codes: opened anew, the old ones are void.

    A place is the hall's, given by who opens; of a person only *in* or *out* is ever kept.
    """

    activity = ForeignKeyField(Activity, unique=True, backref="check_in_openings", on_delete="CASCADE")
    nonce = CharField(max_length=32)
    opened_at = DateTimeField(help_text="UTC")
    closed_at = DateTimeField(null=True, help_text="UTC; null: open until half an hour after the end")
    takes_walk_ins = BooleanField(default=False, help_text="people who did not sign up may come")
    latitude = FloatField(null=True)
    longitude = FloatField(null=True)
    radius_m = IntegerField(null=True, help_text="metres around the hall that count as in")


class CheckInWay(StrEnum):
    SCAN_MINI = "scan_mini"
    SCAN_CHAT = "scan_chat"
    SCAN_PAGE = "scan_page"
    SIX_DIGITS = "six_digits"
    ROLL_CALL = "roll_call"


CHECK_IN_WAY_WORDS = {
    CheckInWay.SCAN_MINI: "小程序扫码",
    CheckInWay.SCAN_CHAT: "公众号扫码",
    CheckInWay.SCAN_PAGE: "微信扫码",
    CheckInWay.SIX_DIGITS: "签到码",
    CheckInWay.ROLL_CALL: "点名",
}


class CheckInStatus(StrEnum):
    PRESENT = "present"
    TO_CONFIRM = "to_confirm"
    UNDONE = "undone"


CHECK_IN_STATUS_WORDS = {
    CheckInStatus.PRESENT: "已签到",
    CheckInStatus.TO_CONFIRM: "待确认",
    CheckInStatus.UNDONE: "已撤销",
}

CHECK_IN_MOVES = {
    CheckInStatus.PRESENT: {CheckInStatus.UNDONE},
    CheckInStatus.TO_CONFIRM: {CheckInStatus.PRESENT, CheckInStatus.UNDONE},
    CheckInStatus.UNDONE: {CheckInStatus.PRESENT, CheckInStatus.TO_CONFIRM},
}


class CheckIn(BaseModel):
    """A person came to an activity. One row per pair; it stays when it is undone.

    `at` is when the person was there; `moved_at` when the row last changed.
    """

    activity = ForeignKeyField(Activity, backref="check_ins", on_delete="CASCADE")
    person = ForeignKeyField(Person, backref="check_ins", on_delete="CASCADE")
    status = EnumField(CheckInStatus, max_length=12, default=CheckInStatus.PRESENT)
    way = EnumField(CheckInWay, max_length=12)
    at = DateTimeField(help_text="UTC")
    moved_at = DateTimeField(help_text="UTC")
    is_walk_in = BooleanField(default=False)
    is_inside = BooleanField(null=True, help_text="null: no location was given")
    marked_by_person = ForeignKeyField(
        Person, null=True, backref="marked_check_ins", on_delete="SET NULL", help_text="who called the roll"
    )
    marked_by_account_id = IntegerField(null=True)

    class Meta:
        indexes = (
            (("activity", "person"), True),
            (("activity", "status", "at"), False),
        )


class CheckInTries(BaseModel):
    """Wrong six digits of a person; five within ten minutes lock the typing for ten more."""

    person = ForeignKeyField(Person, unique=True, backref="check_in_tries", on_delete="CASCADE")
    wrong = IntegerField(default=0)
    since = DateTimeField(help_text="UTC; of the first wrong one")
    locked_until = DateTimeField(null=True)
