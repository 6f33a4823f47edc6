"""Questions as they are shown: the agreed shape, never above a reply's 2,048 bytes."""

from __future__ import annotations

import re

import pytest

import config
from models.surveys import QuestionKind
from services import member_links
from services.surveys import chat_text
from services.surveys.answers import Given
from services.surveys.sheet import Asked, Choice, Sheet

LINK = re.compile(r'<a href="weixin://bizmsgmenu\?msgmenucontent=([^&"]+)&msgmenuid=([^"]+)">([^<]+)</a>')


def sheet_of(
    *options: str, kind: QuestionKind = QuestionKind.MULTIPLE, text: str = "您最需要的专题？"
) -> Sheet:
    choices = tuple(Choice(1000 + no, no, each) for no, each in enumerate(options, 1))
    return Sheet(7, (Asked(1, 1, QuestionKind.TEXT, "先说一句"), Asked(2, 2, kind, text, choices=choices)))


def test_a_multiple_choice_reads_as_agreed() -> None:
    sheet = sheet_of("基层治理", "乡村振兴")

    lines = chat_text.question(sheet, sheet.questions[1], Given(chosen={2: {1002}})).split("\n")

    assert lines[0] == "【2/2】您最需要的专题？（多选）"
    first, second, done = (LINK.match(line) for line in lines[1:4])
    assert first is not None
    assert first.group(1, 3) == ("1", "1. 基层治理")
    assert second is not None
    assert lines[2].endswith("</a> ✓已选")
    assert done is not None
    assert done.group(3) == "选好了"
    assert lines[4].startswith("请点选一项或多项")
    back = LINK.match(lines[5])
    assert back is not None
    assert back.group(3) == "上一题"


@pytest.mark.parametrize("kind", list(QuestionKind))
@pytest.mark.parametrize("length", [1, 20, 60])
@pytest.mark.parametrize("count", [2, 9, 30])
@pytest.mark.parametrize("lead", [[], ["题" * 90, "介" * 100, "离" * 20]])
def test_no_question_exceeds_a_reply(kind: QuestionKind, length: int, count: int, lead: list[str]) -> None:
    options = (
        [f"{no:02}" + "治" * (length - 1) for no in range(count)]
        if kind in ("single", "multiple", "ranking")
        else []
    )
    sheet = sheet_of(*options, kind=kind, text="问" * 200)
    asked = sheet.questions[1]
    given = Given(
        chosen={2: {choice.id for choice in asked.choices}}, texts={2: "答" * 500} if kind == "text" else {}
    )

    texts: list[str] = []
    for page in range(30):
        texts.append(chat_text.question(sheet, asked, given, ["注" * 60, "意" * 60], lead, page))
        if "更多选项" not in texts[-1]:
            break

    for text in texts:
        assert len(text.encode()) <= 2048
        assert f"【2/2】{'问' * 200}（" in text
        assert "上一题" in text
        assert text.count("<a ") == text.count("</a>")
    for no in range(1, len(options) + 1):
        pattern = rf"^(<a [^>]+>)?{no}\. "
        assert any(re.search(pattern, text, re.MULTILINE) for text in texts), f"option {no} is missing"


def test_wild_words_cannot_open_a_link() -> None:
    sheet = sheet_of('<a href="http://x">点</a>', "b&c", text="<b>]]>")

    text = chat_text.question(sheet, sheet.questions[1], Given(texts={2: "<a>"}))

    assert "<b>" not in text
    assert 'http://x">' not in text
    assert "1. &lt;a href=" in text


@pytest.mark.parametrize(("count", "is_told"), [(4, True), (16, False)])
def test_the_way_to_the_page_is_told_where_the_options_keep_their_taps(count: int, is_told: bool) -> None:
    sheet = sheet_of(*(f"选项{no:02}" for no in range(count)))
    lead = ["第一行", "第二行", "页" * 60]

    text = chat_text.question(sheet, sheet.questions[1], Given(), lead=lead)

    assert text.startswith("第一行\n第二行\n")
    assert ("页" in text) is is_told
    assert len(LINK.findall(text)) == count + (3 if is_told else 2)  # 选好了, 上一题, 稍后再答


@pytest.mark.parametrize(("kind", "start"), [("service", "/m/surveys/7"), ("subscription", "/m/open/")])
def test_the_page_opens_by_sign_in_or_by_a_signed_link(
    monkeypatch: pytest.MonkeyPatch, kind: str, start: str
) -> None:
    settings = config.settings().model_copy(update={"wechat_account_kind": kind, "wechat_verified": True})
    monkeypatch.setattr(config, "settings", lambda: settings)

    line = chat_text.page_line(3, 7)

    assert f'<a href="{settings.public_url}{start}' in line
    assert "用网页填写</a>" in line
    if kind == "subscription":
        token = re.search(r"/m/open/([^\"]+)", line)
        assert token is not None
        assert member_links._read(token[1])[:2] == (3, "/m/surveys/7")


def scale_sheet(
    most: int, text: str = "您满意吗？", *, ends: tuple[str, str] = ("很不满意", "非常满意")
) -> Sheet:
    asked = Asked(
        2, 1, QuestionKind.SCALE, text, minimum=1, maximum=most, low_words=ends[0], high_words=ends[1]
    )
    return Sheet(7, (asked,))


def test_a_short_scale_has_a_line_for_each_step() -> None:
    sheet = scale_sheet(5)

    lines = chat_text.question(sheet, sheet.questions[0], Given(numbers={2: 4})).split("\n")

    assert lines[0] == "【1/1】您满意吗？（评分）"
    words = [found.group(1, 3) for line in lines[1:6] if (found := LINK.match(line))]
    assert words == [("1", "1 很不满意"), ("2", "2"), ("3", "3"), ("4", "4"), ("5", "5 非常满意")]
    assert lines[4].endswith("</a> ✓已选")
    assert lines[6] == "请点一个数字，或回复 1 至 5 的整数。"


def test_a_long_scale_has_two_rows_and_says_its_ends_first() -> None:
    sheet = scale_sheet(10)

    lines = chat_text.question(sheet, sheet.questions[0], Given()).split("\n")

    assert lines[1] == "1＝很不满意，10＝非常满意"
    assert [found[2] for found in LINK.findall("\n".join(lines[2:4]))] == [str(step) for step in range(1, 11)]


@pytest.mark.parametrize("most", [5, 10])
def test_a_scale_beside_a_very_long_text_still_says_its_ends(most: int) -> None:
    sheet = scale_sheet(most, "问" * 200, ends=("很" * 12, "非" * 12))

    text = chat_text.question(
        sheet, sheet.questions[0], Given(), ["注" * 60, "意" * 60], ["题" * 90, "介" * 100, "离" * 20]
    )

    assert len(text.encode()) <= 2048
    assert "很" * 12 in text
    assert "非" * 12 in text


def test_progress_names_what_is_missing_and_what_may_be_passed_over() -> None:
    questions = [Asked(no, no, QuestionKind.TEXT, "？", is_required=no != 4) for no in range(1, 5)]
    sheet = Sheet(7, tuple(questions))

    assert chat_text.progress(sheet, Given(texts={1: "甲"}, passed={2})) == (
        "进度：已答 1 题，跳过 1 题，共 4 题；还没答的是第3、4题（第4题可以跳过）。"
    )
    assert chat_text.progress(sheet, Given(texts=dict.fromkeys(range(1, 5), "甲"))).endswith("都答完了。")
