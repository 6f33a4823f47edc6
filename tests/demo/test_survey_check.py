"""Answers as stored against what the people meant."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from peewee import Database

from demo import survey_check
from models.surveys import Answer, Option, Question, Response, ResponseStatus
from tests.factories.surveys import free_text, make_questionnaire, multiple, number, single


def test_both_sides_are_listed_with_numbers_in_their_order() -> None:
    kept = {"几天？": Counter({"10": 2, "2": 1}), "专题？": Counter({"党建": 3})}
    wanted = {
        "几天？": Counter({"2": 1, "3": 1}),
        "专题？": Counter({"党建": 3}),
        "没问的": Counter({"是": 1}),
    }

    assert survey_check.compare(kept, wanted) == [
        ("几天？", "2", 1, 1),
        ("几天？", "3", 0, 1),
        ("几天？", "10", 2, 0),
        ("专题？", "党建", 3, 3),
        ("没问的", "是", 0, 1),
    ]


def test_every_option_meant_counts() -> None:
    truth = {"o1": {"形式？": ["讲授", "研讨"], "几天？": 3}, "o2": {"形式？": ["讲授"], "几天？": 3}}

    assert survey_check.meant(truth) == {
        "形式？": Counter({"讲授": 2, "研讨": 1}),
        "几天？": Counter({"3": 2}),
    }


@pytest.mark.usefixtures("db")
def test_only_completed_responses_are_counted(db: Database, noon: datetime) -> None:
    questionnaire = make_questionnaire(single(), multiple(), number(), free_text())
    asked = list(Question.select().where(Question.questionnaire == questionnaire).order_by(Question.position))
    for status in (ResponseStatus.COMPLETED, ResponseStatus.STARTED):
        response = Response.create(questionnaire=questionnaire, respondent=f"one who {status}", status=status)
        for question in asked[:2]:
            first = Option.select().where(Option.question == question).order_by(Option.position).get()
            Answer.create(response=response, question=question, option_no=first.id)
        Answer.create(response=response, question=asked[2], number=5)
        Answer.create(response=response, question=asked[3], text="多讲案例")

    told = survey_check.stored(questionnaire)

    assert {question: sum(answers.values()) for question, answers in told.items()} == {
        question.text: 1 for question in asked
    }
    assert told[asked[2].text] == Counter({"5": 1})
    assert told[asked[3].text] == Counter({"多讲案例": 1})
