"""Answers (回答): what one response says, question by question, kept whole and changed whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peewee import fn

import clock
from models.base import locked
from models.surveys import Answer, Option, QuestionKind, Response
from services.errors import Conflict
from services.prepared import Prepared
from services.prepared import given as value_of
from services.surveys.reading import Reading
from services.surveys.sheet import NUMBERED, Asked, Choice, Sheet

Row = tuple[int, int | None, str | None, str | None]  # option, number, text, file
PASSED: Row = (0, None, None, None)


class OptionFull(Conflict):
    """So many chose it already as may."""

    code = "option_full"

    def __init__(self, choices: Iterable[Choice]) -> None:
        super().__init__(f"{'、'.join(f'“{each.text}”' for each in choices)}名额已满，请改选别的")


@dataclass
class Given:
    """What one response holds, question by question. `full`: options that nobody else may choose now."""

    chosen: dict[int, set[int]] = field(default_factory=dict)
    ranks: dict[int, list[int]] = field(default_factory=dict)  # options, the first place first
    numbers: dict[int, int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    files: dict[int, str] = field(default_factory=dict)
    words: dict[int, str] = field(default_factory=dict)  # what “其他” means, by the option
    passed: set[int] = field(default_factory=set)  # questions passed over
    full: set[int] = field(default_factory=set)
    files_gone: set[str] = field(default_factory=set)  # of answers replaced or dropped, still stored

    def has(self, asked: Asked) -> bool:
        """Whether the question is answered, or was passed over."""
        if asked.id in self.passed:
            return True
        if asked.kind in NUMBERED:
            return asked.id in self.numbers
        if asked.kind is QuestionKind.TEXT:
            return asked.id in self.texts
        if asked.kind is QuestionKind.PICTURE:
            return asked.id in self.files
        if asked.kind is QuestionKind.RANKING:
            return len(self.ranks.get(asked.id, ())) >= asked.most
        return len(self.chosen.get(asked.id, ())) >= asked.least and self.wordless(asked) is None

    def wordless(self, asked: Asked) -> Choice | None:
        """“其他” where it is chosen and what it means is still to be said."""
        chosen = self.chosen.get(asked.id, ())
        return next(
            (c for c in asked.choices if c.is_other and c.id in chosen and not self.words.get(c.id)), None
        )

    def is_stuck(self, asked: Asked) -> bool:
        """Whether too few options are left to answer: then it may be passed over whatever it demands."""
        if asked.kind not in (QuestionKind.SINGLE, QuestionKind.MULTIPLE) or not self.full:
            return False
        return sum(choice.id not in self.full for choice in asked.choices) < asked.least

    def first_missing(self, sheet: Sheet) -> Asked | None:
        return next((asked for asked in sheet.questions if not self.has(asked)), None)

    def rows(self, asked: Asked) -> set[Row]:
        """The answer as it is kept."""
        at = asked.id
        if at in self.passed:
            return {PASSED}
        if at in self.numbers:
            return {(0, self.numbers[at], None, None)}
        if at in self.texts:
            return {(0, None, self.texts[at], None)}
        if at in self.files:
            return {(0, None, None, self.files[at])}
        if at in self.ranks:
            return {(option_id, place, None, None) for place, option_id in enumerate(self.ranks[at], 1)}
        return {(option_id, None, self.words.get(option_id), None) for option_id in self.chosen.get(at, ())}

    def forget(self, asked: Asked) -> None:
        for option_id in self.chosen.pop(asked.id, ()):
            self.words.pop(option_id, None)
        self.passed.discard(asked.id)
        if asked.id in self.files:
            self.files_gone.add(self.files[asked.id])
        for held in (self.ranks, self.numbers, self.texts, self.files):
            held.pop(asked.id, None)

    def note(
        self, question_id: int, option_no: int, number: int | None, text: str | None, file: str | None
    ) -> None:
        """Take in one row; of a ranking the rows come in the order of their places."""
        if option_no and number is not None:
            self.ranks.setdefault(question_id, []).append(option_no)
        elif option_no:
            self.chosen.setdefault(question_id, set()).add(option_no)
            if text:
                self.words[option_no] = text
        elif number is not None:
            self.numbers[question_id] = number
        elif text is not None:
            self.texts[question_id] = text
        elif file is not None:
            self.files[question_id] = file
        else:
            self.passed.add(question_id)


def given(response: Response) -> Given:
    """Everything answered so far; one statement."""
    held = Given()
    for question_id, option_no, number, text, file in _ANSWERS.rows(response=response.id):
        held.note(question_id, option_no, number, text, file)
    return held


_ANSWERS = Prepared(
    lambda: (
        Answer.select(Answer.question, Answer.option_no, Answer.number, Answer.text, Answer.file)
        .where(Answer.response == value_of("response"))
        .order_by(Answer.number)
    )
)


def put(response: Response, asked: Asked, reading: Reading, held: Given, *, is_anonymous: bool) -> bool:
    """Make this the whole answer to the question; False when it was so already. Raises OptionFull."""
    rows = _rows(asked, reading, held)
    was = held.rows(asked)
    if rows == was:
        return False
    _hold_places(response, asked, {row[0] for row in rows} - {row[0] for row in was}, held)
    _replace(response, asked, rows, held, is_anonymous)
    return True


def _rows(asked: Asked, reading: Reading, held: Given) -> set[Row]:
    if asked.kind is QuestionKind.RANKING:
        return {(choice.id, place, None, None) for place, choice in enumerate(reading.choices, 1)}
    if not reading.choices:
        return {(0, reading.number, reading.text, reading.file)}
    return {
        (each.id, None, (reading.words or held.words.get(each.id)) if each.is_other else None, None)
        for each in reading.choices
    }


def toggle(response: Response, asked: Asked, option_id: int, held: Given, *, is_anonymous: bool) -> bool:
    """Add the option to a multiple choice or a ranking, or take it away; True when it is chosen now.

    Added to a ranking it takes the next place; taken away, those behind it move up. Raises OptionFull.
    """
    rows = held.rows(asked) - {PASSED}
    if asked.kind is QuestionKind.RANKING:
        order = list(held.ranks.get(asked.id, ()))
        is_chosen = option_id not in order
        order = [*order, option_id] if is_chosen else [each for each in order if each != option_id]
        rows = {(each, place, None, None) for place, each in enumerate(order, 1)}
    else:
        kept = {row for row in rows if row[0] != option_id}
        is_chosen = kept == rows
        rows = rows | {(option_id, None, None, None)} if is_chosen else kept
    if is_chosen:
        _hold_places(response, asked, {option_id}, held)
    _replace(response, asked, rows, held, is_anonymous)
    return is_chosen


def pass_over(response: Response, asked: Asked, held: Given, *, is_anonymous: bool) -> None:
    """Leave a question that need not be answered; an earlier answer to it is dropped."""
    if held.rows(asked) != {PASSED}:
        _replace(response, asked, {PASSED}, held, is_anonymous)


def drop(response: Response, asked: Asked, held: Given) -> bool:
    """Take the answer away, as if it had never been given; whether there was one."""
    had = bool(held.rows(asked))
    if had:
        _DROP.run(response=response.id, question=asked.id)
        held.forget(asked)
    return had


def drop_all(response: Response, held: Given) -> None:
    """Begin anew: nothing is answered."""
    Answer.delete().where(Answer.response == response.id).execute()
    held.files_gone |= set(held.files.values())
    for kept in (held.chosen, held.ranks, held.numbers, held.texts, held.files, held.words, held.passed):
        kept.clear()


def note_full(response: Response, asked: Asked, held: Given) -> None:
    """Find out which options of the question have no place left for this response."""
    if asked.has_quotas:
        held.full = _full(response, asked, {choice.id for choice in asked.choices})


def note_all_full(response: Response | None, sheet: Sheet, held: Given) -> None:
    """The same for every question of the sheet; one statement for each with quotas."""
    full: set[int] = set()
    for asked in sheet.questions:
        if asked.has_quotas:
            full |= _full(response or Response(id=0), asked, {choice.id for choice in asked.choices})
    held.full = full


def _hold_places(response: Response, asked: Asked, wanted: set[int], held: Given) -> None:
    """Of two who want the last place one waits here, and finds it taken. Raises OptionFull."""
    bounded = {c.id for c in asked.choices if c.quota is not None and c.id in wanted}
    if not bounded:
        return
    list(locked(Option.select(Option.id).where(Option.id.in_(list(bounded))).order_by(Option.id)))
    full = _full(response, asked, bounded)
    held.full |= full
    if full:
        raise OptionFull(choice for choice in asked.choices if choice.id in full)


def _full(response: Response, asked: Asked, among: set[int]) -> set[int]:
    bounded = {c.id: c.quota for c in asked.choices if c.quota is not None and c.id in among}
    counted: Any = (
        Answer.select(Answer.option_no, fn.COUNT(Answer.id))
        .where(
            Answer.question == asked.id, Answer.option_no.in_(list(bounded)), Answer.response != response.id
        )
        .group_by(Answer.option_no)
        .tuples()
    )
    counts = dict(counted)
    return {option_id for option_id, quota in bounded.items() if counts.get(option_id, 0) >= quota}


def _replace(response: Response, asked: Asked, rows: set[Row], held: Given, is_anonymous: bool) -> None:
    """Write what differs: rows gone are taken away, new ones added."""
    was = held.rows(asked)
    if was and not was <= rows:
        gone = {row[0] for row in was - rows}
        if gone == {row[0] for row in was}:
            _DROP.run(response=response.id, question=asked.id)
        else:
            Answer.delete().where(
                Answer.response == response.id, Answer.question == asked.id, Answer.option_no.in_(list(gone))
            ).execute()
    now = None if is_anonymous else clock.utc_now()
    for option_no, number, text, file in sorted(rows - was, key=lambda row: row[0]):
        _NEW.run(
            id=Answer.id.default(),
            response=response.id,
            question=asked.id,
            option=option_no,
            number=number,
            text=text,
            file=file,
            at=now,
        )
    held.forget(asked)
    for row in sorted(rows, key=lambda row: row[1] or 0):
        held.note(asked.id, *row)


_DROP = Prepared(
    lambda: Answer.delete().where(
        Answer.response == value_of("response"), Answer.question == value_of("question")
    )
)
_NEW = Prepared(
    lambda: Answer.insert(
        {
            Answer.id: value_of("id"),
            Answer.response: value_of("response"),
            Answer.question: value_of("question"),
            Answer.option_no: value_of("option"),
            Answer.number: value_of("number"),
            Answer.text: value_of("text"),
            Answer.file: value_of("file"),
            Answer.created_at: value_of("at"),
        }
    )
)
