"""Who may see and change what is kept for use again: saved audiences and lists of persons.

A school sees its own and what the secretariat shares, and changes its own.
"""

from __future__ import annotations

from typing import Any, TypeVar

from peewee import ModelSelect

from models.accounts import Account
from models.alliance import MemberUnit
from models.audiences import PersonList, SavedAudience
from services import access
from services.errors import NotAllowed, NotFound

NAME_LENGTH = 40
Kept = TypeVar("Kept", SavedAudience, PersonList)


def visible(table: type[Kept], *, actor: Account) -> ModelSelect[Kept]:
    """With their units, by name."""
    query = table.select(table, MemberUnit).join(MemberUnit).order_by(table.name, table.id)
    scope = access.unit_scope(actor)
    return query if scope is None else query.where((table.member_unit == scope) | table.is_shared)


def find(table: type[Kept], row_id: int, *, actor: Account) -> Kept:
    """Raises NotFound, for another school's too."""
    found: Kept | None = visible(table, actor=actor).where(table.id == row_id).first()
    if found is None:
        raise NotFound()
    return found


def may_change(row: SavedAudience | PersonList, *, actor: Account) -> bool:
    return access.unit_scope(actor) in (None, row.member_unit_id)


def require_own(row: SavedAudience | PersonList, *, actor: Account) -> None:
    """Raises NotAllowed where it is only shared with the account."""
    access.require(actor, "campaigns.manage")
    if not may_change(row, actor=actor):
        raise NotAllowed("这是秘书处共享的，只能使用，不能修改")


def checked_name(table: type[Kept], name: str, errors: dict[str, str], *, unit: Any, but: int = 0) -> str:
    """The name without needless spaces; what is wrong with it goes to `errors`."""
    clean = " ".join(name.split())
    if not clean:
        errors["name"] = "请填写名称"
    elif len(clean) > NAME_LENGTH:
        errors["name"] = f"名称最多 {NAME_LENGTH} 个字"
    elif table.select().where(table.member_unit == unit, table.name == clean, table.id != but).exists():
        errors["name"] = "本单位已有同名的，请换一个名称"
    return clean


def shares(is_shared: bool, *, actor: Account) -> bool:
    """Only who sees the whole alliance may share with it."""
    return is_shared and access.unit_scope(actor) is None
