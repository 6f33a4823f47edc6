"""People (人员) of the member units: who they are, what they are, who may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from peewee import Expression, ModelSelect, fn

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db, locked
from models.people import (
    ROLE_WORDS,
    Follower,
    Person,
    PersonRole,
    PersonRoleKind,
)
from models.sealing import keyed_hash
from services import access, audit
from services.errors import Conflict, Invalid, NotFound, StaleState
from services.person_fields import WrongCell, clean_name, clean_position
from services.phone_numbers import WrongPhone, clean_phone


@dataclass
class Checked:
    """Values of a person's form that passed."""

    name: str = ""
    phone: str | None = None
    unit: MemberUnit | None = None
    position: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def find(person_id: int, *, actor: Account) -> Person:
    """Raises NotFound, for another school's person too."""
    person = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise NotFound()
    access.require_unit(actor, person.member_unit_id)
    return person


def find_by_phone(phone: str) -> Person | None:
    """The person with this number, however it is written; None for none or no number."""
    try:
        digits = clean_phone(phone)
    except WrongPhone:
        return None
    return Person.get_or_none(Person.phone_hash == keyed_hash(digits)) if digits else None


def search(
    actor: Account,
    *,
    text: str = "",
    unit: int | None = None,
    role: PersonRoleKind | None = None,
    is_bound: bool | None = None,
) -> ModelSelect[Any]:
    """The people the actor may see, their units joined; erased ones are left out.

    `text` is a part of the name or a whole phone number, however it is written.
    """
    found = Person.select(Person, MemberUnit).join(MemberUnit).where(Person.erased_at.is_null())
    scope = access.unit_scope(actor)
    if scope is not None:
        found = found.where(Person.member_unit == scope)
    if unit is not None:
        found = found.where(Person.member_unit == unit)
    if text.strip():
        found = found.where(is_meant_by(text))
    if role is not None:
        found = found.where(holds(role))
    if is_bound is not None:
        found = found.where(has_wechat(is_bound))
    return found


def is_meant_by(text: str) -> Expression:
    """The condition that a person's name contains the text, or its phone is the text."""
    by_name = fn.LOWER(Person.name).contains("".join(text.split()).lower())
    try:
        digits = clean_phone(text)
    except WrongPhone:
        return by_name
    return by_name | (Person.phone_hash == keyed_hash(digits)) if digits else by_name


def holds(role: PersonRoleKind) -> Expression:
    """The condition that a person has the role today."""
    today = clock.local_today()
    holders = PersonRole.select(PersonRole.person).where(
        PersonRole.role == role,
        PersonRole.valid_from <= today,
        PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
    )
    return Person.id.in_(holders)


def has_wechat(is_bound: bool) -> Expression:
    """The condition that a person is bound to a WeChat, or to none."""
    bound = Follower.select(Follower.person).where(Follower.person.is_null(False))
    return Person.id.in_(bound) if is_bound else Person.id.not_in(bound)


def roles_today(ids: Iterable[int]) -> dict[int, list[str]]:
    """The present roles of people in words, by person id; one query."""
    today = clock.local_today()
    words: dict[int, list[str]] = {}
    for row in PersonRole.select().where(PersonRole.person.in_(list(ids))).order_by(PersonRole.id):
        word = ROLE_WORDS[row.role]
        if is_current(row, today) and word not in words.setdefault(row.person_id, []):
            words[row.person_id].append(word)
    return words


def bound_among(ids: Iterable[int]) -> set[int]:
    """Which of these people are bound to a WeChat; one query."""
    rows = Follower.select(Follower.person).where(Follower.person.in_(list(ids)))
    return {row.person_id for row in rows}


def create(
    *,
    name: str,
    phone: str,
    member_unit: int,
    position: str = "",
    roles: Iterable[PersonRoleKind],
    actor: Account,
) -> Person:
    """A new person with roles from today on. Raises Invalid with the fields, NotFound."""
    wanted = list(roles)
    checked = _check(name, phone, member_unit, position, actor)
    if not wanted:
        checked.errors["roles"] = "请至少选一个身份"
    if checked.errors or checked.unit is None:
        raise Invalid(fields=checked.errors)
    with db.atomic():
        _refuse_taken(checked.phone, None)
        person = insert(checked.name, checked.phone, checked.unit.id, checked.position)
        for role in wanted:
            give_role(person.id, checked.unit.id, role)
        audit.record("person.created", person, actor=actor, roles=[role.value for role in wanted])
        return person


def update(
    person: Person,
    *,
    name: str,
    phone: str,
    member_unit: int,
    position: str,
    version: int | None = None,
    actor: Account,
) -> None:
    """Change a person; an empty phone keeps the one there is.

    Raises Invalid, NotFound, Conflict for an erased one, and StaleState where somebody changed
    the person since `version` (None: whatever it was).
    """
    access.require_unit(actor, person.member_unit_id)
    if person.erased_at is not None:
        raise Conflict("此人资料已注销，不能修改")
    checked = _check(name, phone, member_unit, position, actor)
    if checked.errors or checked.unit is None:
        raise Invalid(fields=checked.errors)
    with db.atomic():
        # under the row's lock: an erasure meanwhile must not be written over
        fresh = locked(Person.select().where(Person.id == person.id)).get()
        if fresh.erased_at is not None:
            raise Conflict("此人资料已注销，不能修改")
        if version is not None and fresh.version != version:
            raise StaleState("这个人的资料刚刚被别人修改过，您的修改没有保存", version=fresh.version)
        changed = _take_over(person, checked, checked.unit)
        person.version = fresh.version + 1 if changed else fresh.version
        person.save()
        if changed:
            audit.record("person.updated", person, actor=actor, changed=changed)


def _take_over(person: Person, checked: Checked, unit: MemberUnit) -> list[str]:
    """Set the checked values; the labels of those that are new. Raises Invalid for a phone that is taken."""
    told = (
        ("姓名", person.name, checked.name),
        ("职务", person.position, checked.position),
        ("单位", person.member_unit_id, unit.id),
    )
    changed = [label for label, was, now in told if was != now]
    if checked.phone is not None and keyed_hash(checked.phone) != person.phone_hash:
        _refuse_taken(checked.phone, person)
        person.phone, person.phone_hash = checked.phone, keyed_hash(checked.phone)
        changed.append("手机号")
    person.name, person.position, person.member_unit = checked.name, checked.position, unit
    return changed


def insert(name: str, phone: str | None, unit_id: int, position: str) -> Person:
    """Write a person whose values are clean already; the caller audits."""
    return Person.create(
        name=name,
        phone=phone,
        phone_hash=keyed_hash(phone) if phone else None,
        member_unit=unit_id,
        position=position,
    )


def give_role(person_id: int, unit_id: int, role: PersonRoleKind) -> bool:
    """Give a role from today on, or again after it ended; False when it is held already."""
    today = clock.local_today()
    row = PersonRole.get_or_none(
        (PersonRole.person == person_id) & (PersonRole.member_unit == unit_id) & (PersonRole.role == role)
    )
    if row is None:
        PersonRole.create(person=person_id, member_unit=unit_id, role=role, valid_from=today)
        return True
    if is_current(row, today):
        return False
    row.valid_from, row.valid_to = today, None
    row.save(only=[PersonRole.valid_from, PersonRole.valid_to])
    return True


def add_role(
    person: Person,
    role: PersonRoleKind,
    *,
    member_unit: int | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
    actor: Account,
) -> None:
    """Give a role in a unit (the own one by default) for a span. Raises Invalid, NotFound."""
    access.require_unit(actor, person.member_unit_id)
    unit_id = member_unit or int(person.member_unit_id)
    access.require_unit(actor, unit_id)
    start = valid_from or clock.local_today()
    if valid_to is not None and valid_to < start:
        raise Invalid(fields={"valid_to": "结束日期不能早于开始日期"})
    with db.atomic():
        (
            PersonRole.insert(
                person=person, member_unit=unit_id, role=role, valid_from=start, valid_to=valid_to
            )
            .on_conflict(
                conflict_target=[PersonRole.person, PersonRole.member_unit, PersonRole.role],
                update={PersonRole.valid_from: start, PersonRole.valid_to: valid_to},
            )
            .execute()
        )
        audit.record("person.role_given", person, actor=actor, role=role.value, unit_id=unit_id)


def end_role(role_id: int, *, on: date | None = None, actor: Account) -> Person:
    """End a role on a day (today by default, its last one). Raises NotFound, Invalid."""
    row = PersonRole.get_or_none(PersonRole.id == role_id)
    if row is None:
        raise NotFound()
    access.require_unit(actor, row.person.member_unit_id)
    last = on or clock.local_today()
    if last < row.valid_from:
        raise Invalid(fields={"valid_to": "结束日期不能早于开始日期"})
    with db.atomic():
        row.valid_to = last
        row.save(only=[PersonRole.valid_to])
        audit.record(
            "person.role_ended", row.person, actor=actor, role=row.role.value, unit_id=row.member_unit_id
        )
    return row.person


def is_current(role: PersonRole, today: date) -> bool:
    return role.valid_from <= today and (role.valid_to is None or role.valid_to >= today)


def _check(name: str, phone: str, member_unit: int, position: str, actor: Account) -> Checked:
    checked = Checked()
    try:
        checked.name = clean_name(name)
        if not checked.name:
            checked.errors["name"] = "请填写姓名"
    except WrongCell as wrong:
        checked.errors["name"] = f"{wrong.reason}，{wrong.mend}"
    try:
        checked.phone = clean_phone(phone)
    except WrongPhone as wrong:
        checked.errors["phone"] = f"{wrong.reason}，{wrong.mend}"
    try:
        checked.position = clean_position(position)
    except WrongCell as wrong:
        checked.errors["position"] = f"{wrong.reason}，{wrong.mend}"
    checked.unit = MemberUnit.get_or_none(MemberUnit.id == member_unit)
    if checked.unit is None:
        checked.errors["member_unit"] = "请选择单位"
    else:
        access.require_unit(actor, checked.unit.id)
    return checked


def _refuse_taken(phone: str | None, person: Person | None) -> None:
    if phone is None:
        return
    holder = Person.get_or_none(Person.phone_hash == keyed_hash(phone))
    if holder is not None and (person is None or holder.id != person.id):
        raise Invalid(
            fields={"phone": "这个手机号已登记在另一人名下，请核对号码；如是同一人请直接修改原有资料"}
        )
