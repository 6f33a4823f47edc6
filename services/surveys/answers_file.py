"""Answers to Excel (导出回答): of an anonymous survey no person, no unit, no time, nothing in order.

A row is a response, in an order drawn anew each time. Of an anonymous survey a choice that fewer
than five gave is told as 不足5人; words and odd numbers stand on sheets of their own, each shuffled by
itself, so that nobody's words stand beside the same person's choices.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from models.accounts import Account
from models.alliance import MemberUnit
from models.people import Person
from models.surveys import Answer, Option, QuestionKind, Questionnaire, Response
from services import audit, list_exports, masking
from services.errors import Invalid
from services.surveys import alliance_names, questionnaires, words
from services.surveys import columns as answer_columns
from services.surveys.columns import Columns
from services.surveys.sheet import Asked
from services.surveys.small_groups import SMALL_GROUP
from services.surveys.workbooks import Page, book

FEW = f"不足{SMALL_GROUP}人"
_SAID = (QuestionKind.TEXT, QuestionKind.PICTURE)
_source = random.SystemRandom()


def export(questionnaire: Questionnaire, *, actor: Account) -> bytes:
    """All answers as a workbook. Raises Invalid where an anonymous survey has too few, or too many for a
    file, NotFound for another school's."""
    questionnaires.find(questionnaire.id, actor=actor)
    columns = answer_columns.of(questionnaire)
    list_exports.check_size(columns.rows)
    if questionnaire.is_anonymous and columns.rows < SMALL_GROUP:
        raise Invalid(f"匿名问卷的回答不足{SMALL_GROUP}份，不能导出")
    audit.record("answers.exported", questionnaire, actor=actor, rows=columns.rows)
    if not questionnaire.is_anonymous:
        return book([_named(questionnaire, columns)])
    return book([_shuffled(columns), *_said(questionnaire, columns)])


def _shuffled(columns: Columns) -> Page:
    asked = [each for each in columns.asked if each.kind not in _SAID]
    told = [_anonymous(_told(columns, each)) for each in asked]
    rows = [list(row) for row in zip(*told, strict=True)] if told else []
    _source.shuffle(rows)
    return Page("回答", [_head(each) for each in asked], rows)


def _anonymous(told: list[tuple[Any, ...]]) -> list[Any]:
    """One column: what fewer than five said is not told, and where that leaves out fewer than five in
    all, the next rarest is not told either."""
    told = [values or ("",) for values in told]  # who was not asked is a group as well
    counts = Counter(value for values in told for value in values)
    hidden = {value for value, count in counts.items() if count < SMALL_GROUP}
    for value, _ in sorted(counts.items(), key=lambda each: (each[1], str(each[0]))):
        if not 0 < sum(counts[each] for each in hidden) < SMALL_GROUP:
            break
        hidden.add(value)
    return [_joined(tuple(FEW if value in hidden else value for value in values)) for values in told]


def _joined(values: tuple[Any, ...]) -> Any:
    if len(values) == 1:
        return values[0]
    return "┋".join(str(value) for value in dict.fromkeys(values))


def _told(columns: Columns, asked: Asked) -> list[tuple[Any, ...]]:
    """What each response says to the question, in words or as a number."""
    texts = [choice.text for choice in asked.choices]
    if asked.kind is QuestionKind.SINGLE:
        return [(texts[no],) if no >= 0 else () for no in columns.single[asked.id].tolist()]
    if asked.kind is QuestionKind.MULTIPLE:
        return [tuple(texts[no] for no in np.flatnonzero(row)) for row in columns.chosen[asked.id]]
    if asked.kind is QuestionKind.RANKING:
        return [_order(row, texts) for row in columns.places[asked.id].tolist()]
    answered = columns.answered[asked.id].tolist()
    return [
        (number,) if has else ()
        for number, has in zip(columns.number[asked.id].tolist(), answered, strict=True)
    ]


def _order(places: list[int], texts: list[str]) -> tuple[Any, ...]:
    told = sorted((place, texts[no]) for no, place in enumerate(places) if place)
    return ("→".join(text for _, text in told),) if told else ()


def _said(questionnaire: Questionnaire, columns: Columns) -> Iterator[Page]:
    """The words given to each text question, names and numbers masked."""
    others = [each for each in columns.asked if any(choice.is_other for choice in each.choices)]
    for asked in (*(each for each in columns.asked if each.kind is QuestionKind.TEXT), *others):
        query = Answer.select(Answer.text).where(Answer.question == asked.id, Answer.text.is_null(False))
        if asked.choices:
            query = query.where(
                Answer.option_no.in_(Option.select(Option.id).where(Option.question == asked.id))
            )
        written = [row.text or "" for row in query]
        names = alliance_names.occurring(written)
        said = [words.masked(text, names) for text in written]
        if len(said) >= SMALL_GROUP:
            _source.shuffle(said)
            yield Page(f"文字 {asked.no}", [_head(asked)], [[text] for text in said])


def _named(questionnaire: Questionnaire, columns: Columns) -> Page:
    """A row for each response with the unit and the masked name."""
    people: Any = Response.select(Response.id, Response.person, Response.member_unit).where(
        Response.questionnaire == questionnaire.id
    )
    whose = {row[0]: row[1:] for row in people.tuples()}
    named: Any = (
        Person.select(Person.id, Person.name)
        .join(Response)
        .where(Response.questionnaire == questionnaire.id)
        .tuples()
    )
    names: dict[int, str] = dict(named)
    units = {unit.id: unit.short_name for unit in MemberUnit.select()}
    texts = [each.id for each in columns.asked if each.kind is QuestionKind.TEXT]
    written: Any = Answer.select(Answer.response, Answer.question, Answer.text).where(
        Answer.question.in_(texts)
    )
    said = {(response_id, question_id): text or "" for response_id, question_id, text in written.tuples()}
    told = {each.id: _told(columns, each) for each in columns.asked if each.kind not in _SAID}
    rows = []
    for no, response_id in enumerate(columns.ids.tolist()):
        if response_id not in whose:
            continue  # taken away since the answers were read
        person_id, unit_id = whose[response_id]
        row: list[Any] = [units.get(unit_id, ""), masking.mask_name(names.get(person_id, ""))]
        for each in columns.asked:
            row.append(
                said.get((response_id, each.id), "")
                if each.kind in _SAID
                else _joined(told[each.id][no] or ("",))
            )
        rows.append(row)
    return Page("回答", ["单位", "姓名（已遮盖）", *(_head(each) for each in columns.asked)], rows)


def _head(asked: Asked) -> str:
    text = f"{asked.matrix_text}：{asked.text}" if asked.matrix_text else asked.text
    return f"{asked.no}. {text}"
