"""What the mini program's API keeps: sign-ins by token, and the replies that a repeat is given again."""

from __future__ import annotations

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField

from models.base import BaseModel
from models.people import Follower
from models.sealing import SealedTextField


class MiniSession(BaseModel):
    """One sign-in of the mini program. The token itself is never stored, only its keyed hash."""

    follower = ForeignKeyField(Follower, backref="mini_sessions", on_delete="CASCADE")
    token_hash = CharField(max_length=64, unique=True)
    device = CharField(max_length=60, default="", help_text="model and WeChat version, as the phone says")
    last_seen_at = DateTimeField(help_text="UTC; renewed at most once an hour")
    expires_at = DateTimeField(help_text="UTC; slides with use")
    ended_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("follower", "ended_at"), False),)


class ApiReply(BaseModel):
    """The reply to a POST by its idempotency key; a repeat of the same request gets it again."""

    follower = ForeignKeyField(Follower, backref="api_replies", on_delete="CASCADE")
    key = CharField(max_length=64)
    request_hash = CharField(max_length=64, help_text="of method, path and body")
    status = IntegerField(null=True)
    body = SealedTextField(null=True)

    class Meta:
        indexes = ((("follower", "key"), True), (("created_at",), False))
