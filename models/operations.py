"""What keeps the processes in step: leases, job runs, credentials, used links."""

from __future__ import annotations

from peewee import CharField, DateTimeField, ForeignKeyField, TextField

from models.base import BaseModel
from models.people import Follower
from models.sealing import SealedTextField


class Lease(BaseModel):
    """Who leads in `name`, until when. Taken by one UPDATE that names the old state."""

    name = CharField(max_length=80, unique=True)
    owner = CharField(max_length=80)
    until = DateTimeField()


class JobRun(BaseModel):
    """One firing of a job; unique, so that two clocks cannot fire it twice."""

    job = CharField(max_length=60)
    fire_at = DateTimeField()
    finished_at = DateTimeField(null=True)
    error = TextField(default="")

    class Meta:
        indexes = ((("job", "fire_at"), True),)


class Credential(BaseModel):
    """An access token or ticket of one app, sealed; replaced by compare-and-swap."""

    app_id = CharField(max_length=32)
    kind = CharField(max_length=20)
    value = SealedTextField()
    value_hash = CharField(max_length=64)
    expires_at = DateTimeField()

    class Meta:
        indexes = ((("app_id", "kind"), True),)


class UsedLink(BaseModel):
    """A single-use signed link, or a sign-in's `state`, that has been used, and whom it let in."""

    nonce = CharField(max_length=64, unique=True)
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
    used_at = DateTimeField()
