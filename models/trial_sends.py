"""Trial sends (试发): a campaign shown to its makers on their own phones. No figure counts them."""

from __future__ import annotations

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.messaging import AttemptOutcome, Campaign, Channel
from models.people import Person


class Tester(BaseModel):
    """A member who receives trials for a unit (试收人)."""

    member_unit = ForeignKeyField(MemberUnit, backref="testers", on_delete="CASCADE")
    person = ForeignKeyField(Person, backref="tests_for", on_delete="CASCADE")
    added_by = ForeignKeyField(Account, null=True, backref="testers_added", on_delete="SET NULL")

    class Meta:
        indexes = ((("member_unit", "person"), True),)


class TrialSend(BaseModel):
    """One trial by one channel to one person, and what the platform said."""

    campaign = ForeignKeyField(Campaign, backref="trials", on_delete="CASCADE")
    person = ForeignKeyField(Person, backref="trials", on_delete="CASCADE")
    account = ForeignKeyField(Account, backref="trials", on_delete="RESTRICT")
    channel = EnumField(Channel, max_length=24)
    at = DateTimeField()
    outcome = EnumField(AttemptOutcome, max_length=12)
    errcode = IntegerField(default=0)
    msg_id = CharField(max_length=32, default="")
    media_id = CharField(max_length=128, default="", help_text="a mass preview's draft, until the next one")
    told = CharField(max_length=200, default="", help_text="what became of it, in words")
    content_hash = CharField(max_length=64)
