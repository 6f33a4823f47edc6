"""Where the header of a roster stands and what its columns mean, in many spellings."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from services.roster.workbook import Sheet

SEARCHED_ROWS = 20

SPELLINGS: dict[str, tuple[str, ...]] = {
    "name": (
        "姓名",
        "名字",
        "姓名全称",
        "真实姓名",
        "人员姓名",
        "学员姓名",
        "教师姓名",
        "会员姓名",
        "联系人姓名",
    ),
    "phone": (
        *("手机", "手机号", "手机号码", "移动电话", "本人手机", "联系手机", "手机电话", "常用手机"),
        *("联系电话", "电话", "电话号码", "联系方式", "联系号码", "号码", "mobile", "phone"),
    ),
    "unit": (
        *("单位", "所在单位", "工作单位", "所属单位", "单位名称", "单位全称", "成员单位", "现工作单位"),
        *("党校", "所在党校", "所属党校", "党校名称", "学校", "所属学校", "所在学校"),
    ),
    "unit_position": (
        "单位及职务",
        "单位职务",
        "单位和职务",
        "工作单位及职务",
        "所在单位及职务",
        "现任单位及职务",
    ),
    "position": ("职务", "职位", "现任职务", "工作职务", "担任职务", "岗位", "行政职务"),
    "role": ("身份", "角色", "类别", "类型", "人员类别", "人员身份", "身份类别", "人员类型", "人员角色"),
}
_MEANING = {spelling: meaning for meaning, spellings in SPELLINGS.items() for spelling in spellings}
_REMARK = re.compile(r"[(\[【].*?[)\]】]")
_DECORATION = re.compile(r"[\s*:：、.\u200b-\u200f\ufeff]+")


@dataclass
class Header:
    """`columns` maps a meaning to the columns that carry it, the best first; rows are zero-based."""

    row: int
    last_row: int
    columns: dict[str, list[int]] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)

    def value(self, sheet: Sheet, row: int, meaning: str) -> tuple[Any, int | None]:
        """The first value that is not empty and its column; the first column when all are empty."""
        columns = self.columns.get(meaning, [])
        for column in columns:
            value = sheet.cell(row, column)
            if not is_blank(value):
                return value, column
        return "", columns[0] if columns else None

    def label(self, column: int | None) -> str:
        """The column as the reader finds it: its title and its letter."""
        if column is None:
            return ""
        return f"{self.titles.get(column, '')}（{column_letter(column)} 列）"


def find_header(sheet: Sheet) -> Header | None:
    """The row that has a 姓名 and one more known title; None when there is none."""
    for row in range(min(SEARCHED_ROWS, len(sheet.rows))):
        header = _read(sheet, row)
        if "name" in header.columns and len(header.columns) >= 2:
            return header
        if "name" in header.columns and _is_alone(sheet, row):
            return header
    return None


def meaning_of(title: Any) -> str | None:
    """What a column title means: name, phone, unit, unit_position, position, role or None."""
    return _MEANING.get(_bare(title))


def is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not _DECORATION.sub("", value))


def column_letter(column: int) -> str:
    """Excel's letters of a zero-based column."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _read(sheet: Sheet, row: int) -> Header:
    """The titles of a row; where one is a group over two rows, the title is the lower one."""
    header = Header(row=row, last_row=row)
    below = sheet.rows[row + 1] if row + 1 < len(sheet.rows) else []
    name_columns = [c for c, title in enumerate(sheet.rows[row]) if meaning_of(title) == "name"]
    has_second_row = (
        bool(name_columns)
        and all(c >= len(below) or is_blank(below[c]) for c in name_columns)
        and any(meaning_of(title) for title in below)
    )
    width = max(len(sheet.rows[row]), len(below) if has_second_row else 0)
    for column in range(width):
        title = sheet.cell(row, column)
        if has_second_row and column < len(below) and meaning_of(below[column]):
            title = below[column]
        meaning = meaning_of(title)
        if meaning:
            header.columns.setdefault(meaning, []).append(column)
            header.titles[column] = " ".join(str(title).split())
    header.last_row = row + 1 if has_second_row else row
    for meaning, columns in header.columns.items():
        columns.sort(key=lambda c: _rank(meaning, header.titles[c]))
    return header


def _rank(meaning: str, title: str) -> int:
    """手机 is asked before 联系电话 when a sheet has both."""
    return SPELLINGS[meaning].index(_bare(title))


def _is_alone(sheet: Sheet, row: int) -> bool:
    """A list of nothing but names under the word 姓名."""
    return sum(not is_blank(cell) for cell in sheet.rows[row]) <= 2 and row + 1 < len(sheet.rows)


def _bare(title: Any) -> str:
    text = unicodedata.normalize("NFKC", str(title if title is not None else ""))
    return _DECORATION.sub("", _REMARK.sub("", text)).lower()
