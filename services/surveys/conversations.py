"""Conversations: the way through a survey in chat, question by question, for days if need be.

A turn of the member (a tap, a number, a word) gives the next text. What is asked next is
the first question without an answer; a tap on an older question changes that answer. Every
text is the passive reply to the member's own message: no call to WeChat is ever made here.

The reply to an answer of an anonymous survey is not kept as text (it shows what is chosen)
but as a note of what to show (`kept`), made anew by `say_again` for a repeat of the message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime

import clock
from models.people import Follower, Person
from models.surveys import (
    Conversation,
    QuestionKind,
    Questionnaire,
    QuestionnaireStatus,
    ResponseStatus,
)
from services import menu_ids
from services.messaging import audiences
from services.surveys import (
    chat_text,
    participation,
    questionnaires,
    reading,
    responses,
    standing,
    turns,
)
from services.surveys.chat_links import (
    ANEW,
    BACK,
    DONE,
    EDIT,
    FEWER,
    GO_ON,
    MORE,
    NEXT,
    PROGRESS,
    SKIP,
    START,
)
from services.surveys.reading import Reading, Wrong
from services.surveys.sheet import Asked
from services.surveys.turns import KEPT_MARK, NOT_ASKED, TICKED, Said, Turn

NOTHING_OPEN = "目前没有需要您填写的需求征集。有新的征集时会通知您。"
STALE_LINK = "这个选项已失效。"
SURVEY_ID = re.compile(r"s\d+\.")
PAGE = re.compile(r"p(\d{1,2})")
RESTART = "restart"
# where any other words are an answer
_WAYS = {
    "上一题": BACK,
    "下一题": NEXT,
    "跳过": SKIP,
    "选好了": DONE,
    "进度": PROGRESS,
    "重来": RESTART,
    "确定重来": ANEW,
}
_ACTION_OF_WORDS = _WAYS | {
    "选好": DONE,
    "好了": DONE,
    "返回": BACK,
    "第几题": PROGRESS,
    "还有几题": PROGRESS,
    "重新开始": RESTART,
    "重新填写": RESTART,
    "更多选项": MORE,
    "更多": MORE,
    "下一页": MORE,
    "前面的选项": FEWER,
    "上一页": FEWER,
}


def start(follower: Follower, person: Person, *, at: datetime, choice: int | None = None) -> Said:
    """Begin, or go on with, the open survey the person is meant for.

    None open: a kind sentence; several: a choice of them (`choice` 1 is the first).
    """
    going_on = standing.of(follower)
    if going_on is not None and choice is None and questionnaires.is_open(going_on.questionnaire):
        return _or_said(_turn(follower, person, going_on, at), turns.resume)
    waiting, completed = open_for(person)
    if choice is not None and 1 <= choice <= len(waiting):
        waiting = waiting[choice - 1 : choice]
    if len(waiting) > 1:
        return Said(chat_text.choose(waiting))
    if waiting:
        return _begin(follower, person, waiting[0], at)
    if completed:
        return Said(chat_text.already(completed[0]), is_over=True)
    return Said(NOTHING_OPEN, is_over=True)


def open_for(person: Person) -> tuple[list[Questionnaire], list[Questionnaire]]:
    """The open questionnaires the person is meant for: those not completed, and those completed."""
    waiting: list[Questionnaire] = []
    completed: list[Questionnaire] = []
    for questionnaire in questionnaires.all_open():
        if not audiences.includes(questionnaire.audience, person):
            continue
        response = responses.of_person(questionnaire, person.id)
        is_completed = response is not None and response.status == ResponseStatus.COMPLETED
        (completed if is_completed else waiting).append(questionnaire)
    return waiting, completed


def go_on(follower: Follower, person: Person, *, at: datetime) -> Said:
    """The question at which the person stopped."""
    return _or_said(_under_way(follower, person, at), turns.resume)


def pause(follower: Follower, person: Person, *, at: datetime) -> Said:
    """Leave the survey for now; messages are ordinary ones again until 继续."""
    return _or_said(_under_way(follower, person, at), turns.pause)


def refuse(follower: Follower, person: Person, *, at: datetime) -> Said | None:
    """“不参加” of the survey under way, else of the only one that waits; None when none does."""
    going_on = standing.of(follower)
    waiting = [going_on.questionnaire] if going_on is not None else open_for(person)[0]
    if not waiting:
        return None
    if len(waiting) > 1:
        return Said(chat_text.choose(waiting))
    questionnaire = waiting[0]
    if not participation.refuse(questionnaire, person.id):
        return Said(chat_text.already(questionnaire), is_over=True)
    Conversation.delete().where(
        Conversation.follower == follower.id, Conversation.questionnaire == questionnaire.id
    ).execute()
    return Said(chat_text.refused(questionnaire.title), is_over=True)


def progress(follower: Follower, person: Person, *, at: datetime) -> Said | None:
    """How far the person is in a survey that waits, paused or not; None when none does."""
    if standing.of(follower) is None:
        return None
    turn = _under_way(follower, person, at)
    if isinstance(turn, Said):
        return turn
    told = chat_text.progress(turn.sheet, turn.given)
    return Said(chat_text.where_it_waits(turn.questionnaire, told))


def tapped(follower: Follower, person: Person, tapped_id: str, *, at: datetime) -> Said:
    """A tap on an option or an action, of the present question or of an older one."""
    parts = menu_ids.read(tapped_id)
    if parts is None or len(parts) != 3 or not (parts[0][1:].isdecimal() and parts[1].isdecimal()):
        return _stale(follower, person, at)
    questionnaire = Questionnaire.get_or_none(Questionnaire.id == int(parts[0][1:]))
    if questionnaire is None:
        return _stale(follower, person, at)
    if not questionnaires.is_open(questionnaire):
        return _over(follower, questionnaire)
    what = parts[2]
    if what in (START, EDIT, GO_ON):
        return _enter(follower, person, questionnaire, what, at)
    turn = _answering(follower, person, questionnaire, at)
    if turn is None:
        return _enter(follower, person, questionnaire, START, at)
    if what == ANEW:
        return turns.anew(turn)
    asked = turn.sheet.question(int(parts[1]))
    if asked is None:
        return _stale(follower, person, at, NOT_ASKED if turn.whole.question(int(parts[1])) else STALE_LINK)
    if what in turns.ACTIONS:
        return turns.ACTIONS[what](turn, asked)
    if page := PAGE.fullmatch(what):
        return turns.turn_page(turn, asked, int(page[1]))
    return _option(turn, asked, what) or _stale(follower, person, at)


def _option(turn: Turn, asked: Asked, what: str) -> Said | None:
    """A step of a scale or an option, by what its tap carries; None where there is no such."""
    if what.isdecimal() and int(what) in asked.steps:
        return turns.answer(turn, asked, Reading(number=int(what)))
    chosen = asked.choice(int(what)) if what.isdecimal() else None
    if chosen is None:
        return None
    if asked.kind in TICKED:
        return turns.toggle(turn, asked, chosen.id)
    return turns.answer(turn, asked, Reading(choices=(chosen,)))


def typed(follower: Follower, person: Person, said: str, words: str, *, at: datetime) -> Said | None:
    """An answer in words or numbers to the present question; None when it is none.

    `words` is `said` made easy to compare.
    """
    turn = _under_way(follower, person, at)
    if isinstance(turn, Said):
        return turn
    asked = turn.present
    if asked is None:
        return None
    what = (_WAYS if asked.kind is QuestionKind.TEXT else _ACTION_OF_WORDS).get(words)
    if what in turns.ACTIONS:
        return turns.ACTIONS[what](turn, asked)
    if what in _TURNS:
        return _TURNS[what](turn, asked)
    understood = reading.read(asked, said, wordless=turn.given.wordless(asked))
    if understood is None:
        return None
    if isinstance(understood, Wrong):
        return turns.ask(turn, asked, understood.why + "。")
    if asked.kind is QuestionKind.RANKING and len(understood.choices) < asked.most:
        return turns.toggle(turn, asked, understood.choices[0].id)
    return turns.answer(turn, asked, understood)


_TURNS: dict[str | None, Callable[[Turn, Asked], Said]] = {
    RESTART: lambda turn, asked: turns.sure_anew(turn),
    ANEW: lambda turn, asked: turns.anew(turn),
    MORE: lambda turn, asked: turns.turn_page(turn, asked, turn.page + 1),
    FEWER: lambda turn, asked: turns.turn_page(turn, asked, turn.page - 1),
}


def pictured(follower: Follower, person: Person, address: str, *, at: datetime) -> Said | None:
    """A picture sent while a question asks for one; None where none is asked for."""
    turn = _under_way(follower, person, at)
    if isinstance(turn, Said) or turn.present is None or turn.present.kind is not QuestionKind.PICTURE:
        return None
    return turns.picture(turn, turn.present, address)


def unclear(follower: Follower, person: Person, *, at: datetime) -> Said:
    """What came is no answer and nothing else either: one hint, and the question again."""
    turn = _under_way(follower, person, at)
    if isinstance(turn, Said):
        return turn
    if turn.present is None:
        return turns.resume(turn)
    asked = turn.present
    return turns.ask(turn, asked, f"没看懂您的回答，{chat_text.how_to_answer(asked)}。")


def say_again(follower: Follower, kept: str) -> str | None:
    """The first reply to a message, from what was kept of it."""
    if not kept.startswith(KEPT_MARK):
        return kept
    questionnaire_id, *shown = json.loads(kept[len(KEPT_MARK) :])
    questionnaire = Questionnaire.get_or_none(Questionnaire.id == questionnaire_id)
    if questionnaire is None or not questionnaires.is_open(questionnaire) or follower.person_id is None:
        return chat_text.over(questionnaire.title if questionnaire is not None else "问卷")
    response = responses.of_person(questionnaire, follower.person_id)
    if response is None:
        return NOTHING_OPEN
    turn = Turn.of(
        follower, Person.get_by_id(follower.person_id), questionnaire, response, at=clock.utc_now()
    )
    going_on = standing.of(follower)
    if not shown[0] and going_on is not None:
        shown[0] = going_on.question_id
    return turns.again(turn, *shown) or NOTHING_OPEN


def _enter(follower: Follower, person: Person, questionnaire: Questionnaire, what: str, at: datetime) -> Said:
    """开始填写, 查看修改 or 继续 was tapped."""
    turn = _answering(follower, person, questionnaire, at)
    if turn is None:
        if not audiences.includes(questionnaire.audience, person):
            return Said(NOTHING_OPEN)
        return _begin(follower, person, questionnaire, at)
    if what == EDIT:
        return turns.resume(turn, first=True, why="可逐题修改；不改的题点“下一题”或“选好了”。")
    if turn.present is not None or turn.given.first_missing(turn.sheet) is not None:
        return turns.resume(turn)
    return Said(chat_text.already(questionnaire))


def _begin(follower: Follower, person: Person, questionnaire: Questionnaire, at: datetime) -> Said:
    responses.begin(questionnaire, person)
    turn = _answering(follower, person, questionnaire, at)
    if turn is None:
        raise LookupError("the response vanished while it was begun")
    missing = turn.given.first_missing(turn.sheet)
    if missing is None:
        return turns.finish(turn)
    lead = chat_text.intro(questionnaire, len(turn.sheet.questions))
    return turns.ask(turn, missing, lead=[*lead, chat_text.page_line(follower.id, questionnaire.id)])


def _or_said(turn: Turn | Said, act: Callable[[Turn], Said]) -> Said:
    return turn if isinstance(turn, Said) else act(turn)


def _under_way(follower: Follower, person: Person, at: datetime) -> Turn | Said:
    """The survey under way (or paused), or what to say where there is none any more."""
    going_on = standing.of(follower)
    if going_on is None:
        return Said("没有正在填写的问卷。回复“需求征集”可查看。")
    return _turn(follower, person, going_on, at)


def _turn(follower: Follower, person: Person, going_on: Conversation, at: datetime) -> Turn | Said:
    questionnaire = going_on.questionnaire
    if not questionnaires.is_open(questionnaire):
        return _over(follower, questionnaire)
    held = responses.of_person(questionnaire, person.id, for_change=True)
    response = held or responses.begin(questionnaire, person)
    turn = Turn.of(follower, person, questionnaire, response, at=at)
    return turn.at_question(going_on.question_id, going_on.page)


def _answering(follower: Follower, person: Person, questionnaire: Questionnaire, at: datetime) -> Turn | None:
    """A turn in this questionnaire, wherever the member stands; None when the person never began it."""
    response = responses.of_person(questionnaire, person.id, for_change=True)
    if response is None:
        return None
    turn = Turn.of(follower, person, questionnaire, response, at=at)
    going_on = Conversation.get_or_none(
        (Conversation.follower == follower.id) & (Conversation.questionnaire == questionnaire.id)
    )
    return turn if going_on is None else turn.at_question(going_on.question_id, going_on.page)


def _stale(follower: Follower, person: Person, at: datetime, why: str = STALE_LINK) -> Said:
    """A link that was made up, or belongs to a question that is gone: the present question again."""
    turn = _under_way(follower, person, at)
    if isinstance(turn, Said):
        return Said(f"{why}{turn.text}", is_anonymous=turn.is_anonymous)
    return turns.resume(turn, why)


def _over(follower: Follower, questionnaire: Questionnaire) -> Said:
    if questionnaire.status == QuestionnaireStatus.PAUSED:  # the conversation waits for its return
        return Said(chat_text.on_hold(questionnaire.title), is_anonymous=bool(questionnaire.is_anonymous))
    (
        Conversation.delete()
        .where(Conversation.follower == follower.id, Conversation.questionnaire == questionnaire.id)
        .execute()
    )
    return Said(chat_text.over(questionnaire.title), is_anonymous=bool(questionnaire.is_anonymous))
