"""Survey answers as stored, against what the sandbox's people meant: by question and option."""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import Any

from models.surveys import Answer, Option, Question, Questionnaire, Response, ResponseStatus

PIPE = re.compile(r"\\\{\\\{\s*\d+\s*\\\}\\\}")  # {{3}}, escaped
Counts = dict[str, Counter[str]]  # question -> answer -> how many


def stored(questionnaire: Questionnaire) -> Counts:
    """What the product kept, of the completed responses."""
    questions = {q.id: q for q in Question.select().where(Question.questionnaire == questionnaire)}
    options = {o.id: o.text for o in Option.select().where(Option.question.in_(list(questions)))}
    counts: Counts = {q.text: Counter() for q in questions.values()}
    answers: Any = (
        Answer.select(Answer.question, Answer.option_no, Answer.number, Answer.text, Answer.file)
        .join(Response)
        .where(Response.questionnaire == questionnaire, Response.status == ResponseStatus.COMPLETED)
    )
    for question_id, option_no, number, text, file in answers.tuples():
        if option_no and number is not None:
            given = f"第{number}位 {options[option_no]}"
        elif option_no:
            given = f"{options[option_no]}：{text}" if text else options[option_no]
        else:
            given = "［图片］" if file else text if number is None else str(number)
        counts[questions[question_id].text][str(given)] += 1
    return counts


def meant(truth: dict[str, dict[str, Any]], questionnaire: Questionnaire | None = None) -> Counts:
    """What the people meant: {openid: {question: [options] | number | text}}.

    Of a questionnaire that puts earlier answers into its questions each is told by its own text.
    """
    texts: dict[str, str] = {}
    if questionnaire is not None:
        rows = Question.select(Question.text).where(Question.questionnaire == questionnaire)
        texts = {PIPE.sub(".*", re.escape(row.text)): row.text for row in rows}
    counts: Counts = {}
    for answers in truth.values():
        for said, meaning in answers.items():
            question = next((text for pattern, text in texts.items() if re.fullmatch(pattern, said)), said)
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
