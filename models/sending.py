"""How sending fares: why a campaign paused by itself, how fast we may call, what the platform counts."""

from __future__ import annotations

from enum import StrEnum

from peewee import CharField, DateField, DateTimeField, FloatField, ForeignKeyField, IntegerField

from models.base import BaseModel, EnumField
from models.messaging import Campaign


class PauseKind(StrEnum):
    QUOTA = "quota"  # 45009: goes on by itself after midnight
    FAILURES = "failures"  # too large a share failed
    PLATFORM = "platform"  # an error under which every further call would fail alike


PAUSE_KIND_WORDS = {
    PauseKind.QUOTA: "当日额度用完",
    PauseKind.FAILURES: "失败过多",
    PauseKind.PLATFORM: "微信拒绝所有发送",
}


class SendingPause(BaseModel):
    """A campaign was paused by itself: why, what to do, who was told; over when `ended_at` is set."""

    campaign = ForeignKeyField(Campaign, backref="pauses", on_delete="CASCADE")
    kind = EnumField(PauseKind, max_length=12)
    reason = CharField(max_length=200)
    advice = CharField(max_length=200, default="", help_text="what to do, in words")
    told = CharField(max_length=200, default="", help_text="whose 待办 it stands in, in words")
    errcode = IntegerField(null=True)
    resume_at = DateTimeField(null=True, help_text="UTC; goes on by itself then; null: waits for a person")
    ended_at = DateTimeField(null=True, help_text="UTC; null while the pause lasts")


class SendPace(BaseModel):
    """How many calls at once one worker makes on one interface now, and what they take."""

    interface = CharField(max_length=60)
    worker = CharField(max_length=60)
    connections = IntegerField(help_text="at once, now")
    ceiling = IntegerField()
    per_second = FloatField()
    latency_ms = IntegerField()
    why = CharField(max_length=60, default="", help_text="why it was slowed down last; empty: never")
    slowed_at = DateTimeField(null=True)
    seen_at = DateTimeField()

    class Meta:
        indexes = ((("interface", "worker"), True),)


class PlatformQuota(BaseModel):
    """What the platform itself says of an interface on one day (openapi/quota/get)."""

    interface = CharField(max_length=60)
    day = DateField()
    daily_limit = IntegerField(default=0)
    used = IntegerField(default=0)
    remain = IntegerField(default=0)
    refusal = CharField(max_length=120, default="", help_text="why it would not tell, in words")
    asked_at = DateTimeField()

    class Meta:
        indexes = ((("interface", "day"), True),)
