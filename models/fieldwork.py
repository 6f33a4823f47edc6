"""Fieldwork (实施): how a questionnaire reaches its people: reminders, targets, half-yearly series."""

from __future__ import annotations

from peewee import BooleanField, CharField, DateTimeField, ForeignKeyField, IntegerField

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.messaging import Campaign
from models.people import PersonRoleKind
from models.surveys import Questionnaire

MOST_REMINDERS = 2


class SurveyReminder(BaseModel):
    """One of at most two reminders to those who have not finished. `told_at`: when it was dealt with."""

    questionnaire = ForeignKeyField(Questionnaire, backref="reminders", on_delete="CASCADE")
    no = IntegerField(help_text="1 or 2")
    remind_at = DateTimeField(help_text="UTC")
    told_at = DateTimeField(null=True)
    campaign = ForeignKeyField(Campaign, null=True, on_delete="SET NULL", help_text="null: nobody was left")

    class Meta:
        indexes = ((("questionnaire", "no"), True), (("told_at", "remind_at"), False))


class SurveyTarget(BaseModel):
    """How many completed responses are wanted of a unit, or of a kind of person. Once there are so many
    nobody more is reminded; whoever wants to answer still may."""

    questionnaire = ForeignKeyField(Questionnaire, backref="targets", on_delete="CASCADE")
    member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="CASCADE")
    role = EnumField(PersonRoleKind, max_length=20, null=True)
    wanted = IntegerField()


class SurveySeries(BaseModel):
    """A survey that opens itself each half-year, for one kind of people, from its last version.

    `first_opens` and `second_opens` are days of the year, MM-DD; empty: not in that half.
    """

    name = CharField(max_length=40)
    member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
    author = ForeignKeyField(Account, on_delete="RESTRICT", help_text="drafts the invitation")
    model = ForeignKeyField(Questionnaire, on_delete="RESTRICT", help_text="the first version")
    first_opens = CharField(max_length=5, default="03-01")
    second_opens = CharField(max_length=5, default="09-01")
    open_days = IntegerField(default=21)
    first_reminder_days = IntegerField(null=True, default=7, help_text="after the opening; null: none")
    second_reminder_days = IntegerField(null=True, default=14)
    is_active = BooleanField(default=True)
    version = IntegerField(default=1)


class SurveyRound(BaseModel):
    """What a series opened in one half-year ("2027H1"). `failure`: why it could not, in words."""

    series = ForeignKeyField(SurveySeries, backref="rounds", on_delete="CASCADE")
    half_year = CharField(max_length=6)
    questionnaire = ForeignKeyField(Questionnaire, null=True, backref="rounds", on_delete="CASCADE")
    failure = CharField(max_length=200, default="")

    class Meta:
        indexes = ((("series", "half_year"), True),)
