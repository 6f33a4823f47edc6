from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.phone_numbers import WrongPhone, clean_phone

phones = st.from_regex(r"1[3-9][0-9]{8}[1-9]", fullmatch=True)


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@given(
    phone=phones,
    prefix=st.sampled_from(["", "+86", "86", "0086", "+86 ", "(+86)", "'"]),
    gap=st.sampled_from(["", " ", "-", "\u3000", "\u00a0", "\u200b", "－", "–", "."]),
    full_width=st.booleans(),
)
def test_a_phone_is_read_however_it_is_written(phone: str, prefix: str, gap: str, full_width: bool) -> None:
    written = prefix + gap.join([phone[:3], phone[3:7], phone[7:]])

    assert clean_phone(_full_width(written) if full_width else written) == phone


@given(phone=phones)
def test_a_phone_is_read_as_excel_keeps_it(phone: str) -> None:
    assert clean_phone(float(phone)) == phone
    assert clean_phone(int(phone)) == phone
    assert clean_phone(f"{phone}.0") == phone
    assert clean_phone(f"{int(phone):.10E}") == phone
    assert clean_phone(f" {phone}\n") == phone


@given(st.text(max_size=30) | st.floats() | st.integers())
def test_whatever_comes_is_a_phone_nothing_or_a_reason(value: object) -> None:
    try:
        cleaned, wrong = clean_phone(value), None
    except WrongPhone as told:
        cleaned, wrong = None, told

    assert wrong is None or (wrong.reason and wrong.mend)
    assert cleaned is None or (len(cleaned) == 11 and cleaned.isascii() and cleaned.isdigit())
    assert cleaned is None or clean_phone(cleaned) == cleaned


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1.38E+10", "科学计数法"),
        ("1.38001E+10", "科学计数法"),
        (13800000000.0, "科学计数法"),
        (13800138000.5, "小数"),
        (float("inf"), "小数"),
        ("1380013800", "现有 10 位"),
        ("138001380001", "现有 12 位"),
        ("12345678901", "号段"),
        ("0512-58221234", "固定电话"),
        ("13800138000/13900139000", "不止一个"),
        ("一三八", "数字以外"),
        (True, "数字以外"),
    ],
)
def test_a_wrong_phone_tells_why(value: object, reason: str) -> None:
    with pytest.raises(WrongPhone) as told:
        clean_phone(value)

    assert reason in told.value.reason


@pytest.mark.parametrize("value", [None, "", "  ", "\u3000", "-", "—"])
def test_an_empty_cell_is_no_phone(value: object) -> None:
    assert clean_phone(value) is None
