"""Run as a program of its own: an Excel file on standard input, its cells as JSON on standard output.

A workbook of a few kilobytes can claim 17 thousand million cells, and the reader
allocates them; here it may use so much memory and time and no more. Imports nothing
of ours, so that it starts quickly.
"""

from __future__ import annotations

import datetime
import io
import json
import resource
import sys
from typing import Any

MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 20
MOST_SHEET_ROWS = 20_000
MOST_COLUMNS = 200


def extract(content: bytes) -> list[dict[str, Any]]:
    """Each visible worksheet: name, rows from the first row of the sheet on, merged ranges."""
    import python_calamine

    workbook = python_calamine.load_workbook(io.BytesIO(content))
    sheets = []
    for meta in workbook.sheets_metadata:
        if str(meta.typ) != "SheetTypeEnum.WorkSheet":
            continue
        if str(meta.visible) != "SheetVisibleEnum.Visible":
            sheets.append({"name": meta.name, "is_hidden": True, "is_cut": False, "rows": [], "merged": []})
            continue
        sheet = workbook.get_sheet_by_name(meta.name)
        is_cut = sheet.end is not None and (sheet.end[0] >= MOST_SHEET_ROWS)
        rows = [] if is_cut else sheet.to_python(skip_empty_area=False)
        sheets.append(
            {
                "name": meta.name,
                "is_hidden": False,
                "is_cut": is_cut,
                "rows": [[_plain(cell) for cell in row[:MOST_COLUMNS]] for row in rows],
                "merged": sheet.merged_cell_ranges or [],
            }
        )
    return sheets


def _plain(cell: object) -> object:
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        return str(cell)
    return cell


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import python_calamine

    try:
        sheets = extract(sys.stdin.buffer.read())
    except python_calamine.PasswordError:
        answer: dict[str, Any] = {"error": "password"}
    except python_calamine.CalamineError as error:
        answer = {"error": "password" if "password" in str(error).lower() else "unreadable"}
    else:
        answer = {"sheets": sheets}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
