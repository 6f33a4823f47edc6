"""What is made of surveys: themes of words given, courses held against wishes, files and papers read in."""

from __future__ import annotations

from enum import StrEnum

from peewee import (
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    TextField,
)

from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.sealing import SealedTextField
from models.surveys import Question, Questionnaire


class ThemeRunStatus(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


THEME_RUN_STATUS_WORDS = {
    ThemeRunStatus.WAITING: "等待整理",
    ThemeRunStatus.RUNNING: "正在整理",
    ThemeRunStatus.DONE: "已整理",
    ThemeRunStatus.FAILED: "没有整理成",
}


class ThemeRun(BaseModel):
    """The words given to a text question, sorted by theme; one row per question, done anew on demand."""

    question = ForeignKeyField(Question, unique=True, on_delete="CASCADE")
    status = EnumField(ThemeRunStatus, max_length=12, default=ThemeRunStatus.WAITING)
    asked_at = DateTimeField()
    started_at = DateTimeField(null=True)
    done_at = DateTimeField(null=True)
    texts = IntegerField(default=0, help_text="how many sentences were read")
    done_share = IntegerField(default=0, help_text="percent done")
    keywords = JSONField(default=list, help_text="[[word, texts that hold it, weight]]")

    class Meta:
        indexes = ((("status", "asked_at"), False),)


class Theme(BaseModel):
    """Sentences that say much the same. `words` name it, the weightiest first."""

    run = ForeignKeyField(ThemeRun, backref="themes", on_delete="CASCADE")
    no = IntegerField()
    words = JSONField(default=list)
    size = IntegerField()

    class Meta:
        indexes = ((("run", "no"), True),)


class ThemeSentence(BaseModel):
    """One answer in a theme, names and numbers masked; the most typical of the theme first."""

    theme = ForeignKeyField(Theme, backref="sentences", on_delete="CASCADE")
    place = IntegerField()
    text = TextField()

    class Meta:
        indexes = ((("theme", "place"), True),)


class Course(BaseModel):
    """A course of the catalogue (课程目录). `topics` are the words it is found by, one a line."""

    title = CharField(max_length=80)
    topics = CharField(max_length=400, default="")
    instructor = CharField(max_length=40, default="")
    member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT", help_text="the teacher's unit")
    is_offered = BooleanField(default=True)
    version = IntegerField(default=1)
    is_sample = BooleanField(default=False)

    class Meta:
        indexes = ((("member_unit", "title"), True),)


class ChangesMade(BaseModel):
    """What became of a survey (因您而变), written for those who answered."""

    questionnaire = ForeignKeyField(Questionnaire, unique=True, on_delete="CASCADE")
    text = TextField()
    is_shown = BooleanField(default=False)
    shown_at = DateTimeField(null=True)
    version = IntegerField(default=1)


class ResponseImportStatus(StrEnum):
    READ = "read"
    APPLIED = "applied"
    DISCARDED = "discarded"


class ResponseImport(BaseModel):
    """Another tool's answers, as read from a file; applied once, or thrown away."""

    questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
    account_id = IntegerField()
    file_name = CharField(max_length=200)
    status = EnumField(ResponseImportStatus, max_length=12, default=ResponseImportStatus.READ)
    rows = SealedTextField(help_text="JSON: the sheet's rows, the headings first")
    mapping = JSONField(default=dict, help_text="{column: question id, 'unit', 'key' or ''}")
    report = JSONField(default=dict)
    applied_at = DateTimeField(null=True)


class PaperEntry(BaseModel):
    """A paper response keyed in once and waiting to be keyed in again; gone when both agree."""

    questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
    sheet_no = CharField(max_length=20)
    member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="RESTRICT")
    account_id = IntegerField()
    answers = SealedTextField(help_text="JSON: {question id: what was keyed}")

    class Meta:
        indexes = ((("questionnaire", "sheet_no"), True),)
