"""Understanding what a member types: “1 3”, “１、３”, “一三”, “选第3个”, an option's words, “二十”,
“其他：食堂”, “明年3月15日”.

Taps need no reading: they carry the option's id.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

import clock
from models.surveys import QuestionKind
from services.surveys import dates
from services.surveys.sheet import GREATEST_NUMBER, Asked, Choice

LONGEST_TEXT = 500
LONGEST_WORDS = 100  # of “其他”
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
    """An answer understood: options (of a ranking in their order), a number, a text or a picture's key.

    `words` say what “其他” among the options means. `is_inferred`: more was understood than was
    written, so the member is told what was kept.
    """

    choices: tuple[Choice, ...] = ()
    number: int | None = None
    text: str | None = None
    file: str | None = None
    words: str = ""
    note: str = ""
    is_inferred: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """Meant for this question, but not an answer to it; `why` says what to do."""

    why: str


def read(asked: Asked, said: str, *, wordless: Choice | None = None) -> Reading | Wrong | None:
    """What `said` answers; None when it does not seem to be meant as an answer.

    `wordless`: “其他” is chosen already and waits for its words; `choices` stay empty then.
    """
    if asked.kind is QuestionKind.TEXT:
        return _text(said)
    plain = unicodedata.normalize("NFKC", said).strip().lower()
    if not plain:
        return None
    if asked.kind is QuestionKind.NUMBER:
        return _number(asked, plain)
    if asked.kind is QuestionKind.SCALE:
        return _step(asked, plain)
    if asked.kind is QuestionKind.DATE:
        return _date(asked, plain)
    if asked.kind is QuestionKind.PICTURE:
        return None
    if asked.kind is QuestionKind.RANKING:
        return _ranking(asked, plain)
    return _with_words(asked, said) or _or_words(_choices(asked, plain), said, plain, wordless)


def _or_words(
    meant: Reading | Wrong | None, said: str, plain: str, wordless: Choice | None
) -> Reading | Wrong | None:
    """While “其他” waits for its words, whatever names no option is them."""
    if wordless is None or isinstance(meant, Reading) or re.fullmatch(r"[\d\s,、]+", plain):
        return meant
    return _cut(said)


def _with_words(asked: Asked, said: str) -> Reading | Wrong | None:
    """“其他：食堂”, “4 食堂” of a single choice, “1 3 其他：食堂” of a multiple one."""
    for other in (choice for choice in asked.choices if choice.is_other):
        bare = re.sub(r"[（(].*?[）)]", "", _plain(other.text))
        names = sorted({_plain(other.text), bare, "其他", "其它", str(other.no)}, key=len, reverse=True)
        named = "|".join(re.escape(name) for name in names if name)
        gap = r"\s*[:：]\s*" if asked.most > 1 else r"\s*[:：,，、是]\s*|\s+"
        found = re.fullmatch(
            rf"(.*?)(?:{named})(?:{gap})(.+)", unicodedata.normalize("NFKC", said), re.S | re.I
        )
        if found is None or (found[1].strip() and asked.most == 1):
            continue
        words, before = _cut(found[2]), _BETWEEN.sub(" ", found[1]).strip()
        if asked.most == 1 and _worded(asked, found[2].strip().lower()):
            continue  # “4、线上” names an option after a number that is its own
        others = _choices_found(asked, before) if before else []
        if not isinstance(others, list):
            return others
        meant = _checked(asked, [*(each for each in others if each != other), other])
        return meant if isinstance(meant, Wrong) else replace(meant, words=words.words, note=words.note)
    return None


def _cut(said: str) -> Reading:
    words = said.strip()
    note = f"内容较长，只保留了前{LONGEST_WORDS}字" if len(words) > LONGEST_WORDS else ""
    return Reading(words=words[:LONGEST_WORDS], note=note)


def _date(asked: Asked, plain: str) -> Reading | Wrong | None:
    day = dates.read(plain, today=clock.local_today())
    if day is None or isinstance(day, str):
        return Wrong(day) if day else None
    number = dates.number_of(day)
    if (asked.minimum is not None and number < asked.minimum) or (
        asked.maximum is not None and number > asked.maximum
    ):
        return Wrong(f"日期超出范围，{date_range_words(asked)}")
    is_whole = re.search(r"\d{4}\D\d{1,2}\D\d{1,2}|\d{8}", plain) is not None
    return Reading(number=number, is_inferred=not is_whole)


def date_range_words(asked: Asked) -> str:
    """“请回复 2027年1月1日（周五）以后的日期”."""
    least, most = (dates.in_words(each) if each else "" for each in (asked.minimum, asked.maximum))
    if least and most:
        return f"请回复 {least} 至 {most} 的一天"
    if least or most:
        return f"请回复不{'早于' if least else '晚于'} {least or most} 的日期"
    return "请回复日期，如 2027年3月15日"


def _ranking(asked: Asked, plain: str) -> Reading | Wrong | None:
    """“3 1 2”, “三一二”, “研讨、讲授、现场”: the first place first, all places at once."""
    parts = [part for part in re.split(r"[>→]", plain) if part.strip()]
    found = _choices_found(asked, " ".join(parts))
    if found is None or isinstance(found, Wrong):
        return found
    if len(found) < asked.most:
        if len(found) == 1:
            return Reading(choices=tuple(found))  # the next place, as if it were tapped
        return Wrong(
            f"请按先后一次回复 {asked.most} 个序号，如 {' '.join(str(n) for n in range(asked.most, 0, -1))}"
        )
    return Reading(choices=tuple(found[: asked.most]))


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
    found = _choices_found(asked, plain)
    return _checked(asked, found) if isinstance(found, list) else found


def _choices_found(asked: Asked, plain: str) -> list[Choice] | Wrong | None:
    """The options that numbers or words name, in the order they were named."""
    parts = [part for part in _BETWEEN.split(plain) if part]
    if not parts:
        return None
    found: list[Choice] = []
    for part in parts:
        meant = _numbered(asked, part) or _worded(asked, part)
        if isinstance(meant, Wrong) or meant is None:
            return _worded(asked, plain) if len(parts) > 1 and meant is None else meant
        found += [choice for choice in meant if choice not in found]
    return found


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


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def _same_words(one: str, other: str) -> bool:
    return re.sub(r"\W", "", _plain(one)) == re.sub(r"\W", "", _plain(other)) != ""
