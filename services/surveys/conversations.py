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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.people import Follower, Person
from models.surveys import (
    Conversation,
    QuestionKind,
    Questionnaire,
    Response,
    ResponseStatus,
)
from services import menu_ids
from services.messaging import audiences
from services.surveys import chat_text, participation, questionnaires, reading, responses, sheet, standing
from services.surveys.chat_text import BACK, DONE, EDIT, GO_ON, LATER, NEXT, PROGRESS, SKIP, START
from services.surveys.reading import Reading, Wrong
from services.surveys.responses import Given
from services.surveys.sheet import Asked, Sheet

KEPT_MARK = "\x1e"
NOTHING_OPEN = "目前没有需要您填写的需求征集。有新的征集时会通知您。"
STALE_LINK = "这个选项已失效。"
SURVEY_ID = re.compile(r"s\d+\.")


@dataclass(frozen=True, slots=True)
class Said:
    """A turn's text. `kept` is stored in its stead where the text shows anonymous answers.

    `is_over`: no question waits for an answer, so something else may be said below.
    """

    text: str
    kept: str | None = None
    is_anonymous: bool = False
    is_over: bool = False


@dataclass
class _Turn:
    """All that one turn works with, read once."""

    follower: Follower
    questionnaire: Questionnaire
    sheet: Sheet
    response: Response
    given: Given
    present: Asked | None  # the question the member stands at
    at: datetime

    @property
    def is_anonymous(self) -> bool:
        return bool(self.questionnaire.is_anonymous)

    @property
    def is_revised(self) -> bool:
        """Whether the survey was finished before, and answers are only changed now."""
        return self.response.status == ResponseStatus.COMPLETED


def start(follower: Follower, person: Person, *, at: datetime, choice: int | None = None) -> Said:
    """Begin, or go on with, the open survey the person is meant for.

    None open: a kind sentence; several: a choice of them (`choice` 1 is the first).
    """
    going_on = standing.of(follower)
    if going_on is not None and choice is None and questionnaires.is_open(going_on.questionnaire):
        return _resume(_turn(follower, person, going_on, at))
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
    turn = _under_way(follower, person, at)
    return turn if isinstance(turn, Said) else _resume(turn)


def pause(follower: Follower, person: Person, *, at: datetime) -> Said:
    """Leave the survey for now; messages are ordinary ones again until 继续."""
    turn = _under_way(follower, person, at)
    return turn if isinstance(turn, Said) else _pause(turn)


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
    asked = turn.sheet.question(int(parts[1]))
    if asked is None:
        return _stale(follower, person, at)
    if what in _ACTIONS:
        return _ACTIONS[what](turn, asked)
    if what.isdecimal() and int(what) in asked.steps:
        return _answer(turn, asked, Reading(number=int(what)))
    chosen = asked.choice(int(what)) if what.isdecimal() else None
    if chosen is None:
        return _stale(follower, person, at)
    if asked.kind is QuestionKind.MULTIPLE:
        return _toggle(turn, asked, chosen.id)
    return _answer(turn, asked, Reading(choices=(chosen,)))


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
    if what in _ACTIONS:
        return _ACTIONS[what](turn, asked)
    understood = reading.read(asked, said)
    if understood is None:
        return None
    if isinstance(understood, Wrong):
        return _ask(turn, asked, understood.why + "。")
    return _answer(turn, asked, understood)


def unclear(follower: Follower, person: Person, *, at: datetime) -> Said:
    """What came is no answer and nothing else either: one hint, and the question again."""
    turn = _under_way(follower, person, at)
    if isinstance(turn, Said):
        return turn
    if turn.present is None:
        return _resume(turn)
    asked = turn.present
    return _ask(turn, asked, f"没看懂您的回答，{chat_text.how_to_answer(asked)}。")


def say_again(follower: Follower, kept: str) -> str | None:
    """The first reply to a message, from what was kept of it."""
    if not kept.startswith(KEPT_MARK):
        return kept
    questionnaire_id, question_id, notes, lead = json.loads(kept[len(KEPT_MARK) :])
    questionnaire = Questionnaire.get_or_none(Questionnaire.id == questionnaire_id)
    if questionnaire is None or not questionnaires.is_open(questionnaire) or follower.person_id is None:
        return chat_text.over(questionnaire.title if questionnaire is not None else "问卷")
    questions = sheet.of(questionnaire_id)
    asked = questions.question(question_id)
    response = responses.of_person(questionnaire, follower.person_id)
    if asked is None or response is None:
        return NOTHING_OPEN
    return chat_text.question(questions, asked, responses.given(response), notes, lead)


def _enter(follower: Follower, person: Person, questionnaire: Questionnaire, what: str, at: datetime) -> Said:
    """开始填写, 查看修改 or 继续 was tapped."""
    turn = _answering(follower, person, questionnaire, at)
    if turn is None:
        if not audiences.includes(questionnaire.audience, person):
            return Said(NOTHING_OPEN)
        return _begin(follower, person, questionnaire, at)
    if what == EDIT:
        return _ask(turn, turn.sheet.questions[0], "可逐题修改；不改的题点“下一题”或“选好了”。")
    if turn.present is not None or turn.given.first_missing(turn.sheet) is not None:
        return _resume(turn)
    return Said(chat_text.already(questionnaire))


def _begin(follower: Follower, person: Person, questionnaire: Questionnaire, at: datetime) -> Said:
    responses.begin(questionnaire, person)
    turn = _answering(follower, person, questionnaire, at)
    if turn is None:
        raise LookupError("the response vanished while it was begun")
    missing = turn.given.first_missing(turn.sheet)
    if missing is None:
        return _finish(turn)
    lead = chat_text.intro(questionnaire, len(turn.sheet.questions))
    return _ask(turn, missing, lead=[*lead, chat_text.page_line(follower.id, questionnaire.id)])


def _resume(turn: _Turn | Said) -> Said:
    if isinstance(turn, Said):
        return turn
    asked = turn.present or turn.given.first_missing(turn.sheet) or turn.sheet.questions[-1]
    return _ask(turn, asked, "接着上次的回答。")


def _under_way(follower: Follower, person: Person, at: datetime) -> _Turn | Said:
    """The survey under way (or paused), or what to say where there is none any more."""
    going_on = standing.of(follower)
    if going_on is None:
        return Said("没有正在填写的问卷。回复“需求征集”可查看。")
    return _turn(follower, person, going_on, at)


def _turn(follower: Follower, person: Person, going_on: Conversation, at: datetime) -> _Turn | Said:
    questionnaire = going_on.questionnaire
    if not questionnaires.is_open(questionnaire):
        return _over(follower, questionnaire)
    held = responses.of_person(questionnaire, person.id, for_change=True)
    response = held or responses.begin(questionnaire, person)
    questions = sheet.of(questionnaire.id)
    present = questions.question(going_on.question_id)
    return _Turn(follower, questionnaire, questions, response, responses.given(response), present, at)


def _answering(
    follower: Follower, person: Person, questionnaire: Questionnaire, at: datetime
) -> _Turn | None:
    """A turn in this questionnaire, wherever the member stands; None when the person never began it."""
    response = responses.of_person(questionnaire, person.id, for_change=True)
    if response is None:
        return None
    questions = sheet.of(questionnaire.id)
    going_on = Conversation.get_or_none(
        (Conversation.follower == follower.id) & (Conversation.questionnaire == questionnaire.id)
    )
    present = questions.question(going_on.question_id) if going_on is not None else None
    return _Turn(follower, questionnaire, questions, response, responses.given(response), present, at)


def _answer(turn: _Turn, asked: Asked, understood: Reading) -> Said:
    """Keep a whole answer and go on; say so when it was an older question's."""
    present, was_given = turn.present, turn.given.has(asked)
    is_new = responses.put(turn.response, asked, understood, turn.given, is_anonymous=turn.is_anonymous)
    notes = [understood.note] if understood.note else []
    if present is None or present.id != asked.id or turn.is_revised:
        if not is_new:
            notes.append(f"第{asked.no}题已经是这个回答。")
        else:
            notes.append(f"第{asked.no}题的回答已{'修改' if was_given else '记下'}。")
        if present is not None and not turn.given.has(present):
            return _ask(turn, present, *notes)
    return _onward(turn, asked, notes)


def _toggle(turn: _Turn, asked: Asked, option_id: int) -> Said:
    """Tick or untick one option of a multiple choice and show it again."""
    chosen = turn.given.chosen.get(asked.id, set())
    if option_id not in chosen and len(chosen) >= asked.most:
        return _ask(turn, asked, f"最多选 {asked.most} 项；要换，请先点已选的一项取消。")
    if option_id in chosen and turn.is_revised and len(chosen) <= asked.least:
        return _ask(turn, asked, f"至少要选 {asked.least} 项；要换，请先选上新的一项。")
    responses.toggle(turn.response, asked, option_id, turn.given, is_anonymous=turn.is_anonymous)
    if turn.present is not None and turn.present.id == asked.id:
        return _ask(turn, asked)
    return _ask(turn, asked, f"正在修改第{asked.no}题，改好请点“选好了”。")


def _done(turn: _Turn, asked: Asked) -> Said:
    """选好了."""
    count = len(turn.given.chosen.get(asked.id, ()))
    if asked.kind is QuestionKind.MULTIPLE and count < asked.least and asked.id not in turn.given.passed:
        if not asked.is_required and count == 0:
            return _skip(turn, asked)
        return _ask(turn, asked, f"还没选够，请至少选 {asked.least} 项。")
    if not turn.given.has(asked):
        return _ask(turn, asked, "这一题还没有回答。")
    present = turn.present
    if present is not None and present.id != asked.id and not turn.given.has(present):
        return _ask(turn, present)
    return _onward(turn, asked, [f"第{asked.no}题的回答已保存。"] if turn.is_revised else [])


def _back(turn: _Turn, asked: Asked) -> Said:
    before = turn.sheet.before(asked)
    return _ask(turn, before) if before is not None else _ask(turn, asked, "已经是第一题。")


def _next(turn: _Turn, asked: Asked) -> Said:
    if not turn.given.has(asked):
        return _ask(turn, asked, "请先回答这一题。" if asked.is_required else "想跳过请点“跳过”。")
    after = turn.sheet.after(asked)
    return _ask(turn, after) if after is not None else _forward(turn, [])


def _skip(turn: _Turn, asked: Asked) -> Said:
    if asked.is_required:
        return _ask(turn, asked, "这一题需要回答，不能跳过。")
    responses.pass_over(turn.response, asked, turn.given, is_anonymous=turn.is_anonymous)
    return _forward(turn, [])


def _later(turn: _Turn, asked: Asked) -> Said:
    return _pause(turn)


def _pause(turn: _Turn) -> Said:
    """What chat stands at stays; only that it waits is noted."""
    Conversation.update(is_paused=True, moved_at=turn.at).where(
        Conversation.follower == turn.follower.id
    ).execute()
    told = chat_text.progress(turn.sheet, turn.given)
    return Said(chat_text.paused(told, turn.questionnaire.id), is_over=True)


def _progress(turn: _Turn, asked: Asked) -> Said:
    return _ask(turn, turn.present or asked, chat_text.progress(turn.sheet, turn.given))


_ACTIONS: dict[str | None, Callable[[_Turn, Asked], Said]] = {
    DONE: _done,
    BACK: _back,
    NEXT: _next,
    SKIP: _skip,
    LATER: _later,
    PROGRESS: _progress,
}
# where any other words are an answer
_WAYS = {"上一题": BACK, "下一题": NEXT, "跳过": SKIP, "选好了": DONE, "进度": PROGRESS}
_ACTION_OF_WORDS = _WAYS | {
    "选好": DONE,
    "好了": DONE,
    "返回": BACK,
    "第几题": PROGRESS,
    "还有几题": PROGRESS,
}


def _onward(turn: _Turn, asked: Asked, notes: Sequence[str]) -> Said:
    """From an answered question: to the one after it where the member goes through a finished
    survey again, else to the first without an answer."""
    is_walked = turn.present is not None and turn.present.id == asked.id
    after = turn.sheet.after(asked) if turn.is_revised and is_walked else None
    return _ask(turn, after, *notes) if after is not None else _forward(turn, notes)


def _forward(turn: _Turn, notes: Sequence[str]) -> Said:
    missing = turn.given.first_missing(turn.sheet)
    return _ask(turn, missing, *notes) if missing is not None else _finish(turn, notes)


def _finish(turn: _Turn, notes: Sequence[str] = ()) -> Said:
    responses.complete(turn.response, is_anonymous=turn.is_anonymous)
    participation.completed(turn.questionnaire, turn.follower.person_id)
    Conversation.delete().where(Conversation.follower == turn.follower.id).execute()
    thanks = chat_text.finished(turn.questionnaire, notes)
    return Said(thanks, is_anonymous=turn.is_anonymous, is_over=True)


def _ask(turn: _Turn, asked: Asked, *notes: str, lead: Sequence[str] = ()) -> Said:
    """Stand at the question and show it."""
    standing.move_to(turn.follower, turn.questionnaire, asked.id, at=turn.at)
    text = chat_text.question(turn.sheet, asked, turn.given, notes, lead)
    if not turn.is_anonymous:
        return Said(text)
    kept = KEPT_MARK + json.dumps([turn.questionnaire.id, asked.id, notes, lead], ensure_ascii=False)
    return Said(text, kept, is_anonymous=True)


def _stale(follower: Follower, person: Person, at: datetime) -> Said:
    """A link that was made up, or belongs to a question that is gone: the present question again."""
    turn = _under_way(follower, person, at)
    if isinstance(turn, Said):
        return Said(f"{STALE_LINK}{turn.text}", is_anonymous=turn.is_anonymous)
    asked = turn.present or turn.given.first_missing(turn.sheet) or turn.sheet.questions[-1]
    return _ask(turn, asked, STALE_LINK)


def _over(follower: Follower, questionnaire: Questionnaire) -> Said:
    (
        Conversation.delete()
        .where(Conversation.follower == follower.id, Conversation.questionnaire == questionnaire.id)
        .execute()
    )
    return Said(chat_text.over(questionnaire.title), is_anonymous=bool(questionnaire.is_anonymous))
