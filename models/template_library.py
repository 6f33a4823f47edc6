"""The account's own template library (模板库), as WeChat told it last."""

from __future__ import annotations

from peewee import CharField, DateTimeField, JSONField, TextField

from models.base import BaseModel


class AccountTemplate(BaseModel):
    """A message template of the account. It stays, with `gone_at`, when WeChat tells it no more."""

    template_id = CharField(max_length=64, unique=True)
    title = CharField(max_length=80)
    content = TextField(help_text="as WeChat gives it: 活动名称:{{thing1.DATA}}")
    example = TextField(default="")
    fields = JSONField(default=dict, help_text="key to type, in order: thing1 to thing")
    seen_at = DateTimeField(help_text="UTC; the last time WeChat told it")
    gone_at = DateTimeField(null=True, help_text="UTC; the first time WeChat told it no more")
