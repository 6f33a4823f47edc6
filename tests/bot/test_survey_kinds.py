"""Rankings, dates, tables, “其他”, quotas and branches in chat, as a member lives them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from bot import dispatcher
from models.surveys import Answer, AwaitedPicture, Conversation, Questionnaire, Response, ResponseStatus
from services.surveys import answers, flow, responses, sheet
from tests.bot.conftest import Phone, message
from tests.bot.test_surveys import LINK, link
from tests.factories import make_member
from tests.factories.surveys import (
    day,
    free_text,
    if_chosen,
    make_questionnaire,
    multiple,
    number,
    picture,
    ranking,
    scale,
    single,
    with_other,
)

Phones = Callable[..., Phone]
pytestmark = pytest.mark.usefixtures("noon")  # 2026-11-23, a Monday


def words_of(survey: Questionnaire, member: object) -> dict[int, str]:
    """What the member's response says, by the position of the question."""
    response = responses.of_person(survey, member.person_id)  # type: ignore[attr-defined]
    assert response is not None
    held = answers.given(response)
    told = {each.position: flow.answer_words(each, held) for each in sheet.of(survey.id).questions}
    return {no: words for no, words in told.items() if words}


@pytest.mark.parametrize("said", ["3 1 2", "３１２", "三、一、二", "党史，基层治理，乡村振兴"])
def test_a_ranking_is_answered_at_once(phone: Phones, said: str) -> None:
    member = make_member()
    survey, mine = make_questionnaire(ranking()), phone(member)
    assert "请按先后依次点选" in mine.says("需求征集")

    assert mine.says(said).startswith("感谢您的回答")

    assert words_of(survey, member) == {1: "党史、基层治理、乡村振兴"}
    places = Answer.select(Answer.number).order_by(Answer.number)
    assert [row.number for row in places] == [1, 2, 3]


def test_a_ranking_is_answered_tap_after_tap_and_a_second_tap_takes_back(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(ranking(maximum=2), free_text()), phone(member)
    first = mine.says("需求征集")

    mine.taps(link(first, "1. 基层治理"))
    second = mine.taps(link(first, "3. 党史"))
    assert second.startswith("【2/2】")
    back = mine.says("上一题")
    assert "3. 党史</a> ✓第2位" in back
    changed = mine.taps(link(back, "1. 基层治理"))
    assert "3. 党史</a> ✓第1位" in changed
    mine.says("2")  # one number is the next place

    assert words_of(survey, member) == {1: "党史、乡村振兴"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [("明年3月15日", 20270315), ("2027-3-15", 20270315), ("3月15", 20270315), ("下周三", 20261202)],
)
def test_a_date_is_read_and_what_was_understood_is_told(phone: Phones, said: str, kept: int) -> None:
    member = make_member()
    mine = phone(member)
    make_questionnaire(day(), free_text())
    mine.says("需求征集")

    sent = message(mine.openid, said)
    told = dispatcher.answer(sent)
    assert isinstance(told, str)

    assert Answer.get().number == kept
    is_told = "第1题记下的是：2027年3月15日（周一）。" in told or "2026年12月2日（周三）" in told
    assert is_told is (said != "2027-3-15")
    assert (
        dispatcher.answer(sent) == told
    )  # an anonymous answer is not kept as text, and told again all the same


def test_other_waits_for_its_words_and_takes_them_at_once_too(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(with_other(), with_other("另外？", several=True)), phone(member)
    first = mine.says("需求征集")

    waiting = mine.taps(link(first, "3. 其他"))
    assert "请直接回复“其他”指什么" in waiting
    second = mine.says("食堂管理")
    assert second.startswith("【2/2】")
    third = mine.says("1 其他：会议纪要")

    assert third.startswith("感谢您的回答")
    assert words_of(survey, member) == {1: "食堂管理", 2: "数据治理、会议纪要"}


def test_a_full_option_is_shown_and_refused_kindly(phone: Phones) -> None:
    places = [{"text": "上午", "quota": 1}, {"text": "下午"}]
    survey = make_questionnaire(single("哪一场？", options=places), free_text())  # type: ignore[arg-type]
    one, two = make_member(), make_member()
    early, late = phone(one), phone(two)
    shown = late.says("需求征集")  # before the last place is taken
    early.says("需求征集"), early.says("1")

    refused = late.taps(link(shown, "1. 上午"))
    assert "“上午”名额已满，请改选别的" in refused
    assert "1. 上午（已满）" in refused
    assert late.says("2").startswith("【2/2】")

    assert (words_of(survey, one), words_of(survey, two)) == ({1: "上午"}, {1: "下午"})
    assert "上午</a> ✓已选" in early.says("上一题")  # one's own place is not taken from one


def test_branches_follow_the_answers_and_hidden_answers_are_dropped_and_said(phone: Phones) -> None:
    member = make_member()
    survey = make_questionnaire(
        single("办过班吗？", options=("办过", "没有")),
        number("办过几期？", condition=if_chosen(1, 1)),
        free_text("为什么没有？", condition=if_chosen(1, 2)),
        free_text("{{1}}，还想说什么？"),
    )
    mine = phone(member)
    first = mine.says("需求征集")
    mine.says("1")
    assert mine.says("7").startswith("【3/3】办过，还想说什么？")

    changed = mine.taps(link(first, "2. 没有"))
    assert changed.startswith("【3/3】没有，还想说什么？")  # where the member stands stays
    assert "有的题不用再答，之前的回答已去掉" in changed
    assert mine.says("进度").count("还没答的是第2、3题") == 1
    assert mine.says("多谢").startswith("【2/3】为什么没有？")
    assert mine.says("没有经费").startswith("感谢您的回答")

    assert words_of(survey, member) == {1: "没有", 3: "没有经费", 4: "多谢"}


def test_a_change_after_the_end_that_brings_a_question_takes_the_survey_up_again(phone: Phones) -> None:
    member = make_member()
    make_questionnaire(single(options=("办过", "没有")), number(condition=if_chosen(1, 1)))
    mine = phone(member)
    first = mine.says("需求征集")
    assert mine.says("2").startswith("感谢您的回答")

    assert mine.taps(link(first, "1. 办过")).startswith("【2/2】")
    assert Response.get().status is ResponseStatus.STARTED
    assert mine.says("5").startswith("感谢您的回答")
    assert Response.get().status is ResponseStatus.COMPLETED


def test_units_tiers_and_roles_decide_what_is_asked(phone: Phones) -> None:
    insider, outsider = make_member(), make_member()
    unit_id = insider.person.member_unit_id
    make_questionnaire(
        free_text("只问本校？", condition={"all": [{"units": [unit_id]}]}), free_text("都问？")
    )

    assert "【1/2】只问本校？" in phone(insider).says("需求征集")
    assert "【1/1】都问？" in phone(outsider).says("需求征集")


def test_the_rows_of_a_table_are_asked_one_by_one_under_its_head(phone: Phones) -> None:
    rows = [scale(text, matrix=1, matrix_text="对这次班的评价") for text in ("内容", "老师")]
    make_questionnaire(*rows)
    mine = phone(make_member())

    assert "〔对这次班的评价〕\n【1/2】内容（评分）" in mine.says("需求征集")
    assert mine.says("四分").startswith("〔对这次班的评价〕\n【2/2】老师（评分）")


def test_sections_and_help_stand_around_the_question(phone: Phones) -> None:
    make_questionnaire(free_text(section="一、基本情况", help_text="一句话就好"))

    said = phone(make_member()).says("需求征集")

    assert "◆ 一、基本情况\n【1/1】您的建议？（文字）\n说明：一句话就好\n" in said


def test_again_from_the_start_asks_once_more(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(single(), multiple(), free_text()), phone(member)
    mine.says("需求征集"), mine.says("1"), mine.says("1 2")

    asked = mine.says("重来")
    assert "重来会去掉已答的 2 题" in asked
    assert words_of(survey, member) == {1: "基层治理", 2: "讲授、研讨"}
    again = mine.taps(link(asked, "确定重来"), "确定重来")

    assert again.startswith("【1/3】")
    assert words_of(survey, member) == {}


def test_a_long_list_is_paged_and_its_numbers_count_through(phone: Phones) -> None:
    member = make_member()
    options = tuple(f"{no:02}" + "治" * 58 for no in range(1, 31))
    survey, mine = make_questionnaire(multiple(options=options), free_text()), phone(member)

    first = mine.says("需求征集")
    assert "第1/" in first
    assert "共30项" in first
    second = mine.says("更多选项")
    numbers = [int(found[2].split(".")[0]) for found in LINK.findall(second) if found[2][0].isdigit()]
    assert numbers[0] > 1
    assert "前面的选项" in second
    mine.says("30 1")

    assert words_of(survey, member)[1] == f"{options[0]}、{options[29]}"


def test_a_picture_is_kept_by_its_key_and_fetched_later(phone: Phones) -> None:
    member = make_member()
    make_questionnaire(picture(), free_text(), is_anonymous=False)
    mine = phone(member)
    assert "请直接发一张图片。" in mine.says("需求征集")

    said = mine.sends("image", PicUrl="http://mmbiz.qpic.cn/x/1", MediaId="m1")

    assert said.startswith("【2/2】")
    assert "图片收到了" in said
    answer = Answer.get()
    assert re.fullmatch(r"surveys/\d+/[0-9a-f]{32}\.jpg", answer.file)
    awaited = AwaitedPicture.get()
    assert (awaited.answer_id, awaited.address) == (answer.id, "http://mmbiz.qpic.cn/x/1")
    assert "［图片］" in mine.says("上一题")
    assert Conversation.get().question_id is not None
