"""半年调研: surveys that open themselves each half-year for one kind of people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as HttpResponse

from models.fieldwork import SurveySeries
from server.console import conflicts, forms
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import can, find, me, requires
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing
from server.console.row_history import serve_history
from services.errors import Conflict, DomainError
from services.messaging import audiences
from services.surveys import half_yearly, questionnaires

bp = Blueprint("survey_series", __name__, url_prefix="/console/survey-series")
MENU = MenuEntry("调研", "半年调研", "survey_series.index", "surveys.view", "repeat", 20)
Answer = str | HttpResponse | tuple[str, int]
LABELS = {
    "name": "名称",
    "model": "底本",
    "first_opens": "上半年开放日",
    "second_opens": "下半年开放日",
    "open_days": "开放天数",
    "first_reminder_days": "第一次提醒",
    "second_reminder_days": "第二次提醒",
    "is_active": "自动开放",
}


def _next(row: SurveySeries) -> str:
    day = half_yearly.next_opening(row)
    return f"{day:%Y-%m-%d}" if day else "不开放"


def _days(row: SurveySeries) -> tuple[str, str]:
    return row.first_opens, row.second_opens


LIST = Listing(
    name="survey_series",
    title="半年调研",
    permission="surveys.view",
    rows=lambda: half_yearly.visible(actor=me()),
    columns=(
        Column(
            "名称",
            "name",
            sort=SurveySeries.name,
            link=lambda row: url_for("console.survey_series.show", series_id=row.id),
            css="long",
        ),
        Column("单位", lambda row: row.member_unit.short_name, on_phone=False),
        Column(
            "开放日", lambda row: "、".join(filter(None, (row.first_opens, row.second_opens))), css="nowrap"
        ),
        Column("开放天数", "open_days", sort=SurveySeries.open_days, css="number", on_phone=False),
        Column("自动开放", lambda row: "是" if row.is_active else "已停", css="nowrap"),
    ),
    filters=(
        Filter(
            "active",
            "自动开放",
            (("1", "是"), ("0", "已停")),
            lambda value: SurveySeries.is_active == (value == "1"),
        ),
    ),
    search=(SurveySeries.name,),
    search_hint="名称",
    order=(SurveySeries.name.asc(), SurveySeries.id.asc()),
    empty="还没有半年调研。点“新建半年调研”，选一份问卷为底本，到日子自动开放。",
)
serve(bp, LIST)
serve_history(
    bp,
    "series_id",
    SurveySeries,
    "surveys.view",
    find=lambda row_id: half_yearly.find(row_id, actor=me()),
    name=lambda row: row.name,
)


@bp.get("/")
@requires("surveys.view")
def index() -> Answer:
    return render_template(
        "console/survey_series/index.html", page=LIST.page(), may_edit=can("surveys.manage")
    )


@bp.get("/new")
@requires("surveys.manage")
def new() -> Answer:
    values = {
        "first_opens": "03-01", "second_opens": "09-01", "open_days": 21,
        "first_reminder_days": 7, "second_reminder_days": 14, "is_active": True,
    }  # fmt: skip
    return _form(forms.filled(values), None)


@bp.post("/new")
@requires("surveys.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        made = half_yearly.create(_values(form), actor=me())
    except DomainError as wrong:
        form.fail(wrong)
        return _form(form, None), 422
    flash("半年调研已保存，到开放日自动开放，邀请会拟好等您送审", "success")
    return redirect(url_for(".show", series_id=made.id))


@bp.get("/<int:series_id>")
@requires("surveys.view")
def show(series_id: int) -> Answer:
    found = half_yearly.find(series_id, actor=me())
    last = half_yearly.last_version(found)
    return render_template(
        "console/survey_series/show.html",
        series=found,
        rounds=half_yearly.rounds_of(found),
        next_on=_next(found),
        last=last,
        audience=audiences.in_words(last.audience),
        half_words=half_yearly.in_words,
        may_edit=can("surveys.manage"),
    )


@bp.get("/<int:series_id>/edit")
@requires("surveys.manage")
def edit(series_id: int) -> Answer:
    found = half_yearly.find(series_id, actor=me())
    return _form(forms.of(found, *LABELS, "version"), found)


@bp.post("/<int:series_id>/edit")
@requires("surveys.manage")
def update(series_id: int) -> Answer:
    found = half_yearly.find(series_id, actor=me())
    form = forms.submitted()
    try:
        half_yearly.update(found, _values(form), version=form.integer("version") or 0, actor=me())
    except Conflict as conflict:
        form.fail(conflict)
        fresh = find(SurveySeries, series_id)
        conflicts.tell(form, fresh, forms.of(fresh, *LABELS, "version"), LABELS)
        return _form(form, fresh), 409
    except DomainError as wrong:
        form.fail(wrong)
        return _form(form, found), 422
    flash("已保存", "success")
    return redirect(url_for(".show", series_id=series_id))


def _values(form: Form) -> dict[str, Any]:
    values = {
        "name": form.text("name"),
        "model": form.integer("model"),
        "first_opens": form.text("first_opens"),
        "second_opens": form.text("second_opens"),
        "open_days": form.integer("open_days", required="请填写开放天数"),
        "first_reminder_days": form.integer("first_reminder_days"),
        "second_reminder_days": form.integer("second_reminder_days"),
        "is_active": form.flag("is_active"),
    }
    form.check()
    return values


def _form(form: Form, found: SurveySeries | None) -> str:
    rows = questionnaires.search(actor=me()).limit(200)
    return render_template(
        "console/survey_series/form.html",
        form=form,
        series=found,
        models=[(row.id, f"{row.title}（{row.member_unit.short_name}）") for row in rows],
    )
