"""What members type, understood."""

from __future__ import annotations

import pytest

from models.surveys import QuestionKind
from services.surveys.reading import LONGEST_TEXT, Reading, Wrong, chinese_number, read
from services.surveys.sheet import Asked, Choice

OPTIONS = ("基层治理", "乡村振兴", "党史学习", "乡村建设", "A 类案例")


def asked(kind: QuestionKind, *, options: tuple[str, ...] = OPTIONS, **more: int) -> Asked:
    choices = tuple(Choice(100 + no, no, text) for no, text in enumerate(options, 1))
    return Asked(1, 1, kind, "？", choices=choices if "CHOICE" not in kind else (), **more)


def numbers_of(reading: Reading | Wrong | None) -> list[int] | str | None:
    if isinstance(reading, Wrong):
        return reading.why
    return [choice.no for choice in reading.choices] if reading is not None else None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2", [2]),
        ("２", [2]),
        ("二", [2]),
        (" 2. ", [2]),
        ("第2个", [2]),
        ("选第三项", [3]),
        ("我选2", [2]),
        ("基层治理", [1]),
        ("基层", [1]),
        ("党史", [3]),
        ("我想选党史学习", [3]),
        ("a类案例", [5]),
        ("2. 乡村振兴", [2]),
        ("你好", None),
        ("吃饭了吗", None),
        ("", None),
    ],
)
def test_a_single_choice_is_read(said: str, expected: list[int] | None) -> None:
    assert numbers_of(read(asked(QuestionKind.SINGLE), said)) == expected


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("7", "没有第 7 项，请回复 1 至 5"),
        ("0", "没有第 0 项，请回复 1 至 5"),
        ("1 3", "这一题只能选一项"),
        ("乡村", "有 2 项都含这个词，请回复序号"),
    ],
)
def test_a_wrong_single_choice_says_why(said: str, why: str) -> None:
    assert read(asked(QuestionKind.SINGLE), said) == Wrong(why)


@pytest.mark.parametrize(
    "said",
    [
        "1 3",
        "1,3",
        "１、３",
        "1，3",
        "一三",
        "13",
        "1和3",
        "3 1",
        "1/3",
        "选1、3",
        "基层治理、党史学习",
        "基层 党史",
        "1.3",
        "一、三",
    ],
)
def test_a_multiple_choice_is_read(said: str) -> None:
    assert numbers_of(read(asked(QuestionKind.MULTIPLE), said)) == [1, 3]


def test_a_number_above_nine_is_one_option_where_there_are_so_many() -> None:
    many = asked(QuestionKind.MULTIPLE, options=tuple(f"选项{chr(0x4E00 + no)}" for no in range(15)))

    assert numbers_of(read(many, "13")) == [13]
    assert numbers_of(read(many, "十一 2")) == [2, 11]
    assert numbers_of(read(many, "99")) == "没有第 99 项，请回复 1 至 15"


def test_the_least_and_the_most_choices_are_told() -> None:
    two_to_three = asked(QuestionKind.MULTIPLE, minimum=2, maximum=3)

    assert numbers_of(read(two_to_three, "1")) == "这一题至少选 2 项，请一次回复全部序号，如 1 2"
    assert numbers_of(read(two_to_three, "1 2 3 4")) == "这一题最多选 3 项"
    assert numbers_of(read(two_to_three, "1 2")) == [1, 2]


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("20", 20),
        ("２０", 20),
        ("二十", 20),
        ("约20天", 20),
        ("20.0", 20),
        ("1,000", 1000),
        ("两百零五", 205),
        ("-5", -5),
    ],
)
def test_a_number_is_read(said: str, number: int) -> None:
    assert read(asked(QuestionKind.NUMBER), said) == Reading(number=number)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("31", "数字超出范围，请回复 0 至 30 的整数"),
        ("-1", "数字超出范围，请回复 0 至 30 的整数"),
        ("2.5", "请回复一个整数"),
        ("9" * 40, "请回复一个整数"),
        ("10到20", "请只回复一个数字"),
    ],
)
def test_a_wrong_number_says_why(said: str, why: str) -> None:
    assert read(asked(QuestionKind.NUMBER, minimum=0, maximum=30), said) == Wrong(why)


def test_no_number_at_all_is_not_meant_as_one() -> None:
    assert read(asked(QuestionKind.NUMBER), "帮助") is None


def test_text_is_kept_as_it_is_and_cut_with_a_note() -> None:
    text = asked(QuestionKind.TEXT, options=())

    assert read(text, " 多办]]>\n研讨 ") == Reading(text="多办]]>\n研讨")
    assert read(text, "  ") == Wrong("请回复文字，不能为空")
    long = read(text, "长" * (LONGEST_TEXT + 1))
    assert isinstance(long, Reading)
    assert (long.text, long.note) == ("长" * LONGEST_TEXT, f"您的回答较长，只保留了前{LONGEST_TEXT}字")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("十", 10),
        ("十二", 12),
        ("二十三", 23),
        ("一百零五", 105),
        ("二〇", 20),
        ("三千", 3000),
        ("一万二千", 12000),
        ("天", None),
    ],
)
def test_chinese_numbers(written: str, value: int | None) -> None:
    assert chinese_number(written) == value


def scale_of(most: int = 5) -> Asked:
    return Asked(
        1, 1, QuestionKind.SCALE, "？", minimum=1, maximum=most, low_words="很不满意", high_words="非常满意"
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("4", 4),
        ("４", 4),
        ("四", 4),
        ("4分", 4),
        ("打四分", 4),
        ("我觉得给5分吧。", 5),
        ("第３个", 3),
        ("五星", 5),
        ("2.0", 2),
        ("非常满意", 5),
        ("很不满意！", 1),
        ("6", "数字超出范围，请回复 1 至 5 的整数"),
        ("〇", "数字超出范围，请回复 1 至 5 的整数"),
        ("4.5", "请回复一个整数"),
        ("3或4", "请只回复一个数字"),
        ("一般", None),
        ("下一期讲座", None),
        ("满意", None),
        ("3月5日有讲座吗", None),
        ("", None),
    ],
)
def test_a_step_of_a_scale_is_read_and_words_with_a_number_in_them_are_not(
    said: str, expected: int | str | None
) -> None:
    found = read(scale_of(), said)

    assert (found.number if isinstance(found, Reading) else found and found.why) == expected


def test_ten_of_ten_is_read_in_chinese() -> None:
    assert read(scale_of(10), "十分") == Reading(number=10)
