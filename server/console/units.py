"""成员单位: the list in its fixed order, the form, leaving the alliance."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

import clock
from models.alliance import TIER_WORDS, UNIT_KIND_WORDS, MemberUnit
from server.console import conflicts, forms, words
from server.console.areas import MenuEntry
from server.console.guard import can, me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, choices
from server.console.row_history import serve_history
from services import alliance
from services.errors import Conflict, Invalid, StaleState

bp = Blueprint("units", __name__, url_prefix="/console/units")
MENU = MenuEntry("成员", "成员单位", "units.index", "units.view", "building-community", 40)
Answer = str | Response | tuple[str, int]

serve_history(
    bp,
    "unit_id",
    MemberUnit,
    "units.manage",
    find=alliance.find,
    name=lambda row: row.name,
    owner=lambda row: None,
)

FIELDS = ("name", "short_name", "tier", "kind", "division_code", "valid_from", "valid_to", "order_no")
LABELS = {
    "name": "全称",
    "short_name": "简称",
    "tier": "层级",
    "kind": "类型",
    "division_code": "行政区划代码",
    "order_no": "机构序",
    "valid_from": "加入联盟",
    "valid_to": "退出联盟",
}
CHOICES = {"tier": choices(TIER_WORDS), "kind": choices(UNIT_KIND_WORDS)}


def _fill(rows: list[Any]) -> None:
    """Numbers of people are told for the units whose people one may see."""
    bound, counts = scope(), alliance.person_counts()
    for row in rows:
        row.people = counts.get(row.id, 0) if bound in (None, row.id) else None


def _name(row: MemberUnit) -> Markup:
    """The name, for those who may change it with the form in a dialog."""
    code = f"　{row.division_code}" if row.division_code else ""
    below = Markup('<div class="text-secondary small">{}{}</div>').format(row.short_name, code)
    if not can("units.manage"):
        return Markup("{}{}").format(row.name, below)
    address = url_for(".edit", unit_id=row.id)
    opens = Markup('hx-get="{}" hx-target="#dialog-body" hx-swap="innerHTML"').format(address)
    button = Markup(
        '<a class="btn btn-sm btn-icon btn-ghost-secondary" href="{}" {} role="button" aria-label="修改{}">'
        '<i class="ti ti-edit" aria-hidden="true"></i></a>'
    ).format(address, opens, row.short_name)
    return Markup('<a href="{}">{}</a> {}{}').format(address, row.name, button, below)


def _people(row: Any) -> Any:
    if row.people is None or not can("people.view"):
        return row.people
    address = url_for("console.people.index", unit=row.id)
    return Markup('<a href="{}">{}</a>').format(address, words.thousands(row.people))


def _standing(row: MemberUnit) -> Markup:
    if _is_member(row, clock.local_today()):
        return Markup('<span class="badge bg-green-lt">成员</span>')
    if row.valid_to:
        return Markup('<span class="badge bg-secondary-lt">到 {}</span>').format(row.valid_to)
    return Markup('<span class="badge bg-azure-lt">未开始</span>')


LIST = Listing(
    name="units",
    title="成员单位",
    permission="units.view",
    rows=lambda: MemberUnit.select(),
    prepare=_fill,
    columns=(
        Column("单位", _name, sort=MemberUnit.name),
        Column("层级", lambda row: row.tier.value),
        Column("类型", lambda row: UNIT_KIND_WORDS[row.kind], on_phone=False),
        Column("加入", "valid_from", sort=MemberUnit.valid_from, on_phone=False, css="nowrap"),
        Column("人数", _people, css="number"),
        Column("状态", _standing),
    ),
    filters=(
        Filter("tier", "层级", choices(TIER_WORDS), lambda value: MemberUnit.tier == value),
        Filter("kind", "类型", choices(UNIT_KIND_WORDS), lambda value: MemberUnit.kind == value),
    ),
    search=(MemberUnit.name, MemberUnit.short_name, MemberUnit.division_code),
    search_hint="名称、简称、区划代码",
    order=(MemberUnit.order_no, MemberUnit.id),
    page_size=50,
    empty="还没有成员单位。先新增市委党校。",
)
serve(bp, LIST)


@bp.get("/")
@requires("units.view")
def index() -> Answer:
    return render_template("console/people/units.html", page=LIST.page())


@bp.get("/new")
@requires("units.manage")
def new() -> Answer:
    last = max((unit.order_no for unit in alliance.listed(with_past=True)), default=0)
    return _form(forms.filled({"valid_from": clock.local_today(), "order_no": last + 1}))


@bp.post("/new")
@requires("units.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        unit = alliance.create(_values(form), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form), 422
    flash(f"已新增{unit.name}", "success")
    return redirect(url_for(".index"))


@bp.get("/<int:unit_id>/edit")
@requires("units.manage")
def edit(unit_id: int) -> Answer:
    unit = alliance.find(unit_id)
    return _form(forms.of(unit, *FIELDS, "version"), unit)


@bp.post("/<int:unit_id>/edit")
@requires("units.manage")
def update(unit_id: int) -> Answer:
    unit, form = alliance.find(unit_id), forms.submitted()
    try:
        alliance.update(unit, _values(form), version=form.integer("version"), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form, unit), 422
    except StaleState as stale:
        form.fail(stale)
        fresh = alliance.find(unit_id)
        conflicts.tell(form, unit, forms.of(fresh, *FIELDS, "version"), LABELS, choices=CHOICES)
        return _form(form, fresh), 409
    flash("已保存", "success")
    return redirect(url_for(".index"))


@bp.post("/<int:unit_id>/close")
@requires("units.manage")
def close(unit_id: int) -> Answer:
    unit, form = alliance.find(unit_id), forms.submitted()
    try:
        day = form.day("close_on", required="请填写退出日期（最后一天）")
        form.check()
        if day is not None:
            alliance.close(unit, on=day, actor=me())
    except (Invalid, Conflict) as wrong:
        form.errors["close_on"] = wrong.message
        shown = forms.of(unit, *FIELDS, "version")
        shown.errors, shown.values["close_on"] = {"close_on": wrong.message}, form.shown("close_on")
        return _form(shown, unit), 422
    flash(f"{unit.name}的成员身份到 {day} 为止，人员和历史记录保留", "warning")
    return redirect(url_for(".index"))


def _values(form: forms.Form) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": form.text("name"),
        "short_name": form.text("short_name"),
        "tier": form.text("tier"),
        "kind": form.text("kind"),
        "division_code": form.text("division_code"),
        "valid_from": form.day("valid_from", required="请填写加入联盟的日期"),
        "valid_to": form.day("valid_to"),
        "order_no": form.integer("order_no"),
    }
    form.check()
    return values


def _form(form: forms.Form, unit: MemberUnit | None = None) -> str:
    return render_template(
        "console/people/unit_form.html",
        form=form,
        unit=unit,
        tiers=choices(TIER_WORDS),
        kinds=choices(UNIT_KIND_WORDS),
    )


def _is_member(unit: MemberUnit, today: Any) -> bool:
    return unit.valid_from <= today and (unit.valid_to is None or unit.valid_to >= today)
