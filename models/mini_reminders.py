"""Reminders that a member asked for in the mini program: one consent, one message (contract §7)."""

from __future__ import annotations

from enum import StrEnum

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField

from models.activities import Activity
from models.base import BaseModel, EnumField
from models.people import Follower


class MiniReminderStatus(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class MiniReminder(BaseModel):
    """A reminder of an activity that a follower of the mini program agreed to. Never resent blindly."""

    follower = ForeignKeyField(Follower, backref="mini_reminders", on_delete="CASCADE")
    activity = ForeignKeyField(Activity, backref="mini_reminders", on_delete="CASCADE")
    template_id = CharField(max_length=64)
    granted_at = DateTimeField(help_text="UTC; when the person accepted")
    status = EnumField(MiniReminderStatus, max_length=12, default=MiniReminderStatus.PLANNED)
    due_at = DateTimeField(help_text="UTC")
    claimed_until = DateTimeField(null=True)
    settled_at = DateTimeField(null=True)
    msgid = CharField(max_length=32, null=True, index=True)
    errcode = IntegerField(null=True)
    reason = CharField(max_length=120, default="")

    class Meta:
        indexes = (
            (("follower", "activity"), True),
            (("status", "due_at"), False),
        )
