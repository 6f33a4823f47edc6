"""Audiences that are kept for use again, and lists of persons (名单)."""

from __future__ import annotations

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, JSONField

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel
from models.people import Person


class SavedAudience(BaseModel):
    """A named audience (常用受众), a unit's own or shared by the secretariat. A campaign copies it."""

    name = CharField(max_length=40)
    member_unit = ForeignKeyField(MemberUnit, backref="saved_audiences", on_delete="CASCADE", index=False)
    is_shared = BooleanField(default=False)
    definition = JSONField(help_text="as Campaign.audience")
    changed_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    version = IntegerField(default=1)

    class Meta:
        indexes = ((("member_unit", "name"), True),)


class PersonList(BaseModel):
    """A list of persons with the reason why it is kept, mostly of those whom pushes leave out."""

    name = CharField(max_length=40)
    reason = CharField(max_length=120)
    member_unit = ForeignKeyField(MemberUnit, backref="person_lists", on_delete="CASCADE", index=False)
    is_shared = BooleanField(default=False)
    changed_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    version = IntegerField(default=1)

    class Meta:
        indexes = ((("member_unit", "name"), True),)


class PersonListMember(BaseModel):
    list = ForeignKeyField(PersonList, backref="members", on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, backref="person_lists", on_delete="CASCADE")

    class Meta:
        indexes = ((("list", "person"), True),)
