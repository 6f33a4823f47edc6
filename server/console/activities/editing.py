"""Writing an activity: the form, publishing, cancelling."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for

from models.activities import ACTIVITY_KIND_WORDS, Activity, ActivityStatus
from server.console import conflicts, forms
from server.console.activities import Answer, bp
from server.console.activities.showing import span
from server.console.guard import me, requires, scope
from services import activities, alliance
from services.activities import sign_up_rules
from services.activities.editing import LABELS
from services.errors import Invalid, StaleState
from services.html import as_typed

FIELDS = (
    "series", "series_no", "title", "speaker", "speaker_intro", "place", "starts_at", "ends_at",
    "seats", "sign_up_closes_at", "member_unit", "is_shared",
    "unit_seats", "offer_hours", "auto_fill_hours", "reminders",
)  # fmt: skip
USUAL_REMINDERS = ("1440,60", "1440", "60", "4320,1440,60", "1440,180", "30")


@bp.get("/new")
@requires("activities.manage")
def new() -> Answer:
    if not activities.series_list():
        flash("请先登记系列，再建活动", "warning")
        return redirect(url_for(".series"))
    return _form(
        forms.filled({**sign_up_rules.DEFAULTS, "is_shared": True, "member_unit": me().member_unit_id})
    )


@bp.post("/new")
@requires("activities.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        activity = activities.create(_values(form), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form), 422
    flash("已存为草稿。核对无误后点“发布”，会员才能看到", "success")
    return redirect(url_for(".show", activity_id=activity.id))


@bp.get("/<int:activity_id>/edit")
@requires("activities.manage")
def edit(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    if activity.status is ActivityStatus.CANCELLED:
        flash("已取消的活动不能再修改，请另建一场", "warning")
        return redirect(url_for(".show", activity_id=activity_id))
    return _form(_form_of(activity), activity)


@bp.post("/<int:activity_id>/edit")
@requires("activities.manage")
def update(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    form = forms.submitted()
    try:
        values = _values(form)
        version, reason = form.integer("version") or 0, form.text("reason")
        activities.update(activity, values, version=version, actor=me(), reason=reason)
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form, activity), 422
    except StaleState as stale:
        form.fail(stale)
        fresh = activities.find(activity_id, actor=me(), to_manage=True)
        conflicts.tell(form, activity, _form_of(fresh), _labels(), choices=_choices())
        return _form(form, fresh, is_stale=True), 409
    flash("已保存", "success")
    return redirect(url_for(".show", activity_id=activity_id))


@bp.post("/<int:activity_id>/publish")
@requires("activities.manage")
def publish(activity_id: int) -> Answer:
    activities.publish(activities.find(activity_id, actor=me(), to_manage=True), actor=me())
    flash("已发布，会员现在可以看到并报名", "success")
    return redirect(url_for(".show", activity_id=activity_id))


@bp.post("/<int:activity_id>/cancel")
@requires("activities.manage")
def cancel(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    activities.cancel(activity, forms.submitted().text("reason"), actor=me())
    flash("活动已取消，已通知报名和候补的人；通知进展见“通知”", "warning")
    return redirect(url_for(".show", activity_id=activity_id))


def _values(form: forms.Form) -> dict[str, Any]:
    values: dict[str, Any] = {
        "series": form.integer("series", required="请选择系列"),
        "series_no": form.integer("series_no"),
        "title": form.text("title", required="请填写标题"),
        "speaker": form.text("speaker"),
        "speaker_intro": form.raw("speaker_intro"),
        "place": form.text("place", required="请填写地点"),
        "starts_at": form.moment("starts_at", required="请选择开始时间"),
        "ends_at": form.moment("ends_at", required="请选择结束时间"),
        "seats": form.integer("seats"),
        "sign_up_closes_at": form.moment("sign_up_closes_at"),
        "body_html": form.raw("body"),
        "is_shared": form.flag("is_shared"),
    }
    if "offer_hours" in form.values:  # the part of the form about sign-up
        values |= {name: form.integer(name) for name in ("unit_seats", "offer_hours", "auto_fill_hours")}
        values["reminders"] = form.text("reminders")
    if scope() is None:
        values["member_unit"] = form.integer("member_unit", required="请选择主办单位")
    form.check()
    return values


def _reminder_choices(form: forms.Form) -> list[tuple[str, str]]:
    """The usual ones, and whatever the activity has."""
    own = form.shown("reminders")
    offered = dict.fromkeys((*USUAL_REMINDERS, own)) if own else dict.fromkeys(USUAL_REMINDERS)
    return [(each, _in_words(each)) for each in offered]


def _in_words(reminders: str) -> str:
    parts = reminders.split(",")
    if not all(part.isdecimal() for part in parts):
        return reminders
    return "开始前" + "、".join(span(int(part)) for part in parts)


def _form_of(activity: Activity) -> forms.Form:
    form = forms.of(activity, *FIELDS, "version")
    form.values["body"] = as_typed(activity.body_html)
    return form


def _labels() -> dict[str, str]:
    """The fields of the form, in words; the unit stands in it for the secretariat alone."""
    own = {name: label for name, label in LABELS.items() if name in FIELDS} | {"body": LABELS["body_html"]}
    return {name: label for name, label in own.items() if name != "member_unit" or scope() is None}


def _choices() -> conflicts.Choices:
    return {
        "series": [(str(row.id), row.name) for row in activities.series_list()],
        "member_unit": [(str(unit.id), unit.name) for unit in alliance.choices(me())],
        "is_shared": [("1", "是")],
    }


def _form(form: forms.Form, activity: Activity | None = None, *, is_stale: bool = False) -> str:
    if "body_html" in form.errors:
        form.errors["body"] = form.errors.pop("body_html")
    groups = [
        (kind_word, [(str(row.id), row.name) for row in activities.series_list(kind)])
        for kind, kind_word in ACTIVITY_KIND_WORDS.items()
    ]
    units = [(str(unit.id), unit.name) for unit in alliance.choices(me())] if scope() is None else []
    return render_template(
        "console/activities/form.html",
        form=form,
        activity=activity,
        series=[(key, f"{kind_word} · {name}") for kind_word, rows in groups for key, name in rows],
        units=units,
        is_stale=is_stale,
        reminder_choices=_reminder_choices(form),
        is_published=activity is not None and activity.status is ActivityStatus.PUBLISHED,
    )
