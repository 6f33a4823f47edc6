"""Template mappings: which template of the account carries which content, and with what in its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from models.accounts import Account
from models.base import db, locked
from models.messaging import Basis, ContentKind, TemplateMapping
from models.people import Topic
from services import access, audit
from services.errors import Invalid, StaleState
from services.messaging import template_library

# What services/messaging/contents.py can put into a template, by kind of content.
VALUES: dict[ContentKind, dict[str, str]] = {
    ContentKind.ACTIVITY: {
        "title": "活动标题",
        "series": "系列",
        "starts_at": "开始时间",
        "ends_at": "结束时间",
        "place": "地点",
        "speaker": "主讲人",
        "summary": "一句话简介",
    },
    ContentKind.E_JOURNAL_ISSUE: {
        "title": "刊名和期号",
        "journal": "刊名",
        "issue_no": "期号",
        "published_at": "发布时间",
        "summary": "一句话简介",
    },
    ContentKind.AUTOMATIC_NOTICE: {
        "title": "通知标题",
        "summary": "通知内容",
        "series": "系列",
        "starts_at": "活动开始时间",
        "ends_at": "活动结束时间",
        "place": "活动地点",
        "speaker": "主讲人",
    },
}
BASES = (Basis.SIGN_UP, Basis.OPT_IN)

_KEY = re.compile(r"[a-z_]+\d+")


def save(
    mapping: TemplateMapping | None, values: Mapping[str, Any], *, version: int | None = None, actor: Account
) -> TemplateMapping:
    """Make or change a mapping. Raises NotAllowed, Invalid naming every field that is wrong, and
    StaleState where somebody changed it since `version` (None: whatever it was).

    A template worded "you subscribed to …" names its topic; a survey invitation
    takes no template (docs/concepts.md, "Basis").
    """
    access.require(actor, "templates.manage")
    checked = _checked(mapping, values)
    with db.atomic():
        if mapping is None:
            mapping = TemplateMapping.create(**checked)
        else:
            fresh = locked(TemplateMapping.select().where(TemplateMapping.id == mapping.id)).get()
            if version is not None and fresh.version != version:
                raise StaleState("这个模板刚刚被别人修改过，您的修改没有保存", version=fresh.version)
            for name, value in checked.items():
                setattr(mapping, name, value)
            mapping.version = fresh.version + 1
            mapping.save()
        audit.record("template_mapping.changed", mapping, actor=actor, name=mapping.name, title=mapping.title)
    return mapping


def _checked(mapping: TemplateMapping | None, values: Mapping[str, Any]) -> dict[str, Any]:
    errors: dict[str, str] = {}
    checked = dict(values)
    for name, label, limit in (
        ("name", "名称", 40),
        ("template_id", "模板编号", 64),
        ("title", "模板标题", 40),
    ):
        checked[name] = str(values.get(name) or "").strip()
        if not 1 <= len(checked[name]) <= limit:
            errors[name] = f"请填写{label}，最多 {limit} 字"
    same = TemplateMapping.select().where(TemplateMapping.name == checked["name"])
    if mapping is not None:
        same = same.where(TemplateMapping.id != mapping.id)
    if same.exists():
        errors["name"] = "已有同名的模板，请换一个名称"
    kind = checked.get("content_kind")
    if kind not in VALUES:
        errors["content_kind"] = "请选择活动或期刊；问卷邀请不能用模板消息"
    if checked.get("basis") not in BASES:
        errors["basis"] = "请选择发给已报名的人，还是已订阅的人"
    if checked.get("basis") is Basis.OPT_IN and not isinstance(checked.get("topic"), Topic):
        errors["topic"] = "发给已订阅的人时，请选择订阅的主题"
    if why := _why_wrong(checked.get("fields") or {}, VALUES.get(kind, {}) if kind else {}):
        errors["fields"] = why
    if not errors:
        errors = template_library.why_unfit(checked["template_id"], checked.get("fields") or {})
    if errors:
        raise Invalid(fields=errors)
    return checked


def _why_wrong(fields: Mapping[str, str], known: Mapping[str, str]) -> str:
    if not fields:
        return "请至少写一行，例如：thing1=title"
    for key, name in fields.items():
        if not _KEY.fullmatch(key):
            return f"“{key}”不是模板的字段名，应像 thing1、time2"
        if known and name not in known:
            return f"“{name}”不能填入模板，可用：{'、'.join(known)}"
    return ""
