"""课程目录: the courses of the alliance, edited one by one or read in from Excel."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models.alliance import MemberUnit
from models.survey_analysis import Course
from server.console import exports, forms
from server.console.areas import MenuEntry
from server.console.guard import can, me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing
from services import alliance
from services.errors import Invalid, StaleState
from services.roster.workbook import MOST_BYTES
from services.surveys import courses
from services.surveys.workbooks import Page, book

bp = Blueprint("courses", __name__, url_prefix="/console/courses")
MENU = MenuEntry("调研", "课程目录", "courses.index", "surveys.view", "books", 15)
Answer = str | Response | tuple[str, int]
FIELDS = ("title", "topics", "instructor", "member_unit", "is_offered")


def _may_change(row: Course) -> bool:
    return can("surveys.manage") and scope() in (None, row.member_unit_id)


def _units() -> list[tuple[str, str]]:
    return [(str(unit.id), unit.short_name) for unit in alliance.listed()]


LIST = Listing(
    name="courses",
    title="课程目录",
    permission="surveys.view",
    rows=lambda: courses.search(actor=me()),
    columns=(
        Column(
            "课程",
            "title",
            sort=Course.title,
            link=lambda row: url_for(".edit" if _may_change(row) else ".index", course_id=row.id),
        ),
        Column("专题", lambda row: "、".join(courses.topics_of(row.topics)), on_phone=False),
        Column("教师", "instructor", sort=Course.instructor),
        Column("单位", lambda row: row.member_unit.short_name),
        Column("状态", lambda row: "可开" if row.is_offered else "停开", on_phone=False),
    ),
    filters=(
        Filter("unit", "单位", _units, lambda value: Course.member_unit == int(value)),
        Filter(
            "offered",
            "状态",
            (("1", "可开"), ("0", "停开")),
            lambda value: Course.is_offered == (value == "1"),
        ),
    ),
    search=(Course.title, Course.topics, Course.instructor),
    search_hint="课程、专题、教师",
    order=(MemberUnit.order_no, Course.title, Course.id),
    empty="还没有课程。可以一门门新增，也可以从 Excel 导入。",
)
serve(bp, LIST)


@bp.get("/")
@requires("surveys.view")
def index() -> Answer:
    return render_template("console/courses/index.html", page=LIST.page())


@bp.get("/new")
@requires("surveys.manage")
def new() -> Answer:
    return _form(forms.filled({"is_offered": True, "member_unit": me().member_unit_id}))


@bp.post("/new")
@requires("surveys.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        course = courses.create(_values(form), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form), 422
    flash(f"已新增“{course.title}”", "success")
    return redirect(url_for(".index"))


@bp.get("/<int:course_id>/edit")
@requires("surveys.manage")
def edit(course_id: int) -> Answer:
    course = courses.find(course_id, actor=me())
    return _form(forms.of(course, *FIELDS, "version"), course)


@bp.post("/<int:course_id>/edit")
@requires("surveys.manage")
def update(course_id: int) -> Answer:
    course, form = courses.find(course_id, actor=me()), forms.submitted()
    try:
        courses.update(course, _values(form), version=form.integer("version") or 0, actor=me())
    except (Invalid, StaleState) as wrong:
        form.fail(wrong)
        return _form(form, course), 422 if isinstance(wrong, Invalid) else 409
    flash("已保存", "success")
    return redirect(url_for(".index"))


@bp.post("/<int:course_id>/delete")
@requires("surveys.manage")
def delete(course_id: int) -> Answer:
    course = courses.find(course_id, actor=me())
    courses.delete(course, actor=me())
    flash(f"已删除“{course.title}”", "warning")
    return redirect(url_for(".index"))


@bp.get("/import")
@requires("surveys.manage")
def import_page() -> Answer:
    return _import(forms.Form())


@bp.post("/import")
@requires("surveys.manage")
def import_courses() -> Answer:
    form, sent = forms.submitted(), request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Invalid(fields={"file": "请先选择一个 Excel 文件"})
        outcome = courses.read_in(sent.read(MOST_BYTES + 1), sent.filename, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _import(form), 422
    return _import(forms.Form(), outcome)


@bp.get("/template.xlsx")
@requires("surveys.manage")
def template() -> Response:
    example = [["基层矛盾调解实务", "基层治理、矛盾调解", "张老师", me().member_unit.short_name]]
    page = Page("课程目录", ("课程名称", "专题", "教师", "单位"), example)
    return exports.download(book([page]), "课程目录模板.xlsx")


def _values(form: forms.Form) -> dict[str, Any]:
    return {
        "title": form.text("title"),
        "topics": form.raw("topics"),
        "instructor": form.text("instructor"),
        "member_unit": form.integer("member_unit"),
        "is_offered": form.flag("is_offered"),
    }


def _form(form: forms.Form, course: Course | None = None) -> str:
    bound = scope()
    units = [(unit.id, unit.short_name) for unit in alliance.listed() if bound in (None, unit.id)]
    return render_template("console/courses/form.html", form=form, course=course, units=units)


def _import(form: forms.Form, outcome: courses.Imported | None = None) -> str:
    return render_template("console/courses/import.html", form=form, outcome=outcome)
