"""Responses (回答): one per respondent, told apart by a keyed token, and the answers in them.

Of an anonymous questionnaire neither the person nor a time of day is kept, the rows' ids
are random, and the key of the token is destroyed at closing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from peewee import ModelSelect

import clock
from models.base import locked
from models.people import Person
from models.sealing import keyed_hash
from models.surveys import Answer, QuestionKind, Questionnaire, Response, ResponseStatus
from services.prepared import Prepared
from services.prepared import given as value_of
from services.surveys import participation
from services.surveys.reading import Reading
from services.surveys.sheet import COUNTED, Asked, Sheet


@dataclass
class Given:
    """What one response holds, question by question."""

    chosen: dict[int, set[int]] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    passed: set[int] = field(default_factory=set)  # questions passed over

    def has(self, asked: Asked) -> bool:
        """Whether the question is answered, or was passed over."""
        if asked.id in self.passed:
            return True
        if asked.kind in COUNTED:
            return asked.id in self.numbers
        if asked.kind is QuestionKind.TEXT:
            return asked.id in self.texts
        return len(self.chosen.get(asked.id, ())) >= asked.least

    def first_missing(self, sheet: Sheet) -> Asked | None:
        return next((asked for asked in sheet.questions if not self.has(asked)), None)


def respondent_of(questionnaire: Questionnaire, person_id: int) -> str:
    """The token, the same each time for one person. Raises LookupError when the key is destroyed."""
    if not questionnaire.is_anonymous:
        return keyed_hash(f"respondent|{questionnaire.id}|{person_id}")
    if questionnaire.blind_key is None:
        raise LookupError("the blind key of this questionnaire is destroyed")
    told = hmac.new(questionnaire.blind_key.encode(), str(person_id).encode(), hashlib.sha256)
    return told.hexdigest()


def of_person(questionnaire: Questionnaire, person_id: int, *, for_change: bool = False) -> Response | None:
    """The person's response to an open questionnaire, with its id and status alone.

    `for_change` holds it until the transaction ends: chat and pages change it one after the other.
    """
    wanted = _RESPONSE_HELD if for_change else _RESPONSE
    rows = wanted.rows(questionnaire=questionnaire.id, respondent=respondent_of(questionnaire, person_id))
    if not rows:
        return None
    ((response_id, status),) = rows
    return Response(id=response_id, questionnaire=questionnaire.id, status=ResponseStatus(status))


def _select_response() -> ModelSelect[Response]:
    return Response.select(Response.id, Response.status).where(
        Response.questionnaire == value_of("questionnaire"), Response.respondent == value_of("respondent")
    )


_RESPONSE = Prepared(_select_response)
_RESPONSE_HELD = Prepared(lambda: locked(_select_response()))


def begin(questionnaire: Questionnaire, person: Person) -> Response:
    """The person's response, made when there is none, held until the transaction ends."""
    now = None if questionnaire.is_anonymous else clock.utc_now()
    respondent = respondent_of(questionnaire, person.id)
    (
        Response.insert(
            questionnaire=questionnaire.id,
            respondent=respondent,
            person=None if questionnaire.is_anonymous else person.id,
            member_unit=person.member_unit_id,
            created_at=now,
        )
        .on_conflict_ignore()
        .execute()
    )
    participation.begun(questionnaire, person.id)
    own = Response.select().where(
        Response.questionnaire == questionnaire.id, Response.respondent == respondent
    )
    return locked(own).get()


def given(response: Response) -> Given:
    """Everything answered so far; one statement."""
    held = Given()
    for question_id, option_no, number, text in _ANSWERS.rows(response=response.id):
        if option_no:
            held.chosen.setdefault(question_id, set()).add(option_no)
        elif number is not None:
            held.numbers[question_id] = number
        elif text is not None:
            held.texts[question_id] = text
        else:
            held.passed.add(question_id)
    return held


_ANSWERS = Prepared(
    lambda: Answer.select(Answer.question, Answer.option_no, Answer.number, Answer.text).where(
        Answer.response == value_of("response")
    )
)


def put(response: Response, asked: Asked, reading: Reading, held: Given, *, is_anonymous: bool) -> bool:
    """Make this the whole answer to the question; False when it was so already."""
    option_ids = {choice.id for choice in reading.choices}
    same = (
        held.chosen.get(asked.id, set()) == option_ids
        and held.numbers.get(asked.id) == reading.number
        and held.texts.get(asked.id) == reading.text
        and asked.id not in held.passed
    )
    if same:
        return False
    _clear(response, asked, held)
    _insert(response, asked, option_ids or {0}, is_anonymous, number=reading.number, text=reading.text)
    if option_ids:
        held.chosen[asked.id] = option_ids
    elif reading.number is not None:
        held.numbers[asked.id] = reading.number
    elif reading.text is not None:
        held.texts[asked.id] = reading.text
    return True


def toggle(response: Response, asked: Asked, option_id: int, held: Given, *, is_anonymous: bool) -> bool:
    """Add the option to a multiple choice or take it away; True when it is chosen now."""
    chosen = held.chosen.setdefault(asked.id, set())
    if asked.id in held.passed:
        _clear(response, asked, held)
        chosen = held.chosen.setdefault(asked.id, set())
    if option_id in chosen:
        Answer.delete().where(
            Answer.response == response.id, Answer.question == asked.id, Answer.option_no == option_id
        ).execute()
        chosen.discard(option_id)
        return False
    _insert(response, asked, {option_id}, is_anonymous)
    chosen.add(option_id)
    return True


def pass_over(response: Response, asked: Asked, held: Given, *, is_anonymous: bool) -> None:
    """Leave a question that need not be answered; an earlier answer to it is dropped."""
    _clear(response, asked, held)
    _insert(response, asked, {0}, is_anonymous)
    held.passed.add(asked.id)


def complete(response: Response, *, is_anonymous: bool) -> None:
    """The last question is answered. Of an anonymous one only the day is kept."""
    if response.status == ResponseStatus.COMPLETED:
        return
    at = None if is_anonymous else clock.utc_now()
    (
        Response.update(status=ResponseStatus.COMPLETED, completed_at=at, completed_on=clock.local_today())
        .where(Response.id == response.id)
        .execute()
    )
    response.status = ResponseStatus.COMPLETED


def _clear(response: Response, asked: Asked, held: Given) -> None:
    if (
        asked.id in held.passed
        or held.chosen.get(asked.id)
        or asked.id in held.numbers
        or asked.id in held.texts
    ):
        _DROP.run(response=response.id, question=asked.id)
    held.passed.discard(asked.id)
    held.chosen.pop(asked.id, None)
    held.numbers.pop(asked.id, None)
    held.texts.pop(asked.id, None)


def _insert(
    response: Response,
    asked: Asked,
    option_ids: Iterable[int],
    is_anonymous: bool,
    *,
    number: int | None = None,
    text: str | None = None,
) -> None:
    now = None if is_anonymous else clock.utc_now()
    for option_id in sorted(option_ids):
        _NEW.run(
            id=Answer.id.default(),
            response=response.id,
            question=asked.id,
            option=option_id,
            number=number,
            text=text,
            at=now,
        )


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
            Answer.created_at: value_of("at"),
        }
    )
)
