"""The list of activities."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

import clock
from models.activities import (
    ACTIVITY_KIND_WORDS,
    ACTIVITY_STATUS_WORDS,
    Activity,
    ActivitySeries,
    ActivityStatus,
)
from server.console import words
from server.console.activities import Answer, bp
from server.console.activities.frame import is_own, series_text
from server.console.bulk_acts import BulkAct
from server.console.guard import me, requires
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from server.console.row_history import serve_history
from services import activities

WHEN = (("upcoming", "未结束"), ("past", "已结束"))


def _when(value: str) -> Any:
    now = clock.utc_now()
    return Activity.ends_at > now if value == "upcoming" else Activity.ends_at <= now


def _count_sign_ups(rows: list[Any]) -> None:
    taken = activities.taken(row.id for row in rows)
    for row in rows:
        row.taken = taken.get(row.id, 0)


def _why_not_publish(row: Activity) -> str:
    if not is_own(row):
        return "是其他单位的活动"
    if row.status is not ActivityStatus.DRAFT:
        return f"状态是{ACTIVITY_STATUS_WORDS[row.status]}，只有草稿能发布"
    return "开始时间已过" if row.starts_at <= clock.utc_now() else ""


def _why_not_cancel(row: Activity) -> str:
    if not is_own(row):
        return "是其他单位的活动"
    if row.status is ActivityStatus.CANCELLED:
        return "已经取消"
    return "已经结束" if row.ends_at <= clock.utc_now() and row.status is ActivityStatus.PUBLISHED else ""


LIST = Listing(
    name="activities",
    title="活动",
    permission="activities.view",
    rows=lambda: activities.search(actor=me()),
    prepare=_count_sign_ups,
    bulk=(
        BulkAct(
            "publish",
            "发布",
            "activities.manage",
            do=lambda row, _: activities.publish(row, actor=me()),
            why_not=_why_not_publish,
            told="发布后会员就能看到并报名；发布后不能退回草稿，只能取消。",
            icon="send",
        ),
        BulkAct(
            "cancel",
            "取消活动",
            "activities.manage",
            do=lambda row, reason: activities.cancel(row, reason, actor=me()),
            why_not=_why_not_cancel,
            told="取消后不能恢复，报名的人会看到原因。",
            ask="取消原因",
            icon="ban",
            css="btn btn-outline-danger",
        ),
    ),
    columns=(
        Column("标题", "title", sort=Activity.title, link=lambda row: url_for(".show", activity_id=row.id)),
        Column("系列", lambda row: series_text(row), on_phone=False),
        Column("时间", lambda row: words.local_weekday(row.starts_at), sort=Activity.starts_at, css="nowrap"),
        Column("地点", "place", on_phone=False),
        Column("报名", lambda row: f"{row.taken}/{row.seats or '不限'}", on_phone=False, css="nowrap"),
        Column("主办", lambda row: row.member_unit.short_name, on_phone=False),
        Column("状态", lambda row: badge(row.status, ACTIVITY_STATUS_WORDS)),
    ),
    filters=(
        Filter("kind", "类别", choices(ACTIVITY_KIND_WORDS), lambda value: ActivitySeries.kind == value),
        Filter(
            "series",
            "系列",
            lambda: [(str(row.id), row.name) for row in activities.series_list()],
            lambda value: Activity.series == int(value),
        ),
        Filter("status", "状态", choices(ACTIVITY_STATUS_WORDS), lambda value: Activity.status == value),
        Filter("when", "时间", WHEN, _when),
        Filter("from", "从", (), lambda day: Activity.starts_at >= day, kind="day"),
        Filter("to", "到", (), lambda day: Activity.starts_at < day, kind="day_after"),
    ),
    search=(Activity.title, Activity.speaker, Activity.place),
    order=(Activity.starts_at.desc(), Activity.id.desc()),
    search_hint="标题、主讲人、地点",
    empty="还没有活动。点“新建活动”写第一场。",
)
serve(bp, LIST)
serve_history(
    bp,
    "activity_id",
    Activity,
    "activities.view",
    find=lambda row_id: activities.find(row_id, actor=me()),
    name=lambda row: row.title,
)


@bp.get("/")
@requires("activities.view")
def index() -> Answer:
    return render_template("console/activities/index.html", page=LIST.page())
