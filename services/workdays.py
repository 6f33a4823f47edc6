"""Workdays (工作日) of the alliance: China's statutory calendar with its shifts (调休), and our overrides.

The State Council publishes the shifts of a year in the November before; until a release of the
calendar knows them, `are_shifts_known` says no and the console warns. An override always wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import holidays

from models.accounts import Account
from models.base import db
from models.workdays import WorkdayOverride
from services import audit
from services.errors import Invalid, NotFound

SATURDAY = 5
SHIFTED_REST = "调休"  # as the calendar words a rest day that another day's work pays for


@dataclass(frozen=True, slots=True)
class Day:
    """One day: whether people work, and its name; "" for an ordinary one."""

    day: date
    is_workday: bool
    name: str = ""


def of_days(first: date, last: date) -> dict[date, Day]:
    """Every day from `first` to `last`, both included."""
    overrides = WorkdayOverride.select().where(WorkdayOverride.day.between(first, last))
    said = {row.day: Day(row.day, row.is_workday, row.name) for row in overrides}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {day: said.get(day) or _statutory(day) for day in days}


def is_workday(day: date) -> bool:
    return of_days(day, day)[day].is_workday


def after(day: date, count: int) -> date:
    """The `count`-th workday after a day; `count` is 1 or more."""
    if count < 1:
        raise ValueError("count workdays from one on")
    found, at = 0, day
    while True:
        ahead = of_days(at + timedelta(days=1), at + timedelta(days=30))
        for each in ahead.values():
            found += each.is_workday
            if found == count:
                return each.day
        at += timedelta(days=30)


def are_shifts_known(year: int) -> bool:
    """Whether the shifts of a year are published: in every year since 2014 there were some."""
    if any(day.year == year for day in _calendar(year).weekend_workdays):
        return True
    return WorkdayOverride.select().where(WorkdayOverride.day.between(*_year(year))).exists()


def overrides(year: int) -> list[WorkdayOverride]:
    return list(
        WorkdayOverride.select()
        .where(WorkdayOverride.day.between(*_year(year)))
        .order_by(WorkdayOverride.day)
    )


def override(day: date | None, *, is_workday: bool, name: str, actor: Account) -> WorkdayOverride:
    """Say what a day is; a second time replaces the first. Raises Invalid naming the field."""
    name = name.strip()
    errors = {}
    if day is None:
        errors["day"] = "请选择日期"
    if not 0 < len(name) <= 20:
        errors["name"] = "请写明原因，如“国庆调休”（20 字以内）"
    if errors or day is None:
        raise Invalid(fields=errors)
    with db.atomic():
        row = WorkdayOverride.get_or_none(WorkdayOverride.day == day) or WorkdayOverride(day=day)
        row.is_workday, row.name = is_workday, name
        row.save()
        audit.record("workday.set", row, actor=actor, day=day.isoformat(), is_workday=is_workday, name=name)
    return row


def withdraw(override_id: int, *, actor: Account) -> None:
    """Let the statutory calendar hold again for a day. Raises NotFound."""
    with db.atomic():
        row = WorkdayOverride.get_or_none(WorkdayOverride.id == override_id)
        if row is None:
            raise NotFound("没有找到这一天的设置")
        audit.record("workday.withdrawn", row, actor=actor, day=row.day.isoformat())
        row.delete_instance()


def _statutory(day: date) -> Day:
    calendar = _calendar(day.year)
    if day in calendar.weekend_workdays:
        return Day(day, True, "调休上班")
    name = str(calendar.get(day, ""))
    if name:
        return Day(day, False, "调休休息" if SHIFTED_REST in name else name.split("（")[0])
    return Day(day, day.weekday() < SATURDAY)


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


@lru_cache(maxsize=8)
def _calendar(year: int) -> Any:
    return holidays.country_holidays("CN", years=year, language="zh_CN")
