"""The values of a campaign as its author gives them: known, whole and consistent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import ModelSelect

from models.accounts import Account
from models.activities import Activity
from models.base import BaseModel
from models.messaging import Channel, ContentKind
from models.notices import Notice
from models.people import Topic
from models.pictures import Picture, PictureLicence
from models.publishing import EJournalIssue
from models.surveys import Questionnaire
from services import access, pictures
from services.errors import Invalid
from services.messaging import audiences

CONTENT_MODELS: dict[ContentKind, tuple[str, type[BaseModel]]] = {
    ContentKind.ACTIVITY: ("activity", Activity),
    ContentKind.E_JOURNAL_ISSUE: ("issue", EJournalIssue),
    ContentKind.QUESTIONNAIRE: ("questionnaire", Questionnaire),
    ContentKind.NOTICE: ("published_notice", Notice),
}
FIELDS = {
    "title", "topic", "content_kind", "activity", "issue", "questionnaire", "published_notice", "summary",
    "cover_token", "member_unit", "audience", "channels", "scheduled_at", "deadline_at",
    "quiet_hours_override", "is_sample",
}  # fmt: skip
_REFERENCES = {"member_unit", *(name for name, _ in CONTENT_MODELS.values())}
COVER_WRONG = "封面请从图片库里授权清楚的图片中选"
NOT_CONTENT = {"scheduled_at", "deadline_at", "quiet_hours_override"}


def column(name: str) -> str:
    """Foreign keys are compared by id."""
    return f"{name}_id" if name in _REFERENCES else name


def checked(values: dict[str, Any], *, author: Account, actor: Account) -> dict[str, Any]:
    """Known, whole and consistent values. Raises Invalid with every field that is wrong."""
    unknown = set(values) - FIELDS
    if unknown:
        raise Invalid(fields={name: "没有这个字段" for name in unknown})
    checked = dict(values)
    fields: dict[str, str] = {}
    checked["title"] = str(values.get("title") or "").strip()
    if not 1 <= len(checked["title"]) <= 80:
        fields["title"] = "请填写标题，最多 80 字"
    checked["summary"] = str(values.get("summary") or "").strip()
    if len(checked["summary"]) > 120:
        fields["summary"] = "一句话简介最多 120 字"
    checked["cover_token"] = str(values.get("cover_token") or "").strip()
    if checked["cover_token"] and not may_cover(checked["cover_token"], actor=actor):
        fields["cover_token"] = COVER_WRONG
    _check_topic_and_channels(values, checked, fields)
    _check_content(values, checked, fields, actor=actor)
    try:
        checked["audience"] = audiences.validate(values.get("audience"), scope=audiences.bound(author))
    except Invalid as error:
        fields |= error.fields
    for name in ("scheduled_at", "deadline_at"):
        if values.get(name) is not None and not isinstance(values[name], datetime):
            fields[name] = "时间格式不对"
    if fields:
        raise Invalid(fields=fields)
    access.require_unit(actor, _id_of(checked["member_unit"]))
    return checked


def covers(actor: Account) -> ModelSelect[Picture]:
    """The pictures that this account may choose as a cover: visible to it, and free to be shown."""
    licensed = Picture.licence != PictureLicence.UNCLEAR
    agreed = (Picture.shows_people == False) | (Picture.people_agreed == True)  # noqa: E712 - SQL
    return pictures.visible(actor=actor).where(licensed, agreed).order_by(Picture.id.desc())


def may_cover(token: str, *, actor: Account) -> bool:
    return bool(covers(actor).where(Picture.token == token).exists())


def _check_topic_and_channels(
    values: dict[str, Any], checked: dict[str, Any], fields: dict[str, str]
) -> None:
    try:
        checked["topic"] = Topic(str(values.get("topic")))
    except ValueError:
        fields["topic"] = "请选择主题：讲座、沙龙、期刊、调研或通知公告"
    try:
        checked["channels"] = [Channel(each).value for each in values.get("channels") or []]
    except ValueError:
        fields["channels"] = "渠道不认识，请重新选择"


def _check_content(
    values: dict[str, Any], checked: dict[str, Any], fields: dict[str, str], *, actor: Account
) -> None:
    """Exactly the content of its kind, and within what the actor may see."""
    try:
        kind = ContentKind(str(values.get("content_kind")))
    except ValueError:
        fields["content"] = "请选择要推送的内容：活动、期刊、问卷或通知"
        return
    checked["content_kind"] = kind
    for each, (name, table) in CONTENT_MODELS.items():
        chosen = values.get(name)
        checked[name] = None
        if each is not kind:
            continue
        row = table.get_or_none(table.id == _id_of(chosen)) if chosen else None  # type: ignore[attr-defined]
        if row is None:
            fields["content"] = "请选择要推送的内容"
        else:
            checked[name] = row
            is_shared = isinstance(row, EJournalIssue) or (
                isinstance(row, Activity | Notice) and row.is_shared
            )
            if not is_shared:
                access.require_unit(actor, row.member_unit_id)


def _id_of(value: Any) -> int:
    return int(value.get_id()) if isinstance(value, BaseModel) else int(value)
