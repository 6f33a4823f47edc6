"""survey_results_1m: what a questionnaire with a million answers says; then of one unit and one answer;
then one question by unit. The first reads everything anew, the others follow within half a minute.

Baseline: one bare GROUP BY over the same answers.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from peewee import fn

import clock
from benchmarks.figures import Figure
from benchmarks.processes import Measured, close_database, open_database
from benchmarks.sizes import Sizes
from demo import alliance
from models.alliance import MemberUnit
from models.base import db
from models.surveys import Answer, Option, Question, QuestionKind, Questionnaire, Response, ResponseStatus
from services.messaging import ledger
from services.surveys import columns, cross_tables, results

BATCH = 5000
ROUNDS = 3
LARGE = 50_000
RESPONSE = (
    "INSERT INTO response (id, questionnaire_id, respondent, member_unit_id, status, completed_on)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
ANSWER = (
    "INSERT INTO answer (id, response_id, question_id, option_no, number, text) VALUES (?, ?, ?, ?, ?, ?)"
)


def results_of_many(sizes: Sizes) -> list[Figure]:
    """Seconds until everything is counted."""
    with tempfile.TemporaryDirectory() as name, Measured(Path(name)):
        open_database()
        alliance.load(people=0)
        questionnaire = Questionnaire.select().where(Questionnaire.is_sample).get()
        written = _answer(questionnaire, sizes.answers)
        unit_id = alliance.unit_named("乐余").id
        option_id = Option.select().join(Question).where(Question.questionnaire == questionnaire).first().id
        is_large = written >= LARGE  # a small survey tells nothing of one unit's few who gave one answer
        both = results.Narrowing(unit_id=unit_id if is_large else None, option_id=option_id)
        topic = Question.select().where(Question.questionnaire == questionnaire).order_by(Question.position)
        sides: dict[str, Callable[[], object]] = {
            "bare": _bare,
            "all": lambda: _read_anew(questionnaire),
            "filtered": lambda: results.results(questionnaire, actor=None, narrowing=both),
            "crossed": lambda: cross_tables.cross(questionnaire, topic.get().id, "unit", actor=None),
        }
        _check(questionnaire, written)
        times: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(ROUNDS):
            for side, run in sides.items():
                began = time.perf_counter()
                run()
                times[side].append(time.perf_counter() - began)
        close_database()
    seconds = {side: statistics.median(each) for side, each in times.items()}
    return [
        Figure(
            "survey_results_1m",
            seconds["all"],
            "s",
            "one bare GROUP BY of the answers",
            seconds["all"] / seconds["bare"],
            "sqlite",
            "the engine, on one core: one scan of the index that holds all that is counted",
            {
                "filtered_s": seconds["filtered"],
                "crossed_s": seconds["crossed"],
                "bare_s": seconds["bare"],
                "answers": written,
            },
        )
    ]


def _answer(questionnaire: Questionnaire, wanted: int) -> int:
    """Write `wanted` answers in complete responses, evenly over the units; how many there are now."""
    source = random.Random(19)
    units = [unit.id for unit in MemberUnit.select().where(MemberUnit.is_sample)]
    questions = list(
        Question.select().where(Question.questionnaire == questionnaire).order_by(Question.position)
    )
    options = {q.id: [o.id for o in Option.select().where(Option.question == q)] for q in questions}
    today, written, number = clock.local_today(), 0, 0
    while written < wanted:
        responses: list[tuple[Any, ...]] = []
        answers: list[tuple[Any, ...]] = []
        while len(answers) < BATCH and written + len(answers) < wanted:
            number += 1
            response = source.getrandbits(62)
            unit, status = units[number % len(units)], ResponseStatus.COMPLETED.value
            responses.append((response, questionnaire.id, f"r{number}", unit, status, today))
            given = _of_one(source, questions, options)
            answers += [(source.getrandbits(62), response, *answer) for answer in given]
        with db.atomic():
            ledger.many(RESPONSE, responses)
            ledger.many(ANSWER, answers)
        written += len(answers)
    return written


def _of_one(source: random.Random, questions: list[Question], options: dict[int, list[int]]) -> Iterator[Any]:
    for question in questions:
        choices = options[question.id]
        if question.kind is QuestionKind.SINGLE:
            yield question.id, source.choice(choices), None, None
        elif question.kind is QuestionKind.MULTIPLE:
            for chosen in islice(source.sample(choices, len(choices)), source.randint(1, 3)):
                yield question.id, chosen, None, None
        elif question.kind is QuestionKind.NUMBER:
            yield question.id, 0, source.randint(1, 10), None
        elif question.kind is QuestionKind.SCALE:
            yield question.id, 0, source.randint(1, question.maximum), None
        elif source.random() < 0.25:
            yield question.id, 0, None, "基层治理"


def _read_anew(questionnaire: Questionnaire) -> None:
    """Everything, with nothing kept from before."""
    columns.forget()
    results.results(questionnaire, actor=None)


def _bare() -> None:
    counted = Answer.select(Answer.question, Answer.option_no, fn.COUNT(Answer.id))
    list(counted.group_by(Answer.question, Answer.option_no).tuples())


def _check(questionnaire: Questionnaire, written: int) -> None:
    """Before it is timed: everything written is counted."""
    told = results.results(questionnaire, actor=None)
    if told.questions is None:
        raise RuntimeError("the results tell nothing")
    counted = sum(sum(bar.count for bar in each.bars) for each in told.questions if each.bars)
    counted += sum(each.answered for each in told.questions if each.asked.kind is QuestionKind.TEXT)
    if counted != written or told.completed != Response.select().count():
        raise RuntimeError(f"{counted} answers counted, {written} written")
