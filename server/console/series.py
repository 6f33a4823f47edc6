"""定期推送: recurring pushes; their pattern is a campaign, each firing another."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from peewee import ModelSelect
from werkzeug.wrappers import Response

import clock
from models.alliance import MemberUnit
from models.messaging import CAMPAIGN_STATUS_WORDS, Campaign
from models.schedules import (
    FIRING_STATUS_WORDS,
    REST_DAY_WORDS,
    SERIES_SOURCE_WORDS,
    SERIES_STATUS_WORDS,
    CampaignSeries,
    RestDay,
    SeriesFiring,
    SeriesSource,
)
from server.console import forms, words
from server.console.areas import MenuEntry
from server.console.forms import Form
from server.console.guard import find, me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from services import recurrence
from services.errors import Conflict, Invalid
from services.messaging import series
from services.recurrence import DAY_CODES

bp = Blueprint("series", __name__, url_prefix="/console/series")
MENU = MenuEntry("推送", "定期推送", "series.index", "campaigns.view", "repeat", 12)

Answer = str | tuple[str, int] | Response
WEEKDAYS = [(code, f"周{name}") for code, name in zip(DAY_CODES, "一二三四五六日", strict=True)]
NTH = [("1", "第一个"), ("2", "第二个"), ("3", "第三个"), ("4", "第四个"), ("-1", "最后一个")]
FREQUENCIES = [
    ("workdays", "每个工作日"),
    ("weekly", "每周的某几天"),
    ("nth", "每月第几个星期几"),
    ("monthday", "每月几号"),
    ("daily", "每隔几天"),
    ("rule", "自己写规则"),
]
PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    "fridays": ("每周五 9:00", {"frequency": "weekly", "weekdays": ["FR"]}),
    "mondays": ("每月第一个星期一 9:00", {"frequency": "nth", "nth": "1", "nth_day": "MO"}),
    "workdays": ("每个工作日 9:00", {"frequency": "workdays"}),
}
FIRINGS_SHOWN = 30

LIST = Listing(
    name="series",
    title="定期推送",
    permission="campaigns.view",
    rows=lambda: _visible(),
    columns=(
        Column(
            "推送",
            lambda row: row.campaign.title,
            link=lambda row: url_for("console.series.show", series_id=row.id),
            css="long",
        ),
        Column("什么时候发", series.in_words),
        Column("状态", lambda row: badge(row.status, SERIES_STATUS_WORDS)),
        Column("内容", lambda row: badge(row.campaign.status, CAMPAIGN_STATUS_WORDS), on_phone=False),
        Column("单位", lambda row: row.campaign.member_unit.short_name, on_phone=False),
    ),
    filters=(
        Filter("status", "状态", choices(SERIES_STATUS_WORDS), lambda value: CampaignSeries.status == value),
    ),
    search=(Campaign.title,),
    search_hint="标题",
    order=(CampaignSeries.id.desc(),),
    empty="还没有定期推送。打开一个推送草稿，点“改为定期发送”。",
)
serve(bp, LIST)


def _visible() -> ModelSelect[CampaignSeries]:
    query = CampaignSeries.select(CampaignSeries, Campaign, MemberUnit).join(Campaign).join(MemberUnit)
    bound = scope()
    return query if bound is None else query.where(Campaign.member_unit == bound)


@bp.get("/")
@requires("campaigns.view")
def index() -> str:
    return render_template("console/series/index.html", page=LIST.page())


@bp.get("/new")
@requires("campaigns.manage")
def new() -> str:
    """`?campaign=12` is the draft; `?preset=fridays` fills the form."""
    campaign = _campaign(request.args.get("campaign", ""))
    _, preset = PRESETS.get(request.args.get("preset", ""), PRESETS["fridays"])
    given: dict[str, Any] = {
        "frequency": "weekly", "weekdays": ["FR"], "nth": "1", "nth_day": "MO", "month_day": 1, "interval": 1,
        "time_of_day": "09:00", "starts_on": clock.local_today(), "on_rest_day": RestDay.NEXT.value,
        "source": series.sources(campaign)[0].value,
    }  # fmt: skip
    return _form_page(forms.filled(given | preset), campaign, None)


@bp.post("/new")
@requires("campaigns.manage")
def create() -> Answer:
    form = forms.submitted()
    campaign = _campaign(form.text("campaign"))
    try:
        made = series.create(campaign, _read(form), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form_page(form, campaign, None), 422
    flash("已改为定期发送。送审一次，以后每次自动发起，内容不改就不用再审", "success")
    return redirect(url_for(".show", series_id=made.id))


@bp.get("/preview")
@requires("campaigns.manage")
def preview() -> str:
    """The sentence and the next five dates of what is typed at this moment."""
    form = Form(request.args)
    try:
        told = _typed(form)
        recurrence.check(told)
    except Invalid as wrong:
        return render_template("console/series/preview.html", error=wrong.message)
    return render_template(
        "console/series/preview.html", sentence=recurrence.in_words(told), moments=recurrence.upcoming(told)
    )


@bp.get("/<int:series_id>")
@requires("campaigns.view")
def show(series_id: int) -> str:
    row = series.find(series_id, actor=me())
    firings = (
        SeriesFiring.select(SeriesFiring, Campaign)
        .left_outer_join(Campaign)
        .where(SeriesFiring.series == row, SeriesFiring.fire_at <= clock.utc_now())
        .order_by(SeriesFiring.fire_at.desc())
        .limit(FIRINGS_SHOWN)
    )
    return render_template(
        "console/series/show.html",
        series=row,
        sentence=series.in_words(row),
        upcoming=series.upcoming(row, 8),
        firings=list(firings),
        status_words=SERIES_STATUS_WORDS,
        firing_words=FIRING_STATUS_WORDS,
        source_words=SERIES_SOURCE_WORDS,
        campaign_words=CAMPAIGN_STATUS_WORDS,
    )


@bp.get("/<int:series_id>/edit")
@requires("campaigns.manage")
def edit(series_id: int) -> str:
    row = series.find(series_id, actor=me())
    return _form_page(_form_of(row), row.campaign, row)


@bp.post("/<int:series_id>/edit")
@requires("campaigns.manage")
def update(series_id: int) -> Answer:
    row, form = series.find(series_id, actor=me()), forms.submitted()
    try:
        series.update(row, _read(form), version=form.integer("version") or 0, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form_page(form, row.campaign, row), 422
    except Conflict as changed:
        form.fail(changed)
        return _form_page(form, row.campaign, row), 409
    flash("已保存", "success")
    return redirect(url_for(".show", series_id=row.id))


@bp.post("/<int:series_id>/pause")
@requires("campaigns.send")
def pause(series_id: int) -> Response:
    row = series.find(series_id, actor=me())
    series.pause(row, actor=me(), reason=request.form.get("reason", "").strip())
    flash("已暂停，不再发起新的；已经发起的照常", "success")
    return redirect(url_for(".show", series_id=row.id))


@bp.post("/<int:series_id>/resume")
@requires("campaigns.send")
def resume(series_id: int) -> Response:
    row = series.find(series_id, actor=me())
    series.resume(row, actor=me())
    flash("已恢复，从下一次起继续；暂停期间的不补发", "success")
    return redirect(url_for(".show", series_id=row.id))


@bp.post("/<int:series_id>/end")
@requires("campaigns.send")
def end(series_id: int) -> Response:
    row = series.find(series_id, actor=me())
    series.end(row, actor=me(), reason=request.form.get("reason", "").strip())
    flash("已结束，以后不再发起", "success")
    return redirect(url_for(".show", series_id=row.id))


@bp.post("/<int:series_id>/skip")
@requires("campaigns.send")
def skip(series_id: int) -> Response:
    """Leave one moment out; `restore` takes that back."""
    row, at = series.find(series_id, actor=me()), _moment(request.form.get("at", ""))
    if request.form.get("restore"):
        series.unskip(row, at, actor=me())
        flash(f"{words.local_weekday(at)} 的这一次恢复", "success")
    else:
        series.skip(row, at, actor=me())
        flash(f"{words.local_weekday(at)} 的这一次跳过，以后照常", "success")
    return redirect(url_for(".show", series_id=row.id))


def _campaign(text: str) -> Campaign:
    return find(Campaign, int(text) if text.isdecimal() and len(text) < 10 else 0)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise Invalid(fields={"at": "时间不对，请从页面上点"}) from error


def _rule(form: Form) -> tuple[str, RestDay]:
    """The rule string that the fields say, and what becomes of rest days."""
    rest_day = form.choice("on_rest_day", RestDay) or RestDay.NEXT
    interval = form.integer("interval") or 1
    each = f";INTERVAL={interval}" if interval != 1 else ""
    frequency = form.text("frequency")
    if frequency == "workdays":
        return "FREQ=DAILY", RestDay.SKIP
    if frequency == "weekly":
        chosen = [code for code in DAY_CODES if code in form.many("weekdays")]
        if not chosen:
            form.errors["weekdays"] = "请至少选择一天"
        return f"FREQ=WEEKLY{each};BYDAY={','.join(chosen) or 'MO'}", rest_day
    if frequency == "nth":
        return f"FREQ=MONTHLY{each};BYDAY={form.text('nth')}{form.text('nth_day')}", rest_day
    if frequency == "monthday":
        return f"FREQ=MONTHLY{each};BYMONTHDAY={form.integer('month_day') or 1}", rest_day
    if frequency == "rule":
        return form.text("rule").upper().removeprefix("RRULE:"), rest_day
    return f"FREQ=DAILY{each}", rest_day


def _read(form: Form) -> dict[str, Any]:
    rule, rest_day = _rule(form)
    values = {
        "rule": rule,
        "on_rest_day": rest_day,
        "time_of_day": form.text("time_of_day"),
        "starts_on": form.day("starts_on", required="请选择开始日期"),
        "ends_on": form.day("ends_on"),
        "times": form.integer("times"),
        "source": form.choice("source", SeriesSource) or SeriesSource.FIXED,
    }
    form.check()
    return values


def _typed(form: Form) -> recurrence.Recurrence:
    values = _read(form)
    try:
        at = datetime.strptime(values["time_of_day"], "%H:%M").time()  # noqa: DTZ007 - a time of day
    except ValueError as error:
        raise Invalid(fields={"time_of_day": "请填写发送时刻"}) from error
    starts_on: date = values["starts_on"]
    return recurrence.Recurrence(
        values["rule"], at, starts_on, values["on_rest_day"], values["ends_on"], values["times"]
    )


def _form_of(row: CampaignSeries) -> Form:
    parts = recurrence.parts_of(row.rule)
    given: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("time_of_day", "starts_on", "ends_on", "times", "rule", "version")
    }
    given |= {"on_rest_day": row.on_rest_day.value, "source": row.source.value, "frequency": "rule"}
    given |= {"interval": parts.get("INTERVAL", "1"), "nth": "1", "nth_day": "MO", "month_day": 1}
    names, by_day = set(parts) - {"INTERVAL"}, parts.get("BYDAY", "")
    if names == {"FREQ"} and parts["FREQ"] == "DAILY":
        is_workdays = row.on_rest_day is RestDay.SKIP and "INTERVAL" not in parts
        given["frequency"] = "workdays" if is_workdays else "daily"
    elif names == {"FREQ", "BYDAY"} and parts["FREQ"] == "WEEKLY":
        given |= {"frequency": "weekly", "weekdays": by_day.split(",")}
    elif names == {"FREQ", "BYDAY"} and by_day[:-2] in dict(NTH):
        given |= {"frequency": "nth", "nth": by_day[:-2], "nth_day": by_day[-2:]}
    elif names == {"FREQ", "BYMONTHDAY"} and parts["BYMONTHDAY"].isdigit():
        given |= {"frequency": "monthday", "month_day": parts["BYMONTHDAY"]}
    return forms.filled(given)


def _form_page(form: Form, campaign: Campaign, row: CampaignSeries | None) -> str:
    return render_template(
        "console/series/form.html",
        form=form,
        campaign=campaign,
        series=row,
        presets=[(name, label) for name, (label, _) in PRESETS.items()],
        frequencies=FREQUENCIES,
        weekdays=WEEKDAYS,
        nth=NTH,
        rest_days=choices(REST_DAY_WORDS),
        sources=[(each.value, SERIES_SOURCE_WORDS[each]) for each in series.sources(campaign)],
    )
