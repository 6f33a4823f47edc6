"""Excel files of several sheets. Text stays text: nothing a respondent typed becomes a formula or a link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import xlsxwriter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LONGEST_CELL = 32_767
WIDEST, LEAST_WIDE = 48, 8
_BAD_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True)
class Page:
    """One sheet. A cell is text, a number, or None; a float from 0 to 1 in a `shares` column a percentage."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Any]]
    shares: frozenset[int] = frozenset()


def book(pages: Iterable[Page]) -> bytes:
    """An .xlsx file with these sheets in order."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as made:
        formats = {
            "head": made.add_format({"bold": True, "bg_color": "#F2F2F2", "text_wrap": True}),
            "text": made.add_format({"text_wrap": True, "valign": "top"}),
            "quoted": made.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True}),
            "share": made.add_format({"num_format": "0.0%"}),
        }
        names: set[str] = set()
        for page in pages:
            _write(made.add_worksheet(_name(page.name, names)), page, formats)
    return buffer.getvalue()


def _name(name: str, taken: set[str]) -> str:
    """Thirty-one characters, none twice, none that Excel refuses."""
    plain = name.translate(_BAD_IN_NAMES).strip()[:28] or "表"
    found = plain if plain not in taken else f"{plain}{len(taken)}"
    taken.add(found)
    return found


def _write(sheet: Any, page: Page, formats: dict[str, Any]) -> None:
    widths = [min(WIDEST, max(LEAST_WIDE, 2 * len(heading) + 2)) for heading in page.headings]
    for column, heading in enumerate(page.headings):
        put(sheet, 0, column, heading, formats, "head")
    for number, row in enumerate(page.rows, 1):
        for column, value in enumerate(row):
            dress = "share" if column in page.shares and isinstance(value, float) else "text"
            put(sheet, number, column, value, formats, dress)
            if column < len(widths):
                widths[column] = min(WIDEST, max(widths[column], 2 * len(str(value or ""))))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)


def put(sheet: Any, row: int, column: int, value: Any, formats: dict[str, Any], dress: str) -> None:
    if value is None or value == "":
        return
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(row, column, value, formats[dress])
        return
    text = str(value)[:LONGEST_CELL]
    is_formula = text.startswith(FORMULA_STARTS)
    sheet.write_string(row, column, text, formats["quoted" if is_formula else dress])
