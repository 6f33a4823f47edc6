"""Notices and announcements (通知公告): what a unit tells its members, or the whole alliance."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, DateTimeField, ForeignKeyField, IntegerField, TextField

from models.alliance import MemberUnit
from models.base import BaseModel, EnumField


class NoticeStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


NOTICE_STATUS_WORDS = {
    NoticeStatus.DRAFT: "草稿",
    NoticeStatus.PUBLISHED: "已发布",
    NoticeStatus.WITHDRAWN: "已撤回",
}

NOTICE_MOVES = {
    NoticeStatus.DRAFT: {NoticeStatus.PUBLISHED},
    NoticeStatus.PUBLISHED: {NoticeStatus.WITHDRAWN},
    NoticeStatus.WITHDRAWN: {NoticeStatus.PUBLISHED},
}


class Notice(BaseModel):
    """One notice; `version` rises with each edit. `is_shared`: the whole alliance reads it."""

    title = CharField(max_length=80)
    issued_by = CharField(max_length=60, default="", help_text="落款; empty: the unit's name")
    body_html = TextField(default="", help_text="sanitised")
    member_unit = ForeignKeyField(MemberUnit, backref="notices", on_delete="RESTRICT")
    is_shared = BooleanField(default=True)
    status = EnumField(NoticeStatus, max_length=12, default=NoticeStatus.DRAFT)
    published_at = DateTimeField(null=True)
    version = IntegerField(default=1)
    is_sample = BooleanField(default=False)

    class Meta:
        indexes = ((("status", "published_at"), False),)


class NoticeFile(BaseModel):
    """A file that goes with a notice: who may read the notice may open it."""

    notice = ForeignKeyField(Notice, backref="files", on_delete="CASCADE")
    title = CharField(max_length=80)
    file_name = CharField(max_length=120)
    media_type = CharField(max_length=100)
    size = IntegerField(help_text="bytes")
    storage_key = CharField(max_length=120, help_text="where services/storage.py keeps it")
