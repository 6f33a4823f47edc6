"""Activities (活动): lectures and salons, and the sign-ups for them."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, DateTimeField, ForeignKeyField, IntegerField, TextField

from models.alliance import MemberUnit
from models.base import BaseModel, EnumField, RandomIdModel
from models.people import Person


class ActivityKind(StrEnum):
    LECTURE = "lecture"
    SALON = "salon"


ACTIVITY_KIND_WORDS = {ActivityKind.LECTURE: "讲座", ActivityKind.SALON: "沙龙"}


class ActivityStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


ACTIVITY_STATUS_WORDS = {
    ActivityStatus.DRAFT: "草稿",
    ActivityStatus.PUBLISHED: "已发布",
    ActivityStatus.CANCELLED: "已取消",
}

ACTIVITY_MOVES = {
    ActivityStatus.DRAFT: {ActivityStatus.PUBLISHED, ActivityStatus.CANCELLED},
    ActivityStatus.PUBLISHED: {ActivityStatus.CANCELLED},
    ActivityStatus.CANCELLED: set(),
}


class ActivitySeries(BaseModel):
    """红色讲坛, 教学沙龙, 学术沙龙, 前沿研讨会, 青蓝讲坛 …"""

    name = CharField(max_length=40, unique=True)
    kind = EnumField(ActivityKind, max_length=12)
    order_no = IntegerField(default=0)
    version = IntegerField(default=1, help_text="rises with each edit")


class Activity(BaseModel):
    """One occasion of a series. `version` rises with each edit (optimistic locking)."""

    series = ForeignKeyField(ActivitySeries, backref="activities", on_delete="RESTRICT")
    series_no = IntegerField(null=True, help_text="第 N 期")
    title = CharField(max_length=80)
    speaker = CharField(max_length=40, default="")
    speaker_intro = TextField(default="")
    place = CharField(max_length=80)
    starts_at = DateTimeField(help_text="UTC")
    ends_at = DateTimeField(help_text="UTC")
    seats = IntegerField(null=True, help_text="null: no limit")
    sign_up_closes_at = DateTimeField(null=True, help_text="UTC; null: at the start")
    body_html = TextField(default="", help_text="sanitised")
    member_unit = ForeignKeyField(MemberUnit, backref="activities", on_delete="RESTRICT")
    is_shared = BooleanField(default=True, help_text="open to the whole alliance")
    unit_seats = IntegerField(null=True, help_text="at most so many of one unit; null: no limit")
    offer_hours = IntegerField(default=12, help_text="how long a free seat is kept for the next who waits")
    auto_fill_hours = IntegerField(
        null=True, help_text="until so many hours before the start the next gets it unasked; null: asked"
    )
    reminders = CharField(
        max_length=40, default="1440,60", help_text="minutes before the start, comma-separated; empty: none"
    )
    status = EnumField(ActivityStatus, max_length=12, default=ActivityStatus.DRAFT)
    status_reason = CharField(max_length=200, default="", help_text="why cancelled, as members read it")
    version = IntegerField(default=1)
    is_sample = BooleanField(default=False)

    class Meta:
        indexes = ((("status", "starts_at"), False),)


class SignUpStatus(StrEnum):
    SIGNED_UP = "signed_up"
    WAITING = "waiting"  # in the queue for a seat
    OFFERED = "offered"  # a seat is kept until `offered_until`
    LAPSED = "lapsed"  # a seat was offered and not taken in time
    CANCELLED = "cancelled"


HOLDS_SEAT = {SignUpStatus.SIGNED_UP, SignUpStatus.OFFERED}
CONCERNED = HOLDS_SEAT | {SignUpStatus.WAITING}


SIGN_UP_WORDS = {
    SignUpStatus.SIGNED_UP: "已报名",
    SignUpStatus.WAITING: "候补中",
    SignUpStatus.OFFERED: "待确认",
    SignUpStatus.LAPSED: "未确认",
    SignUpStatus.CANCELLED: "已取消",
}


class InvitationStatus(StrEnum):
    INVITED = "invited"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


INVITATION_STATUS_WORDS = {
    InvitationStatus.INVITED: "待报送",
    InvitationStatus.ANSWERED: "已报送",
    InvitationStatus.REFUSED: "不参加",
    InvitationStatus.WITHDRAWN: "已撤回",
}

INVITATION_MOVES = {
    InvitationStatus.INVITED: {
        InvitationStatus.ANSWERED,
        InvitationStatus.REFUSED,
        InvitationStatus.WITHDRAWN,
    },
    InvitationStatus.ANSWERED: {InvitationStatus.INVITED, InvitationStatus.WITHDRAWN},
    InvitationStatus.REFUSED: {InvitationStatus.INVITED},
    InvitationStatus.WITHDRAWN: {InvitationStatus.INVITED},
}


class UnitInvitation(BaseModel):
    """Places (单位名额) kept for a unit until `answer_by`; its liaison names the people.

    What is not named by then, or given back, is anybody's again.
    """

    activity = ForeignKeyField(Activity, backref="invitations", on_delete="CASCADE")
    member_unit = ForeignKeyField(MemberUnit, backref="invitations", on_delete="RESTRICT")
    places = IntegerField()
    answer_by = DateTimeField(help_text="UTC")
    status = EnumField(InvitationStatus, max_length=12, default=InvitationStatus.INVITED)
    reason = CharField(max_length=200, default="", help_text="why the unit does not come")
    invited_at = DateTimeField(help_text="UTC; when it was last invited")
    moved_at = DateTimeField(help_text="UTC; when status last changed")

    class Meta:
        indexes = ((("activity", "member_unit"), True), (("status", "answer_by"), False))


class UnitLimit(BaseModel):
    """At most so many people of one unit may sign up; it goes before the activity's `unit_seats`."""

    activity = ForeignKeyField(Activity, backref="unit_limits", on_delete="CASCADE")
    member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
    seats = IntegerField()

    class Meta:
        indexes = ((("activity", "member_unit"), True),)


class SignUp(BaseModel):
    """A person's place at an activity, or in the queue for one (`queue_no`, the smallest first).

    One row per pair; it stays after a cancellation.
    """

    activity = ForeignKeyField(Activity, backref="sign_ups", on_delete="CASCADE")
    person = ForeignKeyField(Person, backref="sign_ups", on_delete="CASCADE")
    status = EnumField(SignUpStatus, max_length=12, default=SignUpStatus.SIGNED_UP)
    moved_at = DateTimeField(help_text="UTC; when status last changed")
    source = CharField(max_length=20, default="page")
    queue_no = IntegerField(null=True, help_text="the turn in the waiting list; a new one each time")
    offered_until = DateTimeField(null=True, help_text="UTC; set while a seat is offered")
    kept_at = DateTimeField(null=True, help_text="UTC; when the person said to come in spite of a move")
    invitation = ForeignKeyField(
        UnitInvitation,
        null=True,
        backref="sign_ups",
        on_delete="SET NULL",
        help_text="who was named by a unit",
    )

    class Meta:
        indexes = ((("activity", "person"), True), (("activity", "status"), False))


class ActivityMove(BaseModel):
    """A published activity's time or place was changed; what it was, what it is, why."""

    activity = ForeignKeyField(Activity, backref="moves", on_delete="CASCADE")
    moved_at = DateTimeField(help_text="UTC")
    place_was = CharField(max_length=80)
    starts_at_was = DateTimeField()
    ends_at_was = DateTimeField()
    place = CharField(max_length=80)
    starts_at = DateTimeField()
    ends_at = DateTimeField()
    reason = CharField(max_length=200, default="")


class ActivityMaterial(BaseModel):
    """A file of an activity: for who signed up, from the start on or before; or for all afterwards."""

    activity = ForeignKeyField(Activity, backref="materials", on_delete="CASCADE")
    title = CharField(max_length=80)
    file_name = CharField(max_length=120)
    media_type = CharField(max_length=100)
    size = IntegerField(help_text="bytes")
    storage_key = CharField(max_length=120, help_text="where services/storage.py keeps it")
    opens_to_all = BooleanField(default=False, help_text="after the end, all who may see the activity")
    version = IntegerField(default=1)


class FeedbackVote(RandomIdModel):
    """A person gave feedback on an activity; which of its answers is theirs is kept nowhere."""

    activity = ForeignKeyField(Activity, backref="feedback_votes", on_delete="CASCADE")
    person = ForeignKeyField(Person, on_delete="CASCADE")

    class Meta:
        indexes = ((("activity", "person"), True),)


class Feedback(RandomIdModel):
    """One anonymous opinion on an activity: a grade from 1 to 4 for each of five items, a text."""

    activity = ForeignKeyField(Activity, backref="feedback", on_delete="CASCADE")
    content = IntegerField()
    speaker = IntegerField()
    usefulness = IntegerField()
    place = IntegerField()
    organisation = IntegerField()
    text = TextField(default="")
