"""A survey in chat, as a member lives it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from peewee import Database

import clock
import models
from bot import dispatcher
from models.inbound import InboundMessage, InboxItem
from models.people import Follower
from models.surveys import Answer, Conversation, Option, Questionnaire, Response, ResponseStatus
from services import inbound, menu_ids
from services.surveys import questionnaires, responses
from tests.bot.conftest import Phone, message
from tests.factories import make_member, make_unit
from tests.factories.surveys import free_text, make_questionnaire, multiple, number, scale, single

Phones = Callable[..., Phone]
LINK = re.compile(r"msgmenucontent=([^&]+)&msgmenuid=([^\"]+)\">([^<]+)</a>")


def link(text: str, words: str) -> str:
    """The menu id of the link with these words in a reply."""
    return next(found[1] for found in LINK.findall(text) if found[2] == words)


def answers_of(questionnaire: Questionnaire, member: Follower) -> dict[int, object]:
    """What the member's response holds, by the number of the question."""
    response = responses.of_person(questionnaire, member.person_id)
    assert response is not None
    found: dict[int, object] = {}
    for answer in Answer.select().where(Answer.response == response).order_by(Answer.option_no):
        no = answer.question.position
        if answer.option_no:
            found[no] = [*found.get(no, []), Option.get_by_id(answer.option_no).text]  # type: ignore[misc]
        else:
            found[no] = answer.number if answer.number is not None else answer.text
    return found


def test_a_survey_is_answered_by_taps_numbers_and_words(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(), phone(member)

    first = mine.says("需求征集")
    assert "\n——\n【1/4】您最需要的专题？（单选）\n<a " in first
    assert first.startswith("《2027年上半年需求征集》共4题。")
    assert "匿名" in first
    second = mine.taps(link(first, "2. 乡村振兴"), "2")
    assert second.startswith("【2/4】您喜欢的形式？（多选）")
    ticked = mine.taps(link(second, "1. 讲授"))
    ticked = mine.taps(link(ticked, "3. 现场"))
    assert ticked.count("✓已选") == 2
    third = mine.taps(link(ticked, "选好了"), "选好了")
    assert third.startswith("【3/4】每年几天合适？（数字）")
    assert mine.says("四十").endswith("数字超出范围，请回复 0 至 30 的整数。")
    fourth = mine.says("二十")
    assert fourth.startswith("【4/4】您的建议？（文字）")
    last = mine.says("讲座")

    assert last.startswith("感谢您的回答")
    assert answers_of(survey, member) == {1: ["乡村振兴"], 2: ["讲授", "现场"], 3: 20, 4: "讲座"}
    assert Response.get().status is ResponseStatus.COMPLETED
    assert Conversation.select().count() == 0


def test_the_menu_starts_it_too_and_a_stranger_is_told_to_bind(phone: Phones) -> None:
    make_questionnaire()

    assert "【1/4】" in phone(make_member()).clicks("SURVEY")
    assert "绑定 邀请码" in phone().clicks("SURVEY")


def test_without_an_open_survey_a_kind_sentence(phone: Phones) -> None:
    make_questionnaire(is_open=False)
    make_questionnaire(audience={"units": [make_unit().id]})

    assert phone(make_member()).says("需求征集").startswith("目前没有需要您填写的")


def test_of_several_one_is_chosen_by_tap_or_number(phone: Phones) -> None:
    make_questionnaire(title="甲"), make_questionnaire(free_text("乙问？"), title="乙")
    mine = phone(make_member())

    offered = mine.says("需求征集")

    assert [found[2] for found in LINK.findall(offered)] == ["1. 甲", "2. 乙"]
    assert "【1/1】乙问？" in mine.taps(link(offered, "2. 乙"))
    assert "【1/4】" in phone(make_member()).says("需求征集 1")


def test_back_shows_the_answer_given_and_changes_it(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(single(), number(), free_text()), phone(member)
    mine.says("需求征集"), mine.says("1"), mine.says("5")

    back = mine.says("上一题")
    assert back.startswith("【2/3】")
    assert "目前的回答：5" in back
    first = mine.taps(link(back, "上一题"), "上一题")
    assert re.search(r"1\. 基层治理</a> ✓已选", first)
    assert "已经是第一题" in mine.says("上一题")
    assert mine.says("3").startswith("【3/3】")

    assert answers_of(survey, member) == {1: ["党史"], 2: 5}


def test_next_keeps_an_answer_seen_again(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(single(), number(), free_text()), phone(member)
    mine.says("需求征集"), mine.says("1"), mine.says("5"), mine.says("上一题")

    first = mine.says("上一题")

    assert mine.taps(link(first, "下一题"), "下一题").startswith("【2/3】")
    assert mine.says("下一题").startswith("【3/3】")
    assert answers_of(survey, member) == {1: ["基层治理"], 2: 5}


def test_a_tap_on_an_old_question_edits_it_and_says_so(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(), phone(member)
    first = mine.says("需求征集")
    mine.says("1"), mine.says("1 2")

    edited = mine.taps(link(first, "3. 党史"), "3")
    assert edited.startswith("【3/4】")
    assert edited.endswith("第1题的回答已修改。")
    assert mine.taps(link(first, "3. 党史"), "3").endswith("第1题已经是这个回答。")

    assert answers_of(survey, member) == {1: ["党史"], 2: ["讲授", "研讨"]}


def test_a_tap_on_an_old_multiple_choice_goes_back_to_it(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(multiple(), single(), free_text()), phone(member)
    first = mine.says("需求征集")
    mine.says("1 2"), mine.says("1")

    edited = mine.taps(link(first, "2. 研讨"))
    assert edited.startswith("【1/3】")
    assert "正在修改第1题" in edited
    assert mine.taps(link(edited, "选好了"), "选好了").startswith("【3/3】")

    assert answers_of(survey, member)[1] == ["讲授"]


def test_after_the_end_answers_can_still_be_changed(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(multiple(), single()), phone(member)
    first = mine.says("需求征集")
    mine.says("1"), mine.says("2")

    assert mine.says("需求征集").startswith("您已完成")
    refused = mine.taps(link(first, "1. 讲授"))
    assert "至少要选 1 项" in refused
    mine.taps(link(first, "4. 线上"))
    following = mine.says("选好了")
    assert following.startswith("【2/2】")
    assert following.endswith("第1题的回答已保存。")
    again = mine.taps(link(following, "下一题"), "下一题")

    assert again.startswith("感谢您的回答")
    assert answers_of(survey, member) == {1: ["讲授", "线上"], 2: ["乡村振兴"]}
    assert mine.taps(link(again, "查看修改"), "查看修改").startswith("【1/2】")
    assert mine.says("3").endswith("第1题的回答已修改。")
    done = mine.says("1")
    assert done.startswith("感谢您的回答")
    assert "第2题的回答已修改。" in done
    assert answers_of(survey, member) == {1: ["现场"], 2: ["基层治理"]}


def test_what_was_cut_off_is_told_with_the_thanks(phone: Phones) -> None:
    make_questionnaire(free_text())
    mine = phone(make_member())
    mine.says("需求征集")

    said = mine.says("长" * 501)

    assert said.startswith("感谢您的回答")
    assert "只保留了前500字" in said


def test_an_unclear_number_is_told_its_range(phone: Phones) -> None:
    make_questionnaire(number())
    mine = phone(make_member())
    mine.says("需求征集")

    assert mine.says("不好说").endswith("没看懂您的回答，请回复 0 至 30 的整数。")


@pytest.mark.parametrize("change", ["signature", "option", "question", "survey", "garbage"])
def test_forged_and_stale_links_are_refused_kindly(phone: Phones, change: str) -> None:
    member = make_member()
    survey, mine = make_questionnaire(), phone(member)
    other = make_questionnaire(title="另一份", is_open=False)
    first = mine.says("需求征集")
    real = link(first, "1. 基层治理")
    one, question, option, signature = real.split(".")
    forged = {
        "signature": f"{one}.{question}.{int(option) + 1}.{signature}",
        "option": menu_ids.make(one, question, "999999"),
        "question": menu_ids.make(one, "999999", option),
        "survey": menu_ids.make("s999999", question, option),
        "garbage": "s1.2.3.é]]>",
    }[change]

    said = mine.taps(forged)

    assert said.startswith("【1/4】")
    assert "已失效" in said
    assert Answer.select().count() == 0
    assert survey.id != other.id


def test_what_is_unclear_gets_one_hint_and_the_options_again(phone: Phones) -> None:
    make_questionnaire()
    mine = phone(make_member())
    mine.says("需求征集")

    said = mine.says("天气不错")

    assert said.startswith("【1/4】")
    assert said.endswith("没看懂您的回答，请点选或回复序号。")
    assert mine.sends("image", MediaId="m").startswith("图片收到了")
    assert InboxItem.select().count() == 0


def test_other_words_are_answered_and_the_survey_offers_to_go_on(phone: Phones) -> None:
    make_questionnaire()
    mine = phone(make_member())
    mine.says("需求征集"), mine.says("1")

    said = mine.says("最新讲座")

    assert said.startswith("近期还没有安排新的讲座")
    on = mine.taps(link(said, "继续"), "继续")
    assert on.startswith("【2/4】")
    assert mine.says("帮助").endswith("接着答。")


def test_it_can_be_left_and_taken_up_again_days_later(phone: Phones, db: Database) -> None:
    member = make_member()
    survey, mine = make_questionnaire(), phone(member)
    mine.says("需求征集"), mine.says("1")
    assert "继续" in mine.says("退出")
    assert "请回复" in mine.says("1")

    clock.advance(timedelta(days=9))

    assert mine.says("继续").startswith("【2/4】")
    mine.says("退出")
    assert mine.says("需求征集").startswith("【2/4】")
    assert answers_of(survey, member) == {1: ["基层治理"]}


def test_closing_in_the_middle_is_told_kindly(phone: Phones) -> None:
    survey = make_questionnaire(closes_at=clock.utc_now() + timedelta(days=1))
    by_hand = make_questionnaire(title="另一份")
    one, other = phone(make_member()), phone(make_member())
    first = one.says("需求征集 1")
    one.says("1")
    begun = other.says("需求征集 2")
    questionnaires.close(by_hand, actor=None)

    assert "已经结束" in other.taps(link(begun, "1. 基层治理"))
    clock.advance(timedelta(days=2))
    assert "已经结束" in one.says("1 2")
    assert "已经结束" in one.taps(link(first, "1. 基层治理"))
    assert Conversation.select().where(Conversation.questionnaire == survey).count() == 0
    assert one.says("帮助").startswith("点文字")


def test_an_optional_question_can_be_passed_over_and_no_other(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(single(), number(is_required=False), free_text()), phone(member)
    first = mine.says("需求征集")
    assert "不能跳过" in mine.says("跳过")
    assert "跳过" not in first
    second = mine.says("1")

    assert mine.taps(link(second, "跳过"), "跳过").startswith("【3/3】")
    mine.says("上一题"), mine.says("7")

    assert answers_of(survey, member) == {1: ["基层治理"], 2: 7}


def test_least_and_most_choices_hold_for_taps(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(multiple(minimum=2, maximum=2), free_text()), phone(member)
    first = mine.says("需求征集")
    assert "请选 2 项" in first
    mine.taps(link(first, "1. 讲授"))
    assert "还没选够，请至少选 2 项" in mine.says("选好了")
    mine.taps(link(first, "2. 研讨"))
    assert "最多选 2 项" in mine.taps(link(first, "3. 现场"))
    mine.taps(link(first, "1. 讲授")), mine.taps(link(first, "3. 现场"))

    assert mine.says("选好了").startswith("【2/2】")
    assert answers_of(survey, member) == {1: ["研讨", "现场"]}


def test_a_repeated_tap_is_one_answer_and_the_same_reply(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(multiple(), free_text()), phone(member)
    first = mine.says("需求征集")
    tap = message(member.openid, "1", menu_id=link(first, "1. 讲授"))

    replies = [dispatcher.answer(tap) for _ in range(3)]

    assert replies[0] == replies[1] == replies[2]
    assert "✓已选" in (replies[0] or "")
    assert answers_of(survey, member) == {1: ["讲授"]}


def test_nothing_of_an_anonymous_answer_is_kept_beside_it(phone: Phones, db: Database) -> None:
    """A leak test: distinct words everywhere, then a search through every table, unsealed."""
    member = make_member()
    survey, mine = make_questionnaire(), phone(member)
    first = mine.says("需求征集")
    mine.taps(link(first, "2. 乡村振兴"), "2"), mine.says("一 4"), mine.says("听不懂的悄悄话")
    mine.says("17"), mine.says("独一无二的心里话")
    mine.says("帮助")

    kept = [f"{row.raw}|{row.reply}" for row in InboundMessage.select() if row.act.startswith("surveys.")]
    assert len(kept) == 6
    for words in ("乡村振兴</a> ✓", "✓已选", "悄悄话", "心里话", "一 4", "：17"):
        assert not any(words in row for row in kept), words
    assert all(row.startswith("None|") for row in kept[1:])
    for table in models.TABLES:
        for row in table.select().dicts():
            if "心里话" in str(row):
                assert table is Answer
    response = Response.get()
    assert (response.person_id, response.created_at, response.completed_at) == (None, None, None)
    assert {answer.created_at for answer in Answer.select()} == {None}

    questionnaires.close(Questionnaire.get_by_id(survey.id), actor=None)
    with pytest.raises(LookupError):
        responses.of_person(Questionnaire.get_by_id(survey.id), member.person_id)


def test_a_named_survey_says_so_and_keeps_the_person(phone: Phones) -> None:
    member = make_member()
    make_questionnaire(single(), is_anonymous=False)

    said = phone(member).says("需求征集")
    phone(member).says("1")

    assert "实名" in said
    assert Response.get().person_id == member.person_id
    assert all(row.raw is not None for row in InboundMessage.select())


def test_an_answer_costs_few_statements(phone: Phones, count_statements: Callable[..., int]) -> None:
    member = make_member()
    make_questionnaire(single(), single("再问？"))
    first = phone(member).says("需求征集")
    tap = message(member.openid, "1", menu_id=link(first, "1. 基层治理"))

    assert count_statements(lambda: dispatcher.answer(tap)) <= 9


def test_that_somebody_answered_an_anonymous_survey_is_forgotten_after_a_day(phone: Phones) -> None:
    anonymous, named = make_member(), make_member()
    make_questionnaire(single())
    mine = phone(anonymous)
    mine.says("1" if "单选" in mine.says("需求征集") else "")
    Questionnaire.delete().execute()
    make_questionnaire(single(), is_anonymous=False)
    phone(named).says("需求征集")
    mine.says("帮助")

    assert inbound.forget_turns(clock.utc_now() - timedelta(hours=1)) == 0
    clock.advance(timedelta(days=1))
    assert inbound.forget_turns(clock.utc_now() - timedelta(hours=1)) == 2

    left = {(row.follower_id, row.act) for row in InboundMessage.select()}
    assert left == {(named.id, "surveys.start"), (anonymous.id, "guide.guide")}


def test_a_scale_is_answered_by_tap_number_or_words(phone: Phones) -> None:
    member = make_member()
    survey = make_questionnaire(scale("课程？"), scale("老师？", 10), scale("食宿？"), scale("再来？"))
    mine = phone(member)

    first = mine.says("需求征集")
    second = mine.taps(link(first, "4"), "4")
    assert second.startswith("【2/4】老师？（评分）\n1＝很不满意，10＝非常满意\n")
    assert "超出范围" in mine.says("11")
    third = mine.says("打十分")
    assert third.startswith("【3/4】食宿？（评分）")
    hint = mine.says("一般般")
    assert "没看懂您的回答，请点选或回复 1 至 5 的整数" in hint
    assert "【3/4】" in hint
    mine.says("非常满意")
    assert mine.says("３").startswith("感谢您的回答")

    assert answers_of(survey, member) == {1: 4, 2: 10, 3: 5, 4: 3}


def test_a_made_up_step_of_a_scale_is_refused(phone: Phones) -> None:
    member, survey = make_member(), make_questionnaire(scale())
    mine = phone(member)
    mine.says("需求征集")
    asked = survey.questions.get()

    said = mine.taps(menu_ids.make(f"s{survey.id}", str(asked.id), "6"), "6")

    assert said.startswith("【1/1】")
    assert "已失效" in said
    assert answers_of(survey, member) == {}


def test_later_answers_other_messages_as_ever_and_goes_on_at_the_same_question(phone: Phones) -> None:
    member = make_member()
    make_questionnaire(single(), scale(), free_text())
    mine = phone(member)
    second = mine.taps(link(mine.says("需求征集"), "1. 基层治理"), "1")

    left = mine.taps(link(second, "稍后再答"), "稍后再答")
    other, three = mine.says("帮助"), mine.says("3")
    how_far = mine.says("进度")
    back = mine.says("继续")

    assert "进度：已答 1 题，共 3 题；还没答的是第2、3题。" in left
    assert "问卷还在填写中" not in other
    assert "【2/3】" not in three
    assert "进度：已答 1 题" in how_far
    assert back.startswith("【2/3】")
    assert mine.says("稍后再答").startswith("好的，先到这里")
    assert mine.clicks("SURVEY").startswith("【2/3】")


def test_progress_is_told_with_the_question_again(phone: Phones) -> None:
    make_questionnaire(free_text("先说？"), single(is_required=False))
    mine = phone(make_member())
    mine.says("需求征集")

    said = mine.says("进度")

    assert said.startswith("【1/2】先说？")
    assert said.endswith("进度：已答 0 题，共 2 题；还没答的是第1、2题（第2题可以跳过）。")
    assert "进度" not in phone(make_member()).says("进度")  # nothing under way: not our word
