"""Digests (摘要群发): the due public items of a day or a week in one mass send."""

from __future__ import annotations

from peewee import BooleanField, DateTimeField, ForeignKeyField, IntegerField

from models.accounts import Account
from models.base import BaseModel
from models.messaging import Campaign

MOST_ARTICLES = 8


class DigestSetting(BaseModel):
    """When digests go: one row. A service account sends one a week, a subscription account one a workday.

    `keeper` is who last saved it: drafts that the clock prepares are in this person's name.
    """

    is_on = BooleanField(default=False)
    weekday = IntegerField(default=4, help_text="0: Monday; of a weekly digest")
    hour = IntegerField(default=9, help_text="Asia/Shanghai, outside the quiet hours")
    keeper = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    version = IntegerField(default=1)


class Digest(BaseModel):
    """One digest. Its campaign is reviewed, confirmed and sent like any other; its deliveries are
    those of the campaigns that it carries, joined by their mass batch."""

    campaign = ForeignKeyField(Campaign, unique=True, backref="digests", on_delete="CASCADE")
    goes_at = DateTimeField(index=True, help_text="UTC; the day and hour it was made for")


class DigestItem(BaseModel):
    """An announcement in a digest; `is_left_out`: taken out by hand, it waits for the next."""

    digest = ForeignKeyField(Digest, backref="items", on_delete="CASCADE")
    campaign = ForeignKeyField(Campaign, backref="digest_items", on_delete="CASCADE")
    position = IntegerField()
    is_left_out = BooleanField(default=False)

    class Meta:
        indexes = ((("digest", "campaign"), True),)
