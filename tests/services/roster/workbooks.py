"""Rosters as people send them, built for the tests."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import xlwt


def xlsx(*sheets: tuple[str, list[list[Any]]], merge: tuple[str, ...] = (), hidden: str = "") -> bytes:
    """A workbook of (name, rows); `merge` are ranges merged in the first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name == hidden:
            sheet.sheet_state = "hidden"
    for cells in merge:
        book.worksheets[0].merge_cells(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def xls(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    """The same in the old format; the first row of each sheet is a title merged over its columns."""
    book = xlwt.Workbook()
    for name, rows in sheets:
        sheet = book.add_sheet(name)
        sheet.write_merge(0, 0, 0, max(map(len, rows)) - 1, rows[0][0])
        for number, row in enumerate(rows[1:], 1):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def nasty() -> bytes:
    """Everything at once: see `test_imports.py` for what should come of each row."""
    teachers = [
        ["  张家港市委党校系统 师资名单（2026年） ", None, None, None, None],
        ["制表：教务处", None, None, None, None],
        [None, None, None, None, None],
        ["序号", "联系电话（必填）", "职 务", "所在单位", "名字"],
        [1, 13800138001.0, "副教授", "市委党校", "张 三"],
        [2, "１３８００１３８００２", "讲师", "乐余镇党校", "李　晓　明"],
        [3, "+86 138-0013-8003", "", None, "王芳"],  # its unit is merged with the row above
        [4, "1.38E+10", "", "乐余镇党校", "赵六"],
        [5, 13800138005, "", "无此单位", "钱七"],
        [None, None, None, None, None],
        [6, "13800138006", "", "乐余镇党校", None],
        ["合计", None, None, None, "合计：6 人"],
    ]
    trainees = [
        ["单位", "姓名", "手机", "类别"],
        ["乐余镇党校", "李晓明", "138 0013 8002", "学员"],  # the teacher of the other sheet
        ["乐余镇党校", "王芳", "13800138013", "学员、班主任"],  # a namesake
        ["乐余镇党校", "孙八", None, None],
        ["乐余镇党校", "周九", None, None],
        ["乐余镇党校", "周 九", None, None],  # nobody can tell
        ["乐余镇党校", "吴十", "13800138015", "司机"],
        ["乐余镇党校", "郑一", "13800138016", "学员"],
        ["乐余镇党校", "冯二", "13800138016", "学员"],  # the same phone
    ]
    return xlsx(
        ("教师", teachers), ("学员", trainees), ("说明", [["请于周五前报送"]]), merge=("A1:E1", "D6:D7")
    )
