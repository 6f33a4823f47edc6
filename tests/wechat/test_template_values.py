"""Values of template messages, type by type; what we let pass, the sandbox takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.template_values import rule_for
from wechat.template_values import BadValue, format_value, format_values, parse_template_content

TYPES = [
    "thing", "character_string", "number", "letter", "symbol", "time", "date", "amount", "phone_number",
    "car_number", "name", "phrase",
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        ("thing1", "红色讲坛", "红色讲坛"),
        ("thing1", " 红色\n讲坛\t ", "红色 讲坛"),
        ("thing1", "一" * 20, "一" * 20),
        ("thing1", "一" * 21, "一" * 19 + "…"),
        ("thing1", "😀" * 21, "😀" * 19 + "…"),
        ("character_string2", "2026-03", "2026-03"),
        ("number3", "12.50", "12.50"),
        ("letter1", "abc", "abc"),
        ("symbol1", "★☆", "★☆"),
        ("time2", "15:01", "15:01"),
        ("time2", "2026年10月1日 15:01", "2026年10月1日 15:01"),
        ("time2", "2026年10月1日 15:01 ~ 17:00", "2026年10月1日 15:01~17:00"),
        ("date3", "2026年10月1日", "2026年10月1日"),
        ("date3", "2026-10-01 09:30", "2026-10-01 09:30"),
        ("date3", "2026.10.1～2026.10.3", "2026.10.1~2026.10.3"),
        ("amount1", "¥12.5元", "¥12.5元"),
        ("phone_number1", "0512-58000000", "0512-58000000"),
        ("car_number1", "苏E12345", "苏E12345"),
        ("name4", "王小明", "王小明"),
        ("name4", "Ada Lovelace", "Ada Lovelace"),
        ("phrase1", "已通过", "已通过"),
        ("const1", "任意", "任意"),
    ],
)
def test_what_fits_is_sent(field, value, sent):
    assert format_value(field, value) == sent


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thing1", ""), ("thing1", " \n"), ("thing1", "\x00"),
        ("character_string2", "第3期"), ("character_string2", "a" * 33),
        ("number3", "十二"), ("number3", "1" * 33), ("letter1", "a1"), ("symbol1", "abc"),
        ("time2", "25:00"), ("time2", "明天下午"), ("time2", "2026年10月1日"),
        ("date3", "10月1日"), ("date3", "15:01"), ("amount1", "一百元"), ("amount1", "12345678901"),
        ("phone_number1", "1" * 18), ("car_number1", "苏E1234567890"),
        ("name4", "一" * 11), ("name4", "a" * 21), ("name4", "王2"),
        ("phrase1", "已 通过"), ("phrase1", "一二三四五六"), ("phrase1", "ok"), ("Thing-1", "x"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(field, value):
    with pytest.raises(BadValue, match=field) as caught:
        format_value(field, value)
    assert isinstance(caught.value, ValueError)
    assert caught.value.field == field


@given(st.sampled_from(TYPES), st.text(max_size=40))
def test_the_platform_takes_what_we_let_pass(kind, value):
    field = f"{kind}1"
    try:
        sent = format_value(field, value)
    except BadValue:
        return
    assert rule_for(field)(sent), f"{field} {sent!r}"


def test_fields_are_read_in_order():
    content = "讲座主题:{{thing1.DATA}}\n时间:{{time2.DATA}}\n编号：{{character_string13.DATA}}"

    assert list(parse_template_content(content).items()) == [
        ("thing1", "thing"), ("time2", "time"), ("character_string13", "character_string"),
    ]  # fmt: skip


def test_fields_must_be_those_of_the_template():
    fields = parse_template_content("{{thing1.DATA}}{{time2.DATA}}")

    assert format_values(fields, {"thing1": "a ", "time2": "9:00"}) == {"thing1": "a", "time2": "9:00"}
    with pytest.raises(BadValue, match="time2"):
        format_values(fields, {"thing1": "a"})
    with pytest.raises(BadValue, match="thing9"):
        format_values(fields, {"thing1": "a", "time2": "9:00", "thing9": "x"})
    assert format_values(None, {"thing1": "a"}) == {"thing1": "a"}
