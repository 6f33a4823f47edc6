"""How values read on a page: times in the alliance's zone, numbers, status colours.

In templates: `{{ moment|local_time }}`, `{{ moment|local_day }}`, `{{ moment|ago }}`, `{{ n|thousands }}`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Flask

import clock

NOTHING = "—"
WEEKDAYS = "一二三四五六日"

# A status is always shown as its word; the colour only helps the eye.
STATUS_COLOURS = {
    "draft": "secondary",
    "in_review": "azure",
    "approved": "blue",
    "scheduled": "indigo",
    "launching": "orange",
    "sending": "orange",
    "paused": "yellow",
    "done": "green",
    "cancelled": "secondary",
    "published": "green",
    "withdrawn": "secondary",
    "open": "green",
    "closed": "secondary",
    "planned": "azure",
    "claimed": "orange",
    "accepted": "teal",
    "delivered": "green",
    "offered": "teal",
    "failed": "red",
    "skipped": "secondary",
    "unknown": "yellow",
    "passed": "green",
    "returned": "red",
    "refused": "red",
    "try_later": "orange",
    "previewed": "azure",
    "applied": "green",
    "discarded": "secondary",
}


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        local_time=local_time,
        local_day=local_day,
        local_weekday=local_weekday,
        ago=ago,
        thousands=thousands,
        colour=colour,
    )


def local_time(moment: datetime | None) -> str:
    """2026-11-23 12:00 in the alliance's zone."""
    return clock.to_local(moment).strftime("%Y-%m-%d %H:%M") if moment else NOTHING


def local_day(moment: datetime | date | None) -> str:
    if moment is None:
        return NOTHING
    day = clock.to_local(moment) if isinstance(moment, datetime) else moment
    return day.strftime("%Y-%m-%d")


def local_weekday(moment: datetime | None) -> str:
    """11月23日（周一）12:00"""
    if moment is None:
        return NOTHING
    at = clock.to_local(moment)
    return f"{at.month}月{at.day}日（周{WEEKDAYS[at.weekday()]}）{at:%H:%M}"


def ago(moment: datetime | None) -> str:
    """3 分钟前, 2 小时后 …; beyond a week the day itself."""
    if moment is None:
        return NOTHING
    span = clock.utc_now() - moment
    word = "前" if span >= timedelta(0) else "后"
    seconds = abs(span.total_seconds())
    if seconds < 60:
        return "刚刚" if word == "前" else "马上"
    for limit, size, unit in ((3600, 60, "分钟"), (86400, 3600, "小时"), (7 * 86400, 86400, "天")):
        if seconds < limit:
            return f"{int(seconds // size)} {unit}{word}"
    return local_day(moment)


def thousands(number: int | None) -> str:
    return NOTHING if number is None else f"{number:,}"


def colour(status: object) -> str:
    return STATUS_COLOURS.get(str(getattr(status, "value", status)), "secondary")
