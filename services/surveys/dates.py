"""Days as a member writes them: “明年3月15日”, “2027-3-15”, “3月15”, “下周三”, “三月十五”.

A day is kept as the whole number YYYYMMDD. Without a year the next such day is meant.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

WEEKDAYS = "一二三四五六日"
_YEARS = {"去年": -1, "今年": 0, "本年": 0, "明年": 1, "后年": 2}
_MONTHS = {"上个月": -1, "上月": -1, "这个月": 0, "本月": 0, "下个月": 1, "下月": 1}
_DAYS = {"前天": -2, "昨天": -1, "今天": 0, "今日": 0, "明天": 1, "明日": 1, "大后天": 3, "后天": 2}
_WEEKS = {"上": -1, "这": 0, "本": 0, "下下": 2, "下": 1, "": 0}
_DIGITS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")} | {"零": "0"}

_WEEKDAY = re.compile(r"(下下|上|这|本|下|)个?(?:周|星期|礼拜)([一二三四五六日天1-7])")
_YEAR = re.compile(r"(\d{4}|\d{2})年|(" + "|".join(_YEARS) + ")")
_MONTH_DAY = re.compile(r"(\d{1,2})月(?:份)?的?(\d{1,2})(?:日|号)?")
_OF_MONTH = re.compile("(" + "|".join(_MONTHS) + r")的?(\d{1,2})(?:日|号)?")
_PLAIN = re.compile(r"(?<!\d)(?:(\d{4})[-/.])?(\d{1,2})[-/.](\d{1,2})(?![\d.])")
_EIGHT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")
_HAN_NUMBER = re.compile(r"[〇零一二三四五六七八九十]+(?=年|月|日|号|$)|(?<=月)[一二三四五六七八九十]+")


def number_of(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date | None:
    """The day of YYYYMMDD; None when there is no such day."""
    try:
        return date(number // 10_000, number // 100 % 100, number % 100)
    except ValueError:
        return None


def in_words(number: int) -> str:
    """“2027年3月15日（周一）”."""
    day = day_of(number)
    if day is None:
        return str(number)
    return f"{day.year}年{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def read(plain: str, *, today: date) -> date | str | None:
    """The day meant; a sentence when such a day does not exist or more is needed; None when none is meant."""
    words = re.sub(r"\s+", "", plain)
    for word in sorted(_DAYS, key=len, reverse=True):
        if word in words:
            return today + timedelta(days=_DAYS[word])
    if (found := _WEEKDAY.search(words)) and not _MONTH_DAY.search(words):
        return _weekday(found, today)
    words = _HAN_NUMBER.sub(lambda part: _arabic(part.group()), words)
    if found := _EIGHT.search(words):
        return _made(*(int(part) for part in found.groups()))
    if found := _OF_MONTH.search(words):
        months = today.year * 12 + today.month - 1 + _MONTHS[found[1]]
        return _made(months // 12, months % 12 + 1, int(found[2]))
    year = _year(words, today)
    found = _MONTH_DAY.search(words) or _PLAIN.search(words)
    if found is None:
        if year is not None or re.search(r"\d{1,2}(月|号|日)", words):
            return "请说明是哪一天，如 2027年3月15日"
        return None
    *told, month, day = found.groups()
    if told and told[0]:
        year = int(told[0])
    if year is not None:
        return _made(year, int(month), int(day))
    return _next(int(month), int(day), today)


def _weekday(found: re.Match[str], today: date) -> date:
    """下周三 is the Wednesday of next week; a bare 周三 the next one."""
    wanted = found[2].replace("天", "日")
    at = int(wanted) - 1 if wanted.isdigit() else WEEKDAYS.index(wanted)
    day = today - timedelta(days=today.weekday()) + timedelta(days=at, weeks=_WEEKS[found[1]])
    return day + timedelta(weeks=1) if not found[1] and day < today else day


def _year(words: str, today: date) -> int | None:
    found = _YEAR.search(words)
    if found is None:
        return None
    if found[2]:
        return today.year + _YEARS[found[2]]
    return int(found[1]) + (2000 if len(found[1]) == 2 else 0)


def _next(month: int, day: int, today: date) -> date | str:
    made = _made(today.year, month, day)
    if isinstance(made, date) and made >= today:
        return made
    return next(
        (found for ahead in range(1, 9) if isinstance(found := _made(today.year + ahead, month, day), date)),
        made,
    )


def _made(year: int, month: int, day: int) -> date | str:
    try:
        return date(year, month, day)
    except ValueError:
        return f"没有{month}月{day}日这一天，请写成 2027年3月15日 这样"


def _arabic(han: str) -> str:
    """“二〇二七” is 2027, “十五” 15, “二十三” 23."""
    if "十" not in han:
        return "".join(_DIGITS[char] for char in han)
    tens, _, ones = han.partition("十")
    return str(
        (int(_DIGITS.get(tens, "1")) * 10 if tens else 10) + (int(_DIGITS[ones]) if ones in _DIGITS else 0)
    )
