"""A roster's rows read one by one: right ones as people, wrong ones with place, reason and remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from models.alliance import MemberUnit
from models.people import PersonRoleKind
from services import person_fields as cleaning
from services.errors import Invalid
from services.phone_numbers import WrongPhone, clean_phone
from services.roster.headers import Header, find_header, is_blank, meaning_of
from services.roster.workbook import Sheet

MOST_ROWS = 5000
LEAST_UNIT_NAME = 3  # shorter endings (党校) fit every unit


@dataclass(frozen=True)
class RosterRow:
    """A row without fault. `row` is the number Excel shows."""

    sheet: str
    row: int
    name: str
    phone: str | None
    unit_id: int
    position: str
    roles: tuple[PersonRoleKind, ...]
    columns: dict[str, str] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True)
class WrongCellReport:
    """What is wrong with a row, where, and how to mend it."""

    sheet: str
    row: int
    column: str
    value: str
    reason: str
    mend: str
    name: str = ""


@dataclass
class Reading:
    rows: list[RosterRow] = field(default_factory=list)
    wrong: list[WrongCellReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


_REMARK = re.compile(r"\([^()]*\)$")


def _called(name: Any) -> str:
    """A unit's name as people write it: without the remark in brackets behind it, such as （样例）."""
    bare = cleaning.bare(name)
    return _REMARK.sub("", bare) or bare


class UnitFinder:
    """Finds a member unit by what a roster calls it."""

    def __init__(self, units: Iterable[MemberUnit]) -> None:
        self._units = list(units)
        self._by_name: dict[str, MemberUnit] = {}
        for unit in self._units:
            self._by_name.setdefault(_called(unit.name), unit)
        for unit in self._units:
            self._by_name.setdefault(_called(unit.short_name), unit)

    def named(self, text: Any) -> MemberUnit | None:
        """The unit of that name or short name, or the only one whose full name ends in it."""
        wanted = _called(text).removeprefix("中共")
        if not wanted:
            return None
        exact = self._by_name.get(wanted)
        if exact is not None:
            return exact
        if len(wanted) < LEAST_UNIT_NAME:
            return None
        ending = {
            unit.id: unit
            for name, unit in self._by_name.items()
            if name.endswith(wanted) or (len(name) >= LEAST_UNIT_NAME and wanted.endswith(name))
        }
        return next(iter(ending.values())) if len(ending) == 1 else None

    def leading(self, text: Any) -> tuple[MemberUnit | None, str]:
        """The unit a text like 乐余镇党校办公室主任 begins with, and the rest of it."""
        bare = cleaning.bare(text).removeprefix("中共")
        for name in sorted(self._by_name, key=len, reverse=True):
            if name and bare.startswith(name):
                return self._by_name[name], bare[len(name) :]
        return None, bare

    def within(self, text: Any) -> MemberUnit | None:
        """The one unit that a title names, in full before in short."""
        bare = cleaning.bare(text)
        for called in ("name", "short_name"):
            names = ((unit, _called(getattr(unit, called))) for unit in self._units)
            found = [unit for unit, name in names if len(name) >= LEAST_UNIT_NAME and name in bare]
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def alike(self, text: Any) -> list[str]:
        return difflib.get_close_matches(cleaning.bare(text), list(self._by_name), n=3, cutoff=0.4)


def read_sheets(sheets: list[Sheet], units: Iterable[MemberUnit], *, own_unit: MemberUnit | None) -> Reading:
    """All rows of all sheets. `own_unit` bounds the rows for an administrator of one school.

    Raises Invalid (field `file`) when no sheet has a header or there are no or too many rows.
    """
    reading = Reading()
    finder = UnitFinder(units)
    headers = 0
    for sheet in sheets:
        if sheet.is_hidden:
            reading.notes.append(f"工作表“{sheet.name}”是隐藏的，没有读取")
            continue
        if all(is_blank(cell) for row in sheet.rows for cell in row):
            continue
        header = find_header(sheet)
        if header is None:
            reading.notes.append(f"工作表“{sheet.name}”没有“姓名”加“手机”或“单位”的表头，没有读取")
            continue
        headers += 1
        _SheetReader(sheet, header, finder, own_unit, reading).read()
    if not headers:
        raise Invalid(
            fields={
                "file": "没有找到表头：请让某一行写有“姓名”“手机”“单位”等列名（前 20 行内），或下载模板填写"
            }
        )
    found = len(reading.rows) + len(reading.wrong)
    if not found:
        raise Invalid(fields={"file": "表头下面没有任何人员，请填好名单再上传"})
    if found > MOST_ROWS:
        raise Invalid(fields={"file": f"一次最多导入 {MOST_ROWS} 人，请拆成几个文件"})
    return reading


class _SheetReader:
    """Reads one sheet into a Reading."""

    def __init__(
        self, sheet: Sheet, header: Header, finder: UnitFinder, own_unit: MemberUnit | None, reading: Reading
    ) -> None:
        self.sheet, self.header, self.finder = sheet, header, finder
        self.own_unit, self.reading = own_unit, reading
        titles = [str(cell) for row in sheet.rows[: header.row] for cell in row if not is_blank(cell)]
        has_unit = "unit" in header.columns or "unit_position" in header.columns
        self.sheet_unit = None if has_unit else self._unit_of_sheet(titles)
        self.sheet_role = next((role for role in map(cleaning.role_in, [sheet.name, *titles]) if role), None)

    def read(self) -> None:
        header = self.header
        if len(header.columns["name"]) > 1:
            self._report(
                header.row, header.columns["name"][1], "", "有两列“姓名”", "请把左右并排的名单改为上下一列"
            )
            return
        fillable = {c for m in ("unit", "unit_position", "role") for c in header.columns.get(m, [])}
        self.sheet.fill_down(fillable, first_row=header.last_row + 1)
        for row in range(header.last_row + 1, len(self.sheet.rows)):
            if not self._is_skipped(row):
                self._read_row(row)

    def _unit_of_sheet(self, titles: list[str]) -> MemberUnit | None:
        named = self.finder.named(self.sheet.name) or self.finder.within(self.sheet.name)
        return named or next((unit for unit in map(self.finder.within, titles) if unit), None)

    def _is_skipped(self, row: int) -> bool:
        """Blank rows, footnotes and the header printed again on each page."""
        name, _ = self.header.value(self.sheet, row, "name")
        phone, _ = self.header.value(self.sheet, row, "phone")
        if is_blank(name) and is_blank(phone):
            known = [self.header.value(self.sheet, row, m)[0] for m in ("position",)]
            filled = [c for c in self.sheet.rows[row] if not is_blank(c)]
            return all(is_blank(value) for value in known) or len(filled) <= 1
        return meaning_of(name) == "name" or cleaning.is_footnote(name)

    def _read_row(self, row: int) -> None:
        before = len(self.reading.wrong)
        name = self._name(row)
        phone = self._phone(row, name)
        unit, rest = self._unit(row, name)
        position = self._cleaned(row, "position", name, cleaning.clean_position)
        roles = self._cleaned(row, "role", name, cleaning.clean_roles)
        if len(self.reading.wrong) > before or unit is None:
            return
        self.reading.rows.append(
            RosterRow(
                sheet=self.sheet.name,
                row=row + 1,
                name=name,
                phone=phone,
                unit_id=unit.id,
                position=position or rest[: cleaning.MOST_POSITION],
                roles=tuple(roles or [self.sheet_role or PersonRoleKind.MEMBER]),
                columns={
                    meaning: self.header.label(self.header.value(self.sheet, row, meaning)[1])
                    for meaning in ("name", "phone", "unit")
                },
            )
        )

    def _name(self, row: int) -> str:
        name = self._cleaned(row, "name", "", cleaning.clean_name) or ""
        value, column = self.header.value(self.sheet, row, "name")
        if is_blank(value):
            self._report(row, column, value, "没有姓名", "请补填姓名；若是多余的行请删去")
        return name

    def _phone(self, row: int, name: str) -> str | None:
        value, column = self.header.value(self.sheet, row, "phone")
        try:
            return clean_phone(value)
        except WrongPhone as wrong:
            self._report(row, column, value, wrong.reason, wrong.mend, name)
            return None

    def _unit(self, row: int, name: str) -> tuple[MemberUnit | None, str]:
        meaning = "unit" if "unit" in self.header.columns else "unit_position"
        value, column = self.header.value(self.sheet, row, meaning)
        rest = ""
        if is_blank(value):
            unit = self.sheet_unit or self.own_unit
            if unit is None:
                self._report(row, column, value, "没有单位", "请补填单位，写全称或简称", name)
                return None, ""
        else:
            unit = self.finder.named(value)
            if unit is None and meaning == "unit_position":
                unit, rest = self.finder.leading(value)
            if unit is None:
                self._report(row, column, value, "没有这个成员单位", self._unit_hint(value), name)
                return None, ""
        if self.own_unit is not None and unit.id != self.own_unit.id:
            mend = f"请删去这一行，或改为{self.own_unit.short_name}；其他单位的人员由该单位或秘书处导入"
            self._report(row, column, value, f"属于{unit.short_name}，您只能导入本单位人员", mend, name)
            return None, ""
        return unit, rest

    def _unit_hint(self, value: Any) -> str:
        alike = self.finder.alike(value)
        if alike:
            return "请写单位全称或简称，相近的有：" + "、".join(alike)
        return "请写“成员单位”列表里的全称或简称"

    def _cleaned(self, row: int, meaning: str, name: str, clean: Any) -> Any:
        value, column = self.header.value(self.sheet, row, meaning)
        try:
            return clean(value)
        except cleaning.WrongCell as wrong:
            self._report(row, column, value, wrong.reason, wrong.mend, name)
            return None

    def _report(
        self, row: int, column: int | None, value: Any, reason: str, mend: str, name: str = ""
    ) -> None:
        self.reading.wrong.append(
            WrongCellReport(
                sheet=self.sheet.name,
                row=row + 1,
                column=self.header.label(column),
                value=_shown(value),
                reason=reason,
                mend=mend,
                name=name,
            )
        )


def _shown(value: Any) -> str:
    """The cell as its reader knows it: whole numbers without .0, long text cut."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
