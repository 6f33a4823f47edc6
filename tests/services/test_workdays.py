from __future__ import annotations

from datetime import date

import pytest
from peewee import Database

from models.audit import AuditEntry
from services import workdays
from services.errors import Invalid
from tests.factories import make_account


def test_a_shifted_weekend_works_and_its_holiday_rests(db: Database) -> None:
    days = workdays.of_days(date(2026, 9, 20), date(2026, 10, 10))

    assert days[date(2026, 9, 20)] == workdays.Day(date(2026, 9, 20), True, "调休上班")
    assert days[date(2026, 10, 1)] == workdays.Day(date(2026, 10, 1), False, "国庆节")
    assert days[date(2026, 10, 6)] == workdays.Day(date(2026, 10, 6), False, "调休休息")
    assert days[date(2026, 10, 8)] == workdays.Day(date(2026, 10, 8), True)
    assert days[date(2026, 10, 10)].is_workday


def test_an_override_outranks_the_calendar_until_it_is_withdrawn(db: Database) -> None:
    actor, day = make_account(), date(2027, 2, 14)

    row = workdays.override(day, is_workday=True, name="春节调休", actor=actor)
    workdays.override(day, is_workday=True, name="春节调休上班", actor=actor)

    assert workdays.of_days(day, day)[day] == workdays.Day(day, True, "春节调休上班")
    assert workdays.are_shifts_known(2027)
    workdays.withdraw(row.id, actor=actor)
    assert not workdays.is_workday(day)
    assert [each.action for each in AuditEntry.select()] == [
        "workday.set",
        "workday.set",
        "workday.withdrawn",
    ]


def test_a_year_without_published_shifts_is_told(db: Database) -> None:
    assert workdays.are_shifts_known(2026)
    assert not workdays.are_shifts_known(2027)


def test_workdays_are_counted_over_a_holiday(db: Database) -> None:
    assert workdays.after(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert workdays.after(date(2026, 9, 30), 3) == date(2026, 10, 10)


def test_a_day_needs_a_date_and_a_reason(db: Database) -> None:
    with pytest.raises(Invalid) as told:
        workdays.override(None, is_workday=False, name=" ", actor=make_account())

    assert set(told.value.fields) == {"day", "name"}
