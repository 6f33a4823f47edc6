"""Recurrence: a rule string of RFC 5545 with a time of day, in Asia/Shanghai, minding China's workdays.

    Recurrence("FREQ=WEEKLY;BYDAY=FR", time(9), date(2026, 11, 27), RestDay.NEXT)

Dates of the rule that are rest days (weekends that work by 调休 are workdays) are sent as they
are, left out, or moved to the next or the previous workday; two that fall on one day are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import rrulestr

import clock
from models.schedules import RestDay
from services import workdays
from services.errors import Invalid

LONGEST_RULE = 120
HORIZON = timedelta(days=5 * 366)  # a rule that names no day within five years has none
WINDOW = timedelta(days=120)  # of the calendar, read at once
FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
PARTS = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}
DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NUMBERS = {1: "一", 2: "两", 3: "三", 4: "四", 5: "五", 6: "六"}
_NTH = {1: "第一个", 2: "第二个", 3: "第三个", 4: "第四个", 5: "第五个", -1: "最后一个"}
_DAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When: `times` and `ends_on` end it, whichever comes first; neither: never."""

    rule: str
    at: time
    starts_on: date
    on_rest_day: RestDay = RestDay.NEXT
    ends_on: date | None = None
    times: int | None = None


def check(recurrence: Recurrence) -> None:
    """Raises Invalid naming `rule`, `ends_on` or `times`."""
    fields = {}
    if why := _why_not_rule(recurrence.rule):
        fields["rule"] = why
    if recurrence.times is not None and not 1 <= recurrence.times <= 1000:
        fields["times"] = "次数应为 1 到 1000"
    if recurrence.starts_on > clock.local_today() + HORIZON:
        fields["starts_on"] = "开始日期太远，请填五年以内的日子"
    if recurrence.ends_on is not None and recurrence.ends_on < recurrence.starts_on:
        fields["ends_on"] = "截止日期不能早于开始日期"
    if fields:
        raise Invalid(fields=fields)
    if next(iter(dates(recurrence)), None) is None:
        raise Invalid(fields={"rule": "按这个规则没有一天会发送：请检查规则、休息日的处理和截止日期"})


def dates(recurrence: Recurrence) -> Iterator[date]:
    """The days on which it is sent, each once, in order; it ends after five years at the latest."""
    calendar = _Workdays()
    found, last = 0, None
    until = datetime.combine(recurrence.starts_on + HORIZON, time())
    start = datetime.combine(recurrence.starts_on, time())
    for each in rrulestr(f"RRULE:{recurrence.rule}", dtstart=start):
        if each > until:
            return
        day = calendar.moved(each.date(), recurrence.on_rest_day)
        if day is None or day < recurrence.starts_on or (last is not None and day <= last):
            continue
        if recurrence.ends_on is not None and day > recurrence.ends_on:
            return
        yield day
        found, last = found + 1, day
        if recurrence.times is not None and found >= recurrence.times:
            return


def moments(recurrence: Recurrence, *, after: datetime, until: datetime | None = None) -> Iterator[datetime]:
    """The moments (naive UTC) later than `after`, and not later than `until`."""
    for day in dates(recurrence):
        at = clock.from_local(datetime.combine(day, recurrence.at))
        if until is not None and at > until:
            return
        if at > after:
            yield at


def upcoming(recurrence: Recurrence, count: int = 5) -> list[datetime]:
    """The next `count` moments from now on, naive UTC."""
    return list(islice(moments(recurrence, after=clock.utc_now()), count))


def in_words(recurrence: Recurrence) -> str:
    """每周五 9:00，遇休息日顺延到下一个工作日，共 10 次"""
    parts = parts_of(recurrence.rule)
    every_workday = parts == {"FREQ": "DAILY"} and recurrence.on_rest_day is RestDay.SKIP
    told = "每个工作日" if every_workday else _frequency(parts, recurrence)
    told += f" {recurrence.at.hour}:{recurrence.at.minute:02d}"
    shifts = {
        RestDay.SKIP: "，遇休息日不发",
        RestDay.NEXT: "，遇休息日顺延到下一个工作日",
        RestDay.PREVIOUS: "，遇休息日提前到上一个工作日",
    }
    if not every_workday:
        told += shifts.get(recurrence.on_rest_day, "")
    if recurrence.times is not None:
        told += f"，共 {recurrence.times} 次"
    if recurrence.ends_on is not None:
        told += (
            f"，到 {recurrence.ends_on.year} 年 {recurrence.ends_on.month} 月 {recurrence.ends_on.day} 日为止"
        )
    return told


def parts_of(rule: str) -> dict[str, str]:
    """The parts of a rule string by name, both in capitals."""
    pairs = (each.partition("=") for each in rule.upper().split(";") if each)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _why_not_rule(rule: str) -> str:
    if not rule or len(rule) > LONGEST_RULE:
        return "请写明规则，最多 120 个字符"
    parts = parts_of(rule)
    if set(parts) & {"COUNT", "UNTIL"}:
        return "次数和截止日期请填在下面两项，不写在规则里"
    if unknown := sorted(set(parts) - PARTS):
        return f"规则里不能有 {'、'.join(unknown)}；可用 {'、'.join(sorted(PARTS))}"
    if parts.get("FREQ") not in FREQUENCIES:
        return "规则里的 FREQ 应为 DAILY、WEEKLY、MONTHLY 或 YEARLY"
    if parts["FREQ"] == "DAILY" and set(parts) - {"FREQ", "INTERVAL", "BYDAY"}:
        return "每天的规则只能再写 INTERVAL 和 BYDAY；按月按日请用 MONTHLY 或 YEARLY"
    if not 1 <= _integer(parts.get("INTERVAL", "1")) <= 366:
        return "INTERVAL 应为 1 到 366"
    try:
        rrulestr(f"RRULE:{rule}", dtstart=datetime(2026, 1, 1))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return "规则写得不对，例如每周五是 FREQ=WEEKLY;BYDAY=FR"
    return ""


def _integer(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _frequency(parts: dict[str, str], recurrence: Recurrence) -> str:
    known = {
        "DAILY": ({"FREQ", "INTERVAL"}, _daily),
        "WEEKLY": ({"FREQ", "INTERVAL", "BYDAY", "WKST"}, _weekly),
        "MONTHLY": ({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY"}, _monthly),
        "YEARLY": ({"FREQ", "BYMONTH", "BYMONTHDAY"}, _yearly),
    }
    names, said = known[parts["FREQ"]]
    told = said(parts, recurrence.starts_on) if set(parts) <= names else ""
    return told or f"按规则 {recurrence.rule}"


def _daily(parts: dict[str, str], _: date) -> str:
    every = _integer(parts.get("INTERVAL", "1"))
    return "每天" if every == 1 else f"每 {every} 天"


def _weekly(parts: dict[str, str], starts_on: date) -> str:
    codes = parts.get("BYDAY", DAY_CODES[starts_on.weekday()]).split(",")
    if not set(codes) <= set(DAY_CODES):
        return ""
    days = "、".join(f"周{_DAYS[DAY_CODES.index(code)]}" for code in sorted(codes, key=DAY_CODES.index))
    every = _integer(parts.get("INTERVAL", "1"))
    return f"每{days}" if every == 1 else f"每{_NUMBERS.get(every, f' {every} ')}周的{days}"


def _monthly(parts: dict[str, str], starts_on: date) -> str:
    every = _integer(parts.get("INTERVAL", "1"))
    head = "每月" if every == 1 else f"每{_NUMBERS.get(every, f' {every} ')}个月"
    if "BYDAY" in parts:
        code = parts["BYDAY"]
        number = code[:-2].lstrip("+")
        nth = int(number) if number.lstrip("-").isdigit() else 0
        if "BYMONTHDAY" in parts or code[-2:] not in DAY_CODES or nth not in _NTH:
            return ""
        return f"{head}{_NTH[nth]}星期{_DAYS[DAY_CODES.index(code[-2:])]}"
    days = parts.get("BYMONTHDAY", str(starts_on.day)).split(",")
    if days == ["-1"]:
        return f"{head}最后一天"
    return f"{head}{'、'.join(days)}日" if all(day.isdigit() for day in days) else ""


def _yearly(parts: dict[str, str], starts_on: date) -> str:
    month = parts.get("BYMONTH", str(starts_on.month))
    day = parts.get("BYMONTHDAY", str(starts_on.day))
    return f"每年{month}月{day}日" if month.isdigit() and day.isdigit() else ""


class _Workdays:
    """The alliance's calendar, read window by window."""

    def __init__(self) -> None:
        self._known: dict[date, bool] = {}

    def moved(self, day: date, on_rest_day: RestDay) -> date | None:
        """The day on which it is sent instead; None when it is left out."""
        if on_rest_day is RestDay.SEND or self._works(day):
            return day
        if on_rest_day is RestDay.SKIP:
            return None
        step = timedelta(days=1 if on_rest_day is RestDay.NEXT else -1)
        while not self._works(day):
            day += step
        return day

    def _works(self, day: date) -> bool:
        if day not in self._known:
            first, last = day - timedelta(days=20), day + WINDOW
            self._known |= {each: told.is_workday for each, told in workdays.of_days(first, last).items()}
        return self._known[day]
