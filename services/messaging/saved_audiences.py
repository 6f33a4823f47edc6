"""Saved audiences (常用受众): a definition with a name. Whoever uses one copies it, so that a later
change of it changes nothing that was reviewed."""

from __future__ import annotations

from typing import Any

from peewee import ModelSelect

from models.accounts import Account
from models.audiences import SavedAudience
from models.base import db
from services import access, audit
from services.errors import Invalid, StaleState
from services.messaging import audiences, kept_audiences


def visible(*, actor: Account) -> ModelSelect[SavedAudience]:
    return kept_audiences.visible(SavedAudience, actor=actor)


def find(saved_id: int, *, actor: Account) -> SavedAudience:
    """Raises NotFound, for another school's own too."""
    return kept_audiences.find(SavedAudience, saved_id, actor=actor)


def definition(saved_id: int, *, actor: Account) -> dict[str, Any]:
    """A copy to put into a campaign. Raises Invalid, naming `audience`, when there is no such one."""
    found = visible(actor=actor).where(SavedAudience.id == saved_id).first()
    if found is None:
        raise Invalid(fields={"audience": "请选择一个常用受众；它可能刚被删除"})
    return dict(found.definition)


def create(*, name: str, definition: Any, is_shared: bool = False, actor: Account) -> SavedAudience:
    """Raises Invalid naming `name` or `audience`, NotAllowed."""
    access.require(actor, "campaigns.manage")
    values = _checked(name, definition, unit=actor.member_unit_id, actor=actor)
    shared = kept_audiences.shares(is_shared, actor=actor)
    with db.atomic():
        saved = SavedAudience.create(
            **values, member_unit=actor.member_unit_id, is_shared=shared, changed_by=actor
        )
        audit.record("saved_audience.created", saved, actor=actor, name=saved.name)
    return saved


def update(
    saved: SavedAudience, *, name: str, definition: Any, is_shared: bool, version: int, actor: Account
) -> None:
    """Raises Invalid, NotAllowed, StaleState when somebody changed it meanwhile."""
    kept_audiences.require_own(saved, actor=actor)
    values = _checked(name, definition, unit=saved.member_unit_id, but=saved.id, actor=actor)
    values["is_shared"] = kept_audiences.shares(is_shared, actor=actor)
    with db.atomic():
        changed = (
            SavedAudience.update(**values, changed_by=actor, version=SavedAudience.version + 1)
            .where(SavedAudience.id == saved.id, SavedAudience.version == version)
            .execute()
        )
        if not changed:
            raise StaleState("别人刚刚改过这个受众，请核对后再保存；您填的内容还在下面")
        audit.record("saved_audience.changed", saved, actor=actor, name=values["name"])


def remove(saved: SavedAudience, *, actor: Account) -> None:
    """Campaigns that used it keep their copy. Raises NotAllowed."""
    kept_audiences.require_own(saved, actor=actor)
    with db.atomic():
        audit.record("saved_audience.removed", saved, actor=actor, name=saved.name)
        saved.delete_instance()


def _checked(name: str, definition: Any, *, unit: int, but: int = 0, actor: Account) -> dict[str, Any]:
    errors: dict[str, str] = {}
    clean = kept_audiences.checked_name(SavedAudience, name, errors, unit=unit, but=but)
    kept: dict[str, Any] = {}
    try:
        kept = audiences.validate(definition, scope=audiences.bound(actor))
    except Invalid as wrong:
        errors |= wrong.fields
    if errors:
        raise Invalid(fields=errors)
    return {"name": clean, "definition": kept}
