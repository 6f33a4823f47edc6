"""People (人员), their roles, their WeChat identities, consents and topic opt-ins."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, DateField, DateTimeField, ForeignKeyField, IntegerField, TextField

from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.sealing import SealedTextField


class PersonRoleKind(StrEnum):
    MEMBER = "member"
    TRAINEE = "trainee"
    INSTRUCTOR = "instructor"
    CLASS_TEACHER = "class_teacher"
    LIAISON = "liaison"
    COUNCIL_MEMBER = "council_member"


ROLE_WORDS = {
    PersonRoleKind.MEMBER: "会员",
    PersonRoleKind.TRAINEE: "学员",
    PersonRoleKind.INSTRUCTOR: "教师",
    PersonRoleKind.CLASS_TEACHER: "班主任",
    PersonRoleKind.LIAISON: "联络员",
    PersonRoleKind.COUNCIL_MEMBER: "理事",
}


class Topic(StrEnum):
    """What a campaign is about. TOPIC_WORDS are those that can be opted in to."""

    LECTURE = "lecture"
    SALON = "salon"
    E_JOURNAL = "e_journal"
    SURVEY = "survey"
    NOTICE = "notice"
    SERVICE = "service"  # what concerns a person's own sign-ups and requests


TOPIC_WORDS = {Topic.LECTURE: "讲座", Topic.SALON: "沙龙", Topic.E_JOURNAL: "期刊", Topic.SURVEY: "调研"}
ALL_TOPIC_WORDS = TOPIC_WORDS | {Topic.NOTICE: "通知公告", Topic.SERVICE: "通知"}


class Person(BaseModel):
    """Someone the alliance knows. The phone is sealed; `phone_hash` finds it and is unique."""

    name = CharField(max_length=40)
    member_unit = ForeignKeyField(MemberUnit, backref="people", on_delete="RESTRICT")
    phone = SealedTextField(null=True)
    phone_hash = CharField(max_length=64, null=True, unique=True)
    position = CharField(max_length=60, default="", help_text="职务")
    is_sample = BooleanField(default=False)
    erased_at = DateTimeField(null=True, help_text="UTC; personal data were erased on request")
    version = IntegerField(default=1, help_text="rises with each edit")

    class Meta:
        # the second one lists them: those who are not erased, by unit and name
        indexes = ((("member_unit", "name"), False), (("erased_at", "member_unit", "name"), False))


class PersonRole(BaseModel):
    """What a person is in a unit, and since when."""

    person = ForeignKeyField(Person, backref="roles", on_delete="CASCADE")
    member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
    role = EnumField(PersonRoleKind, max_length=20)
    valid_from = DateField()
    valid_to = DateField(null=True)

    class Meta:
        indexes = ((("person", "member_unit", "role"), True), (("role", "member_unit"), False))


class Follower(BaseModel):
    """An openid of one of our apps; a member once it is bound to a person.

    `window_until`/`window_left` mirror the 48-hour customer-service window (contract §5);
    `mass_received` counts mass sends in `mass_month` ("2026-11", Asia/Shanghai).
    """

    app_id = CharField(max_length=32)
    openid = CharField(max_length=64)
    unionid = CharField(max_length=64, null=True, index=True)
    person = ForeignKeyField(Person, null=True, backref="followers", on_delete="SET NULL")
    is_following = BooleanField(default=True)
    bound_at = DateTimeField(null=True)
    last_message_at = DateTimeField(null=True)
    window_until = DateTimeField(null=True)
    window_left = IntegerField(default=0)
    mass_month = CharField(max_length=7, default="")
    mass_received = IntegerField(default=0)
    failed_bindings = IntegerField(default=0)
    binding_locked_until = DateTimeField(null=True)
    pending_invite_code = IntegerField(null=True, help_text="invite code id waiting for 同意")
    binding_request = IntegerField(null=True, help_text="BindingRequest id under way, or not told of yet")

    class Meta:
        indexes = ((("app_id", "openid"), True), (("app_id", "person"), True))


class FollowPeriod(BaseModel):
    """From a follow to the unfollow. The same openid comes back after both."""

    follower = ForeignKeyField(Follower, backref="follow_periods", on_delete="CASCADE")
    followed_at = DateTimeField()
    unfollowed_at = DateTimeField(null=True)
    scene = CharField(max_length=80, default="", help_text="EventKey of the follow")


class InviteCode(BaseModel):
    """A one-person code handed out by the unit; typed in chat it binds the WeChat to the person."""

    person = ForeignKeyField(Person, backref="invite_codes", on_delete="CASCADE")
    code = SealedTextField()
    code_hash = CharField(max_length=64, unique=True)
    expires_at = DateTimeField()
    used_at = DateTimeField(null=True)
    revoked_at = DateTimeField(null=True)


class TopicOptIn(BaseModel):
    """Whether a person wants a topic. No row means no: the default is off."""

    person = ForeignKeyField(Person, backref="opt_ins", on_delete="CASCADE")
    topic = EnumField(Topic, max_length=16)
    is_on = BooleanField(default=False)
    changed_at = DateTimeField()
    source = CharField(max_length=20, help_text="chat_word, chat_link, page, import, demo …")

    class Meta:
        indexes = ((("person", "topic"), True), (("topic", "is_on"), False))


class ConsentKind(StrEnum):
    PRIVACY_NOTICE = "privacy_notice"
    TOPIC = "topic"


class Consent(BaseModel):
    """One yes or no, as it was given; never changed, only followed by another."""

    person = ForeignKeyField(Person, backref="consents", on_delete="CASCADE")
    kind = EnumField(ConsentKind, max_length=20)
    topic = EnumField(Topic, max_length=16, null=True)
    is_granted = BooleanField()
    given_at = DateTimeField()
    source = CharField(max_length=20)
    text_version = CharField(max_length=20, default="", help_text="which wording was shown")


class SubscriptionConsent(BaseModel):
    """A one-time subscription (一次性订阅): one confirmation, one message (contract §6)."""

    follower = ForeignKeyField(Follower, backref="subscription_consents", on_delete="CASCADE")
    template_id = CharField(max_length=64)
    scene = IntegerField()
    granted_at = DateTimeField()
    used_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("follower", "template_id", "scene"), False),)


class RosterImportStatus(StrEnum):
    PREVIEWED = "previewed"
    APPLIED = "applied"
    DISCARDED = "discarded"


class RosterImport(BaseModel):
    """An uploaded roster: what was read, what was wrong, and whether it was applied."""

    account_id = IntegerField()
    member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="RESTRICT", help_text="null: all units")
    file_name = CharField(max_length=200)
    status = EnumField(RosterImportStatus, max_length=12, default=RosterImportStatus.PREVIEWED)
    rows = SealedTextField(help_text="JSON: the right rows as read")
    report = SealedTextField(help_text="JSON: wrong rows by sheet, row, column, reason; counts")
    applied_at = DateTimeField(null=True)
    note = TextField(default="")
