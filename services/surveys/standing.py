"""Where a follower stands in a survey: the one row of a conversation, read and moved at every turn."""

from __future__ import annotations

from datetime import datetime

from models.people import Follower
from models.surveys import Conversation, Questionnaire
from services.prepared import Prepared, given


def of(follower: Follower) -> Conversation | None:
    """The follower's conversation, paused or not, with what a turn needs of its questionnaire."""
    rows = _CONVERSATION.rows(follower=follower.id)
    if not rows:
        return None
    question_id, page, is_paused, *values = rows[0]
    questionnaire = Questionnaire(
        **{
            field.name: field.python_value(value)
            for field, value in zip(_QUESTIONNAIRE_FIELDS, values, strict=True)
        }
    )
    return Conversation(
        follower=follower.id,
        questionnaire=questionnaire,
        question=question_id,
        page=page,
        is_paused=bool(is_paused),
    )


_QUESTIONNAIRE_FIELDS = [
    Questionnaire.id,
    Questionnaire.title,
    Questionnaire.intro,
    Questionnaire.thanks,
    Questionnaire.is_anonymous,
    Questionnaire.status,
    Questionnaire.closes_at,
    Questionnaire.blind_key,
]
_CONVERSATION = Prepared(
    lambda: (
        Conversation.select(
            Conversation.question, Conversation.page, Conversation.is_paused, *_QUESTIONNAIRE_FIELDS
        )
        .join(Questionnaire)
        .where(Conversation.follower == given("follower"))
    )
)


def move_to(
    follower: Follower, questionnaire: Questionnaire, question_id: int, *, page: int = 0, at: datetime
) -> None:
    """Stand at this question; whatever survey the follower stood in before is left."""
    _STAND.run(follower=follower.id, questionnaire=questionnaire.id, question=question_id, page=page, at=at)


_STAND = Prepared(
    lambda: Conversation.insert(
        {
            Conversation.created_at: given("at"),
            Conversation.follower: given("follower"),
            Conversation.questionnaire: given("questionnaire"),
            Conversation.question: given("question"),
            Conversation.page: given("page"),
            Conversation.is_paused: False,
            Conversation.moved_at: given("at"),
        }
    ).on_conflict(
        conflict_target=[Conversation.follower],
        update={
            Conversation.questionnaire: given("questionnaire"),
            Conversation.question: given("question"),
            Conversation.page: given("page"),
            Conversation.is_paused: False,
            Conversation.moved_at: given("at"),
        },
    )
)
