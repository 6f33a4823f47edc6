"""Understanding what a member types: “1 3”, “１、３”, “一三”, “选第3个”, an option's words, “二十”.

Taps need no reading: they carry the option's id.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from models.surveys import QuestionKind
from services.surveys.sheet import GREATEST_NUMBER, Asked, Choice

LONGEST_TEXT = 500
SHORTEST_PART = 2  # characters of an option's text that may stand for it

_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN = "".join(_DIGITS) + "".join(_UNITS) + "万"
_BETWEEN = re.compile(r"[\s,.、;:/|+&()\[\]。·]+|和|与|及|还有|以及")
_AROUND = re.compile(r"^(我?(选择?|要|想选)?第?)|(个|项|题|号|条)?$")
_AROUND_STEP = re.compile(r"我|觉得|认为|应该|大概|打|给|选择?|评|第|个|分|星|级|吧|的|了|[，,。!！~？?]")
_BETWEEN_STEPS = re.compile(r"[\s、;/|]+|或者?|和|到|至")
_NUMBERS = re.compile(rf"[-+]?\d+(?:\.\d+)?|[{_HAN}]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer understood. Exactly one of the three is given."""

    choices: tuple[Choice, ...] = ()
    number: int | None = None
    text: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Meant for this question, but not an answer to it; `why` says what to do."""

    why: str


def read(asked: Asked, said: str) -> Reading | Wrong | None:
    """What `said` answers; None when it does not seem to be meant as an answer."""
    if asked.kind is QuestionKind.TEXT:
        return _text(said)
    plain = unicodedata.normalize("NFKC", said).strip().lower()
    if not plain:
        return None
    if asked.kind is QuestionKind.NUMBER:
        return _number(asked, plain)
    if asked.kind is QuestionKind.SCALE:
        return _step(asked, plain)
    return _choices(asked, plain)


def _text(said: str) -> Reading | Wrong:
    text = said.strip()
    if not text:
        return Wrong("请回复文字，不能为空")
    if len(text) <= LONGEST_TEXT:
        return Reading(text=text)
    return Reading(text=text[:LONGEST_TEXT], note=f"您的回答较长，只保留了前{LONGEST_TEXT}字")


def _number(asked: Asked, plain: str) -> Reading | Wrong | None:
    found = _NUMBERS.findall(plain.replace(",", "") if re.fullmatch(r"[\d,]+", plain) else plain)
    if not found:
        return None
    if len(found) > 1:
        return Wrong("请只回复一个数字")
    value = _value(found[0])
    if value is None:
        return Wrong("请回复一个整数")
    least = asked.minimum if asked.minimum is not None else -GREATEST_NUMBER
    most = asked.maximum if asked.maximum is not None else GREATEST_NUMBER
    if not least <= value <= most:
        return Wrong(f"数字超出范围，{range_words(asked)}")
    return Reading(number=value)


def _step(asked: Asked, plain: str) -> Reading | Wrong | None:
    """A step of a scale: “4”, “打四分”, “第４个”, or the words of an end.

    Nothing but the number and words around it: of “一般” or “下一期” the 一 is no answer.
    """
    for value in (asked.steps[0], asked.steps[-1]):
        if asked.end_words(value) and _same_words(asked.end_words(value), plain):
            return Reading(number=value)
    bare = _AROUND_STEP.sub("", plain)
    parts = [part for part in _BETWEEN_STEPS.split(bare) if part]
    if not parts or not all(_NUMBERS.fullmatch(part) for part in parts):
        return None
    return _number(asked, " ".join(parts))


def range_words(asked: Asked) -> str:
    """“请回复 0 至 100 的整数”."""
    if asked.minimum is not None and asked.maximum is not None:
        return f"请回复 {asked.minimum} 至 {asked.maximum} 的整数"
    if asked.minimum is not None:
        return f"请回复不小于 {asked.minimum} 的整数"
    if asked.maximum is not None:
        return f"请回复不大于 {asked.maximum} 的整数"
    return "请回复一个整数"


def _value(written: str) -> int | None:
    """A whole number written in digits or in Chinese; None for anything else."""
    if re.fullmatch(r"[-+]?\d{1,12}(\.0+)?", written):
        return int(float(written))
    return chinese_number(written)


def chinese_number(written: str) -> int | None:
    """“二十三” is 23, “一百零五” 105, “二〇” 20; None when it is no number."""
    if not written or any(char not in _HAN for char in written):
        return None
    if all(char in _DIGITS for char in written):
        return int("".join(str(_DIGITS[char]) for char in written)) if len(written) <= 9 else None
    total, section, digit = 0, 0, 0
    for char in written:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        else:
            section += (digit or 1) * _UNITS[char]
            digit = 0
    return total + section + digit


def _choices(asked: Asked, plain: str) -> Reading | Wrong | None:
    exact = [choice for choice in asked.choices if _same_words(choice.text, plain)]
    if exact:
        return _checked(asked, exact[:1])
    parts = [part for part in _BETWEEN.split(plain) if part]
    if not parts:
        return None
    found: list[Choice] = []
    for part in parts:
        meant = _numbered(asked, part) or _worded(asked, part)
        if isinstance(meant, Wrong) or meant is None:
            return _worded_whole(asked, plain) if len(parts) > 1 and meant is None else meant
        found += [choice for choice in meant if choice not in found]
    return _checked(asked, found)


def _checked(asked: Asked, found: list[Choice]) -> Reading | Wrong:
    if len(found) > asked.most:
        return Wrong(f"这一题{'只能选一项' if asked.most == 1 else f'最多选 {asked.most} 项'}")
    if len(found) < asked.least:
        return Wrong(f"这一题至少选 {asked.least} 项，请一次回复全部序号，如 1 2")
    return Reading(choices=tuple(sorted(found, key=lambda choice: choice.no)))


def _numbered(asked: Asked, part: str) -> list[Choice] | Wrong | None:
    """Options by their numbers: 3, 13 of fifteen, 1 and 3 of nine written 13, 十一, 一三."""
    bare = _AROUND.sub("", part)
    count = len(asked.choices)
    value = int(bare) if re.fullmatch(r"[0-9]{1,4}", bare) else chinese_number(bare)
    if value is None:
        return None
    if 1 <= value <= count:
        return [asked.choices[value - 1]]
    digits = [int(char) for char in bare] if bare.isdigit() else [_DIGITS.get(char, 0) for char in bare]
    if asked.most > 1 and count <= 9 and len(digits) > 1 and all(1 <= digit <= count for digit in digits):
        return [asked.choices[digit - 1] for digit in dict.fromkeys(digits)]
    return Wrong(f"没有第 {value} 项，请回复 1 至 {count}")


def _worded(asked: Asked, part: str) -> list[Choice] | Wrong | None:
    """The option whose text holds the words, or the other way round."""
    bare = re.sub(r"^(我?(选择?|要选?|想选?|更?喜欢|觉得|希望))", "", part).strip()
    if len(bare) < SHORTEST_PART:
        return None
    same = [choice for choice in asked.choices if _same_words(choice.text, bare)]
    if same:
        return same[:1]
    held = [choice for choice in asked.choices if bare in _plain(choice.text)]
    if len(held) == 1:
        return held
    if held:
        return Wrong(f"有 {len(held)} 项都含这个词，请回复序号")
    long_enough = [choice for choice in asked.choices if len(choice.text) >= SHORTEST_PART]
    return [choice for choice in long_enough if _plain(choice.text) in bare] or None


def _worded_whole(asked: Asked, plain: str) -> Reading | Wrong | None:
    meant = _worded(asked, plain)
    return _checked(asked, meant) if isinstance(meant, list) else meant


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def _same_words(one: str, other: str) -> bool:
    return re.sub(r"\W", "", _plain(one)) == re.sub(r"\W", "", _plain(other)) != ""
