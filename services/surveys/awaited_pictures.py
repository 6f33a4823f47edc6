"""Pictures sent in chat as answers: fetched after the reply, re-encoded and stored under the answer's key."""

from __future__ import annotations

import logging
from datetime import timedelta

import clock
from models.surveys import Answer, AwaitedPicture
from services import picture_files
from services.errors import Invalid
from services.surveys import page_answers, pictures
from wechat import sent_pictures
from wechat.errors import Refused, TryLater

log = logging.getLogger(__name__)

MOST_AT_ONCE = 20
MOST_TRIES = 5
LEASE = timedelta(minutes=3)  # a worker that dies leaves it; the next try comes after it


def is_any_due() -> bool:
    return bool(AwaitedPicture.select().where(AwaitedPicture.due_at <= clock.utc_now()).exists())


def fetch_due() -> int:
    """Fetch what waits; how many are stored now. What cannot be had, or is no picture, is given up."""
    now = clock.utc_now()
    due = AwaitedPicture.select(AwaitedPicture.id).where(AwaitedPicture.due_at <= now).limit(MOST_AT_ONCE)
    return sum(_fetch(row.id) for row in list(due))


def _fetch(awaited_id: int) -> bool:
    now = clock.utc_now()
    claimed = (  # before the call: two workers may hold the same id
        AwaitedPicture.update(due_at=now + LEASE, tries=AwaitedPicture.tries + 1)
        .where(AwaitedPicture.id == awaited_id, AwaitedPicture.due_at <= now)
        .execute()
    )
    if not claimed:
        return False
    row = (
        AwaitedPicture.select(AwaitedPicture, Answer)
        .join(Answer)
        .where(AwaitedPicture.id == awaited_id)
        .first()
    )
    if row is None:  # answered anew meanwhile
        return False
    try:
        data = sent_pictures.fetch(row.address, most_bytes=picture_files.MAX_BYTES)
        page_answers.keep_picture(0, data, row.answer.file)
    except TryLater as error:
        if row.tries < MOST_TRIES:
            return False
        log.warning("picture of answer %s given up: %s", row.answer_id, error)
    except (Refused, Invalid) as error:
        log.warning("picture of answer %s given up: %s", row.answer_id, type(error).__name__)
    else:
        AwaitedPicture.delete().where(AwaitedPicture.id == awaited_id).execute()
        if Answer.select().where(Answer.id == row.answer_id, Answer.file == row.answer.file).exists():
            return True
        pictures.forget([row.answer.file])  # answered anew, or the person erased, while it came
        return False
    AwaitedPicture.delete().where(AwaitedPicture.id == awaited_id).execute()
    return False
