"""How pages look: type size, words for times, headers of their own."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, Flask, Response, request

import clock
import config
from server.headers import CONTENT_SECURITY_POLICY
from server.pages.member import cookie_flags

TYPE_COOKIE = "type"
YEAR_SECONDS = 365 * 86400
WEEKDAYS = "一二三四五六日"


def register(blueprint: Blueprint, app: Flask) -> None:
    blueprint.after_request(_finish)
    blueprint.context_processor(_for_templates)
    app.jinja_env.filters.update(spoken_time=spoken_time, spoken_span=spoken_span, spoken_day=spoken_day)


def spoken_day(moment: datetime | date | None) -> str:
    """11月26日（周四）, with the year where it is another one."""
    if moment is None:
        return ""
    at = clock.to_local(moment).date() if isinstance(moment, datetime) else moment
    year = "" if at.year == clock.local_today().year else f"{at.year}年"
    return f"{year}{at.month}月{at.day}日（周{WEEKDAYS[at.weekday()]}）"


def spoken_time(moment: datetime | None) -> str:
    """11月26日（周四）下午2:30"""
    if moment is None:
        return ""
    return spoken_day(moment) + _hour(moment)


def spoken_span(start: datetime, end: datetime) -> str:
    """11月26日（周四）下午2:30 – 4:30; over several days both days are told."""
    if clock.to_local(start).date() != clock.to_local(end).date():
        return f"{spoken_time(start)} 至 {spoken_time(end)}"
    last = _hour(end)
    return f"{spoken_time(start)}–{last[2:] if last[:2] == _hour(start)[:2] else last}"


def _hour(moment: datetime) -> str:
    at = clock.to_local(moment)
    half = "上午" if at.hour < 12 else "中午" if at.hour == 12 else "下午"
    hour = at.hour if at.hour <= 12 else at.hour - 12
    return f"{half}{hour}:{at.minute:02d}"


def _asked_type() -> str:
    asked = request.args.get("type", "")
    return asked if asked in ("large", "normal") else ""


def _for_templates() -> dict[str, bool]:
    chosen = _asked_type() or request.cookies.get(TYPE_COOKIE, "normal")
    return {"is_large": chosen == "large"}


def _finish(response: Response) -> Response:
    if _asked_type():
        response.set_cookie(TYPE_COOKIE, _asked_type(), max_age=YEAR_SECONDS, path="/m", **cookie_flags())
    response.headers["Cache-Control"] = "no-store"  # pages are a person's own
    response.headers["Content-Security-Policy"] = _policy()
    return response


def _policy() -> str:
    """In development the sandbox shows member pages inside its phones; nobody else frames them.

    Browsers heed `frame-ancestors` before X-Frame-Options.
    """
    settings = config.settings()
    if settings.app_env == "production":
        return CONTENT_SECURITY_POLICY
    sandbox = f"http://127.0.0.1:{settings.sandbox_port} http://localhost:{settings.sandbox_port}"
    return CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {sandbox}")
