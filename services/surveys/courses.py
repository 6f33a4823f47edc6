"""The course catalogue (课程目录): what can be taught, by whom; held against what people wish for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee import IntegrityError, ModelSelect

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db
from models.survey_analysis import Course
from services import access, alliance, audit
from services.errors import Invalid, NotFound, StaleState
from services.roster.workbook import open_workbook

HEADINGS = {
    "title": ("课程名称", "课程", "课题", "名称", "题目"),
    "topics": ("专题", "主题", "关键词", "专题方向", "类别"),
    "instructor": ("教师", "授课教师", "主讲", "主讲人", "老师"),
    "unit": ("单位", "教师单位", "所在单位", "学校"),
}
LABELS = {"title": "课程名称", "topics": "专题", "instructor": "教师", "unit": "单位"}
MOST_COURSES = 2000
HEADING_ROWS = 10
_PARTS = re.compile(r"[、,，;；\n/|]+")


@dataclass(frozen=True, slots=True)
class WrongCell:
    row: int
    column: str
    value: str
    reason: str
    mend: str


@dataclass(slots=True)
class Imported:
    """What became of a file: courses new, changed, the same; and the cells that kept rows out."""

    new: int = 0
    changed: int = 0
    same: int = 0
    wrong: list[WrongCell] = field(default_factory=list)


def search(*, actor: Account) -> ModelSelect[Course]:
    """The whole catalogue with the teachers' units: courses are shared in the alliance."""
    access.require(actor, "surveys.view")
    return Course.select(Course, MemberUnit).join(MemberUnit)


def find(course_id: int, *, actor: Account) -> Course:
    """A course the account may change: of its own unit. Raises NotFound."""
    course = Course.get_or_none(Course.id == course_id)
    if course is None:
        raise NotFound()
    access.require_unit(actor, course.member_unit_id)
    return course


def create(values: Mapping[str, Any], *, actor: Account) -> Course:
    """Raises Invalid naming every wrong field, NotFound for another school's unit."""
    checked = _checked(values, actor=actor)
    try:
        with db.atomic():
            course = Course.create(**checked)
            audit.record("course.created", course, actor=actor, title=course.title)
    except IntegrityError as error:
        raise Invalid(fields={"title": "这个单位已有同名课程"}) from error
    return course


def update(course: Course, values: Mapping[str, Any], *, version: int, actor: Account) -> None:
    """Raises Invalid, StaleState where it was changed since `version`."""
    checked = _checked(values, actor=actor)
    try:
        with db.atomic():
            changed = (
                Course.update(version=version + 1, **checked)
                .where(Course.id == course.id, Course.version == version)
                .execute()
            )
            if not changed:
                raise StaleState()
            audit.record("course.changed", course, actor=actor, title=checked["title"])
    except IntegrityError as error:
        raise Invalid(fields={"title": "这个单位已有同名课程"}) from error


def delete(course: Course, *, actor: Account) -> None:
    with db.atomic():
        Course.delete().where(Course.id == course.id).execute()
        audit.record("course.deleted", course, actor=actor, title=course.title)


def topics_of(text: str) -> list[str]:
    """The topics in a cell or a field, however they are parted."""
    return [part for part in (" ".join(each.split()) for each in _PARTS.split(text)) if part]


def read_in(content: bytes, file_name: str, *, actor: Account) -> Imported:
    """Courses from an Excel file. Good rows are kept, wrong ones told; a second run changes nothing.

    Raises Invalid (field `file`) for what is no Excel file, or has no column of courses.
    """
    access.require(actor, "surveys.manage")
    sheets = [sheet for sheet in open_workbook(content, file_name) if not sheet.is_hidden and sheet.rows]
    for sheet in sheets:
        for number, row in enumerate(sheet.rows[:HEADING_ROWS]):
            columns = _columns(row)
            if "title" in columns:
                return _write(sheet.rows[number + 1 :], columns, number + 2, actor=actor)
    raise Invalid(fields={"file": "没有找到“课程名称”这一列，请按模板的表头填写后再上传"})


def _columns(row: Sequence[Any]) -> dict[str, int]:
    told = [str(cell).strip() for cell in row]
    found = {}
    for name, words in HEADINGS.items():
        places = [no for no, cell in enumerate(told) if cell in words]
        if places:
            found[name] = places[0]
    return found


def _write(rows: list[list[Any]], columns: dict[str, int], first: int, *, actor: Account) -> Imported:
    outcome = Imported()
    units = {name: unit.id for unit in alliance.listed() for name in (unit.name, unit.short_name)}
    known = {(row.member_unit_id, row.title): row for row in Course.select()}
    scope = access.unit_scope(actor)
    with db.atomic():
        for number, row in enumerate(rows[: MOST_COURSES + 1], first):
            said = {name: _cell(row, at) for name, at in columns.items()}
            if not any(said.values()):
                continue
            wrong = _wrong(said, number, units, scope)
            unit_id = units.get(said.get("unit", "")) or actor.member_unit_id
            outcome.wrong += wrong
            if not wrong:
                _keep(said, unit_id, known, outcome)
        audit.record("courses.imported", None, actor=actor, new=outcome.new, changed=outcome.changed)
    return outcome


def _keep(
    said: dict[str, str], unit_id: int, known: dict[tuple[int, str], Course], outcome: Imported
) -> None:
    values = {
        "topics": "\n".join(topics_of(said.get("topics", ""))),
        "instructor": said.get("instructor", ""),
    }
    course = known.get((unit_id, said["title"]))
    if course is None:
        known[unit_id, said["title"]] = Course.create(title=said["title"], member_unit=unit_id, **values)
        outcome.new += 1
    elif (course.topics, course.instructor) != (values["topics"], values["instructor"]):
        Course.update(version=course.version + 1, **values).where(Course.id == course.id).execute()
        outcome.changed += 1
    else:
        outcome.same += 1


def _wrong(said: dict[str, str], row: int, units: dict[str, int], scope: int | None) -> list[WrongCell]:
    wrong = []
    if not said["title"]:
        wrong.append(WrongCell(row, LABELS["title"], "", "没有课程名称", "填写课程名称，或删去这一行"))
    for name in ("title", "topics", "instructor"):
        most, text = getattr(Course, name).max_length, said.get(name, "")
        if len(text) > most:
            wrong.append(WrongCell(row, LABELS[name], text[:40], f"超过{most}字", f"缩短到{most}字以内"))
    unit = said.get("unit", "")
    if unit and unit not in units:
        wrong.append(WrongCell(row, LABELS["unit"], unit, "不认识这个单位", "写成员单位的全称或简称"))
    elif unit and scope not in (None, units[unit]):
        wrong.append(WrongCell(row, LABELS["unit"], unit, "不是本单位的课程", "请由该单位自己导入"))
    return wrong


def _cell(row: Sequence[Any], at: int) -> str:
    value = row[at] if at < len(row) else ""
    return " ".join(str(value or "").split()) if "\n" not in str(value or "") else str(value).strip()


def _checked(values: Mapping[str, Any], *, actor: Account) -> dict[str, Any]:
    access.require(actor, "surveys.manage")
    wrong: dict[str, str] = {}
    checked: dict[str, Any] = {"is_offered": bool(values.get("is_offered", True))}
    checked["title"] = " ".join(str(values.get("title") or "").split())
    checked["instructor"] = " ".join(str(values.get("instructor") or "").split())
    checked["topics"] = "\n".join(topics_of(str(values.get("topics") or "")))
    if not checked["title"]:
        wrong["title"] = "请填写课程名称"
    for name in ("title", "topics", "instructor"):
        most = getattr(Course, name).max_length
        if len(checked[name]) > most:
            wrong[name] = f"最多{most}字"
    if wrong:
        raise Invalid(fields=wrong)
    checked["member_unit"] = values.get("member_unit") or actor.member_unit_id
    access.require_unit(actor, checked["member_unit"])
    return checked
