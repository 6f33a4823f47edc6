"""Notices and announcements (通知公告): written, published, withdrawn, read.

Errors name the field and say how to mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peewee import Expression, ModelSelect

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db, locked
from models.notices import NOTICE_MOVES, Notice, NoticeStatus
from models.people import Person
from services import access, audit, pictures
from services.activities.queries import is_member_today
from services.errors import IllegalMove, Invalid, NotFound, StaleState
from services.html import clean, plain_text
from services.messaging import campaigns
from services.publishing import wording
from services.search import content

FIELDS = ("title", "issued_by", "body_html", "member_unit", "is_shared", "is_sample")
MAX_BODY = 100_000
LEAST_REASON, REASON_LENGTH = 4, 200
_CHANGED = "这条通知刚刚被别人修改过，您的修改没有保存。请打开最新内容，对照后再改"


def create(values: Mapping[str, Any], *, actor: Account) -> Notice:
    """A draft of the actor's unit, or of the unit given. Raises Invalid naming every wrong field."""
    access.require(actor, "notices.manage")
    merged = {"issued_by": "", "is_shared": True, "is_sample": False, **values}
    merged["member_unit"] = _id(merged.get("member_unit")) or actor.member_unit_id
    with db.atomic():
        notice = Notice.create(**_checked(merged, actor=actor))
        content.index_notice(notice)
        audit.record("notice.created", notice, actor=actor, title=notice.title)
    return notice


def update(notice: Notice, values: Mapping[str, Any], *, version: int, actor: Account) -> Notice:
    """Change what `values` names, where nobody changed it since `version`; gives the changed row.

    Reviews of campaigns about it are void afterwards. Raises StaleState where somebody was faster,
    Invalid naming every wrong field: what members see at once must fit like what is published.
    """
    with db.atomic():
        fresh = _fresh(notice, actor)
        if fresh.version != version:
            raise StaleState(_CHANGED, version=fresh.version)
        before = {name: _id(getattr(fresh, name)) for name in FIELDS}
        checked = _checked(before | dict(values), actor=actor)
        if fresh.status is NoticeStatus.PUBLISHED:
            _require_fit(Notice(**checked), "")
        changed = sorted(name for name, value in checked.items() if before[name] != value)
        Notice.update(version=version + 1, **checked).where(Notice.id == fresh.id).execute()
        audit.record("notice.changed", fresh, actor=actor, fields=changed)
        campaigns.void_reviews(notice=fresh, actor=actor)
        saved: Notice = Notice.get_by_id(fresh.id)
        content.index_notice(saved)
    return saved


def publish(notice: Notice, *, actor: Account, wording_override: str = "") -> Notice:
    """Show it to those it is for. Raises IllegalMove, or Invalid naming what must be mended.

    Error-prone words stop it (`wording`) unless `wording_override` says why they are right.
    """
    with db.atomic():
        fresh = _fresh(notice, actor)
        reason = " ".join(wording_override.split())[:REASON_LENGTH]
        overridden = _require_fit(fresh, reason)
        first = fresh.published_at or clock.utc_now()
        _move(fresh, NoticeStatus.PUBLISHED, published_at=first)
        details = {"reason": reason, "words": overridden} if overridden else {}
        audit.record("notice.published", fresh, actor=actor, title=fresh.title, **details)
    return fresh


def withdraw(notice: Notice, reason: str, *, actor: Account) -> Notice:
    """Take a published notice back; the audit trail keeps the reason. Raises Invalid without one."""
    reason = " ".join(reason.split())
    if not 1 <= len(reason) <= REASON_LENGTH:
        raise Invalid(fields={"reason": f"请填写撤回原因，不超过{REASON_LENGTH}个字"})
    with db.atomic():
        fresh = _fresh(notice, actor)
        _move(fresh, NoticeStatus.WITHDRAWN)
        audit.record("notice.withdrawn", fresh, actor=actor, reason=reason)
    return fresh


def find(notice_id: int, *, actor: Account, to_manage: bool = False) -> Notice:
    """A notice the account may see, or (`to_manage`) change. Raises NotFound."""
    notice: Notice | None = Notice.get_or_none(Notice.id == notice_id)
    if notice is None:
        raise NotFound()
    if to_manage or not (notice.is_shared and notice.status is NoticeStatus.PUBLISHED):
        access.require_unit(actor, notice.member_unit_id)
    return notice


def visible(*, actor: Account) -> ModelSelect[Notice]:
    """The account's units' notices and what others published for all, with their units; unordered."""
    query = Notice.select(Notice, MemberUnit).join(MemberUnit)
    bound = access.unit_scope(actor)
    if bound is None:
        return query
    return query.where((Notice.member_unit == bound) | _for_all())


def findings(notice: Notice) -> list[wording.Finding]:
    """Words that stop its publication, or only warn."""
    return wording.errors_in({"标题": notice.title, "正文": plain_text(notice.body_html)})


def for_member(notice_id: int, person: Person) -> Notice:
    """A published notice that the person may read. Raises NotFound."""
    query = Notice.select().where(Notice.id == notice_id, open_to(person))
    notice: Notice | None = query.where(Notice.status == NoticeStatus.PUBLISHED).first()
    if notice is None:
        raise NotFound("没有找到这条通知，可能已撤回")
    return notice


def latest(person: Person, limit: int, *, offset: int = 0) -> list[Notice]:
    """What the person may read with its unit, the newest first."""
    return list(
        Notice.select(Notice, MemberUnit)
        .join(MemberUnit)
        .where(Notice.status == NoticeStatus.PUBLISHED, open_to(person))
        .order_by(Notice.published_at.desc(), Notice.id.desc())
        .limit(limit)
        .offset(offset)
    )


def open_to(person: Person) -> Expression:
    """The condition on Notice that the person may read it: the own unit's, and what the alliance shares."""
    own = Notice.member_unit == person.member_unit_id
    return own | (Notice.is_shared == True) if is_member_today(person) else own  # noqa: E712 - SQL


def signature(notice: Notice) -> str:
    """Who issues it: the line under it."""
    return str(notice.issued_by or notice.member_unit.name)


def _for_all() -> Expression:
    return (Notice.is_shared == True) & (Notice.status == NoticeStatus.PUBLISHED)  # noqa: E712 - SQL


def _fresh(notice: Notice, actor: Account) -> Notice:
    access.require(actor, "notices.manage")
    fresh = locked(Notice.select().where(Notice.id == notice.id)).get_or_none()
    if fresh is None:
        raise NotFound()
    access.require_unit(actor, fresh.member_unit_id)
    return fresh


def _require_fit(notice: Notice, override: str) -> list[str]:
    """The words passed by `override`, told. Raises Invalid for what members may not read as it stands."""
    errors: dict[str, str] = {}
    if not plain_text(notice.body_html) and not pictures.pictures_in(notice.body_html):
        errors["body_html"] = "请先写正文再发布"
    elif why := pictures.why_not_licensed([notice.body_html]):
        errors["body_html"] = why
    found = [str(each) for each in findings(notice) if each.stops]
    if found and len(override) < LEAST_REASON:
        errors["wording"] = f"{'；'.join(found)}。如确认无误，请写明理由后再发布"
    if errors:
        raise Invalid(fields=errors)
    return found


def _move(notice: Notice, to: NoticeStatus, **values: Any) -> None:
    was = notice.status
    if to not in NOTICE_MOVES[was]:
        raise IllegalMove(was=was, to=to)
    moved = (
        Notice.update(status=to, version=notice.version + 1, **values)
        .where(Notice.id == notice.id, Notice.status == was)
        .execute()
    )
    if not moved:
        raise StaleState(was=was, to=to)
    notice.status, notice.version = to, notice.version + 1
    for name, value in values.items():
        setattr(notice, name, value)


def _checked(values: Mapping[str, Any], *, actor: Account) -> dict[str, Any]:
    """The values as stored. Raises Invalid with every wrong field at once."""
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise TypeError(f"no field of a notice: {', '.join(sorted(unknown))}")
    checked = dict(values)
    errors: dict[str, str] = {}
    for name, label, most in (("title", "标题", 80), ("issued_by", "落款", 60)):
        checked[name] = " ".join(str(values.get(name) or "").split())
        if len(checked[name]) > most:
            errors[name] = f"{label}不超过{most}个字，现在是{len(checked[name])}个字"
    if not checked["title"]:
        errors["title"] = "请填写标题"
    checked["body_html"] = clean(values.get("body_html") or "")
    if len(checked["body_html"]) > MAX_BODY:
        errors["body_html"] = "正文太长，请精简（不超过十万字符）"
    checked["member_unit"] = _id(values.get("member_unit"))
    if not MemberUnit.select().where(MemberUnit.id == checked["member_unit"]).exists():
        errors["member_unit"] = "没有这个单位，请重新选择"
    if errors:
        raise Invalid(fields=errors)
    access.require_unit(actor, checked["member_unit"])
    return checked


def _id(value: Any) -> Any:
    return getattr(value, "id", value)
