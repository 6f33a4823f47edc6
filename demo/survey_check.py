"""Survey answers as stored, against what the sandbox's people meant: by question and option."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from models.surveys import Answer, Option, Question, Questionnaire, Response, ResponseStatus

Counts = dict[str, Counter[str]]  # question -> answer -> how many


def stored(questionnaire: Questionnaire) -> Counts:
    """What the product kept, of the completed responses."""
    questions = {q.id: q for q in Question.select().where(Question.questionnaire == questionnaire)}
    options = {o.id: o.text for o in Option.select().where(Option.question.in_(list(questions)))}
    counts: Counts = {q.text: Counter() for q in questions.values()}
    answers: Any = (
        Answer.select(Answer.question, Answer.option_no, Answer.number, Answer.text)
        .join(Response)
        .where(Response.questionnaire == questionnaire, Response.status == ResponseStatus.COMPLETED)
    )
    for question_id, option_no, number, text in answers.tuples():
        given = options[option_no] if option_no else text if number is None else str(number)
        counts[questions[question_id].text][str(given)] += 1
    return counts


def meant(truth: dict[str, dict[str, Any]]) -> Counts:
    """What the people meant: {openid: {question: [options] | number | text}}."""
    counts: Counts = {}
    for answers in truth.values():
        for question, meaning in answers.items():
            told = counts.setdefault(question, Counter())
            told.update([str(one) for one in meaning] if isinstance(meaning, list) else [str(meaning)])
    return counts


def compare(kept: Counts, wanted: Counts) -> list[tuple[str, str, int, int]]:
    """(question, answer, stored, meant) of every answer either side knows, in order."""
    rows = []
    for question in [*kept, *(q for q in wanted if q not in kept)]:
        mine, theirs = kept.get(question, Counter()), wanted.get(question, Counter())
        for answer in sorted({*mine, *theirs}, key=_order):
            rows.append((question, answer, mine[answer], theirs[answer]))
    return rows


def _order(answer: str) -> tuple[int, str]:
    """Numbers by size, before words."""
    return (int(answer), "") if answer.isdecimal() else (sys.maxsize, answer)
