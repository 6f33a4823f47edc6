"""What a template's value may be, by the type in its key (contract §7)."""

from __future__ import annotations

import re
from collections.abc import Callable

from .errors import PlatformError

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
DAY = r"\d{4}(?:年\d{1,2}月\d{1,2}日|-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2})"
CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
MOMENT = rf"(?:{DAY} ?)?{CLOCK}"
DATE = rf"{DAY}(?: ?{CLOCK})?"

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
KEY = re.compile(r"\{\{(\w+?)\.DATA\}\}")
KEY_TYPE = re.compile(r"^(.*?)\d*$")

PATTERNS = {
    "character_string": re.compile(rf"[^{HAN}\x00-\x1f]{{1,32}}"),
    "number": re.compile(r"(?=.{1,32}$)-?\d+(?:\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(rf"[^\w\s{HAN}]{{1,5}}"),
    "time": re.compile(rf"{MOMENT}(?:~{MOMENT})?"),
    "date": re.compile(rf"{DATE}(?:~{DATE})?"),
    "amount": re.compile(r"[¥￥$€£]?\d{1,10}(?:\.\d+)?元?"),
    "phone_number": re.compile(r"[\d+\-() ]{1,17}"),
    "car_number": re.compile(rf"(?=.{{1,8}}$)[{HAN}A-Za-z0-9][A-Za-z0-9·-]*[{HAN}A-Za-z0-9]?"),
    "name": re.compile(rf"(?=[^{HAN}]*[{HAN}])[^\d\x00-\x1f]{{1,10}}|[^\d\x00-\x1f{HAN}]{{1,20}}"),
    "phrase": re.compile(rf"[{HAN}]{{1,5}}"),
}


def _is_thing(value: str) -> bool:
    return len(value) <= 20 and not CONTROL.search(value)


def rule_for(key: str) -> Callable[[str], object]:
    """The check of a key such as thing1; types without a published rule obey that of thing."""
    match = KEY_TYPE.match(key)
    pattern = PATTERNS.get(match.group(1) if match else key)
    return pattern.fullmatch if pattern else _is_thing


def keys_of(content: str) -> list[str]:
    return KEY.findall(content)


def check(rules: dict[str, Callable[[str], object]], data: object) -> dict[str, str]:
    """The values by key. Raises 47003 naming the first that is missing or wrong."""
    if not isinstance(data, dict):
        raise PlatformError(47003, "data is empty")
    values: dict[str, str] = {}
    for key, fits in rules.items():
        cell = data.get(key)
        value = cell.get("value") if isinstance(cell, dict) else None
        if not isinstance(value, str):
            raise PlatformError(47003, f"data.{key}.value is empty")
        if not value.strip() or not fits(value):
            raise PlatformError(47003, f"data.{key}.value invalid")
        values[key] = value
    return values
