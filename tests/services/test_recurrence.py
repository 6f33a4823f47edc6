"""Recurrence: rules, workdays with 调休, ends, sentences."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import Database

import clock
from models.schedules import RestDay
from models.workdays import WorkdayOverride
from services import recurrence, workdays
from services.errors import Invalid
from services.recurrence import DAY_CODES, Recurrence

FRIDAYS = "FREQ=WEEKLY;BYDAY=FR"
AUTUMN = date(2026, 9, 21)


def days(rule: str, count: int = 5, **values: object) -> list[str]:
    told = {"at": time(9), "starts_on": AUTUMN, "on_rest_day": RestDay.SEND} | values
    found = recurrence.dates(Recurrence(rule, **told))  # type: ignore[arg-type]
    return [f"{day:%m-%d}" for day in islice(found, count)]


def test_a_rest_day_is_kept_left_out_or_moved(db: Database) -> None:
    # 25 September 2026 is 中秋节, 2 October 国庆节; 10 October, a Saturday, works
    assert days(FRIDAYS, 3) == ["09-25", "10-02", "10-09"]
    assert days(FRIDAYS, 2, on_rest_day=RestDay.SKIP) == ["10-09", "10-16"]
    assert days(FRIDAYS, 3, on_rest_day=RestDay.NEXT) == ["09-28", "10-08", "10-09"]
    assert days(FRIDAYS, 3, on_rest_day=RestDay.PREVIOUS) == ["09-24", "09-30", "10-09"]


def test_a_worked_saturday_is_a_workday_and_an_override_wins(db: Database) -> None:
    every = {"on_rest_day": RestDay.SKIP, "starts_on": date(2026, 10, 8)}
    assert days("FREQ=DAILY", 4, **every) == ["10-08", "10-09", "10-10", "10-12"]

    WorkdayOverride.create(day=date(2026, 10, 9), is_workday=False, name="校庆")
    assert days("FREQ=DAILY", 3, **every) == ["10-08", "10-10", "10-12"]


@pytest.mark.parametrize(
    ("rule", "starts_on", "field"),
    [
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", AUTUMN, "rule"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", AUTUMN, "rule"),
        (FRIDAYS, date(9999, 12, 1), "starts_on"),
    ],
)
def test_what_never_comes_is_refused(db: Database, rule: str, starts_on: date, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        recurrence.check(Recurrence(rule, at=time(9), starts_on=starts_on))

    assert set(refused.value.fields) == {field}


def test_moved_dates_that_meet_are_one(db: Database) -> None:
    # the whole holiday week moves to its first workday, once
    every = {"on_rest_day": RestDay.NEXT, "starts_on": date(2026, 10, 1)}
    assert days("FREQ=DAILY", 2, **every) == ["10-08", "10-09"]


def test_first_monday_and_month_end(db: Database) -> None:
    assert days("FREQ=MONTHLY;BYDAY=1MO", 2) == ["10-05", "11-02"]
    assert days("FREQ=MONTHLY;BYMONTHDAY=-1", 2) == ["09-30", "10-31"]
    assert days("FREQ=MONTHLY;BYMONTHDAY=31", 2) == ["10-31", "12-31"]


def test_it_ends_by_count_or_date(db: Database) -> None:
    assert days(FRIDAYS, 9, times=2, on_rest_day=RestDay.SKIP) == ["10-09", "10-16"]
    assert days(FRIDAYS, 9, ends_on=date(2026, 10, 9)) == ["09-25", "10-02", "10-09"]


def test_moments_are_of_shanghai(db: Database) -> None:
    weekly = Recurrence(FRIDAYS, time(7, 30), date(2026, 11, 27))

    assert recurrence.upcoming(weekly, 1) == [datetime(2026, 11, 26, 23, 30)]
    assert list(islice(recurrence.moments(weekly, after=datetime(2026, 11, 26, 23, 30)), 1)) == [
        datetime(2026, 12, 3, 23, 30)
    ]


@pytest.mark.parametrize(
    ("rule", "values", "words"),
    [
        (FRIDAYS, {}, "每周五 9:00，遇休息日顺延到下一个工作日"),
        ("FREQ=DAILY", {"on_rest_day": RestDay.SKIP}, "每个工作日 9:00"),
        ("FREQ=MONTHLY;BYDAY=1MO", {"on_rest_day": RestDay.SEND}, "每月第一个星期一 9:00"),
        ("FREQ=MONTHLY;BYDAY=-1FR", {"on_rest_day": RestDay.SKIP}, "每月最后一个星期五 9:00，遇休息日不发"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,MO", {"on_rest_day": RestDay.SEND}, "每两周的周一、周二 9:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", {"on_rest_day": RestDay.SEND, "times": 10}, "每月15日 9:00，共 10 次"),
        ("FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1", {"on_rest_day": RestDay.SEND}, "每年7月1日 9:00"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=2", {"on_rest_day": RestDay.SEND},
         "按规则 FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=2 9:00"),
    ],
)  # fmt: skip
def test_the_sentence(rule: str, values: dict[str, object], words: str) -> None:
    told = Recurrence(rule, time(9), AUTUMN, **values)  # type: ignore[arg-type]

    assert recurrence.in_words(told) == words


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ("", "rule"),
        ("FREQ=HOURLY", "rule"),
        ("FREQ=WEEKLY;COUNT=3", "rule"),
        ("FREQ=DAILY;BYHOUR=3", "rule"),
        ("FREQ=WEEKLY;BYDAY=XX", "rule"),
        ("FREQ=WEEKLY;INTERVAL=0", "rule"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "rule"),
        ("FREQ=DAILY\nRRULE:FREQ=DAILY", "rule"),
    ],
)
def test_a_wrong_rule_is_refused(db: Database, rule: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        recurrence.check(Recurrence(rule, time(9), AUTUMN))

    assert list(refusal.value.fields) == [field]


def test_an_end_before_the_start_is_refused(db: Database) -> None:
    with pytest.raises(Invalid) as refusal:
        recurrence.check(Recurrence(FRIDAYS, time(9), AUTUMN, ends_on=date(2026, 9, 1), times=0))

    assert set(refusal.value.fields) == {"ends_on", "times"}


rules = st.one_of(
    st.builds(lambda n: f"FREQ=DAILY;INTERVAL={n}", st.integers(1, 40)),
    st.builds(
        lambda n, codes: f"FREQ=WEEKLY;INTERVAL={n};BYDAY={','.join(sorted(codes))}",
        st.integers(1, 5),
        st.sets(st.sampled_from(DAY_CODES), min_size=1),
    ),
    st.builds(
        lambda n, code: f"FREQ=MONTHLY;BYDAY={n}{code}",
        st.sampled_from([1, 2, 3, 4, -1]),
        st.sampled_from(DAY_CODES),
    ),
    st.builds(lambda day: f"FREQ=MONTHLY;BYMONTHDAY={day}", st.integers(1, 28)),
)
starts = st.dates(date(2025, 1, 1), date(2026, 12, 31))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules, starts, st.sampled_from(list(RestDay)), st.integers(1, 12))
def test_rules_of_every_kind(db: Database, rule: str, start: date, rest: RestDay, times: int) -> None:
    """In order, each day once, none before the start, as many as asked, on workdays where that is asked."""
    told = Recurrence(rule, time(9), start, rest, times=times)
    found = list(recurrence.dates(told))

    assert found == sorted(set(found))
    assert all(day >= start for day in found)
    assert len(found) <= times
    assert rest is RestDay.SKIP or len(found) == times
    if rest is not RestDay.SEND and found:
        known = workdays.of_days(found[0], found[-1])
        assert all(known[day].is_workday for day in found)
    after = clock.from_local(datetime.combine(found[0], time(9))) if found else clock.utc_now()
    later = list(recurrence.moments(told, after=after))
    assert later == [clock.from_local(datetime.combine(day, time(9))) for day in found[1:]] or not found
    assert list(recurrence.moments(told, after=after, until=after + timedelta(days=30))) == [
        at for at in later if at <= after + timedelta(days=30)
    ]
    assert recurrence.in_words(told)
