"""Responses that came by another way than chat and page: from paper, from another tool's file.

They have no person. Of an anonymous questionnaire nothing more is kept of them than of others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import clock
from models.base import db
from models.sealing import keyed_hash
from models.surveys import Answer, QuestionKind, Questionnaire, QuestionnaireStatus, Response, ResponseStatus
from services.errors import Invalid
from services.surveys import flow
from services.surveys.reading import Reading
from services.surveys.sheet import Asked, Sheet

PAPER, FILE = "paper", "file"
AT_ONCE = 200


@dataclass(frozen=True)
class Entry:
    """One response to be written. `key` tells it apart from others of the same way, for good."""

    key: str
    unit_id: int | None
    answers: dict[int, Reading]  # by question


def require_taken(questionnaire: Questionnaire) -> None:
    """Raises Invalid for a draft: it has no frozen questions yet."""
    if questionnaire.status == QuestionnaireStatus.DRAFT:
        raise Invalid("问卷还是草稿，题目还会变；请先开放，再录入答卷")


def token(questionnaire: Questionnaire, source: str, key: str) -> str:
    return keyed_hash(f"{source}|{questionnaire.id}|{key}")


def known(questionnaire: Questionnaire, source: str, keys: Iterable[str]) -> set[str]:
    """Which of these were written already."""
    tokens = {token(questionnaire, source, key): key for key in keys}
    rows: Any = (
        Response.select(Response.respondent)
        .where(Response.questionnaire == questionnaire.id, Response.source == source)
        .tuples()
    )
    return {tokens[respondent] for (respondent,) in rows if respondent in tokens}


def missing(asked: Sheet, answers: dict[int, Reading]) -> list[Asked]:
    """Required questions without an answer; none where who is asked what depends on answers."""
    if not flow.is_plain(asked):
        return []
    return [
        each
        for each in asked.questions
        if each.is_required and each.id not in answers and each.kind is not QuestionKind.PICTURE
    ]


def write(questionnaire: Questionnaire, entries: list[Entry], *, source: str) -> int:
    """Write them as complete responses; how many are new. One written before is left as it is.

    Inside the caller's transaction, in batches.
    """
    now = None if questionnaire.is_anonymous else clock.utc_now()
    there = known(questionnaire, source, [entry.key for entry in entries])
    fresh = {entry.key: entry for entry in entries if entry.key not in there}
    listed = list(fresh.values())
    for start in range(0, len(listed), AT_ONCE):
        part = listed[start : start + AT_ONCE]
        ids = [Response.id.default() for _ in part]
        responses = [
            {
                "id": row_id,
                "questionnaire": questionnaire.id,
                "respondent": token(questionnaire, source, entry.key),
                "member_unit": entry.unit_id,
                "source": source,
                "status": ResponseStatus.COMPLETED,
                "completed_at": now,
                "completed_on": clock.local_today(),
                "created_at": now,
            }
            for row_id, entry in zip(ids, part, strict=True)
        ]
        rows = [row for row_id, entry in zip(ids, part, strict=True) for row in _rows(row_id, entry, now)]
        with db.atomic():
            Response.insert_many(responses).execute()
            for first in range(0, len(rows), AT_ONCE):
                Answer.insert_many(rows[first : first + AT_ONCE]).execute()
    return len(listed)


def _rows(response_id: int, entry: Entry, now: Any) -> Iterable[dict[str, Any]]:
    for question_id, reading in entry.answers.items():
        common = {"response": response_id, "question": question_id, "created_at": now}
        if not reading.choices:
            yield common | {
                "id": Answer.id.default(), "option_no": 0, "number": reading.number, "text": reading.text
            }  # fmt: skip
            continue
        is_ranking = reading.number == RANKED
        for place, choice in enumerate(reading.choices, 1):
            yield common | {
                "id": Answer.id.default(),
                "option_no": choice.id,
                "number": place if is_ranking else None,
                "text": (reading.words or None) if choice.is_other else None,
            }


RANKED = -1  # in `Reading.number` of choices: their order is what is said


def as_kept(asked: Asked, reading: Reading) -> Reading:
    """The reading as `write` takes it: of a ranking the order counts."""
    if asked.kind is not QuestionKind.RANKING:
        return reading
    return Reading(choices=reading.choices, number=RANKED)
