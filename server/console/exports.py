"""Excel files of lists. Text stays text: nothing a member typed becomes a formula or a link.

What begins like a formula is marked as text in the cell itself (Excel's own leading
apostrophe), so that it stays text when somebody edits the cell or saves it as CSV.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import quote

import xlsxwriter
from flask import Response, send_file

import clock

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WIDEST = 40
LONGEST_CELL = 32_767  # Excel refuses more
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def xlsx(name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A download `<name>-<day>.xlsx` with one sheet; rows are written as they come."""
    file = BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False},
    )
    sheet = book.add_worksheet(name[:31])
    bold = book.add_format({"bold": True, "bg_color": "#F2F2F2"})
    widths = [min(WIDEST, max(10, 2 * len(heading) + 4)) for heading in headings]
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, bold)
    sheet.freeze_panes(1, 0)
    as_text = book.add_format({"quote_prefix": True})
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(number, column, value)
            elif value is not None:
                text = str(value)[:LONGEST_CELL]
                dress = as_text if text.startswith(FORMULA_STARTS) else None
                sheet.write_string(number, column, text, dress)
    book.close()
    file.seek(0)
    answer = send_file(file, mimetype=XLSX)
    file_name = quote(f"{name}-{clock.local_today():%Y%m%d}.xlsx")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{file_name}"
    return answer


def download(content: bytes, name: str, kind: str = XLSX) -> Response:
    """A file made elsewhere, to be saved under this name."""
    answer = send_file(BytesIO(content), mimetype=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
