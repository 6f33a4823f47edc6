"""The rules of an activity's sign-up as they are typed: limits, waiting list, reminders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.activities import Activity
from services.activities.reminders import LONGEST, MOST
from services.activities.seats import occupied, taken

DEFAULTS: dict[str, Any] = {
    "unit_seats": None,
    "offer_hours": 12,
    "auto_fill_hours": None,
    "reminders": "1440,60",
}
MAX_SEATS = 100_000
MAX_OFFER_HOURS = 72
MAX_AUTO_HOURS = 30 * 24


def errors(values: Mapping[str, Any], activity: Activity | None) -> dict[str, str]:
    """What is wrong with the numbers, by field."""
    found: dict[str, str] = {}
    if why := _seats_error(values.get("seats"), activity):
        found["seats"] = why
    asked = "都要本人确认请留空"
    for name, least, most, words in (
        ("unit_seats", 1, MAX_SEATS, f"每单位最多人数应为1到{MAX_SEATS}；不限请留空"),
        ("offer_hours", 1, MAX_OFFER_HOURS, f"候补名额保留时间应为1到{MAX_OFFER_HOURS}小时"),
        ("auto_fill_hours", 0, MAX_AUTO_HOURS, f"自动递补应为开始前0到{MAX_AUTO_HOURS}小时；{asked}"),
    ):
        value = values.get(name)
        if value is None and name == "offer_hours":
            found[name] = "请填写候补名额保留几小时"
        elif value is not None and not least <= value <= most:
            found[name] = words
    return found


def clean_reminders(typed: Any, found: dict[str, str]) -> str:
    """“1440,60” in order; a wrong entry is told in `found`."""
    parts = [part.strip() for part in str(typed or "").replace("，", ",").split(",") if part.strip()]
    if any(not part.isdecimal() or not 5 <= int(part) <= LONGEST for part in parts):
        found["reminders"] = "提醒时间应为开始前5分钟到30天，用分钟数表示，逗号隔开，例如 1440,60"
        return ""
    minutes = sorted({int(part) for part in parts}, reverse=True)
    if len(minutes) > MOST:
        found["reminders"] = f"提醒最多{MOST}次，再多会打扰人"
    return ",".join(str(each) for each in minutes)


def _seats_error(seats: int | None, activity: Activity | None) -> str:
    if seats is None:
        return ""
    if not 1 <= seats <= MAX_SEATS:
        return f"名额应为1到{MAX_SEATS}；不限名额请留空"
    if activity is None:
        return ""
    signed_up = taken([activity.id]).get(activity.id, 0)
    held = occupied([activity.id]).get(activity.id, 0)
    if seats < signed_up:
        return f"已有{signed_up}人报名，名额不能少于{signed_up}"
    if seats < held:
        kept = held - signed_up
        return f"已有{signed_up}人报名，另有{kept}个名额留给候补确认和受邀单位，名额不能少于{held}"
    return ""
