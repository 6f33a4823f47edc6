"""One turn of a survey in chat: an answer kept, a way taken, and the question that is shown next."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from models.people import Follower, Person
from models.surveys import (
    Answer,
    AwaitedPicture,
    Conversation,
    QuestionKind,
    Questionnaire,
    Response,
    ResponseStatus,
)
from services.surveys import (
    answers,
    chat_text,
    conditions,
    flow,
    participation,
    pictures,
    responses,
    standing,
)
from services.surveys import sheet as sheets
from services.surveys.answers import Given, OptionFull
from services.surveys.chat_links import BACK, DONE, LATER, NEXT, PROGRESS, SKIP
from services.surveys.conditions import Known
from services.surveys.reading import Reading
from services.surveys.sheet import Asked, Sheet

KEPT_MARK = "\x1e"
NOT_ASKED = "那一题现在不用回答了。"
TICKED = (QuestionKind.MULTIPLE, QuestionKind.RANKING)  # answered tap by tap


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
class Turn:
    """All that one turn works with, read once. `sheet` is what this person is asked of `whole`."""

    follower: Follower
    questionnaire: Questionnaire
    whole: Sheet
    response: Response
    given: Given
    at: datetime
    known: Known
    present_id: int | None = None  # the question the member stands at
    page: int = 0
    sheet: Sheet = field(init=False)

    def __post_init__(self) -> None:
        self.sheet = flow.shown(self.whole, self.given, self.known)

    @classmethod
    def of(
        cls,
        follower: Follower,
        person: Person,
        questionnaire: Questionnaire,
        response: Response,
        *,
        at: datetime,
    ) -> Turn:
        whole = sheets.of(questionnaire.id)
        known = flow.NOBODY if flow.is_plain(whole) else conditions.known_of(person, whole)
        return cls(follower, questionnaire, whole, response, answers.given(response), at, known)

    def at_question(self, question_id: int | None, page: int) -> Turn:
        self.present_id, self.page = question_id, page
        return self

    @property
    def present(self) -> Asked | None:
        return self.sheet.question(self.present_id)

    @property
    def is_anonymous(self) -> bool:
        return bool(self.questionnaire.is_anonymous)

    @property
    def is_revised(self) -> bool:
        """Whether the survey was finished before, and answers are only changed now."""
        return self.response.status == ResponseStatus.COMPLETED

    def settle(self) -> list[str]:
        """After a change: what is asked now, without answers that are asked for no more; notes of it."""
        self.sheet = flow.shown(self.whole, self.given, self.known)
        gone = flow.hidden_answers(self.whole, self.sheet, self.given)
        for asked in gone:
            answers.drop(self.response, asked, self.given)
        if self.is_revised and self.given.first_missing(self.sheet) is not None:
            responses.reopen(self.response)
        pictures.forget_dropped(self.given)
        return [DROPPED] if gone else []


DROPPED = "按新的回答，有的题不用再答，之前的回答已去掉。"


def answer(turn: Turn, asked: Asked, understood: Reading) -> Said:
    """Keep a whole answer and go on; say so when it was an older question's."""
    if understood.words and not understood.choices:
        chosen = turn.given.chosen.get(asked.id, set())
        kept = tuple(choice for choice in asked.choices if choice.id in chosen)
        understood = replace(understood, choices=kept)
    present, was_given, was_revised = turn.present, turn.given.has(asked), turn.is_revised
    try:
        is_new = answers.put(turn.response, asked, understood, turn.given, is_anonymous=turn.is_anonymous)
    except OptionFull as full:
        return ask(turn, asked, f"{full.message}。")
    notes = [understood.note] if understood.note else []
    if understood.is_inferred and (flow.is_plain(turn.whole) or not turn.is_anonymous):
        notes.append(f"第{asked.no}题记下的是：{chat_text.ANSWER_MARK}{asked.id}")
    notes += turn.settle()
    return _kept(turn, asked, notes, present, was_given, is_new, was_revised)


def _kept(
    turn: Turn,
    asked: Asked,
    notes: list[str],
    present: Asked | None,
    was_given: bool,
    is_new: bool,
    was_revised: bool,
) -> Said:
    if turn.given.wordless(asked) is not None:
        return ask(turn, asked, *notes)
    if present is None or present.id != asked.id or was_revised:
        if not is_new:
            notes.append(f"第{asked.no}题已经是这个回答。")
        else:
            notes.append(f"第{asked.no}题的回答已{'修改' if was_given else '记下'}。")
        if turn.present is not None and not turn.given.has(turn.present):
            return ask(turn, turn.present, *notes)
    return _onward(turn, asked, notes)


def toggle(turn: Turn, asked: Asked, option_id: int) -> Said:
    """Tick or untick one option of a multiple choice or a ranking, and show it again.

    The last place of a ranking makes it an answer, and the survey goes on.
    """
    is_ranking = asked.kind is QuestionKind.RANKING
    chosen = turn.given.ranks.get(asked.id, []) if is_ranking else turn.given.chosen.get(asked.id, set())
    if option_id not in chosen and len(chosen) >= asked.most:
        said = f"{asked.most} 位都排好了" if is_ranking else f"最多选 {asked.most} 项"
        return ask(turn, asked, f"{said}；要换，请先点已选的一项取消。")
    if option_id in chosen and turn.is_revised and len(chosen) <= asked.least:
        if is_ranking:
            return ask(turn, asked, "要改顺序，请一次回复全部序号。")
        return ask(turn, asked, f"至少要选 {asked.least} 项；要换，请先选上新的一项。")
    present, was_revised = turn.present, turn.is_revised
    try:
        answers.toggle(turn.response, asked, option_id, turn.given, is_anonymous=turn.is_anonymous)
    except OptionFull as full:
        return ask(turn, asked, f"{full.message}。")
    notes = turn.settle()
    if is_ranking and turn.given.has(asked):
        return _kept(turn, asked, notes, present, False, True, was_revised)
    if present is not None and present.id == asked.id:
        return ask(turn, asked, *notes)
    ends = "依次点完就好" if is_ranking else "改好请点“选好了”"
    return ask(turn, asked, *notes, f"正在修改第{asked.no}题，{ends}。")


def _done(turn: Turn, asked: Asked) -> Said:
    """选好了."""
    count = len(turn.given.chosen.get(asked.id, ()))
    if asked.kind is QuestionKind.MULTIPLE and count < asked.least and asked.id not in turn.given.passed:
        if not asked.is_required and count == 0:
            return _skip(turn, asked)
        return ask(turn, asked, f"还没选够，请至少选 {asked.least} 项。")
    if not turn.given.has(asked):
        return ask(turn, asked, "这一题还没有回答。" if turn.given.wordless(asked) is None else "")
    present = turn.present
    if present is not None and present.id != asked.id and not turn.given.has(present):
        return ask(turn, present)
    return _onward(turn, asked, [f"第{asked.no}题的回答已保存。"] if turn.is_revised else [])


def _back(turn: Turn, asked: Asked) -> Said:
    before = turn.sheet.before(asked)
    return ask(turn, before) if before is not None else ask(turn, asked, "已经是第一题。")


def _next(turn: Turn, asked: Asked) -> Said:
    if not turn.given.has(asked):
        return ask(turn, asked, "请先回答这一题。" if asked.is_required else "想跳过请点“跳过”。")
    after = turn.sheet.after(asked)
    return ask(turn, after) if after is not None else forward(turn, [])


def _skip(turn: Turn, asked: Asked) -> Said:
    answers.note_full(turn.response, asked, turn.given)
    if asked.is_required and not turn.given.is_stuck(asked):
        return ask(turn, asked, "这一题需要回答，不能跳过。")
    answers.pass_over(turn.response, asked, turn.given, is_anonymous=turn.is_anonymous)
    return forward(turn, turn.settle())


def _later(turn: Turn, asked: Asked) -> Said:
    return pause(turn)


def pause(turn: Turn) -> Said:
    """What chat stands at stays; only that it waits is noted."""
    Conversation.update(is_paused=True, moved_at=turn.at).where(
        Conversation.follower == turn.follower.id
    ).execute()
    told = chat_text.progress(turn.sheet, turn.given)
    return Said(chat_text.paused(told, turn.questionnaire.id), is_over=True)


def _progress(turn: Turn, asked: Asked) -> Said:
    return ask(turn, turn.present or asked, chat_text.progress(turn.sheet, turn.given))


ACTIONS: dict[str | None, Callable[[Turn, Asked], Said]] = {
    DONE: _done,
    BACK: _back,
    NEXT: _next,
    SKIP: _skip,
    LATER: _later,
    PROGRESS: _progress,
}


def turn_page(turn: Turn, asked: Asked, page: int) -> Said:
    """Another page of a long list of options."""
    turn.present_id, turn.page = asked.id, max(0, page)
    return ask(turn, asked)


def sure_anew(turn: Turn) -> Said:
    """重来: asked once more, since it takes answers away."""
    count = sum(bool(turn.given.rows(asked)) for asked in turn.sheet.questions)
    if count == 0:
        return resume(turn)
    return Said(chat_text.sure_anew(turn.questionnaire.id, count), is_anonymous=turn.is_anonymous)


def anew(turn: Turn) -> Said:
    """确定重来: nothing is answered, from the first question."""
    answers.drop_all(turn.response, turn.given)
    if turn.is_revised:
        responses.reopen(turn.response)
    turn.settle()
    return forward(turn, ["已从头开始，之前的回答都去掉了。"])


def picture(turn: Turn, asked: Asked, address: str) -> Said:
    """A picture sent in chat: kept by its key now, fetched from WeChat by a job."""
    key = f"surveys/{turn.questionnaire.id}/{secrets.token_hex(16)}.jpg"
    said = answer(turn, asked, Reading(file=key, note="图片收到了。"))
    row = Answer.get((Answer.response == turn.response.id) & (Answer.question == asked.id))
    AwaitedPicture.create(answer=row.id, address=address, due_at=turn.at)
    return said


def resume(turn: Turn, why: str = "接着上次的回答。", *, first: bool = False) -> Said:
    """The question at which the member stands, or the first that waits for an answer."""
    if not turn.sheet.questions:  # nothing of it is for this person
        return finish(turn)
    if first:
        return ask(turn, turn.sheet.questions[0], why)
    return ask(turn, turn.present or turn.given.first_missing(turn.sheet) or turn.sheet.questions[-1], why)


def _onward(turn: Turn, asked: Asked, notes: Sequence[str]) -> Said:
    """From an answered question: to the one after it where the member goes through a finished
    survey again, else to the first without an answer."""
    is_walked = turn.present is not None and turn.present.id == asked.id
    after = turn.sheet.after(asked) if turn.is_revised and is_walked else None
    return ask(turn, after, *notes) if after is not None else forward(turn, notes)


def forward(turn: Turn, notes: Sequence[str]) -> Said:
    missing = turn.given.first_missing(turn.sheet)
    return ask(turn, missing, *notes) if missing is not None else finish(turn, notes)


def finish(turn: Turn, notes: Sequence[str] = ()) -> Said:
    responses.complete(turn.response, is_anonymous=turn.is_anonymous)
    participation.completed(turn.questionnaire, turn.follower.person_id)
    Conversation.delete().where(Conversation.follower == turn.follower.id).execute()
    thanks = chat_text.finished(turn.questionnaire, chat_text.told(notes, turn.sheet, turn.given))
    return Said(thanks, is_anonymous=turn.is_anonymous, is_over=True)


def ask(turn: Turn, asked: Asked, *notes: str, lead: Sequence[str] = ()) -> Said:
    """Stand at the question and show it."""
    asked = turn.sheet.question(asked.id) or asked
    notes = tuple(filter(None, notes))
    page = turn.page if asked.id == turn.present_id else 0
    answers.note_full(turn.response, asked, turn.given)
    standing.move_to(turn.follower, turn.questionnaire, asked.id, page=page, at=turn.at)
    text = chat_text.question(turn.sheet, asked, turn.given, notes, lead, page)
    if not turn.is_anonymous:
        return Said(text)
    # which question comes next tells of a branch what was answered: then the repeat asks where one stands
    question_id = asked.id if flow.is_plain(turn.whole) else 0
    kept = KEPT_MARK + json.dumps([turn.questionnaire.id, question_id, notes, lead, page], ensure_ascii=False)
    return Said(text, kept, is_anonymous=True)


def again(
    turn: Turn, question_id: int, notes: Sequence[str], lead: Sequence[str], page: int = 0
) -> str | None:
    """The question shown before, by what was kept of it; None when it is asked no more."""
    asked = turn.sheet.question(question_id)
    if asked is None:
        return None
    answers.note_full(turn.response, asked, turn.given)
    return chat_text.question(turn.sheet, asked, turn.given, notes, lead, page)
