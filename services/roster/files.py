"""Workbooks handed out: the empty template and the list of wrong rows. No cell is ever a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from models.alliance import MemberUnit
from models.people import ROLE_WORDS
from services.roster.rows import WrongCellReport

TITLES = ("姓名", "手机", "单位", "职务", "身份")
LAST_ROW = 2000
HEADER = {"bold": True, "bg_color": "#F2E6E4", "border": 1}
PLAIN_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def template(units: Iterable[MemberUnit]) -> bytes:
    """An empty roster: phones as text, units and roles chosen from a list, an explanation beside it."""
    names = [unit.name for unit in units]
    with _workbook() as (book, buffer):
        bold, text = (
            book.add_format(HEADER),
            book.add_format({"num_format": "@"}),
        )
        sheet = book.add_worksheet("人员名单")
        sheet.write_row(0, 0, TITLES, bold)
        for column, width in enumerate((12, 16, 30, 24, 14)):
            sheet.set_column(column, column, width, text)
        sheet.freeze_panes(1, 0)
        listed = book.add_worksheet("填写说明")
        _write_help(listed, names, bold)
        if names:
            source = f"=填写说明!$D$2:$D${len(names) + 1}"
            sheet.data_validation(
                1, 2, LAST_ROW, 2, {"validate": "list", "source": source, "error_type": "warning"}
            )
        roles = {"validate": "list", "source": list(ROLE_WORDS.values()), "error_type": "information"}
        sheet.data_validation(1, 4, LAST_ROW, 4, roles)
    return buffer.getvalue()


def wrong_rows(cells: Iterable[WrongCellReport]) -> bytes:
    """The wrong rows with place, reason and remedy."""
    rows = [(c.sheet, str(c.row), c.column, c.name, c.value, c.reason, c.mend) for c in cells]
    titles = ("工作表", "行号", "列", "姓名", "原内容", "问题", "怎样改")
    return table("未导入的行", titles, rows, widths=(14, 8, 18, 12, 22, 40, 40))


def table(name: str, titles: Sequence[str], rows: Iterable[Sequence[str]], *, widths: Sequence[int]) -> bytes:
    """A sheet of text cells below a bold header."""
    with _workbook() as (book, buffer):
        sheet = book.add_worksheet(name)
        bold = book.add_format(HEADER)
        wrap = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.write_row(0, 0, titles, bold)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value, wrap)
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()


@contextmanager
def _workbook() -> Iterator[tuple[Workbook, io.BytesIO]]:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, PLAIN_TEXT)
    try:
        yield book, buffer
    finally:
        book.close()


def _write_help(sheet: Worksheet, unit_names: list[str], bold: object) -> None:
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 60)
    sheet.set_column(3, 3, 30)
    sheet.write_row(0, 0, ("列", "怎样填"), bold)
    sheet.write_row(1, 0, ("姓名", "必填。只写姓名，不加备注"))
    sheet.write_row(
        2, 0, ("手机", "11 位手机号。用来区分同名的人，也用来查找；没有可不填，但同单位同名时必填")
    )
    sheet.write_row(3, 0, ("单位", "写右侧列表里的全称或简称；只导入本单位时可不填"))
    sheet.write_row(4, 0, ("职务", "选填，60 字以内"))
    sheet.write_row(5, 0, ("身份", "、".join(ROLE_WORDS.values()) + "；多个用顿号分开，不填为会员"))
    sheet.write(0, 3, "成员单位", bold)
    for row, name in enumerate(unit_names, 1):
        sheet.write_string(row, 3, name)
