"""Needs surveys (需求征集): questionnaires, conversations and responses."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

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

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel, EnumField, RandomIdModel, is_sqlite
from models.people import Follower, Person, PersonRoleKind
from models.sealing import SealedTextField


class QuestionnaireStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


QUESTIONNAIRE_STATUS_WORDS = {
    QuestionnaireStatus.DRAFT: "草稿",
    QuestionnaireStatus.OPEN: "进行中",
    QuestionnaireStatus.PAUSED: "已暂停",
    QuestionnaireStatus.CLOSED: "已结束",
}

QUESTIONNAIRE_MOVES = {
    QuestionnaireStatus.DRAFT: {QuestionnaireStatus.OPEN},
    QuestionnaireStatus.OPEN: {QuestionnaireStatus.PAUSED, QuestionnaireStatus.CLOSED},
    QuestionnaireStatus.PAUSED: {QuestionnaireStatus.OPEN, QuestionnaireStatus.CLOSED},
    QuestionnaireStatus.CLOSED: set(),
}


class QuestionKind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    SCALE = "scale"
    RANKING = "ranking"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    PICTURE = "picture"


QUESTION_KIND_WORDS = {
    QuestionKind.SINGLE: "单选",
    QuestionKind.MULTIPLE: "多选",
    QuestionKind.SCALE: "评分",
    QuestionKind.RANKING: "排序",
    QuestionKind.NUMBER: "数字",
    QuestionKind.DATE: "日期",
    QuestionKind.TEXT: "文字",
    QuestionKind.PICTURE: "图片",
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
    is_shared = BooleanField(default=False, help_text="other schools may take questions from it")
    is_sample = BooleanField(default=False)


class Question(BaseModel):
    """One question. Questions in a row with the same `matrix` number are the rows of one table.

    `condition` says who is asked it: {"all" | "any": [term]}, a term being about an earlier
    question ({"question": position, "is": "chosen", "options": [positions]}) or about what is
    known ({"units": [ids]}, {"tiers": […]}, {"roles": […]}); see services/surveys/conditions.py.
    """

    questionnaire = ForeignKeyField(Questionnaire, backref="questions", on_delete="CASCADE")
    position = IntegerField()
    kind = EnumField(QuestionKind, max_length=12)
    text = CharField(max_length=200)
    is_required = BooleanField(default=True)
    minimum = IntegerField(
        null=True, help_text="number, scale: least value; multiple: least choices; date: YYYYMMDD"
    )
    maximum = IntegerField(
        null=True,
        help_text="number, scale: greatest value; multiple: most choices; ranking: places; date: YYYYMMDD",
    )
    low_words = CharField(max_length=12, default="", help_text="scale: what 1 means")
    high_words = CharField(max_length=12, default="", help_text="scale: what the greatest value means")
    help_text = CharField(max_length=100, default="")
    section = CharField(max_length=30, default="", help_text="the heading that begins with this question")
    matrix = IntegerField(null=True, help_text="equal in the rows of one table")
    matrix_text = CharField(max_length=60, default="", help_text="the head of the table")
    condition = JSONField(null=True, help_text="null: asked of everybody")


class Option(BaseModel):
    question = ForeignKeyField(Question, backref="options", on_delete="CASCADE")
    position = IntegerField()
    text = CharField(max_length=60)
    is_other = BooleanField(default=False, help_text="“其他”: the answer holds words of its own")
    quota = IntegerField(null=True, help_text="so many responses may choose it; null: any number")


class Correction(BaseModel):
    """A slip of the pen mended while the questionnaire is open; ids and answers stay."""

    questionnaire = ForeignKeyField(Questionnaire, backref="corrections", on_delete="CASCADE")
    question = ForeignKeyField(Question, on_delete="CASCADE")
    option = ForeignKeyField(Option, null=True, on_delete="CASCADE")
    was = CharField(max_length=200)
    now = CharField(max_length=200)
    note = CharField(max_length=100)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")


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
    role = EnumField(PersonRoleKind, max_length=20, null=True, help_text="what the respondent was then")
    source = CharField(max_length=12, default="", help_text="paper, file; empty: by chat or page")
    status = EnumField(ResponseStatus, max_length=12, default=ResponseStatus.STARTED)
    completed_at = DateTimeField(null=True)
    completed_on = DateField(null=True)
    created_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("questionnaire", "respondent"), True), (("questionnaire", "status"), False))


class Disposition(StrEnum):
    BEGUN = "begun"
    COMPLETED = "completed"
    REFUSED = "refused"


DISPOSITION_WORDS = {
    Disposition.BEGUN: "填写中",
    Disposition.COMPLETED: "已完成",
    Disposition.REFUSED: "不参加",
}


class Participation(RandomIdModel):
    """That a person took part in a questionnaire, never what was said. No time, no link to a response."""

    questionnaire = ForeignKeyField(Questionnaire, backref="participations", on_delete="CASCADE", index=False)
    person = ForeignKeyField(Person, backref="participations", on_delete="CASCADE")
    disposition = EnumField(Disposition, max_length=12)

    class Meta:
        indexes = ((("questionnaire", "person"), True),)

    @classmethod
    def create_table(cls, safe: bool = True, **options: Any) -> None:
        # a hidden row number would keep the order in which they came
        cls._meta.without_rowid = is_sqlite()
        super().create_table(safe, **options)


class Answer(RandomIdModel):
    """What a response says to a question.

    An option chosen: `option_no` = its id, one row each; `text` the words of “其他”; of a
    ranking `number` its place from 1. A number; a date as the number YYYYMMDD; a text; a
    picture: `file` its key in the store. None of them: the question was passed over.
    """

    response = ForeignKeyField(Response, backref="answers", on_delete="CASCADE")
    question = ForeignKeyField(Question, backref="answers", on_delete="CASCADE")
    option_no = IntegerField(default=0, help_text="Option.id, or 0 for a number or a text")
    number = IntegerField(null=True)
    text = TextField(null=True)
    file = CharField(max_length=80, null=True)
    created_at = DateTimeField(null=True)

    class Meta:
        # the second one holds all that is counted of an answer
        indexes = (
            (("response", "question", "option_no"), True),
            (("question", "option_no", "number", "response"), False),
        )


class AwaitedPicture(BaseModel):
    """A picture sent in chat that is still to be fetched from WeChat, into the key of its answer."""

    answer = ForeignKeyField(Answer, unique=True, on_delete="CASCADE")
    address = CharField(max_length=500)
    tries = IntegerField(default=0)
    due_at = DateTimeField(index=True)


class Conversation(BaseModel):
    """Where a follower stands in a chat survey. It outlives days and restarts; it holds no answer."""

    follower = ForeignKeyField(Follower, unique=True, on_delete="CASCADE")
    questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
    question = ForeignKeyField(Question, null=True, on_delete="CASCADE")
    page = IntegerField(default=0, help_text="of a long list of options, from 0")
    is_paused = BooleanField(default=False)
    moved_at = DateTimeField()
