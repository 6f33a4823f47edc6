"""A survey as one page: the questions, acts and rules of chat, saved together.

A form brings for each question what the member wrote and the mark of what the page had shown.
Where the two agree the member changed nothing there, and whatever chat or another page kept
meanwhile stands: what is kept is what was meant last. Nothing of a form is kept elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import clock
from models.base import db
from models.people import Follower, Person
from models.surveys import Conversation, QuestionKind, Questionnaire, QuestionnaireStatus, Response
from models.surveys import ResponseStatus as Status
from services.errors import Conflict, NotFound
from services.messaging import audiences
from services.surveys import (
    chat_text,
    conversations,
    participation,
    questionnaires,
    reading,
    responses,
    sheet,
    standing,
)
from services.surveys.reading import Reading, Wrong
from services.surveys.responses import Given
from services.surveys.sheet import Asked, Sheet

PASSED_OVER = "-"  # the value of “不回答这一题” of a single choice or a scale
TICKED_ONCE = frozenset({QuestionKind.SINGLE, QuestionKind.SCALE})
NOT_ENOUGH = "还没选够，请至少选 {} 项"
NEEDED = "这一题需要回答，不能清空；之前的回答还保留着"


class SurveyNotHere(NotFound):
    code, message = "survey_not_here", "没有找到这份问卷，或者它不是发给您的"


class SurveyOver(Conflict):
    code = "survey_over"


@dataclass(frozen=True, slots=True)
class Progress:
    """An open survey in the person's list."""

    questionnaire: Questionnaire
    answered: int
    count: int
    is_completed: bool


@dataclass(frozen=True, slots=True)
class Brought:
    """What a form brings for one question, and the mark of what it had shown."""

    values: Sequence[str]
    shown: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question as the page shows it: `values` are ticked or filled in."""

    asked: Asked
    values: tuple[str, ...]
    mark: str
    limits: str
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Filling:
    questionnaire: Questionnaire
    fields: list[Field]
    is_completed: bool
    answered: int


@dataclass(slots=True)
class Saved:
    """What became of a form. `wrong`: why, by the id of the question."""

    is_completed: bool = False
    wrong: dict[int, str] = field(default_factory=dict)


def mine(person: Person) -> list[Progress]:
    """The open surveys meant for the person, those still to be answered first."""
    waiting, completed = conversations.open_for(person)
    return [_progress(each, person, False) for each in waiting] + [
        _progress(each, person, True) for each in completed
    ]


def filling(
    questionnaire_id: int,
    person: Person,
    *,
    brought: Mapping[int, Brought] | None = None,
    wrong: Mapping[int, str] | None = None,
) -> Filling:
    """The survey with what is answered so far. Where something is wrong, what was written stays.

    `wrong` None with something brought: nothing of it was kept. Raises SurveyNotHere, SurveyOver.
    """
    questionnaire = _open(questionnaire_id, person)
    response = responses.of_person(questionnaire, person.id)
    given = responses.given(response) if response is not None else Given()
    questions = sheet.of(questionnaire.id).questions
    written = brought or {}
    fields = [
        _field(asked, given, written.get(asked.id) if _stays(asked, wrong) else None, wrong or {})
        for asked in questions
    ]
    is_completed = response is not None and response.status == Status.COMPLETED
    return Filling(questionnaire, fields, is_completed, sum(given.has(asked) for asked in questions))


def save(
    questionnaire_id: int,
    follower: Follower,
    person: Person,
    brought: Mapping[int, Brought],
    *,
    submits: bool,
) -> Saved:
    """Keep every answer that is valid; with `submits` complete the survey when nothing is missing.

    A repeat changes nothing. Raises SurveyNotHere, SurveyOver.
    """
    with db.atomic():
        questionnaire = _open(questionnaire_id, person)
        questions = sheet.of(questionnaire.id)
        changed = {asked.id for asked in questions.questions if _is_changed(asked, brought.get(asked.id))}
        response = responses.of_person(questionnaire, person.id, for_change=True)
        if response is None:
            if not changed and not submits:
                return Saved()
            response = responses.begin(questionnaire, person)
        turn = _Turn(questionnaire, questions, response, responses.given(response))
        saved = Saved()
        for asked in questions.questions:
            why = turn.keep(asked, brought[asked.id].values) if asked.id in changed else ""
            if why:
                saved.wrong[asked.id] = why
        if submits:
            turn.submit(saved.wrong)
        saved.is_completed = response.status == Status.COMPLETED
        if saved.is_completed:
            participation.completed(questionnaire, person.id)
            _end_chat(questionnaire, person)
        elif changed:
            _tell_chat(turn, follower)
    return saved


def completed(questionnaire_id: int, person: Person) -> Questionnaire | None:
    """The open survey, when the person has completed it. Raises SurveyNotHere, SurveyOver."""
    questionnaire = _open(questionnaire_id, person)
    response = responses.of_person(questionnaire, person.id)
    is_completed = response is not None and response.status == Status.COMPLETED
    return questionnaire if is_completed else None


def limits_words(asked: Asked) -> str:
    """What an answer may be: “多选，选 2 至 3 项”."""
    if asked.kind is QuestionKind.SINGLE:
        return "单选"
    if asked.kind is QuestionKind.MULTIPLE:
        return f"多选，{chat_text.how_many(asked).replace('点选', '选')}"
    if asked.kind is QuestionKind.NUMBER:
        return f"数字，{_as_written(reading.range_words(asked))}"
    if asked.kind is QuestionKind.SCALE:
        return f"评分，{reading.range_words(asked).replace('请回复', '请选')}"
    return f"文字，最多{reading.LONGEST_TEXT}字"


@dataclass
class _Turn:
    questionnaire: Questionnaire
    sheet: Sheet
    response: Response
    given: Given

    @property
    def is_anonymous(self) -> bool:
        return bool(self.questionnaire.is_anonymous)

    @property
    def was_completed(self) -> bool:
        return self.response.status == Status.COMPLETED

    def keep(self, asked: Asked, values: Sequence[str]) -> str:
        """Make this the answer; why it cannot be, "" when it is."""
        written = _plain(asked, values)
        if not written:
            return self._emptied(asked)
        if asked.choices:
            return self._chosen(asked, written)
        if asked.steps and written == [PASSED_OVER] and not asked.is_required:
            responses.pass_over(self.response, asked, self.given, is_anonymous=self.is_anonymous)
            return ""
        if asked.kind is QuestionKind.TEXT and len(written[0]) > reading.LONGEST_TEXT:
            return f"最多{reading.LONGEST_TEXT}字，现在{len(written[0])}字，请删减后再保存"
        understood = reading.read(asked, written[0])
        if understood is None:
            return _as_written(reading.range_words(asked))
        if isinstance(understood, Wrong):
            return _as_written(understood.why)
        self._put(asked, understood)
        return ""

    def submit(self, wrong: dict[int, str]) -> None:
        """Note what is missing; when nothing is wrong, pass over the rest and complete."""
        missing = [
            asked for asked in self.sheet.questions if asked.id not in wrong and not self.given.has(asked)
        ]
        for asked in missing:
            if self.given.chosen.get(asked.id):
                wrong[asked.id] = NOT_ENOUGH.format(asked.least)
            elif asked.is_required:
                wrong[asked.id] = "这一题还没有回答"
        if wrong:
            return
        for asked in missing:
            responses.pass_over(self.response, asked, self.given, is_anonymous=self.is_anonymous)
        responses.complete(self.response, is_anonymous=self.is_anonymous)

    def _emptied(self, asked: Asked) -> str:
        ticked = self.given.chosen.get(asked.id, set())
        if asked.id in self.given.passed or not (ticked or self.given.has(asked)):
            return ""
        if not asked.is_required:
            responses.pass_over(self.response, asked, self.given, is_anonymous=self.is_anonymous)
            return ""
        if asked.kind is not QuestionKind.MULTIPLE or self.was_completed:
            return NEEDED
        self._tick(asked, set())
        return ""

    def _chosen(self, asked: Asked, written: list[str]) -> str:
        if written == [PASSED_OVER] and not asked.is_required:
            responses.pass_over(self.response, asked, self.given, is_anonymous=self.is_anonymous)
            return ""
        choices = tuple(choice for choice in asked.choices if str(choice.id) in written)
        if len(choices) < len(written):
            return "所选的选项已失效，请重新选择"
        if len(choices) > asked.most:
            return "只能选一项" if asked.most == 1 else f"最多选 {asked.most} 项，现在选了 {len(choices)} 项"
        if len(choices) >= asked.least:
            self._put(asked, Reading(choices=choices))
            return ""
        if self.was_completed:
            return f"请至少选 {asked.least} 项；之前的回答还保留着"
        self._tick(asked, {choice.id for choice in choices})
        return ""

    def _put(self, asked: Asked, understood: Reading) -> None:
        responses.put(self.response, asked, understood, self.given, is_anonymous=self.is_anonymous)

    def _tick(self, asked: Asked, wanted: set[int]) -> None:
        """Ticks too few for an answer, kept as chat keeps them on the way."""
        for option_id in wanted ^ self.given.chosen.get(asked.id, set()):
            responses.toggle(self.response, asked, option_id, self.given, is_anonymous=self.is_anonymous)


def _open(questionnaire_id: int, person: Person) -> Questionnaire:
    questionnaire = Questionnaire.get_or_none(Questionnaire.id == questionnaire_id)
    if questionnaire is None or questionnaire.status == QuestionnaireStatus.DRAFT:
        raise SurveyNotHere()
    is_open = questionnaires.is_open(questionnaire)
    began = is_open and responses.of_person(questionnaire, person.id) is not None
    if not began and not audiences.includes(questionnaire.audience, person):
        raise SurveyNotHere()
    if not is_open:
        raise SurveyOver(f"《{questionnaire.title}》已经结束，不再接受回答。您之前的回答都已保存，谢谢！")
    return questionnaire


def _progress(questionnaire: Questionnaire, person: Person, is_completed: bool) -> Progress:
    response = responses.of_person(questionnaire, person.id)
    given = responses.given(response) if response is not None else Given()
    questions = sheet.of(questionnaire.id).questions
    return Progress(questionnaire, sum(given.has(asked) for asked in questions), len(questions), is_completed)


def _end_chat(questionnaire: Questionnaire, person: Person) -> None:
    """It is completed: no chat of this person asks for it any more."""
    own = Follower.select(Follower.id).where(Follower.person == person.id)
    Conversation.delete().where(
        Conversation.questionnaire == questionnaire.id, Conversation.follower.in_(own)
    ).execute()


def _tell_chat(turn: _Turn, follower: Follower) -> None:
    """Chat goes on at the first unanswered question.

    Where the question it stands at is answered by now it stands at none: what is typed next is
    no answer to a question not shown yet, 继续 shows it. Without a conversation one waits, paused.
    """
    going_on = standing.of(follower)
    if going_on is None:
        Conversation.insert(
            follower=follower.id,
            questionnaire=turn.questionnaire.id,
            is_paused=True,
            moved_at=clock.utc_now(),
        ).on_conflict_ignore().execute()
        return
    present = turn.sheet.question(going_on.question_id)
    if going_on.questionnaire_id == turn.questionnaire.id and present and turn.given.has(present):
        Conversation.update(question=None).where(Conversation.follower == follower.id).execute()


def _stays(asked: Asked, wrong: Mapping[int, str] | None) -> bool:
    """Whether the page shows what was written rather than what is kept."""
    return wrong is None or asked.id in wrong


def _field(asked: Asked, given: Given, written: Brought | None, wrong: Mapping[int, str]) -> Field:
    held = _held(asked, given)
    values = held if written is None else tuple(_plain(asked, written.values))
    return Field(asked, values, mark(asked, held), limits_words(asked), wrong.get(asked.id, ""))


def _held(asked: Asked, given: Given) -> tuple[str, ...]:
    """The answer kept, as a form brings it."""
    if asked.id in given.passed:
        return (PASSED_OVER,) if asked.kind in TICKED_ONCE else ()
    if asked.id in given.numbers:
        return (str(given.numbers[asked.id]),)
    if asked.id in given.texts:
        return (given.texts[asked.id],)
    return tuple(str(choice.id) for choice in asked.choices if choice.id in given.chosen.get(asked.id, ()))


def mark(asked: Asked, values: Sequence[str]) -> str:
    """A short mark, the same for the same answer."""
    written = _plain(asked, values)
    if asked.choices:
        written.sort()
    return hashlib.sha256("\n".join(written).encode("utf-8", "replace")).hexdigest()[:16]


def _is_changed(asked: Asked, brought: Brought | None) -> bool:
    return brought is not None and mark(asked, brought.values) != brought.shown


def _plain(asked: Asked, values: Sequence[str]) -> list[str]:
    """Each value once, without what a browser or a database would change."""
    tidy = (each.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip() for each in values)
    written = list(dict.fromkeys(each for each in tidy if each))
    return written if asked.choices else written[:1]


def _as_written(words: str) -> str:
    return words.replace("回复", "填写")
