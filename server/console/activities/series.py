"""Activity series (系列)."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for

from models.activities import ACTIVITY_KIND_WORDS, ActivityKind, ActivitySeries
from server.console import conflicts, forms
from server.console.activities import Answer, bp
from server.console.guard import me, requires
from server.console.listing import choices
from services import activities
from services.errors import Invalid, StaleState


@bp.get("/series")
@requires("activities.manage")
def series() -> Answer:
    return _series(forms.filled({"kind": ActivityKind.LECTURE}))


@bp.post("/series")
@requires("activities.manage")
def create_series() -> Answer:
    form = forms.submitted()
    try:
        kind = form.choice("kind", ActivityKind)
        form.check()
        activities.create_series(form.text("name"), kind or ActivityKind.LECTURE, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _series(form), 422
    flash("已登记", "success")
    return redirect(url_for(".series"))


@bp.get("/series/<int:series_id>")
@requires("activities.manage")
def edit_series(series_id: int) -> Answer:
    row = activities.find_series(series_id)
    return _series_form(forms.of(row, "name", "kind", "version"), row)


@bp.post("/series/<int:series_id>")
@requires("activities.manage")
def update_series(series_id: int) -> Answer:
    row, form = activities.find_series(series_id), forms.submitted()
    try:
        kind = form.chosen("kind", ActivityKind)
        version = form.integer("version") or 0
        activities.update_series(row, form.text("name"), kind, version=version, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _series_form(form, row), 422
    except StaleState as stale:
        form.fail(stale)
        fresh, words_of = activities.find_series(series_id), {"kind": choices(ACTIVITY_KIND_WORDS)}
        shown = forms.of(fresh, "name", "kind", "version")
        conflicts.tell(form, row, shown, {"name": "名称", "kind": "类别"}, choices=words_of)
        return _series_form(form, fresh), 409
    flash("已保存", "success")
    return redirect(url_for(".series"))


def _series_form(form: forms.Form, row: ActivitySeries) -> str:
    kinds = choices(ACTIVITY_KIND_WORDS)
    return render_template("console/activities/series_form.html", form=form, row=row, kinds=kinds)


def _series(form: forms.Form) -> str:
    return render_template(
        "console/activities/series.html",
        form=form,
        series=activities.series_list(),
        kind_words=ACTIVITY_KIND_WORDS,
        kinds=choices(ACTIVITY_KIND_WORDS),
    )
