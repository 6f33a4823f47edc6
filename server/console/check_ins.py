"""签到: open and close it, the live figures (polled), the roll, the sheet as Excel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from peewee import ModelSelect
from werkzeug.wrappers import Response

import clock
from models.activities import Activity, ActivitySeries, ActivityStatus
from models.alliance import MemberUnit
from models.check_ins import CHECK_IN_STATUS_WORDS, CHECK_IN_WAY_WORDS, CheckInStatus
from server import check_in_screen
from server.console import words
from server.console.areas import MenuEntry
from server.console.exports import xlsx
from server.console.guard import me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing
from services import activities, check_ins
from services.check_ins import Line, Mark, Place, naming
from services.errors import Invalid

bp = Blueprint("check_ins", __name__, url_prefix="/console/check-ins")
MENU = MenuEntry("活动", "签到", "check_ins.index", "check_ins.manage", "user-check", 20)
Answer = str | Response | tuple[str, int]

HEADINGS = ("姓名", "单位", "是否报名", "签到", "方式", "时间", "现场位置")
POLL_SECONDS = 3
AHEAD = timedelta(days=1)


def _count(rows: list[Any]) -> None:
    """The figures of all rows of a page: one query each, whatever the number of rows."""
    ids = [row.id for row in rows]
    expected, present = activities.taken(ids), check_ins.present(ids)
    opened = check_ins.openings(ids)
    for row in rows:
        row.expected, row.present = expected.get(row.id, 0), present.get(row.id, 0)
        row.is_open_now = check_ins.is_open(row, opened.get(row.id))


def _rows() -> ModelSelect[Any]:
    """What is published and begins within a day, or began: of the account's unit, or of the alliance."""
    query = (
        Activity.select(Activity, ActivitySeries, MemberUnit)
        .join(ActivitySeries)
        .switch(Activity)
        .join(MemberUnit)
        .where(Activity.status == ActivityStatus.PUBLISHED)
        .where(Activity.starts_at < clock.utc_now() + AHEAD)
    )
    bound = scope()
    return query if bound is None else query.where(Activity.member_unit == bound)


LIST = Listing(
    name="check_ins",
    title="签到",
    permission="check_ins.manage",
    rows=_rows,
    prepare=_count,
    columns=(
        Column("活动", "title", link=lambda row: url_for(".show", activity_id=row.id), css="long"),
        Column("主办", lambda row: row.member_unit.short_name, on_phone=False),
        Column("开始", lambda row: words.local_time(row.starts_at), sort=Activity.starts_at, css="nowrap"),
        Column("应到", lambda row: words.thousands(row.expected), css="number", on_phone=False),
        Column("已到", lambda row: words.thousands(row.present), css="number", on_phone=False),
        Column("签到", lambda row: "开放中" if row.is_open_now else "未开放", css="nowrap"),
    ),
    filters=(
        Filter("from", "从", (), lambda day: Activity.starts_at >= day, kind="day"),
        Filter("to", "到", (), lambda day: Activity.starts_at < day, kind="day_after"),
    ),
    search=(Activity.title, Activity.place),
    search_hint="活动、地点",
    order=(Activity.starts_at.desc(), Activity.id.desc()),
    empty="还没有到签到时间的活动。活动发布后，开始前一天会出现在这里。",
)

serve(bp, LIST)


@bp.get("/")
@requires("check_ins.manage")
def index() -> Answer:
    return render_template("console/check_ins/index.html", page=LIST.page())


@bp.get("/<int:activity_id>")
@requires("check_ins.manage")
def show(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    sheet, name = check_ins.sheet(activity, by=me()), naming.names(me(), on_roll_of=activity)
    return render_template(
        "console/check_ins/show.html",
        activity=activity,
        name=name,
        is_roll_called=naming.is_roll_called(activity),
        lines=[_cells(line, name(line.person)) for line in sheet],
        waiting=[line for line in sheet if line.waits],
        way_words=CHECK_IN_WAY_WORDS,
        **_live(activity),
    )


@bp.get("/<int:activity_id>/live")
@requires("check_ins.manage", is_poll=True)
def live(activity_id: int) -> Answer:
    """The figures and the code alone; the page asks for them every three seconds."""
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    return render_template("console/check_ins/live.html", activity=activity, **_live(activity))


@bp.post("/<int:activity_id>/open")
@requires("check_ins.manage")
def open_(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    check_ins.open_(
        activity, by=me(), takes_walk_ins=bool(request.form.get("takes_walk_ins")), place=_place(request.form)
    )
    flash("签到已开放。把二维码投到现场屏幕上，每 15 秒自动更换", "success")
    return redirect(url_for(".show", activity_id=activity_id))


@bp.post("/<int:activity_id>/close")
@requires("check_ins.manage")
def close(activity_id: int) -> Answer:
    check_ins.close(activities.find(activity_id, actor=me(), to_manage=True), by=me())
    flash("签到已结束，仍可以点名补记", "success")
    return redirect(url_for(".show", activity_id=activity_id))


@bp.post("/<int:activity_id>/roll")
@requires("check_ins.manage")
def roll(activity_id: int) -> Answer:
    """The ticked people were there."""
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    ticked = [int(each) for each in request.form.getlist("people") if each.isdecimal() and len(each) < 10]
    if not ticked:
        raise Invalid(fields={"people": "请先勾选到场的人"})
    changed = check_ins.mark(activity, [Mark(each) for each in ticked], by=me())
    flash(f"已记 {changed} 人到场", "success")
    return redirect(url_for(".show", activity_id=activity_id))


@bp.post("/<int:activity_id>/undo/<int:person_id>")
@requires("check_ins.manage")
def undo(activity_id: int, person_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    check_ins.mark(activity, [Mark(person_id, is_present=False)], by=me())
    flash("已撤销这一条签到", "success")
    return redirect(url_for(".show", activity_id=activity_id))


@bp.post("/<int:activity_id>/confirm")
@requires("check_ins.manage")
def confirm(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    confirmed = check_ins.confirm(activity, None, by=me())
    flash(f"已确认 {confirmed} 人的离线签到", "success")
    return redirect(url_for(".show", activity_id=activity_id))


@bp.get("/<int:activity_id>/sheet.xlsx")
@requires("check_ins.manage")
def export(activity_id: int) -> Response:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    lines, name = check_ins.exported(activity, actor=me()), naming.names(me())
    return xlsx("签到表", HEADINGS, [_cells(line, name(line.person))[1:] for line in lines])


def _live(activity: Activity) -> dict[str, Any]:
    opening = check_ins.opening_of(activity)
    is_open = check_ins.is_open(activity, opening)
    return {
        "opening": opening,
        "is_open": is_open,
        "may_open": check_ins.may_open(activity),
        "opens_at": check_ins.reopens_at(activity),
        "shuts_at": check_ins.shuts_at(activity),
        "counts": check_ins.counts(activity),
        "arrivals": check_ins.arrivals(activity, limit=8),
        "masked": naming.names(me()),
        "screen": check_in_screen.of(opening) if is_open and opening is not None else None,
        "poll_seconds": POLL_SECONDS,
    }


def _cells(line: Line, name: str) -> tuple[Any, ...]:
    """The person's id, then what the sheet and the Excel file show of a line."""
    row = line.check_in
    inside = {True: "现场", False: "不在现场附近", None: ""}[row.is_inside if row is not None else None]
    return (
        line.person.id,
        name,
        line.person.member_unit.short_name,
        "已报名" if line.is_signed_up else "未报名",
        CHECK_IN_STATUS_WORDS[row.status] if row is not None else "未到",
        CHECK_IN_WAY_WORDS[row.way] if row is not None else "",
        words.local_time(row.at) if row is not None and row.status is CheckInStatus.PRESENT else "",
        inside,
    )


def _place(form: Any) -> Place | None:
    """The hall, where both coordinates are given. Raises Invalid."""
    given = [form.get(name, "").strip() for name in ("latitude", "longitude")]
    if not any(given):
        return None
    try:
        latitude, longitude = (float(each) for each in given)
        radius = int(form.get("radius_m", "").strip() or 300)
    except ValueError:
        raise Invalid(fields={"latitude": "会场的纬度、经度请填数字，例如 31.8756 和 120.5559"}) from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Invalid(fields={"latitude": "纬度在 -90 到 90 之间，经度在 -180 到 180 之间"})
    return Place(latitude, longitude, radius)
