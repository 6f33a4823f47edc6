"""Responses (回答): one per respondent, told apart by a keyed token. Their answers: `answers`.

Of an anonymous questionnaire neither the person nor a time of day is kept, the rows' ids
are random, and the key of the token is destroyed at closing.
"""

from __future__ import annotations

import hashlib
import hmac

from peewee import ModelSelect

import clock
from models.base import locked
from models.people import Person
from models.sealing import keyed_hash
from models.surveys import Questionnaire, Response, ResponseStatus
from services.prepared import Prepared
from services.prepared import given as value_of
from services.surveys import participation, roles


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
            role=roles.of_person(person.id),
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


def reopen(response: Response) -> None:
    """A change brought a question that is still to be answered: the survey is under way again."""
    (
        Response.update(status=ResponseStatus.STARTED, completed_at=None, completed_on=None)
        .where(Response.id == response.id)
        .execute()
    )
    response.status = ResponseStatus.STARTED
