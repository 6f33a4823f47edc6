"""Pictures given as answers of named surveys: looked at by staff, gone with the answer or the person."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from models.accounts import Account
from models.people import Person
from models.surveys import Answer, AwaitedPicture, Question, Questionnaire, Response
from services import storage
from services.errors import NotFound
from services.surveys import questionnaires
from services.surveys.answers import Given

log = logging.getLogger(__name__)

SHOWN = 50
COMING = "这张图片还在从微信取来，请过几分钟再看"
GONE = "这张图片没有取到，或者已经删除"


def listed(questionnaire: Questionnaire, question_id: int, *, actor: Account, page: int = 1) -> list[int]:
    """The answers to a question that are pictures, fifty a page, in an order that tells nothing.

    Empty of an anonymous survey. Raises NotFound for another school's questionnaire.
    """
    questionnaires.find(questionnaire.id, actor=actor)
    if questionnaire.is_anonymous:
        return []
    rows: Any = (
        Answer.select(Answer.id)
        .join(Question)
        .where(
            Question.id == question_id,
            Question.questionnaire == questionnaire.id,
            Answer.file.is_null(False),
        )
        .order_by(Answer.id)
        .paginate(page, SHOWN)
        .tuples()
    )
    return [answer_id for (answer_id,) in rows]


def content(questionnaire: Questionnaire, answer_id: int, *, actor: Account) -> bytes:
    """The picture, a JPEG. Raises NotFound: another's, or not fetched, and then says which."""
    questionnaires.find(questionnaire.id, actor=actor)
    answer = (
        Answer.select(Answer.id, Answer.file)
        .join(Response)
        .where(
            Answer.id == answer_id,
            Answer.file.is_null(False),
            Response.questionnaire == questionnaire.id,
        )
        .first()
    )
    if answer is None or questionnaire.is_anonymous:
        raise NotFound()
    data = storage.opened().get(answer.file) if answer.file else None
    if data is None:
        is_coming = AwaitedPicture.select().where(AwaitedPicture.answer == answer.id).exists()
        raise NotFound(COMING if is_coming else GONE)
    return data


def forget(keys: Iterable[str]) -> None:
    """Take files away; one that cannot be is left and logged, for the answer is gone already."""
    for key in keys:
        try:
            storage.opened().delete(key)
        except (OSError, storage.StorageUnavailable):
            log.exception("a picture of a survey could not be deleted: %s", key)


def forget_dropped(given: Given) -> None:
    """Take away the files of the answers that were replaced or dropped."""
    forget(given.files_gone)
    given.files_gone.clear()


def forget_of(person: Person) -> None:
    """Erase a person's pictures; that there was an answer stays. Raises StorageUnavailable, OSError."""
    own: Any = Response.select(Response.id).where(Response.person == person.id)
    answers = list(Answer.select().where(Answer.response.in_(own), Answer.file.is_null(False)))
    ids = [answer.id for answer in answers]
    AwaitedPicture.delete().where(AwaitedPicture.answer.in_(ids)).execute()
    Answer.update(file="").where(Answer.id.in_(ids)).execute()
    for answer in answers:
        if answer.file:
            storage.opened().delete(answer.file)
