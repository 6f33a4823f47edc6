"""What a cell of a file, or a field keyed in from paper, answers to a question."""

from __future__ import annotations

import re
from typing import Any

from models.surveys import QuestionKind
from services.surveys import reading
from services.surveys.reading import Reading, Wrong
from services.surveys.sheet import COUNTED, Asked, Choice

LONGEST_TEXT = 10_000
_PARTS = re.compile(r"[┋;；\n|｜→]+")
_MORE_PARTS = re.compile(r"[┋;；\n|｜→、，,]+")
_LETTER = re.compile(r"^[A-Za-z][.、．:：]\s*")
_OTHER_WORDS = re.compile(r"[〖【\[(（](.*)[〗】\])）]\s*$", re.DOTALL)
_SKIPPED = {"", "(空)", "（空）", "(跳过)", "（跳过）", "-3", "-2"}
_MARKS = re.compile(r"[\s\W_]+")


def text_of(value: Any) -> str:
    """A cell as somebody would type it: 3.0 is 3, a line end stays."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value if value is not None else "").strip()


def is_empty(value: Any) -> bool:
    """Nothing, or what other tools write for a question that was skipped."""
    return text_of(value) in _SKIPPED


def read(asked: Asked, value: Any) -> Reading | str:
    """The answer, or in words why it is none. `value` is not empty."""
    said = text_of(value)
    if asked.kind is QuestionKind.PICTURE:
        return "图片不能从文件或纸上录入，请把这一列设为不导入"
    if asked.kind is QuestionKind.TEXT:
        return Reading(text=said[:LONGEST_TEXT])
    if asked.choices:
        found = _choices(asked, said)
        if found is not None:
            return found
    if asked.kind in COUNTED and asked.steps:
        said = re.sub(r"\s*分$", "", said)
    understood = reading.read(asked, said)
    if isinstance(understood, Reading):
        return understood
    if isinstance(understood, Wrong):
        return understood.why
    return _expected(asked)


def _choices(asked: Asked, said: str) -> Reading | None:
    """Options by their words; None where a part is no option."""
    whole = _option(asked, said)
    if whole is not None:
        chosen = [whole]
    elif asked.kind is QuestionKind.SINGLE:
        return None
    else:
        for pattern in (_PARTS, _MORE_PARTS):
            parts = [part.strip() for part in pattern.split(said) if part.strip()]
            told = [_option(asked, part) for part in parts]
            if parts and all(told):
                break
        else:
            return None
        chosen = [each for each in told if each is not None]
    choices = list(dict.fromkeys(choice for choice, _ in chosen))
    if not asked.least <= len(choices) <= asked.most:
        return None
    words = next((words for _, words in chosen if words), "")
    return Reading(choices=tuple(choices), words=words)


def _option(asked: Asked, part: str) -> tuple[Choice, str] | None:
    plain = _LETTER.sub("", part).strip()
    for choice in asked.choices:
        if _MARKS.sub("", choice.text) == _MARKS.sub("", plain):
            return choice, ""
    for choice in asked.choices:
        inside = _OTHER_WORDS.search(plain)
        if choice.is_other and inside and plain.startswith(choice.text):
            return choice, inside[1].strip()
    return None


def _expected(asked: Asked) -> str:
    if asked.choices:
        listed = "、".join(choice.text for choice in asked.choices[:6])
        return f"没有这个选项；可以填：{listed}{'…' if len(asked.choices) > 6 else ''}"
    if asked.steps:
        return f"请填 {asked.steps[0]} 到 {asked.steps[-1]} 的整数"
    if asked.kind is QuestionKind.DATE:
        return "请按 2026-11-23 的样子填写日期"
    return "请填写整数"
