"""Participation (参与): that a person took part in a survey, never what was said.

A row stands beside the response and knows nothing of it: its id is random, it has no time, and
when the questionnaire closes the rows are written anew in the order of their random ids, so
that not even where they lie in the file tells which response came with which person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import ModelSelect

from models.base import db, is_sqlite
from models.surveys import Disposition, Participation, Questionnaire


def begun(questionnaire: Questionnaire, person_id: int) -> None:
    """The person gave a first answer, or opened the first question in chat. A repeat changes nothing;
    who had said no has changed their mind."""
    if not _new(questionnaire, person_id, Disposition.BEGUN):
        _move(questionnaire, person_id, Disposition.REFUSED, Disposition.BEGUN)


def refuse(questionnaire: Questionnaire, person_id: int) -> bool:
    """The person does not want to take part and is not reminded; False for who has completed it."""
    if _new(questionnaire, person_id, Disposition.REFUSED):
        return True
    if _move(questionnaire, person_id, Disposition.BEGUN, Disposition.REFUSED):
        return True
    return (
        not Participation.select()
        .where(
            Participation.questionnaire == questionnaire.id,
            Participation.person == person_id,
            Participation.disposition == Disposition.COMPLETED,
        )
        .exists()
    )


def completed(questionnaire: Questionnaire, person_id: int) -> None:
    """The person answered the whole. A repeat changes nothing."""
    _new(questionnaire, person_id, Disposition.COMPLETED)
    _move(questionnaire, person_id, Disposition.BEGUN, Disposition.COMPLETED)
    _move(questionnaire, person_id, Disposition.REFUSED, Disposition.COMPLETED)


def persons_who_answered(since: datetime) -> ModelSelect[Any]:
    """SELECT of the persons who completed a questionnaire that was open at `since` (naive UTC) or later.

    When a person answered is not kept; that the questionnaire took answers then is.
    """
    counted = Questionnaire.select(Questionnaire.id).where(
        Questionnaire.opens_at.is_null(False),
        Questionnaire.closes_at.is_null() | (Questionnaire.closes_at >= since),
    )
    return Participation.select(Participation.person).where(
        Participation.disposition == Disposition.COMPLETED, Participation.questionnaire.in_(counted)
    )


def persons_who_completed(questionnaire_id: int) -> ModelSelect[Any]:
    """SELECT of the persons who completed one questionnaire."""
    return Participation.select(Participation.person).where(
        Participation.questionnaire == questionnaire_id, Participation.disposition == Disposition.COMPLETED
    )


def scatter(questionnaire: Questionnaire) -> None:
    """Write the rows anew in the order of their random ids, inside the caller's transaction.

    PostgreSQL keeps rows as they came and with the number of their transaction, which the response
    shares; SQLite keeps this table by its random id alone.
    """
    if is_sqlite():
        return
    db.execute_sql(
        "WITH gone AS (DELETE FROM participation WHERE questionnaire_id = %s RETURNING *) "
        "INSERT INTO participation SELECT * FROM gone ORDER BY id",
        (questionnaire.id,),
    )


def _new(questionnaire: Questionnaire, person_id: int, disposition: Disposition) -> bool:
    """Whether there was no row yet."""
    made = (
        Participation.insert(
            questionnaire=questionnaire.id,
            person=person_id,
            disposition=disposition,
        )
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )
    return bool(made)


def _move(questionnaire: Questionnaire, person_id: int, was: Disposition, to: Disposition) -> bool:
    moved = Participation.update(disposition=to).where(
        Participation.questionnaire == questionnaire.id,
        Participation.person == person_id,
        Participation.disposition == was,
    )
    return bool(moved.execute())
