"""The audit trail: one row per act of an account, chained by hashes. There is no delete path."""

from __future__ import annotations

from peewee import CharField, DateTimeField, IntegerField, TextField

from models.base import BaseModel


class AuditEntry(BaseModel):
    """`hash` covers every other column and `previous_hash`; see services/audit.py."""

    at = DateTimeField(index=True)
    account_id = IntegerField(null=True, help_text="null: the command line")
    account_name = CharField(max_length=40)
    action = CharField(max_length=60, index=True, help_text="such as campaign.approved")
    subject_kind = CharField(max_length=40)
    subject_id = CharField(max_length=40, default="")
    member_unit_id = IntegerField(null=True)
    address = CharField(max_length=64, default="", help_text="the client's address")
    details = TextField(default="{}", help_text="JSON; never a secret, phone or openid")
    previous_hash = CharField(max_length=64)
    hash = CharField(max_length=64, unique=True)

    class Meta:
        indexes = ((("subject_kind", "subject_id"), False),)
