"""What is done to many people at once: a role ended or given back, another unit.

Each function is one act on one person, as services/people.py does it for a single one.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from peewee import ModelSelect

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db, locked
from models.people import ROLE_WORDS, Person, PersonRole, PersonRoleKind
from services import access, audit
from services.errors import Conflict, Invalid, NotFound


def keys(actor: Account) -> ModelSelect[Any]:
    """The ids alone of the people the actor may see: what a long list counts and skips through."""
    found = Person.select(Person.id).where(Person.erased_at.is_null())
    scope = access.unit_scope(actor)
    return found if scope is None else found.where(Person.member_unit == scope)


def end_role(person: Person, role: PersonRoleKind, *, actor: Account) -> None:
    """End the role a person holds today, today being its last day. Raises Conflict, NotFound."""
    access.require_unit(actor, person.member_unit_id)
    today = clock.local_today()
    with db.atomic():
        locked(Person.select(Person.id).where(Person.id == person.id)).get()
        ended = (
            PersonRole.update(valid_to=today)
            .where(PersonRole.person == person, PersonRole.role == role, _lasts(today))
            .execute()
        )
        if not ended:
            raise Conflict(f"没有正在担任的{ROLE_WORDS[role]}身份")
        audit.record("person.role_ended", person, actor=actor, role=role.value)


def open_roles(person: Person) -> str:
    """The roles that go on after today, with their last days, for `reopen_roles`."""
    rows = PersonRole.select().where(PersonRole.person == person, _lasts(clock.local_today()))
    return ",".join(f"{row.id}:{row.valid_to or ''}" for row in rows)


def reopen_roles(person: Person, were: str, *, actor: Account) -> None:
    """Give back what `end_role` ended, where nobody changed it since. Raises Conflict, NotFound."""
    access.require_unit(actor, person.member_unit_id)
    today, reopened = clock.local_today(), []
    with db.atomic():
        for each in filter(None, were.split(",")):
            role_id, _, until = each.partition(":")
            row = PersonRole.get_or_none((PersonRole.id == int(role_id)) & (PersonRole.person == person))
            last = date.fromisoformat(until) if until else None
            if row is not None and row.valid_to == today and last != today:
                PersonRole.update(valid_to=last).where(PersonRole.id == row.id).execute()
                reopened.append(row.role.value)
        if not reopened:
            raise Conflict("身份已被他人改过，没有恢复")
        audit.record("person.role_given", person, actor=actor, roles=reopened)


def move(person: Person, unit_id: int, *, actor: Account) -> None:
    """Put a person into another unit; roles stay as registered. Raises Conflict, Invalid, NotFound."""
    access.require_unit(actor, person.member_unit_id)
    access.require_unit(actor, unit_id)
    if not MemberUnit.select().where(MemberUnit.id == unit_id).exists():
        raise Invalid(fields={"answer": "没有这个单位，请重新选择"})
    with db.atomic():
        fresh = locked(Person.select().where(Person.id == person.id)).get_or_none()
        if fresh is None:
            raise NotFound()
        if fresh.erased_at is not None:
            raise Conflict("此人资料已注销，不能修改")
        if fresh.member_unit_id == unit_id:
            raise Conflict("本来就在这个单位")
        was = fresh.member_unit_id
        Person.update(member_unit=unit_id, version=fresh.version + 1).where(Person.id == fresh.id).execute()
        audit.record("person.moved", fresh, actor=actor, was_unit=was, to_unit=unit_id)


def _lasts(today: date) -> Any:
    starts = PersonRole.valid_from <= today
    return starts & (PersonRole.valid_to.is_null() | (PersonRole.valid_to > today))
