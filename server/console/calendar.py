"""推送日历: the month of pushes, activities, issues and surveys; a push is dragged to another day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import clock
from models.activities import ACTIVITY_STATUS_WORDS
from models.messaging import CAMPAIGN_STATUS_WORDS, CHANNEL_WORDS, Campaign
from models.publishing import ISSUE_STATUS_WORDS
from models.schedules import SERIES_STATUS_WORDS
from models.surveys import QUESTIONNAIRE_STATUS_WORDS
from server.console import forms, words
from server.console.areas import MenuEntry
from server.console.guard import find, me, requires
from services import workdays
from services.errors import Invalid
from services.messaging import calendar
from services.messaging.calendar import EntryKind

bp = Blueprint("calendar", __name__, url_prefix="/console/calendar")
MENU = (
    MenuEntry("推送", "推送日历", "calendar.index", "campaigns.view", "calendar-month", 15),
    MenuEntry("系统", "工作日设置", "calendar.workday_list", "workdays.manage", "calendar-off", 60),
)

KIND_WORDS = {
    EntryKind.CAMPAIGN: "推送",
    EntryKind.ACTIVITY: "活动",
    EntryKind.ISSUE: "期刊",
    EntryKind.SURVEY_CLOSES: "问卷截止",
    EntryKind.SERIES: "定期推送",
}
KIND_COLOURS = {
    EntryKind.CAMPAIGN: "red",
    EntryKind.ACTIVITY: "blue",
    EntryKind.ISSUE: "teal",
    EntryKind.SURVEY_CLOSES: "orange",
    EntryKind.SERIES: "purple",
}
STATUS_WORDS = {
    EntryKind.CAMPAIGN: CAMPAIGN_STATUS_WORDS,
    EntryKind.ACTIVITY: ACTIVITY_STATUS_WORDS,
    EntryKind.ISSUE: ISSUE_STATUS_WORDS,
    EntryKind.SURVEY_CLOSES: QUESTIONNAIRE_STATUS_WORDS,
    EntryKind.SERIES: SERIES_STATUS_WORDS,
}
PAGES = {
    EntryKind.CAMPAIGN: ("console.campaigns.show", "campaign_id"),
    EntryKind.ACTIVITY: ("console.activities.show", "activity_id"),
    EntryKind.ISSUE: ("console.e_journals.show", "issue_id"),
    EntryKind.SURVEY_CLOSES: ("console.surveys.show", "survey_id"),
    EntryKind.SERIES: ("console.series.show", "series_id"),
}
WEEK = 7


@bp.get("/")
@requires("campaigns.view")
def index() -> str:
    month = _month(request.args.get("month", ""))
    first = month - timedelta(days=month.weekday())
    last_of_month = _next(month) - timedelta(days=1)
    last = last_of_month + timedelta(days=WEEK - 1 - last_of_month.weekday())
    shown = {kind for kind in EntryKind if kind.value in request.args.getlist("kind")} or set(EntryKind)
    days = calendar.days(first, last, actor=me())
    for day in days:
        day.entries = [entry for entry in day.entries if entry.kind in shown]
    return render_template(
        "console/calendar/index.html",
        month=month,
        previous=(month - timedelta(days=1)).replace(day=1),
        following=_next(month),
        today=clock.local_today(),
        weeks=[days[start : start + WEEK] for start in range(0, len(days), WEEK)],
        shown=shown,
        kind_words=KIND_WORDS,
        kind_colours=KIND_COLOURS,
        status_words=STATUS_WORDS,
        url_of=_url_of,
        waiting=calendar.waiting(actor=me()),
        movable=_movable(days),
        moved=_moved(),
        shifts_unknown=None if workdays.are_shifts_known(month.year) else month.year,
    )


@bp.get("/forecast")
@requires("campaigns.view")
def forecast() -> str:
    """What the day's pushes will use of its quotas; asked for by a tap on the day."""
    day = _day(request.args.get("day", "")) or clock.local_today()
    return render_template(
        "console/calendar/forecast.html",
        day=day,
        loads=calendar.forecast(day, actor=me()),
        channel_words=CHANNEL_WORDS,
    )


@bp.post("/campaigns/<int:campaign_id>/move")
@requires("campaigns.send")
def move(campaign_id: int) -> Response:
    """To another day at the same time; the answer offers the way back."""
    return _moved_to(campaign_id)


@bp.post("/move")
@requires("campaigns.send")
def move_chosen() -> Response:
    """The same by a form: without a mouse, and on a phone."""
    campaign_id = forms.submitted().integer("campaign")
    if campaign_id is None:
        flash("没有改动：请先选择要改的推送", "danger")
        return redirect(url_for(".index", month=_month(request.form.get("month", "")).strftime("%Y-%m")))
    return _moved_to(campaign_id)


def _moved_to(campaign_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    before, month = campaign.scheduled_at, _month(request.form.get("month", ""))
    try:
        at = calendar.move(campaign, _day(request.form.get("day", "")), actor=me())
    except Invalid as wrong:
        flash(f"没有改动：{wrong.message}", "danger")
        return redirect(url_for(".index", month=month.strftime("%Y-%m")))
    flash(f"“{campaign.title}”改到 {words.local_weekday(at)} 发送", "success")
    was = clock.to_local(before).date().isoformat() if before else ""
    return redirect(url_for(".index", month=month.strftime("%Y-%m"), moved=campaign.id, was=was))


@bp.get("/workdays")
@requires("workdays.manage")
def workday_list() -> str:
    return _workdays(forms.filled({"is_workday": "yes"}))


@bp.post("/workdays")
@requires("workdays.manage")
def set_workday() -> str | Response | tuple[str, int]:
    form = forms.submitted()
    try:
        day = form.day("day")
        form.check()
        row = workdays.override(
            day, is_workday=form.text("is_workday") == "yes", name=form.text("name"), actor=me()
        )
    except Invalid as wrong:
        form.fail(wrong)
        return _workdays(form), 422
    flash(f"{words.local_day(row.day)}已设为{'工作日' if row.is_workday else '休息日'}", "success")
    return redirect(url_for(".workday_list", year=row.day.year))


@bp.post("/workdays/<int:override_id>/withdraw")
@requires("workdays.manage")
def withdraw_workday(override_id: int) -> Response:
    workdays.withdraw(override_id, actor=me())
    flash("已撤销，这一天按国家公布的安排", "success")
    return redirect(url_for(".workday_list"))


def _workdays(form: forms.Form) -> str:
    asked = request.args.get("year", "")
    year = int(asked) if asked.isdecimal() and 2015 <= int(asked[:4]) <= 2100 else clock.local_today().year
    days = workdays.of_days(date(year, 1, 1), date(year, 12, 31)).values()
    return render_template(
        "console/calendar/workdays.html",
        form=form,
        year=year,
        named=[day for day in days if day.name],
        overrides={row.day: row for row in workdays.overrides(year)},
        is_known=workdays.are_shifts_known(year),
    )


def _movable(days: list[calendar.CalendarDay]) -> list[tuple[str, str]]:
    """The pushes of these days that may be moved, each with its time, for the form."""
    found = [entry for day in days for entry in day.entries if entry.can_move]
    return [(str(entry.row_id), f"{words.local_weekday(entry.at)}　{entry.title}") for entry in found]


@dataclass(frozen=True, slots=True)
class Moved:
    """The campaign that was moved just now, the day it was on, and when it goes if that is undone."""

    campaign: Campaign
    day: str
    at: datetime


def _moved() -> Moved | None:
    moved, was = request.args.get("moved", ""), _day(request.args.get("was", ""))
    if not moved.isdecimal() or was is None:
        return None
    campaign = find(Campaign, int(moved))
    if campaign.scheduled_at is None:
        return None
    time_of_day = clock.to_local(campaign.scheduled_at).time().replace(tzinfo=None)
    return Moved(campaign, was.isoformat(), clock.from_local(datetime.combine(was, time_of_day)))


def _url_of(entry: calendar.Entry) -> str:
    endpoint, name = PAGES[entry.kind]
    values: dict[str, Any] = {name: entry.row_id}
    return url_for(endpoint, **values)


def _month(text: str) -> date:
    """The first of the month asked for as 2026-12; of this month for anything else."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month, no moment
    except ValueError:
        month = clock.local_today()
    return month.replace(day=1) if 2015 <= month.year <= 2100 else clock.local_today().replace(day=1)


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2015 <= day.year <= 2100 else None
