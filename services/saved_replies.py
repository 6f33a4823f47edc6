"""Saved replies (常用语): wordings for use again, of a unit or of the whole alliance. No personal data."""

from __future__ import annotations

from peewee import ModelSelect

from models.accounts import Account
from models.base import db
from models.inbound import SavedReply
from services import access, audit, staff_replies
from services.errors import Invalid, NotFound, StaleState

TITLE_LENGTH = 40


def visible(*, actor: Account) -> ModelSelect[SavedReply]:
    """Those of the alliance, and of the account's unit; all for the alliance's own staff."""
    query = SavedReply.select().order_by(SavedReply.title, SavedReply.id)
    scope = access.unit_scope(actor)
    if scope is None:
        return query
    return query.where((SavedReply.member_unit == scope) | SavedReply.member_unit.is_null())


def find_own(saved_id: int, *, actor: Account) -> SavedReply:
    """One the account may change: its unit's, or for the alliance's staff any. Raises NotFound."""
    found = visible(actor=actor).where(SavedReply.id == saved_id).first()
    scope = access.unit_scope(actor)
    if found is None or (scope is not None and found.member_unit_id != scope):
        raise NotFound()
    return found


def create(*, title: str, text: str, actor: Account) -> SavedReply:
    """Keep a wording: a school's for itself, the alliance's for all. Raises Invalid."""
    clean_title, clean_text = _checked(title, text)
    with db.atomic():
        unit = access.unit_scope(actor)
        saved = SavedReply.create(title=clean_title, text=clean_text, member_unit=unit)
        audit.record("saved_reply.created", saved, actor=actor, title=clean_title)
    return saved


def update(saved: SavedReply, *, title: str, text: str, version: int, actor: Account) -> None:
    """Raises Invalid, NotFound, StaleState when somebody changed it meanwhile."""
    find_own(saved.id, actor=actor)
    clean_title, clean_text = _checked(title, text)
    with db.atomic():
        changed = (
            SavedReply.update(title=clean_title, text=clean_text, version=SavedReply.version + 1)
            .where(SavedReply.id == saved.id, SavedReply.version == version)
            .execute()
        )
        if not changed:
            raise StaleState("别人刚刚改过这条常用语，请核对后再保存；您写的内容还在下面")
        audit.record("saved_reply.changed", saved, actor=actor, title=clean_title)


def remove(saved: SavedReply, *, actor: Account) -> None:
    """Raises NotFound when it is gone already, or another school's."""
    find_own(saved.id, actor=actor)
    with db.atomic():
        audit.record("saved_reply.removed", saved, actor=actor, title=saved.title)
        saved.delete_instance()


def _checked(title: str, text: str) -> tuple[str, str]:
    errors = {}
    clean_title = " ".join(title.split())
    if not clean_title:
        errors["title"] = "请填写名称，例如：停车怎么走"
    elif len(clean_title) > TITLE_LENGTH:
        errors["title"] = f"名称最多 {TITLE_LENGTH} 个字"
    try:
        text = staff_replies.checked(text)
    except Invalid as wrong:
        errors |= wrong.fields
    if errors:
        raise Invalid(fields=errors)
    return clean_title, text
