"""Needs surveys (需求征集): questionnaires, conversations and responses."""

from __future__ import annotations

from enum import StrEnum

from peewee import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    TextField,
)

from models.alliance import MemberUnit
from models.base import BaseModel, EnumField, RandomIdModel
from models.people import Follower, Person
from models.sealing import SealedTextField


class QuestionnaireStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


QUESTIONNAIRE_STATUS_WORDS = {
    QuestionnaireStatus.DRAFT: "草稿",
    QuestionnaireStatus.OPEN: "进行中",
    QuestionnaireStatus.CLOSED: "已结束",
}

QUESTIONNAIRE_MOVES = {
    QuestionnaireStatus.DRAFT: {QuestionnaireStatus.OPEN},
    QuestionnaireStatus.OPEN: {QuestionnaireStatus.CLOSED},
    QuestionnaireStatus.CLOSED: set(),
}


class QuestionKind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    SCALE = "scale"
    NUMBER = "number"
    TEXT = "text"


QUESTION_KIND_WORDS = {
    QuestionKind.SINGLE: "单选",
    QuestionKind.MULTIPLE: "多选",
    QuestionKind.SCALE: "评分",
    QuestionKind.NUMBER: "数字",
    QuestionKind.TEXT: "文字",
}

SCALE_ENDS = (5, 10)  # a scale goes from 1 to one of these


class Questionnaire(BaseModel):
    """Questions for an audience. They are frozen once it is open.

    Where it is anonymous, responses carry a blind token made with `blind_key`
    instead of a person; the key is destroyed at closing.
    """

    title = CharField(max_length=60)
    intro = CharField(max_length=200, default="")
    thanks = CharField(max_length=200, default="")
    is_anonymous = BooleanField(default=True)
    member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
    audience = JSONField(default=dict, help_text="as Campaign.audience")
    status = EnumField(QuestionnaireStatus, max_length=12, default=QuestionnaireStatus.DRAFT)
    opens_at = DateTimeField(null=True)
    closes_at = DateTimeField(null=True)
    blind_key = SealedTextField(null=True)
    version = IntegerField(default=1)
    is_sample = BooleanField(default=False)


class Question(BaseModel):
    questionnaire = ForeignKeyField(Questionnaire, backref="questions", on_delete="CASCADE")
    position = IntegerField()
    kind = EnumField(QuestionKind, max_length=12)
    text = CharField(max_length=200)
    is_required = BooleanField(default=True)
    minimum = IntegerField(null=True, help_text="number, scale: least value; multiple: least choices")
    maximum = IntegerField(null=True, help_text="number, scale: greatest value; multiple: most choices")
    low_words = CharField(max_length=12, default="", help_text="scale: what 1 means")
    high_words = CharField(max_length=12, default="", help_text="scale: what the greatest value means")


class Option(BaseModel):
    question = ForeignKeyField(Question, backref="options", on_delete="CASCADE")
    position = IntegerField()
    text = CharField(max_length=60)


class ResponseStatus(StrEnum):
    STARTED = "started"
    COMPLETED = "completed"


class Response(RandomIdModel):
    """One respondent's answers. `respondent` is a keyed token, the same each time for one person.

    Where the questionnaire is anonymous `person` and the times of day stay null.
    """

    questionnaire = ForeignKeyField(Questionnaire, backref="responses", on_delete="CASCADE")
    respondent = CharField(max_length=64)
    person = ForeignKeyField(Person, null=True, on_delete="CASCADE")
    member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="RESTRICT")
    status = EnumField(ResponseStatus, max_length=12, default=ResponseStatus.STARTED)
    completed_at = DateTimeField(null=True)
    completed_on = DateField(null=True)
    created_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("questionnaire", "respondent"), True), (("questionnaire", "status"), False))


class Answer(RandomIdModel):
    """An option chosen (`option_no` = its id, one row each), a number or a text of a response."""

    response = ForeignKeyField(Response, backref="answers", on_delete="CASCADE")
    question = ForeignKeyField(Question, backref="answers", on_delete="CASCADE")
    option_no = IntegerField(default=0, help_text="Option.id, or 0 for a number or a text")
    number = IntegerField(null=True)
    text = TextField(null=True)
    created_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("response", "question", "option_no"), True), (("question", "option_no"), False))


class Conversation(BaseModel):
    """Where a follower stands in a chat survey. It outlives days and restarts; it holds no answer."""

    follower = ForeignKeyField(Follower, unique=True, on_delete="CASCADE")
    questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
    question = ForeignKeyField(Question, null=True, on_delete="CASCADE")
    is_paused = BooleanField(default=False)
    moved_at = DateTimeField()
