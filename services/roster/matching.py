"""Which person each row means: one in the file, one we know, a new one, or nobody can tell.

The phone decides. Without one, a name in a unit names a person only as long as
nobody else of that unit bears it; nothing is merged on a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, TypeVar

import clock
from models.people import ROLE_WORDS, Person, PersonRole, PersonRoleKind
from models.sealing import keyed_hash
from services import people
from services.masking import mask_name, mask_phone
from services.roster.rows import RosterRow, WrongCellReport

Outcome = Literal["new", "changed", "same"]
LOOKED_UP_AT_ONCE = 400
T = TypeVar("T")


@dataclass
class PlannedPerson:
    """What applying would do about one person. `changes` says it in words."""

    rows: list[RosterRow]
    person: Person | None = None
    position: str = ""
    roles: list[tuple[int, PersonRoleKind]] = field(default_factory=list)
    outcome: Outcome = "new"
    changes: list[str] = field(default_factory=list)

    @property
    def first(self) -> RosterRow:
        return self.rows[0]


@dataclass
class Plan:
    people: list[PlannedPerson] = field(default_factory=list)
    wrong: list[WrongCellReport] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        return sum(planned.outcome == outcome for planned in self.people)


def make_plan(rows: list[RosterRow], *, unit_scope: int | None) -> Plan:
    """Match rows to people. `unit_scope` is the unit an administrator of one school is bound to."""
    plan = Plan()
    with_phone: dict[str, list[RosterRow]] = defaultdict(list)
    without: dict[tuple[str, int], list[RosterRow]] = defaultdict(list)
    for row in rows:
        if row.phone is not None:
            with_phone[row.phone].append(row)
        else:
            without[row.name, row.unit_id].append(row)
    known = _Known(rows)
    namesakes = {(row.name, row.unit_id) for row in rows if row.phone}
    for phone, group in with_phone.items():
        _plan_by_phone(plan, phone, group, known, unit_scope)
    for key, group in without.items():
        _plan_by_name(plan, group, known, key in namesakes)
    known.add_roles(plan.people)
    for planned in plan.people:
        _compare(planned, known)
    return plan


class _Known:
    """The people of the database that the rows could mean, read in a few queries."""

    def __init__(self, rows: list[RosterRow]) -> None:
        self.by_hash: dict[str, Person] = {}
        self.by_name: dict[tuple[str, int], list[Person]] = defaultdict(list)
        self.roles: dict[int, set[tuple[int, PersonRoleKind]]] = defaultdict(set)
        hashes = {keyed_hash(row.phone) for row in rows if row.phone}
        for some in _batches(sorted(hashes)):
            for person in Person.select().where(Person.phone_hash.in_(some)):
                self.by_hash[str(person.phone_hash)] = person
        for some in _batches(sorted({row.name for row in rows})):
            for person in Person.select().where(Person.name.in_(some), Person.erased_at.is_null()):
                self.by_name[person.name, person.member_unit_id].append(person)

    def add_roles(self, planned: Iterable[PlannedPerson]) -> None:
        today = clock.local_today()
        ids = [p.person.id for p in planned if p.person is not None]
        for some in _batches(ids):
            for row in PersonRole.select().where(PersonRole.person.in_(some)):
                if people.is_current(row, today):
                    self.roles[row.person_id].add((row.member_unit_id, row.role))


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    source = iter(values)
    while some := list(islice(source, LOOKED_UP_AT_ONCE)):
        yield some


def _plan_by_phone(
    plan: Plan, phone: str, rows: list[RosterRow], known: _Known, unit_scope: int | None
) -> None:
    first = rows[0]
    other = next((row for row in rows if row.name != first.name), None)
    if other is not None:
        reason = f"同一手机号有两个姓名：{first.name}、{other.name}"
        plan.wrong.extend(_wrong(rows, "phone", reason, "请核对是谁的号码，改正后再导入"))
        return
    person = known.by_hash.get(keyed_hash(phone))
    if person is not None and unit_scope is not None and person.member_unit_id != unit_scope:
        reason = "该手机号已登记在其他单位"
        plan.wrong.extend(_wrong(rows, "phone", reason, "请核对号码；如是调入本单位的人员，请联系秘书处办理"))
    elif person is not None and person.name != first.name:
        reason = f"该手机号已登记为 {mask_name(person.name)}，与姓名不符"
        plan.wrong.extend(_wrong(rows, "phone", reason, "请核对姓名和号码；如姓名有变，请在人员页修改"))
    elif person is None and _has_namesake_without_phone(rows, known):
        reason = "本单位已有同名且未登记手机号的人员，无法判断是否同一人"
        plan.wrong.extend(_wrong(rows, "name", reason, "如是同一人，请先在人员页为其补登手机号，再导入"))
    else:
        plan.people.append(_planned(rows, person))


def _plan_by_name(plan: Plan, rows: list[RosterRow], known: _Known, has_namesake: bool) -> None:
    first = rows[0]
    mend = "请在这一行补填手机号"
    namesakes = known.by_name.get((first.name, first.unit_id), [])
    if len(rows) > 1:
        reason = "名单里同单位有同名的人，又没有手机号，无法判断是否同一人"
        plan.wrong.extend(_wrong(rows, "phone", reason, mend + "，或删去重复的行"))
    elif has_namesake:
        reason = "名单里同单位另有同名且有手机号的人，无法判断是否同一人"
        plan.wrong.extend(_wrong(rows, "phone", reason, mend + "；如是同一人请删去这一行"))
    elif len(namesakes) > 1 or any(person.phone for person in namesakes):
        phones = "、".join(mask_phone(person.phone) or "未登记手机号" for person in namesakes)
        reason = f"本单位已有同名人员（{phones}），无法判断是否同一人"
        plan.wrong.extend(_wrong(rows, "phone", reason, mend))
    else:
        plan.people.append(_planned(rows, namesakes[0] if namesakes else None))


def _has_namesake_without_phone(rows: list[RosterRow], known: _Known) -> bool:
    return any(
        person.phone is None for row in rows for person in known.by_name.get((row.name, row.unit_id), [])
    )


def _planned(rows: list[RosterRow], person: Person | None) -> PlannedPerson:
    roles = list(dict.fromkeys((row.unit_id, role) for row in rows for role in row.roles))
    position = next((row.position for row in rows if row.position), "")
    return PlannedPerson(rows=rows, person=person, position=position, roles=roles)


def _compare(planned: PlannedPerson, known: _Known) -> None:
    """Say whether anything would change, and what; the unit of a known person stays."""
    person = planned.person
    if person is None:
        return
    if planned.position and planned.position != person.position:
        planned.changes.append(f"职务：{person.position or '（空）'} → {planned.position}")
    added = [role for unit_id, role in planned.roles if (unit_id, role) not in known.roles[person.id]]
    if added:
        planned.changes.append("新增身份：" + "、".join(ROLE_WORDS[role] for role in added))
    planned.outcome = "changed" if planned.changes else "same"


def _wrong(rows: list[RosterRow], meaning: str, reason: str, mend: str) -> Iterator[WrongCellReport]:
    for row in rows:
        others = [f"“{other.sheet}”第 {other.row} 行" for other in rows if other is not row]
        beside = f"（另见{'、'.join(others[:3])}）" if others else ""
        yield WrongCellReport(
            sheet=row.sheet,
            row=row.row,
            column=row.columns.get(meaning, ""),
            value=(row.phone or "") if meaning == "phone" else row.name,
            reason=reason + beside,
            mend=mend,
            name=row.name,
        )
