"""Member units (成员单位) of the alliance, in their fixed order (机构序), with the span of membership."""

from __future__ import annotations

from datetime import date
from typing import Any

from peewee import fn

import clock
from models.accounts import Account
from models.alliance import MemberUnit, UnitKind, UnitTier
from models.base import db, locked
from models.people import Person
from services import access, audit
from services.errors import Conflict, Invalid, NotFound, StaleState

KINDS_OF_TIER = {
    UnitTier.ONE: {UnitKind.CITY_SCHOOL},
    UnitTier.NINE: {UnitKind.TOWN_SCHOOL},
    UnitTier.X: {UnitKind.SYSTEM_SCHOOL, UnitKind.ENTERPRISE_SCHOOL, UnitKind.VILLAGE_SCHOOL},
}


def find(unit_id: int) -> MemberUnit:
    """Raises NotFound."""
    unit = MemberUnit.get_or_none(MemberUnit.id == unit_id)
    if unit is None:
        raise NotFound()
    return unit


def listed(*, on: date | None = None, with_past: bool = False) -> list[MemberUnit]:
    """The units that are members on a day (today by default), or all that ever were."""
    units = MemberUnit.select().order_by(MemberUnit.order_no, MemberUnit.id)
    if not with_past:
        day = on or clock.local_today()
        is_member = (MemberUnit.valid_from <= day) & (
            MemberUnit.valid_to.is_null() | (MemberUnit.valid_to >= day)
        )
        units = units.where(is_member)
    return list(units)


def choices(actor: Account) -> list[MemberUnit]:
    """The present units whose people the actor may see."""
    scope = access.unit_scope(actor)
    return [unit for unit in listed() if scope is None or unit.id == scope]


def person_counts() -> dict[int, int]:
    """How many people each unit has, by unit id."""
    rows: Any = (
        Person.select(Person.member_unit, fn.COUNT(Person.id))
        .where(Person.erased_at.is_null())
        .group_by(Person.member_unit)
        .tuples()
    )
    return {unit_id: count for unit_id, count in rows}


def create(values: dict[str, Any], *, actor: Account | None) -> MemberUnit:
    """A new member. `values` are the columns of MemberUnit. Raises Invalid with the fields."""
    clean = _check(values, None)
    with db.atomic():
        unit = MemberUnit.create(**clean)
        audit.record("member_unit.created", unit, actor=actor, name=unit.name)
        return unit


def update(
    unit: MemberUnit, values: dict[str, Any], *, version: int | None = None, actor: Account | None
) -> None:
    """Change a member's columns. Raises Invalid with the fields, and StaleState where somebody
    changed it since `version` (None: whatever it was)."""
    clean = _check(values, unit)
    with db.atomic():
        fresh = locked(MemberUnit.select().where(MemberUnit.id == unit.id)).get()
        if version is not None and fresh.version != version:
            raise StaleState("这个单位刚刚被别人修改过，您的修改没有保存", version=fresh.version)
        changed = sorted(name for name, value in clean.items() if getattr(unit, name) != value)
        for name in changed:
            setattr(unit, name, clean[name])
        if changed:
            unit.version = fresh.version + 1
            unit.save()
            audit.record("member_unit.updated", unit, actor=actor, changed=changed)


def close(unit: MemberUnit, *, on: date, actor: Account | None) -> None:
    """End a membership; `on` is its last day. People and history stay. Raises Invalid, Conflict."""
    if unit.valid_to is not None:
        raise Conflict("该单位已经退出联盟")
    if on < unit.valid_from:
        raise Invalid(fields={"valid_to": "退出日期不能早于加入日期"})
    with db.atomic():
        unit.valid_to = on
        unit.version += 1
        unit.save(only=[MemberUnit.valid_to, MemberUnit.version])
        audit.record("member_unit.closed", unit, actor=actor, on=on)


def _check(values: dict[str, Any], unit: MemberUnit | None) -> dict[str, Any]:
    clean: dict[str, Any] = {
        "name": str(values.get("name") or "").strip(),
        "short_name": str(values.get("short_name") or "").strip(),
        "division_code": str(values.get("division_code") or "").strip() or None,
        "order_no": values.get("order_no") or 0,
        "valid_from": values.get("valid_from"),
        "valid_to": values.get("valid_to"),
        "tier": values.get("tier"),
        "kind": values.get("kind"),
    }
    errors = _text_errors(clean) | _kind_errors(clean) | _date_errors(clean)
    if "name" not in errors and _is_taken(clean["name"], unit):
        errors["name"] = "已有同名单位"
    if errors:
        raise Invalid(fields=errors)
    clean["tier"], clean["kind"] = UnitTier(clean["tier"]), UnitKind(clean["kind"])
    return clean


def _text_errors(clean: dict[str, Any]) -> dict[str, str]:
    errors = {}
    if not 0 < len(clean["name"]) <= 80:
        errors["name"] = "请填写单位全称（80 字以内）"
    if not 0 < len(clean["short_name"]) <= 20:
        errors["short_name"] = "请填写简称（20 字以内）"
    code = clean["division_code"]
    if code is not None and not (code.isascii() and code.isdigit() and len(code) in (6, 9, 12)):
        errors["division_code"] = "行政区划代码应为 6、9 或 12 位数字，没有可不填"
    return errors


def _kind_errors(clean: dict[str, Any]) -> dict[str, str]:
    try:
        tier = UnitTier(clean["tier"])
    except ValueError:
        return {"tier": "请选择层级（1、9 或 X）"}
    try:
        kind = UnitKind(clean["kind"])
    except ValueError:
        return {"kind": "请选择类型"}
    return (
        {}
        if kind in KINDS_OF_TIER[tier]
        else {"kind": "类型与层级不符：1 是市委党校，9 是区镇党校，其余属 X"}
    )


def _date_errors(clean: dict[str, Any]) -> dict[str, str]:
    start, end = clean["valid_from"], clean["valid_to"]
    if not isinstance(start, date):
        return {"valid_from": "请填写加入联盟的日期"}
    if end is not None and end < start:
        return {"valid_to": "退出日期不能早于加入日期"}
    return {}


def _is_taken(name: str, unit: MemberUnit | None) -> bool:
    same = MemberUnit.select().where(MemberUnit.name == name)
    if unit is not None:
        same = same.where(MemberUnit.id != unit.id)
    return same.exists()
