"""The answers of a questionnaire as columns in memory: a row for each response, a column for each question.

Read once, everything is counted from them: a filter, a cross table or a share costs thousandths
of a second. They are read from an index alone, as lists that the database itself joins; of a large
questionnaire they are kept for half a minute, and as long as no response was added or completed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from peewee import Expression, fn

from models.base import is_sqlite
from models.people import PersonRoleKind
from models.surveys import Answer, QuestionKind, Questionnaire, Response, ResponseStatus
from services.surveys import sheet
from services.surveys.sheet import CHOICE, NUMBERED, Asked

Ints: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"
Flags: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"
KEPT_SECONDS = 30.0
KEPT_FROM = 5000  # responses: a smaller questionnaire is read anew each time
KEPT_MOST = 4

ROLES = (None, *PersonRoleKind)


@dataclass(slots=True)
class Columns:
    """`rows` responses. `unit` and `role` are places in `units` and ROLES."""

    rows: int
    ids: Ints  # of the responses, ascending
    units: list[int]
    unit: Ints
    role: Ints
    is_completed: Flags
    asked: tuple[Asked, ...]
    answered: dict[int, Flags] = field(default_factory=dict)
    single: dict[int, Ints] = field(default_factory=dict)  # place of the option, -1: none
    chosen: dict[int, Flags] = field(default_factory=dict)  # multiple: rows by options
    places: dict[int, Ints] = field(default_factory=dict)  # ranking: rows by options, 0: not placed
    number: dict[int, Ints] = field(default_factory=dict)  # valid where answered


_kept: dict[tuple[str, int], tuple[tuple[Any, ...], float, Columns]] = {}
_lock = threading.Lock()


def of(questionnaire: Questionnaire) -> Columns:
    """What was answered so far, of unfinished responses too."""
    stamp = _stamp(questionnaire)
    key = (str(Questionnaire._meta.database.obj.database), questionnaire.id)
    with _lock:
        held = _kept.get(key)
    if held is not None and held[0] == stamp and time.monotonic() - held[1] < KEPT_SECONDS:
        return held[2]
    columns = _read(questionnaire)
    if columns.rows >= KEPT_FROM:
        with _lock:
            _kept[key] = (stamp, time.monotonic(), columns)
            while len(_kept) > KEPT_MOST:
                del _kept[min(_kept, key=lambda each: _kept[each][1])]
    return columns


def forget() -> None:
    """Read everything anew (benchmarks)."""
    with _lock:
        _kept.clear()


def _stamp(questionnaire: Questionnaire) -> tuple[Any, ...]:
    rows: Any = (
        Response.select(Response.status, fn.COUNT(Response.id))
        .where(Response.questionnaire == questionnaire.id)
        .group_by(Response.status)
        .order_by(Response.status)
        .tuples()
    )
    return tuple((status.value, count) for status, count in rows)


def _read(questionnaire: Questionnaire) -> Columns:
    told: Any = (
        Response.select(Response.id, Response.member_unit, Response.role, Response.status)
        .where(Response.questionnaire == questionnaire.id)
        .tuples()
    )
    database = Questionnaire._meta.database
    found = database.execute(told).fetchall()  # as the driver gives them: no field's conversion for each
    asked = sheet.of(questionnaire.id).questions
    ids = np.array([row[0] for row in found], dtype=np.int64)
    order = np.argsort(ids)
    units = sorted({row[1] or 0 for row in found})
    place = {unit: no for no, unit in enumerate(units)}
    role_place = {role.value if role else None: no for no, role in enumerate(ROLES)}
    columns = Columns(
        rows=len(found),
        ids=ids[order],
        units=units,
        unit=np.array([place[row[1] or 0] for row in found], dtype=np.int64)[order],
        role=np.array([role_place.get(row[2], 0) for row in found], dtype=np.int64)[order],
        is_completed=np.array([row[3] == ResponseStatus.COMPLETED.value for row in found], dtype=bool)[order],
        asked=asked,
    )
    _Filling(columns, ids[order]).fill()
    return columns


class _Filling:
    def __init__(self, columns: Columns, ids: Ints) -> None:
        self.columns, self.ids = columns, ids
        self.asked = {each.id: each for each in columns.asked}
        self.place = {choice.id: no for each in columns.asked for no, choice in enumerate(each.choices)}

    def fill(self) -> None:
        for asked in self.columns.asked:
            self._empty(asked)
        if not self.columns.rows:
            return
        counted = [each.id for each in self.columns.asked if each.kind not in _SAID]
        if counted:
            for question_id, option_no, number, rows in self._lists(counted):
                self._put(self.asked[question_id], option_no, number, rows)
        self._said()

    def _empty(self, asked: Asked) -> None:
        columns, n = self.columns, self.columns.rows
        columns.answered[asked.id] = np.zeros(n, dtype=bool)
        if asked.kind is QuestionKind.SINGLE:
            columns.single[asked.id] = np.full(n, -1, dtype=np.int64)
        elif asked.kind is QuestionKind.MULTIPLE:
            columns.chosen[asked.id] = np.zeros((n, len(asked.choices)), dtype=bool)
        elif asked.kind is QuestionKind.RANKING:
            columns.places[asked.id] = np.zeros((n, len(asked.choices)), dtype=np.int64)
        elif asked.kind in NUMBERED:
            columns.number[asked.id] = np.zeros(n, dtype=np.int64)

    def _lists(self, question_ids: list[int]) -> list[tuple[int, int, int | None, Ints]]:
        """Who gave each answer, by question, option and number: the responses' places, in one list each."""
        joined: Any = (
            fn.GROUP_CONCAT(Answer.response)
            if is_sqlite()
            else fn.STRING_AGG(Answer.response.cast("text"), ",")
        )
        query: Any = (
            Answer.select(Answer.question, Answer.option_no, Answer.number, joined)
            .where(Answer.question.in_(question_ids), _says_something())
            .group_by(Answer.question, Answer.option_no, Answer.number)
        )
        return [
            (question_id, option_no, number, self._rows(np.fromstring(text, dtype=np.int64, sep=",")))
            for question_id, option_no, number, text in Questionnaire._meta.database.execute(query).fetchall()
        ]

    def _rows(self, responses: Ints) -> Ints:
        found = np.searchsorted(self.ids, responses)
        found[found == len(self.ids)] = 0
        return found[self.ids[found] == responses]  # one that came since the responses were read is left out

    def _put(self, asked: Asked, option_no: int, number: int | None, rows: Ints) -> None:
        columns = self.columns
        if asked.kind in NUMBERED:
            if number is None:
                return
            columns.number[asked.id][rows] = number
        elif option_no not in self.place:
            return
        elif asked.kind is QuestionKind.SINGLE:
            columns.single[asked.id][rows] = self.place[option_no]
        elif asked.kind is QuestionKind.MULTIPLE:
            columns.chosen[asked.id][rows, self.place[option_no]] = True
        else:
            columns.places[asked.id][rows, self.place[option_no]] = number or 0
        columns.answered[asked.id][rows] = True

    def _said(self) -> None:
        """Who wrote words or sent a picture."""
        wanted = [each.id for each in self.columns.asked if each.kind in _SAID]
        if not wanted:
            return
        query: Any = Answer.select(Answer.question, Answer.response).where(
            Answer.question.in_(wanted), Answer.text.is_null(False) | Answer.file.is_null(False)
        )
        by_question: dict[int, list[int]] = {}
        for question_id, response_id in Questionnaire._meta.database.execute(query).fetchall():
            by_question.setdefault(question_id, []).append(response_id)
        for question_id, responses in by_question.items():
            self.columns.answered[question_id][self._rows(np.array(responses, dtype=np.int64))] = True


_SAID = frozenset({QuestionKind.TEXT, QuestionKind.PICTURE})


def _says_something() -> Expression:
    """Not passed over."""
    return (Answer.option_no > 0) | Answer.number.is_null(False)


def is_option_question(asked: Asked) -> bool:
    """Whether one of its options can be asked for as a filter."""
    return asked.kind in CHOICE
