"""Follower tags (标签) of the account, as they stand on the platform: what we made there and who has it."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField, IntegerField

from models.base import BaseModel
from models.people import Follower


class FollowerTag(BaseModel):
    """A tag of the account. `key` says what it stands for: role:instructor, unit:12, topic:lecture."""

    app_id = CharField(max_length=32)
    key = CharField(max_length=40)
    name = CharField(max_length=30)
    tag_id = IntegerField(help_text="the platform's number")

    class Meta:
        indexes = ((("app_id", "key"), True),)


class Tagging(BaseModel):
    """A follower has a tag on the platform."""

    follower = ForeignKeyField(Follower, backref="taggings", on_delete="CASCADE")
    tag = ForeignKeyField(FollowerTag, backref="taggings", on_delete="CASCADE")

    class Meta:
        indexes = ((("follower", "tag"), True),)
