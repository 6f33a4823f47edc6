"""What a material's file is, read from its content, never from its name; what may not be kept.

Office files are opened only as far as their text: a file that would unfold too far, holds macros or
bears a secrecy mark is refused. The text of a PDF is not read: its name and title are.
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from dataclasses import dataclass
from html import unescape

from services.errors import Invalid
from services.picture_files import MARKS

MAX_BYTES = 15 * 1024 * 1024
MAX_TEXT_BYTES = 8 * 1024 * 1024
MAX_PARTS = 2000

# In a text the words alone may be about secrecy; as a mark they bear a star, or stand for a kind of paper.
TEXT_MARKS = re.compile(
    r"(?:绝密|机密|秘密)\s*[★☆✩*＊]|[★☆✩]\s*(?:绝密|机密|秘密)|(?:绝密|机密|秘密)级(?:文件|材料)|"
    r"(?:不得|严禁|请勿)外传|内部文件|批示件|阅后(?:即焚|收回)"
)
OFFICE = {
    "docx": ("word/document.xml", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pptx": ("ppt/presentation.xml", "vnd.openxmlformats-officedocument.presentationml.presentation"),
    "xlsx": ("xl/workbook.xml", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
TEXT_PARTS = re.compile(
    r"word/(?:document|header\d*|footer\d*)\.xml|ppt/slides/slide\d+\.xml|xl/sharedStrings\.xml|docProps/core\.xml"
)
PLAIN = {
    "pdf": (b"%PDF-", "application/pdf"),
    "jpg": (b"\xff\xd8\xff", "image/jpeg"),
    "jpeg": (b"\xff\xd8\xff", "image/jpeg"),
    "png": (b"\x89PNG\r\n\x1a\n", "image/png"),
}
KINDS_WORDS = "PDF、Word（.docx）、PPT（.pptx）、Excel（.xlsx）、JPG、PNG"
_TAG = re.compile(r"<[^>]+>")
# What an archive that is broken, locked or packed in an unusual way raises while it is read.
BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError),
    *(EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """The file's ending as it is kept, and what a browser is told it is."""

    ending: str
    media_type: str


def check(content: bytes, file_name: str, title: str) -> Checked:
    """Raises Invalid naming `file` or `title`, and how to mend it."""
    if mark := MARKS.search(title):
        raise Invalid(fields={"title": _marked(mark.group(), "标题")})
    if not content:
        raise _wrong("请选择文件；选了的话，它是空的（0 字节）")
    if len(content) > MAX_BYTES:
        raise _wrong(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请压缩图片或拆成几个文件")
    if mark := MARKS.search(file_name):
        raise _wrong(_marked(mark.group(), "文件名"))
    ending = file_name.rpartition(".")[2].lower()
    if ending in PLAIN:
        start, media_type = PLAIN[ending]
        if not content.startswith(start):
            raise _wrong(f"文件的内容不是 {ending.upper()}，可能改过后缀名；请用原来的软件另存后再上传")
        return Checked("jpg" if ending == "jpeg" else ending, media_type)
    if ending in OFFICE:
        _check_office(content, ending)
        return Checked(ending, f"application/{OFFICE[ending][1]}")
    if ending in ("doc", "ppt", "xls"):
        raise _wrong(f"旧版 .{ending} 不能上传，请用 Office 或 WPS 另存为 .{ending}x 或 PDF")
    raise _wrong(f"只能上传 {KINDS_WORDS}；压缩包请解开，一个一个上传")


def _check_office(content: bytes, ending: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if OFFICE[ending][0] not in names:
                raise _wrong(f"文件的内容不是 .{ending}，请用 Office 或 WPS 另存后再上传")
            if len(parts) > MAX_PARTS:
                raise _wrong("文件太复杂，打不开；请另存为 PDF 后再上传")
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise _wrong("文件里有宏，为了安全不能上传；请另存为不带宏的文件或 PDF")
            text = _text(archive, parts)
    except BROKEN:
        raise _wrong("文件打不开，可能已损坏或设有密码；请检查后重新上传") from None
    if mark := TEXT_MARKS.search(text):
        raise _wrong(_marked(mark.group().strip(), "正文"))


def _text(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> str:
    """The text of the parts that hold it, unfolded no further than MAX_TEXT_BYTES in all."""
    found, left = [], MAX_TEXT_BYTES
    for part in parts:
        if not TEXT_PARTS.fullmatch(part.filename):
            continue
        with archive.open(part) as opened:
            read = opened.read(left + 1)
        if len(read) > left:
            raise _wrong("文件里的文字太多，无法检查；请拆开或另存为 PDF 后再上传")
        left -= len(read)
        found.append(unescape(_TAG.sub("", read.decode("utf-8", "replace"))))
    return "\n".join(found)


def _marked(mark: str, where: str) -> str:
    return f"{where}里有“{mark}”字样。涉密、内部文件和批示件不能上传；如果不是，请改掉这几个字再传"


def _wrong(why: str) -> Invalid:
    return Invalid(fields={"file": why})
