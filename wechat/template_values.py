"""Values of template and subscribe messages: the limits of each type (contract §7).

A `thing` is cut with "…"; every other value that does not fit is refused, because the
platform would refuse it (47003), or show something else than was meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_FIELD = re.compile(r"\{\{\s*([a-z_]+)(\d*)\.DATA\s*\}\}", re.IGNORECASE)
_KEY = re.compile(r"^([a-z_]+?)(\d*)$")
_SPACES = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_RANGE = re.compile(r"\s*[~～]\s*")

_HAN = r"[㐀-䶿一-鿿]"
_CLOCK_TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_DAY = r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}\.\d{1,2}\.\d{1,2})"
_MOMENT = rf"({_DAY}\s?)?{_CLOCK_TIME}"
_DATE = rf"{_DAY}(\s?{_CLOCK_TIME})?"
_CAR_END = r"[A-Za-z0-9㐀-䶿一-鿿]"

# type: (what the whole value must match, the rule in words)
_RULES: dict[str, tuple[re.Pattern[str], str]] = {
    "character_string": (re.compile(r"[\x21-\x7e]{1,32}"), "32 位以内的数字、字母或符号，不能有汉字或空格"),
    "number": (re.compile(r"(?=.{1,32}$)-?\d+(\.\d+)?"), "32 位以内的数字"),
    "letter": (re.compile(r"[A-Za-z]{1,32}"), "32 位以内的字母"),
    "symbol": (re.compile(r"[^\w\s]{1,5}"), "5 位以内的符号"),
    "time": (
        re.compile(rf"{_MOMENT}(~{_MOMENT})?"),
        "24 小时制时间，可带日期，如 15:01 或 2026年10月1日 15:01，时段用 ~ 连接",
    ),
    "date": (
        re.compile(rf"{_DATE}(~{_DATE})?"),
        "年月日，可带时间，如 2026年10月1日 15:01，时段用 ~ 连接",
    ),
    "amount": (re.compile(r"[¥￥$€£]?\d{1,10}(\.\d+)?元?"), "一个币种符号加 10 位以内的数字，可带小数和“元”"),
    "phone_number": (re.compile(r"[\d+()（）*# -]{1,17}"), "17 位以内的数字或符号"),
    "car_number": (re.compile(rf"{_CAR_END}([A-Za-z0-9]{{0,6}}{_CAR_END})?"), "8 位以内，首位和末位可为汉字"),
    "phrase": (re.compile(rf"{_HAN}{{1,5}}"), "5 个以内的汉字，不能有数字、字母或空格"),
}


class BadValue(ValueError):
    """A value its template would refuse; `field` is the key, `rule` what it must be, in words."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"模板字段 {field} 不合要求：{rule}")
        self.field = field
        self.rule = rule


def parse_template_content(content: str) -> dict[str, str]:
    """The keys of a template and their types, in order, from get_all_private_template's `content`.

    `活动名称:{{thing1.DATA}}` gives {"thing1": "thing"}.
    """
    return {f"{name}{number}": name for name, number in _FIELD.findall(content)}


def value_type(field: str) -> str:
    """`thing` for `thing1`. Raises BadValue for a key that is not a type and a number."""
    found = _KEY.match(field)
    if not found:
        raise BadValue(field, "字段名应为类型加序号，如 thing1")
    return found.group(1)


def format_value(field: str, value: str) -> str:
    """The value as it may be sent. Raises BadValue.

    Outer spaces are dropped and inner runs (with newlines) become one space.
    """
    kind = value_type(field)
    text = _CONTROL.sub("", _SPACES.sub(" ", value)).strip()
    if not text:
        raise BadValue(field, "不能为空")
    if kind in ("thing", "short_thing"):
        return text if len(text) <= 20 else text[:19] + "…"
    if kind == "name":
        if len(text) > (10 if re.search(_HAN, text) else 20) or re.search(r"\d", text):
            raise BadValue(field, "10 个以内的汉字，或 20 个以内的字母或符号，不能有数字")
        return text
    if kind in ("time", "date"):
        text = _RANGE.sub("~", text)
    if kind in _RULES:
        pattern, rule = _RULES[kind]
        if not pattern.fullmatch(text):
            raise BadValue(field, rule)
    return text  # const, enum and types unknown here: the platform judges


def format_values(fields: Mapping[str, str] | None, values: Mapping[str, str]) -> dict[str, str]:
    """All values of one message. `fields` is `parse_template_content`'s answer, if known.

    Raises BadValue for the first one that does not fit, is missing, or is not in the template.
    """
    if fields is not None:
        for key in fields:
            if key not in values:
                raise BadValue(key, "缺少该字段")
        for key in values:
            if key not in fields:
                raise BadValue(key, "模板中没有该字段")
    return {key: format_value(key, value) for key, value in values.items()}
