"""The list of error-prone words (易错词): those shipped with the product, and the alliance's own.

A word of the alliance goes before a shipped one of the same spelling; one that is not active
switches it off. A word stops a text, or only warns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.accounts import Account
from models.base import db
from models.error_words import ErrorWord
from services import access, audit
from services.errors import Invalid, NotFound

MOST = 5000
HEADINGS = ("易错词", "建议改为", "处理", "是否启用", "说明")
STOPS, WARNS, ON, OFF = "拦截", "提醒", "启用", "停用"

# What was written, and what was meant.
SHIPPED = {
    "攻府": "政府",
    "正府": "政府",
    "共合国": "共和国",
    "共产堂": "共产党",
    "中华人民共国": "中华人民共和国",
    "扫黑险恶": "扫黑除恶",
    "扫黑出恶": "扫黑除恶",
    "不忘初衷牢记使命": "不忘初心、牢记使命",
    "习进平": "习近平",
    "两个维保": "两个维护",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is looked for. `row_id` is None for a shipped one that nobody changed."""

    word: str
    suggestion: str
    stops: bool
    is_active: bool = True
    note: str = ""
    row_id: int | None = None


def all_words() -> list[Word]:
    """Every word, the alliance's and the shipped, in the order of their spelling."""
    found = {word: Word(word, right, stops=True, note="系统自带") for word, right in SHIPPED.items()}
    for row in ErrorWord.select():
        found[row.word] = Word(row.word, row.suggestion, row.stops, row.is_active, row.note, row.id)
    return sorted(found.values(), key=lambda each: each.word)


def standing() -> list[Word]:
    """The words that are looked for; one query."""
    return [each for each in all_words() if each.is_active]


def keep(
    word: str, *, suggestion: str, stops: bool, is_active: bool = True, note: str = "", actor: Account
) -> ErrorWord:
    """Add a word, or change the one of this spelling. Raises Invalid naming the field."""
    access.require(actor, "error_words.manage")
    values = _checked(word, suggestion, note) | {"stops": stops, "is_active": is_active}
    with db.atomic():
        row = _kept(values)
        audit.record("error_word.kept", row, actor=actor, **values)
    return row


def remove(word: str, *, actor: Account) -> None:
    """Take a word of the alliance off the list; a shipped one holds again. Raises NotFound."""
    access.require(actor, "error_words.manage")
    with db.atomic():
        row = ErrorWord.get_or_none(ErrorWord.word == word)
        if row is None:
            raise NotFound("系统自带的词不能删除，可以停用")
        audit.record("error_word.removed", row, actor=actor, word=word)
        row.delete_instance()


def table(words: Iterable[Word]) -> list[Sequence[str]]:
    """The rows of an Excel file, below HEADINGS."""
    return [
        (each.word, each.suggestion, STOPS if each.stops else WARNS, ON if each.is_active else OFF, each.note)
        for each in words
    ]


def import_rows(rows: Sequence[Sequence[Any]], *, actor: Account) -> int:
    """Take the words of a sheet whose first row is HEADINGS; how many. All or none.

    Raises Invalid naming `file` with the first rows that are wrong and why.
    """
    access.require(actor, "error_words.manage")
    if not rows or [str(cell or "").strip() for cell in rows[0]][:2] != list(HEADINGS[:2]):
        raise Invalid(fields={"file": f"第一行应是：{'、'.join(HEADINGS)}；可先导出一份照着改"})
    if len(rows) > MOST + 1:
        raise Invalid(fields={"file": f"一次最多导入 {MOST} 个词"})
    wanted, wrong = [], []
    for number, row in enumerate(rows[1:], 2):
        cells = [str(cell or "").strip() for cell in row] + [""] * len(HEADINGS)
        if not any(cells):
            continue
        try:
            values = _checked(cells[0], cells[1], cells[4])
        except Invalid as error:
            wrong.append(f"第 {number} 行：{error.message}")
            continue
        wanted.append(values | {"stops": cells[2] != WARNS, "is_active": cells[3] != OFF})
    if wrong:
        raise Invalid(fields={"file": "；".join(wrong[:5])})
    with db.atomic():
        for values in wanted:
            _kept(values)
        audit.record("error_word.imported", None, actor=actor, words=len(wanted))
    return len(wanted)


def _kept(values: dict[str, Any]) -> ErrorWord:
    row = ErrorWord.get_or_none(ErrorWord.word == values["word"]) or ErrorWord(word=values["word"])
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row


def _checked(word: str, suggestion: str, note: str) -> dict[str, Any]:
    word, suggestion, note = "".join(word.split()), suggestion.strip(), note.strip()
    fields = {}
    if not 2 <= len(word) <= 20:
        fields["word"] = "易错词应为 2 到 20 个字"
    if len(suggestion) > 40 or suggestion == word:
        fields["suggestion"] = "建议最多 40 个字，且不能与易错词相同"
    if len(note) > 100:
        fields["note"] = "说明最多 100 个字"
    if fields:
        raise Invalid(fields=fields)
    return {"word": word, "suggestion": suggestion, "note": note}
