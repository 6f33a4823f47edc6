"""Reviewers asked on their phones (手机审核): who was asked for which stage of which text."""

from __future__ import annotations

from peewee import CharField, DateTimeField, ForeignKeyField

from models.accounts import Account
from models.base import BaseModel, EnumField
from models.messaging import Campaign
from models.reviews import ReviewStage


class ReviewInvite(BaseModel):
    """One reviewer asked once for one stage of one text; good for one decision, after a look."""

    campaign = ForeignKeyField(Campaign, backref="invites", on_delete="CASCADE")
    stage = EnumField(ReviewStage, max_length=12)
    account = ForeignKeyField(Account, backref="invites", on_delete="CASCADE")
    content_hash = CharField(max_length=64)
    seen_at = DateTimeField(null=True, help_text="UTC; when the preview was opened")
    decided_at = DateTimeField(null=True, help_text="UTC; when it was used")

    class Meta:
        indexes = ((("campaign", "stage", "account", "content_hash"), True),)
