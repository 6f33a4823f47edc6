"""What goes wrong while a survey is answered, each by its name: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot import dispatcher
from models.surveys import Answer, Response, ResponseStatus
from services.surveys import corrections, questionnaires, sheet, standing
from tests.bot.conftest import Phone, message
from tests.bot.test_survey_kinds import words_of
from tests.bot.test_surveys import link
from tests.factories import make_account, make_member
from tests.factories.surveys import (
    free_text,
    if_chosen,
    make_questionnaire,
    multiple,
    ranking,
    single,
    with_other,
)

Phones = Callable[..., Phone]
pytestmark = pytest.mark.usefixtures("noon")


def test_a_callback_killed_between_storing_and_replying_answers_the_repeat_the_same(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(single(), free_text(condition=if_chosen(1, 1))), phone(member)
    mine.says("需求征集")
    sent = message(mine.openid, "1")

    lost = dispatcher.answer(sent)  # stored; the process dies before the reply leaves

    assert dispatcher.answer(sent) == lost
    assert "【2/2】" in str(lost)
    assert words_of(survey, member) == {1: "基层治理"}


def test_a_callback_killed_before_storing_leaves_nothing_and_the_repeat_is_kept_once(
    phone: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = make_member()
    survey, mine = make_questionnaire(ranking(), free_text()), phone(member)
    mine.says("需求征集")
    sent = message(mine.openid, "3 1 2")
    with monkeypatch.context() as killed:
        killed.setattr(standing, "move_to", _die)
        with pytest.raises(KeyboardInterrupt):
            dispatcher.answer(sent)
    assert Answer.select().count() == 0

    assert str(dispatcher.answer(sent)).startswith("【2/2】")

    assert words_of(survey, member) == {1: "党史、基层治理、乡村振兴"}


def _die(*args: object, **more: object) -> None:
    raise KeyboardInterrupt


def test_answers_doubled_by_retries_are_kept_once(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(multiple(), with_other(several=True)), phone(member)
    first = mine.says("需求征集")
    tap = message(mine.openid, "1", menu_id=link(first, "1. 讲授"))

    told = {str(dispatcher.answer(tap)) for _ in range(3)}

    assert len(told) == 1  # a second tick would take it away again
    assert words_of(survey, member) == {1: "讲授"}
    assert Answer.select().count() == 1


def test_two_phones_at_once_answer_one_response(phone: Phones) -> None:
    member = make_member()
    survey = make_questionnaire(single(), single("再选？"), free_text())
    one, two = phone(member), phone(member)  # one account on two devices
    one.says("需求征集")
    shown = two.says("需求征集")
    one.says("1")

    told = two.taps(link(shown, "3. 党史"), "3")  # the older bubble of the second phone

    assert "【2/3】" in told
    assert Response.select().count() == 1
    assert words_of(survey, member) == {1: "党史"}
    assert one.says("2").startswith("【3/3】")
    assert two.says("两个手机都能答").startswith("感谢您的回答")
    assert Response.get().status is ResponseStatus.COMPLETED


def test_an_option_corrected_while_open_keeps_its_taps_and_answers(phone: Phones) -> None:
    member = make_member()
    survey = make_questionnaire(single(options=("基层治里", "乡村振兴")), free_text())
    mine = phone(member)
    first = mine.says("需求征集")
    option = sheet.of(survey.id).questions[0].choices[0]

    changes = {("option", option.id): "基层治理"}
    corrections.correct(survey, changes, note="错字", actor=make_account(member_unit=survey.member_unit))
    mine.taps(link(first, "1. 基层治里"))

    assert words_of(survey, member) == {1: "基层治理"}
    assert "1. 基层治理</a> ✓已选" in mine.says("上一题")


def test_a_survey_closed_in_mid_answer_says_so_kindly(phone: Phones) -> None:
    member = make_member()
    survey, mine = make_questionnaire(ranking(), free_text()), phone(member)
    first = mine.says("需求征集")
    mine.taps(link(first, "1. 基层治理"))

    questionnaires.close(survey, actor=None)

    assert "已经结束，不再接受回答。您之前的回答都已保存" in mine.taps(link(first, "2. 乡村振兴"))
    assert Answer.select().count() == 1


@pytest.mark.parametrize(
    "said", ["长" * 10_000, "😊" * 600, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "<a>]]>&{{1}}"]
)
def test_ten_thousand_characters_and_emoji_are_kept_cut_and_answered(phone: Phones, said: str) -> None:
    member = make_member()
    survey, mine = make_questionnaire(free_text(), with_other(), free_text("三？")), phone(member)
    mine.says("需求征集")

    second = mine.says(said)
    third = mine.says(f"其他：{said}")

    assert second.startswith("【2/3】")
    assert third.startswith("【3/3】")
    kept = words_of(survey, member)
    assert kept[1] == said[:500]
    assert kept[2] == said[:100]


def test_forged_and_stale_option_ids_are_refused_kindly(phone: Phones) -> None:
    member = make_member()
    survey = make_questionnaire(single(), free_text("为什么？", condition=if_chosen(1, 2)), free_text("三？"))
    mine = phone(member)
    mine.says("需求征集")
    hidden = mine.says("2")
    mine.says("上一题"), mine.says("1")

    assert "这个选项已失效" in mine.taps(f"s{survey.id}.1.999.000000000000")
    assert "那一题现在不用回答了" in mine.taps(link(hidden, "上一题"), "上一题")
    assert words_of(survey, member) == {1: "基层治理"}
