"""Whatever would keep somebody from an end, or a question from ever being asked, is found before opening."""

from __future__ import annotations

from typing import Any

import pytest
from peewee import Database

from models.surveys import QuestionnaireStatus
from services.errors import Invalid
from services.surveys import flow_check, questionnaires, sheet
from tests.factories import make_person, make_unit
from tests.factories.surveys import (
    day,
    free_text,
    if_chosen,
    make_questionnaire,
    multiple,
    number,
    ranking,
    scale,
    single,
)

pytestmark = pytest.mark.usefixtures("db")


def found(*questions: dict[str, Any], **values: Any) -> list[tuple[int, str, bool]]:
    survey = make_questionnaire(*questions, is_open=False, **values)
    told = flow_check.check(sheet.of(survey.id), survey.audience, meant=10)
    return [(each.position, each.what, each.is_error) for each in told]


def when(*terms: dict[str, Any], how: str = "all") -> dict[str, Any]:
    return {how: list(terms)}


def about(question: int, how: str, **more: Any) -> dict[str, Any]:
    return {"question": question, "is": how} | more


def test_a_survey_whose_branches_are_all_reached_has_no_problem() -> None:
    assert (
        found(
            single(),
            multiple(condition=if_chosen(1, 1, 2)),
            number(condition=when(about(2, "chosen", options=[1]), about(2, "chosen", options=[2]))),
            scale(condition=when(about(3, "more", number=29))),
            ranking(condition=when(about(1, "chosen", options=[3]), about(2, "answered"), how="any")),
            day(minimum=20270101, condition=when(about(5, "chosen", options=[2]))),
            free_text("{{6}}好吗？", condition=when(about(6, "less", number=20270201))),
        )
        == []
    )


NEVER = "永远不会问到"


@pytest.mark.parametrize(
    "condition",
    [
        when(about(1, "chosen", options=[1]), about(1, "chosen", options=[2])),  # one of a single choice
        when(about(1, "chosen", options=[1]), about(1, "not_chosen", options=[1])),
        when(about(2, "more", number=30)),  # 30 is the greatest
        when(about(2, "more", number=5), about(2, "less", number=6)),
        when(about(1, "not_chosen", options=[1, 2, 3]), about(1, "answered")),
        when(about(3, "answered"), about(1, "chosen", options=[2])),  # 3 is asked of those who chose 1
    ],
)
def test_a_question_that_nobody_can_reach_is_named(condition: dict[str, Any]) -> None:
    told = found(single(), number(), scale(condition=if_chosen(1, 1)), free_text(condition=condition))

    assert [(at, NEVER in what, is_error) for at, what, is_error in told] == [(4, True, True)]


def test_a_unit_outside_the_audience_is_never_asked(db: Database) -> None:
    asked, other = make_unit(), make_unit()
    only = {"audience": {"units": [asked.id]}}

    assert found(free_text(condition=when({"units": [asked.id]})), **only) == []
    told = found(free_text(condition=when({"units": [other.id]})), **only)
    assert NEVER in told[0][1]


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (if_chosen(2, 1), "它不在前面"),
        (if_chosen(3, 1), "它不在前面"),
        (if_chosen(0, 1), "已删除的题"),
        (if_chosen(9, 1), "已删除的题"),
        (if_chosen(1, 7), "已删除的选项"),
        (when(about(1, "more", number=2)), "题型不合"),
    ],
)
def test_a_condition_that_looks_forward_or_at_nothing_is_named(condition: dict[str, Any], why: str) -> None:
    told = found(single(), free_text(condition=condition), single("后面？"))

    assert [(at, why in what, is_error) for at, what, is_error in told] == [(2, True, True)]


@pytest.mark.parametrize("text", ["{{2}}是什么？", "{{9}}？"])
def test_words_of_an_answer_that_is_not_there_yet_are_named(text: str) -> None:
    assert [each[0] for each in found(single(), free_text(text))] == [2]


def test_places_that_run_out_before_a_required_question_is_answered_are_a_dead_end() -> None:
    few = [{"text": "上午", "quota": 2}, {"text": "下午", "quota": 3}]
    many = [{"text": "上午", "quota": 7}, {"text": "下午", "quota": 3}]

    assert "后来的人无法回答" in found(single(options=few))[0][1]  # type: ignore[arg-type]
    assert found(single(options=few, is_required=False)) == []  # type: ignore[arg-type]
    assert found(single(options=many)) == []  # type: ignore[arg-type]


def test_a_question_still_without_options_is_no_dead_end() -> None:
    empty = {name: "" for name in ("low_words", "high_words", "help_text", "section", "matrix_text")}
    values = {"minimum": None, "maximum": None, "matrix": None, "condition": None, "is_required": True}
    being_written = sheet.draft([{"kind": "single", "text": "", "options": [], **values, **empty}])

    assert flow_check.check(being_written) == []


def test_more_places_than_persons_are_told_without_stopping_anything() -> None:
    options = [{"text": "上午", "quota": 50}, {"text": "下午"}]

    assert found(single(options=options)) == [  # type: ignore[arg-type]
        (1, "第1题“上午”的名额 50 永远不会满：受众只有 10 人", False)
    ]


def test_what_is_wrong_keeps_a_questionnaire_from_being_opened() -> None:
    make_person()
    survey = make_questionnaire(single(), free_text(condition=if_chosen(2, 1)), is_open=False)

    with pytest.raises(Invalid, match="还不能开放：第2题的显示条件用到了第2题"):
        questionnaires.open(survey, actor=None)

    assert survey.status is QuestionnaireStatus.DRAFT
