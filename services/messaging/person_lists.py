"""Lists of persons (名单): pasted names and phones, matched with the people we know.

A list has a reason. Mostly it says whom pushes leave out; who is on it later is left out too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peewee import ModelSelect, fn

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.audiences import PersonList, PersonListMember
from models.base import db
from models.people import Person
from models.sealing import keyed_hash
from services import access, audit
from services.errors import Invalid, StaleState
from services.messaging import kept_audiences
from services.phone_numbers import WrongPhone, clean_phone

MOST_LINES = 2000
LEAST_REASON, REASON_LENGTH = 2, 120
_PHONE = re.compile(r"(?<!\d)1[3-9](?:[\s\-]?\d){9}(?!\d)")
_PARTS = re.compile(r"[\s,，;；、|]+")


@dataclass(slots=True)
class Matched:
    """What became of pasted lines: persons found, and the lines that named nobody or several."""

    person_ids: list[int] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)


def visible(*, actor: Account) -> ModelSelect[PersonList]:
    return kept_audiences.visible(PersonList, actor=actor)


def find(list_id: int, *, actor: Account) -> PersonList:
    """Raises NotFound, for another school's own too."""
    return kept_audiences.find(PersonList, list_id, actor=actor)


def members(row: PersonList, *, actor: Account) -> ModelSelect[PersonListMember]:
    """Its persons with their units; of a shared list a school sees its own people only."""
    query = (
        PersonListMember.select(PersonListMember, Person, MemberUnit)
        .join(Person)
        .join(MemberUnit)
        .where(PersonListMember.list == row, Person.erased_at.is_null())
        .order_by(MemberUnit.order_no, Person.id)
    )
    scope = access.unit_scope(actor)
    return query if scope is None else query.where(Person.member_unit == scope)


def sizes(list_ids: Iterable[int]) -> dict[int, int]:
    """How many persons stand on each list; one query."""
    found: Any = (
        PersonListMember.select(PersonListMember.list, fn.COUNT(PersonListMember.id))
        .where(PersonListMember.list.in_(list(list_ids)))
        .group_by(PersonListMember.list)
        .tuples()
    )
    return dict(found)


def create(*, name: str, reason: str, is_shared: bool = False, actor: Account) -> PersonList:
    """An empty list. Raises Invalid naming `name` or `reason`, NotAllowed."""
    access.require(actor, "campaigns.manage")
    values = _checked(name, reason, unit=actor.member_unit_id)
    shared = kept_audiences.shares(is_shared, actor=actor)
    with db.atomic():
        row = PersonList.create(
            **values, member_unit=actor.member_unit_id, is_shared=shared, changed_by=actor
        )
        audit.record("person_list.created", row, actor=actor, **values)
    return row


def update(row: PersonList, *, name: str, reason: str, is_shared: bool, version: int, actor: Account) -> None:
    """Raises Invalid, NotAllowed, StaleState."""
    kept_audiences.require_own(row, actor=actor)
    values = _checked(name, reason, unit=row.member_unit_id, but=row.id)
    with db.atomic():
        changed = (
            PersonList.update(
                **values,
                is_shared=kept_audiences.shares(is_shared, actor=actor),
                changed_by=actor,
                version=PersonList.version + 1,
            )
            .where(PersonList.id == row.id, PersonList.version == version)
            .execute()
        )
        if not changed:
            raise StaleState("别人刚刚改过这份名单，请核对后再保存；您填的内容还在下面")
        audit.record("person_list.changed", row, actor=actor, **values)


def remove(row: PersonList, *, actor: Account) -> None:
    """A campaign that named it then leaves nobody out by it. Raises NotAllowed."""
    kept_audiences.require_own(row, actor=actor)
    with db.atomic():
        audit.record("person_list.removed", row, actor=actor, name=row.name)
        row.delete_instance(recursive=True)


def add_pasted(row: PersonList, text: str, *, actor: Account) -> Matched:
    """Put on the list whom the lines name without doubt. Raises Invalid naming `people`, NotAllowed."""
    kept_audiences.require_own(row, actor=actor)
    found = match(text, actor=actor)
    if found.person_ids:
        add(row, found.person_ids, actor=actor)
    return found


def add(row: PersonList, person_ids: Iterable[int], *, actor: Account) -> int:
    """Put these persons on the list, those the account may see; how many were not on it before."""
    kept_audiences.require_own(row, actor=actor)
    scope = access.unit_scope(actor)
    known = Person.select(Person.id).where(Person.id.in_(list(person_ids)), Person.erased_at.is_null())
    if scope is not None:
        known = known.where(Person.member_unit == scope)
    ids = [person.id for person in known]
    now = clock.utc_now()
    with db.atomic():
        before = PersonListMember.select().where(PersonListMember.list == row).count()
        rows = [{"list": row.id, "person": each, "created_at": now} for each in ids]
        if rows:
            PersonListMember.insert_many(rows).on_conflict_ignore().execute()
        added = PersonListMember.select().where(PersonListMember.list == row).count() - before
        audit.record("person_list.filled", row, actor=actor, added=added, person_ids=ids[:200])
    return int(added)


def take_off(row: PersonList, person_id: int, *, actor: Account) -> None:
    """A person who is not on it is no matter. Raises NotAllowed."""
    kept_audiences.require_own(row, actor=actor)
    with db.atomic():
        gone = (
            PersonListMember.delete()
            .where(PersonListMember.list == row, PersonListMember.person == person_id)
            .execute()
        )
        if gone:
            audit.record("person_list.taken_off", row, actor=actor, person_ids=[person_id])


def match(text: str, *, actor: Account) -> Matched:
    """Whom pasted lines name: a phone, or a name, with the unit where several have it.

    Raises Invalid naming `people` when nothing, or too much, was pasted.
    """
    lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if not lines:
        raise Invalid(fields={"people": "请粘贴姓名或手机号，一行一个人"})
    if len(lines) > MOST_LINES:
        raise Invalid(fields={"people": f"一次最多 {MOST_LINES} 行，请分几次粘贴"})
    parts = {line: [part for part in _PARTS.split(line) if part] for line in lines}
    phones = {line: _phone_of(line) for line in lines}
    by_phone = _by_phone({phone for phone in phones.values() if phone}, actor)
    by_name = _by_name({word for words in parts.values() for word in words}, actor)
    found = Matched()
    for line, words in parts.items():
        phone = phones[line]
        people = by_phone.get(phone, set()) if phone else _named(words, by_name)
        if len(people) == 1:
            found.person_ids.append(next(iter(people)))
        else:
            (found.ambiguous if people else found.unknown).append(line)
    found.person_ids = list(dict.fromkeys(found.person_ids))
    return found


def _phone_of(line: str) -> str | None:
    found = _PHONE.search(line)
    try:
        return clean_phone(found.group()) if found else None
    except WrongPhone:
        return None


def _by_phone(phones: set[str], actor: Account) -> dict[str, set[int]]:
    hashes = {keyed_hash(phone): phone for phone in phones}
    found: dict[str, set[int]] = defaultdict(set)
    for person in _known(actor).where(Person.phone_hash.in_(list(hashes))):
        found[hashes[str(person.phone_hash)]].add(person.id)
    return found


def _by_name(names: set[str], actor: Account) -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = defaultdict(list)
    for person in _known(actor).where(Person.name.in_(sorted(names))):
        found[person.name].append(person)
    return found


def _named(words: list[str], by_name: dict[str, list[Person]]) -> set[int]:
    people = [person for word in words for person in by_name.get(word, ())]
    others = {word for word in words if word not in by_name}
    if len(people) > 1 and others:
        people = [each for each in people if others & {each.member_unit.name, each.member_unit.short_name}]
    return {person.id for person in people}


def _known(actor: Account) -> ModelSelect[Person]:
    query = Person.select(Person, MemberUnit).join(MemberUnit).where(Person.erased_at.is_null())
    scope = access.unit_scope(actor)
    return query if scope is None else query.where(Person.member_unit == scope)


def _checked(name: str, reason: str, *, unit: int, but: int = 0) -> dict[str, str]:
    errors: dict[str, str] = {}
    clean = kept_audiences.checked_name(PersonList, name, errors, unit=unit, but=but)
    why = " ".join(reason.split())
    if not LEAST_REASON <= len(why) <= REASON_LENGTH:
        errors["reason"] = f"请写明为什么要有这份名单（{LEAST_REASON} 到 {REASON_LENGTH} 字）"
    if errors:
        raise Invalid(fields=errors)
    return {"name": clean, "reason": why}
