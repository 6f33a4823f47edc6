"""A survey as one page: the questions, acts and rules of chat, saved together.

A form brings for each question what the member wrote and the mark of what the page had shown.
Where the two agree the member changed nothing there, and whatever chat or another page kept
meanwhile stands: what is kept is what was meant last. Nothing of a form is kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import clock
from models.base import db
from models.people import Follower, Person
from models.surveys import Conversation, Questionnaire, QuestionnaireStatus
from models.surveys import ResponseStatus as Status
from services.errors import Conflict, NotFound
from services.messaging import audiences
from services.surveys import (
    answers,
    conditions,
    conversations,
    flow,
    page_answers,
    participation,
    pictures,
    questionnaires,
    responses,
    sheet,
    standing,
)
from services.surveys.answers import Given
from services.surveys.conditions import Known
from services.surveys.page_answers import PASSED_OVER, Brought, Keeping, mark
from services.surveys.sheet import Asked, Sheet

__all__ = ["PASSED_OVER", "Brought", "Field", "Filling", "Saved", "SurveyNotHere", "SurveyOver", "mark"]


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
class Field:
    """One question as the page shows it: `values` are ticked or filled in."""

    asked: Asked
    values: tuple[str, ...]
    mark: str
    limits: str
    wrong: str = ""
    is_hidden: bool = False  # its condition does not hold by what is kept so far
    full: frozenset[int] = frozenset()  # options without a place left

    @property
    def words(self) -> str:
        """What is written beside “其他”."""
        return next((each[1:] for each in self.values if each.startswith(page_answers.WORDS)), "")

    def place(self, option_id: int) -> str:
        """The place of an option in a ranking as it is filled in; "" where it has none."""
        held = (each.partition(page_answers.PLACE) for each in self.values)
        return next((place for at, _, place in held if at == str(option_id)), "")


@dataclass(frozen=True, slots=True)
class Filling:
    """`fields` are all questions that may be asked of the person, the hidden ones marked."""

    questionnaire: Questionnaire
    fields: list[Field]
    is_completed: bool
    answered: int

    @property
    def count(self) -> int:
        return sum(not each.is_hidden for each in self.fields)

    @property
    def blocks(self) -> list[list[Field]]:
        return blocks(self.fields)


def blocks(fields: list[Field]) -> list[list[Field]]:
    """The fields in order, the rows of one table together."""
    found: list[list[Field]] = []
    for each in fields:
        matrix = each.asked.matrix
        if found and matrix is not None and found[-1][0].asked.matrix == matrix:
            found[-1].append(each)
        else:
            found.append([each])
    return found


@dataclass(slots=True)
class Saved:
    """What became of a form. `wrong`: why, by the id of the question."""

    is_completed: bool = False
    wrong: dict[int, str] = field(default_factory=dict)
    dropped: int = 0  # answers taken away, since their questions are asked no more


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
    given = answers.given(response) if response is not None else Given()
    whole, seen, known = _seen(questionnaire, person, given)
    answers.note_all_full(response, whole, given)
    written = brought or {}
    fields = [
        _field(
            seen.question(asked.id) or replace(asked, text=flow.piped(asked.text, {}, given)),
            given,
            written.get(asked.id) if _stays(asked, wrong) else None,
            wrong or {},
            seen.question(asked.id) is None,
        )
        for asked in whole.questions
        if conditions.may_hold(asked.condition, known)
    ]
    is_completed = response is not None and response.status == Status.COMPLETED
    return Filling(questionnaire, fields, is_completed, sum(given.has(asked) for asked in seen.questions))


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
    files, wrong_files = page_answers.keep_files(_open(questionnaire_id, person), brought)
    saved, given = Saved(wrong=wrong_files), Given()
    try:
        with db.atomic():
            turn = _keep(questionnaire_id, follower, person, brought, files, saved, submits)
        given = turn.given if turn is not None else given
    finally:  # after the commit; where nothing was kept, no picture of this form either
        pictures.forget(set(files.values()) - set(given.files.values()) | given.files_gone)
    return saved


def _keep(
    questionnaire_id: int,
    follower: Follower,
    person: Person,
    brought: Mapping[int, Brought],
    files: Mapping[int, str],
    saved: Saved,
    submits: bool,
) -> Keeping | None:
    """What `save` does in its transaction; None where there is nothing to keep."""
    questionnaire = _open(questionnaire_id, person)
    questions = sheet.of(questionnaire.id)
    changed = {
        asked.id
        for asked in questions.questions
        if asked.id in files or page_answers.is_changed(asked, brought.get(asked.id))
    }
    response = responses.of_person(questionnaire, person.id, for_change=True)
    if response is None:
        if not changed and not submits:
            return None
        response = responses.begin(questionnaire, person)
    known = flow.NOBODY if flow.is_plain(questions) else conditions.known_of(person, questions)
    turn = Keeping(questionnaire, questions, response, answers.given(response), known)
    for asked in questions.questions:
        if asked.id in changed and turn.is_asked(asked):
            why = turn.keep(asked, brought[asked.id].values, files.get(asked.id))
            saved.wrong |= {asked.id: why} if why else {}
    saved.dropped = turn.settle()
    if submits:
        turn.submit(saved.wrong)
    saved.is_completed = response.status == Status.COMPLETED
    if saved.is_completed:
        participation.completed(questionnaire, person.id)
        _end_chat(questionnaire, person)
    elif changed:
        _tell_chat(turn, follower)
    return turn


def completed(questionnaire_id: int, person: Person) -> Questionnaire | None:
    """The open survey, when the person has completed it. Raises SurveyNotHere, SurveyOver."""
    questionnaire = _open(questionnaire_id, person)
    response = responses.of_person(questionnaire, person.id)
    is_completed = response is not None and response.status == Status.COMPLETED
    return questionnaire if is_completed else None


def _open(questionnaire_id: int, person: Person) -> Questionnaire:
    questionnaire = Questionnaire.get_or_none(Questionnaire.id == questionnaire_id)
    if questionnaire is None or questionnaire.status == QuestionnaireStatus.DRAFT:
        raise SurveyNotHere()
    is_open = questionnaires.is_open(questionnaire)
    began = is_open and responses.of_person(questionnaire, person.id) is not None
    if not began and not audiences.includes(questionnaire.audience, person):
        raise SurveyNotHere()
    if questionnaire.status == QuestionnaireStatus.PAUSED:
        raise SurveyOver(f"《{questionnaire.title}》暂停填写。您之前的回答都已保存，恢复后可以接着填。")
    if not is_open:
        raise SurveyOver(f"《{questionnaire.title}》已经结束，不再接受回答。您之前的回答都已保存，谢谢！")
    return questionnaire


def _progress(questionnaire: Questionnaire, person: Person, is_completed: bool) -> Progress:
    response = responses.of_person(questionnaire, person.id)
    given = answers.given(response) if response is not None else Given()
    _, seen, _ = _seen(questionnaire, person, given)
    answered = sum(given.has(asked) for asked in seen.questions)
    return Progress(questionnaire, answered, len(seen.questions), is_completed)


def _seen(questionnaire: Questionnaire, person: Person, given: Given) -> tuple[Sheet, Sheet, Known]:
    """All questions, those that this person is asked by now, and what is known of the person."""
    whole = sheet.of(questionnaire.id)
    known = flow.NOBODY if flow.is_plain(whole) else conditions.known_of(person, whole)
    return whole, flow.shown(whole, given, known), known


def _end_chat(questionnaire: Questionnaire, person: Person) -> None:
    """It is completed: no chat of this person asks for it any more."""
    own = Follower.select(Follower.id).where(Follower.person == person.id)
    Conversation.delete().where(
        Conversation.questionnaire == questionnaire.id, Conversation.follower.in_(own)
    ).execute()


def _tell_chat(turn: Keeping, follower: Follower) -> None:
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


def _field(
    asked: Asked, given: Given, written: Brought | None, wrong: Mapping[int, str], is_hidden: bool
) -> Field:
    held = page_answers.held(asked, given)
    values = held if written is None else tuple(page_answers.plain(asked, written.values))
    full = frozenset(given.full - given.chosen.get(asked.id, set()))
    return Field(
        asked,
        values,
        page_answers.mark(asked, held),
        page_answers.limits_words(asked),
        wrong.get(asked.id, ""),
        is_hidden,
        full,
    )
