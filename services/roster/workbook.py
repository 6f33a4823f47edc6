"""An uploaded file as sheets of cells, whatever was uploaded."""

from __future__ import annotations

import json
import subprocess  # nosec B404
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.errors import Invalid

MOST_BYTES = 5 * 1024 * 1024
SECONDS = 30
EXTRACTION = Path(__file__).with_name("extraction.py")

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_AS = "请用 Excel 或 WPS 打开，“另存为”.xlsx 后再上传"


@dataclass
class Sheet:
    """`rows[0]` is the sheet's first row, so `rows[i]` is Excel's row i + 1."""

    name: str
    rows: list[list[Any]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    is_hidden: bool = False

    def cell(self, row: int, column: int) -> Any:
        cells = self.rows[row]
        return cells[column] if column < len(cells) else ""

    def fill_down(self, columns: set[int], *, first_row: int) -> None:
        """Repeat the value of a vertically merged cell in each of its rows, in these columns."""
        for (top, left), (bottom, _) in self.merged:
            if left not in columns or top < first_row or bottom <= top:
                continue
            value = self.cell(top, left)
            for row in range(top + 1, min(bottom, len(self.rows) - 1) + 1):
                cells = self.rows[row]
                cells.extend([""] * (left + 1 - len(cells)))
                cells[left] = value


def open_workbook(content: bytes, file_name: str) -> list[Sheet]:
    """The sheets of an .xls or .xlsx file. Raises Invalid (field `file`) with what to do instead."""
    if not content:
        raise _wrong("文件是空的（0 字节），请重新选择文件")
    if len(content) > MOST_BYTES:
        raise _wrong(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请删去图片或拆成几个文件后再上传")
    if not content.startswith((_ZIP, _OLE)):
        raise _wrong(_what_it_is(content, file_name) + _SAVE_AS)
    answer = _extract(content)
    if answer.get("error") == "password":
        raise _wrong("文件设有密码，请先取消密码再上传")
    if "error" in answer:
        raise _wrong("文件打不开，可能不是 Excel 文件或已损坏；" + _SAVE_AS)
    too_long = [sheet["name"] for sheet in answer["sheets"] if sheet["is_cut"]]
    if too_long:
        raise _wrong(f"工作表“{too_long[0]}”行数过多，请只保留人员名单，删去下方多余的行")
    return [
        Sheet(
            name=sheet["name"],
            rows=sheet["rows"],
            merged=[(tuple(start), tuple(end)) for start, end in sheet["merged"]],
            is_hidden=sheet["is_hidden"],
        )
        for sheet in answer["sheets"]
    ]


def _extract(content: bytes) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no shell, no argument from outside
            [sys.executable, "-I", str(EXTRACTION)],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _wrong("文件读取超时，请删去图片、公式和多余的工作表后再上传") from error
    if done.returncode != 0:  # out of memory or out of time, or a file that breaks the reader
        raise _wrong("文件内容过大或已损坏，请把名单复制到一个新的工作簿后再上传")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _what_it_is(content: bytes, file_name: str) -> str:
    start = content[:2000].lstrip().lower()
    if start.startswith((b"<", b"\xef\xbb\xbf<")):
        return "这个文件其实是网页或 XML，只是扩展名写成了 Excel；"
    if start.startswith(b"%pdf"):
        return "这是 PDF 文件，不是 Excel；"
    if file_name.lower().endswith((".csv", ".txt")):
        return "这是文本文件，不是 Excel；"
    return "这不是 Excel 文件；"


def _wrong(words: str) -> Invalid:
    return Invalid(fields={"file": words})
