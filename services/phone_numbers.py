"""Mobile numbers as people write them and as Excel keeps them, brought to eleven digits."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_MOBILE = re.compile(r"1[3-9]\d{9}")
_SPACING = re.compile(r"[\s\-_.·()'`\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d{1,2}")
_WHOLE_FLOAT = re.compile(r"(\d{11,15})\.0+")
_LANDLINE = re.compile(r"0\d{2,3}\d{7,8}")
# 1.38E+10 typed back into a number cell is 13800000000: eight digits are gone for good.
_LOST_DIGITS = 6


class WrongPhone(ValueError):
    """`reason` says what is wrong, `mend` what to do about it."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend


def clean_phone(value: object) -> str | None:
    """The eleven digits of a mobile number of the mainland; None for an empty value.

    `value` is text or a number. Spaces, dashes, +86, full-width digits and numbers
    kept as floats are understood. Raises WrongPhone for everything else, above all
    for a number whose last digits Excel has lost.
    """
    if value is None or isinstance(value, bool):
        text = "" if value is None else str(value)
    elif isinstance(value, int | float):
        text = _number_text(value)
    else:
        text = unicodedata.normalize("NFKC", str(value)).strip()
    digits = _digits(text)
    if not digits:
        return None
    if _MOBILE.fullmatch(digits):
        return digits
    raise _wrong(digits)


def _number_text(value: int | float) -> str:
    number = Decimal(value)
    if not number.is_finite() or number != number.to_integral_value():
        raise WrongPhone("号码带有小数", "请填 11 位手机号")
    text = str(int(number))
    if len(text) == 11 and text.endswith("0" * _LOST_DIGITS):
        raise _lost()
    return text


def _digits(text: str) -> str:
    if _SCIENTIFIC.fullmatch(text):
        text = _from_scientific(text)
    whole = _WHOLE_FLOAT.fullmatch(text)
    if whole:
        text = whole[1]
    text = _SPACING.sub("", text)
    for prefix in ("+86", "0086"):
        if text.startswith(prefix):
            return text.removeprefix(prefix)
    if len(text) == 13 and text.startswith("86"):
        return text[2:]
    return text


def _from_scientific(text: str) -> str:
    """The number, if all of its digits are still there."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise _lost() from error
    kept = len(number.as_tuple().digits)
    whole = str(int(number))
    if kept < len(whole) or number != number.to_integral_value():
        raise _lost()
    return whole


def _lost() -> WrongPhone:
    return WrongPhone(
        "Excel 把号码存成了科学计数法，末尾数字已丢失",
        "请把该列设为“文本”格式，再重新填写完整的 11 位手机号",
    )


def _wrong(digits: str) -> WrongPhone:
    if len(re.findall(r"1[3-9]\d{9}", digits)) > 1:
        return WrongPhone("一格里有不止一个号码", "请只留一个常用手机号")
    if _LANDLINE.fullmatch(digits):
        return WrongPhone("这是固定电话", "请填 11 位手机号")
    if not digits.isascii() or not digits.isdigit():
        return WrongPhone("含有数字以外的字符", "请只填 11 位手机号")
    if len(digits) != 11:
        return WrongPhone(f"应为 11 位，现有 {len(digits)} 位", "请核对后补全或删去多余的数字")
    return WrongPhone("不是手机号段（应以 13–19 开头）", "请核对号码")
