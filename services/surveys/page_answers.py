"""The answers of a survey's page: how one stands in a form, and how a form's becomes what is kept.

A form's values of one question: ids of options, `=words` of “其他”, `id:place` of a ranking, else
what was written. A picture is a file of the form; its key is made here and never read from a form.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.surveys import QuestionKind, Questionnaire, Response
from models.surveys import ResponseStatus as Status
from services import picture_files, storage
from services.errors import Invalid
from services.surveys import answers, chat_text, dates, flow, reading, responses, sheet
from services.surveys.answers import Given, OptionFull
from services.surveys.conditions import Known
from services.surveys.reading import Reading, Wrong
from services.surveys.sheet import Asked, Sheet

PASSED_OVER = "-"  # the value of “不回答这一题” of a single choice or a scale
WORDS, PLACE = "=", ":"
TICKED_ONCE = frozenset({QuestionKind.SINGLE, QuestionKind.SCALE})
NOT_ENOUGH = "还没选够，请至少选 {} 项"
NEEDED = "这一题需要回答，不能清空；之前的回答还保留着"
WORDLESS = "请写出“{}”指什么，几个字就好"


@dataclass(frozen=True, slots=True)
class Brought:
    """What a form brings for one question, and the mark of what it had shown."""

    values: Sequence[str]
    shown: str
    file: bytes | None = None  # a picture, as it was sent


@dataclass
class Keeping:
    """One form being kept. Questions are met in their order: what one says shows or hides later ones."""

    questionnaire: Questionnaire
    whole: Sheet
    response: Response
    given: Given
    known: Known

    @property
    def sheet(self) -> Sheet:
        """What this person is asked by now."""
        return flow.shown(self.whole, self.given, self.known)

    @property
    def is_anonymous(self) -> bool:
        return bool(self.questionnaire.is_anonymous)

    @property
    def was_completed(self) -> bool:
        return self.response.status == Status.COMPLETED

    def is_asked(self, asked: Asked) -> bool:
        return self.sheet.question(asked.id) is not None

    def keep(self, asked: Asked, values: Sequence[str], file: str | None) -> str:
        """Make this the answer; why it cannot be, "" when it is."""
        if file is not None:
            self._put(asked, Reading(file=file))
            return ""
        written = plain(asked, values)
        if not written:
            return self._emptied(asked)
        if written == [PASSED_OVER] and not asked.is_required and asked.kind in TICKED_ONCE:
            self._pass_over(asked)
            return ""
        if asked.kind is QuestionKind.RANKING:
            return self._ranked(asked, written)
        if asked.choices:
            return self._chosen(asked, written)
        return self._written(asked, written[0])

    def settle(self) -> int:
        """Take away the answers that are asked for no more; how many."""
        gone = flow.hidden_answers(self.whole, self.sheet, self.given)
        for asked in gone:
            answers.drop(self.response, asked, self.given)
        if self.was_completed and self.given.first_missing(self.sheet) is not None:
            responses.reopen(self.response)
        return len(gone)

    def submit(self, wrong: dict[int, str]) -> None:
        """Note what is missing; when nothing is wrong, pass over the rest and complete."""
        missing = [
            asked for asked in self.sheet.questions if asked.id not in wrong and not self.given.has(asked)
        ]
        for asked in missing:
            answers.note_full(self.response, asked, self.given)
            if (other := self.given.wordless(asked)) is not None:
                wrong[asked.id] = WORDLESS.format(other.text)
            elif self.given.chosen.get(asked.id) and not self.given.is_stuck(asked):
                wrong[asked.id] = NOT_ENOUGH.format(asked.least)
            elif asked.is_required and not self.given.is_stuck(asked):
                wrong[asked.id] = "这一题还没有回答"
        if wrong:
            return
        for asked in missing:
            self._pass_over(asked)
        if self.given.first_missing(self.sheet) is None:
            responses.complete(self.response, is_anonymous=self.is_anonymous)

    def _pass_over(self, asked: Asked) -> None:
        answers.pass_over(self.response, asked, self.given, is_anonymous=self.is_anonymous)

    def _emptied(self, asked: Asked) -> str:
        ticked = self.given.chosen.get(asked.id) or self.given.ranks.get(asked.id)
        if asked.id in self.given.passed or not (ticked or self.given.has(asked)):
            return ""
        if not asked.is_required:
            self._pass_over(asked)
            return ""
        if asked.kind is not QuestionKind.MULTIPLE or self.was_completed:
            return NEEDED
        return self._tick(asked, set())

    def _written(self, asked: Asked, written: str) -> str:
        if asked.kind is QuestionKind.TEXT and len(written) > reading.LONGEST_TEXT:
            return f"最多{reading.LONGEST_TEXT}字，现在{len(written)}字，请删减后再保存"
        understood = reading.read(asked, written)
        if understood is None:
            words = reading.date_range_words if asked.kind is QuestionKind.DATE else reading.range_words
            return _as_written(words(asked))
        if isinstance(understood, Wrong):
            return _as_written(understood.why)
        self._put(asked, understood)
        return ""

    def _ranked(self, asked: Asked, written: list[str]) -> str:
        places: dict[int, str] = {}
        for each in written:
            option_id, _, place = each.partition(PLACE)
            if not place.isdecimal() or int(place) in places or not 1 <= int(place) <= asked.most:
                return "每一位只能排一项，请检查有没有重复"
            places[int(place)] = option_id
        order = [places[place] for place in sorted(places)]
        choices = tuple(c for at in order if at.isdecimal() and (c := asked.choice(int(at))) is not None)
        if len(choices) < len(order):
            return "所选的选项已失效，请重新选择"
        if len(choices) < asked.most:
            return f"请排满 {asked.most} 位，现在排了 {len(choices)} 位"
        self._put(asked, Reading(choices=choices))
        return ""

    def _chosen(self, asked: Asked, written: list[str]) -> str:
        words = next((each[1:] for each in written if each.startswith(WORDS)), "")
        ids = {each for each in written if not each.startswith(WORDS)}
        other = next((choice for choice in asked.choices if choice.is_other), None)
        if other is not None and words and (not ids or asked.most > 1):
            ids.add(str(other.id))  # who writes beside “其他” means it
        choices = tuple(choice for choice in asked.choices if str(choice.id) in ids)
        if len(choices) < len(ids):
            return "所选的选项已失效，请重新选择"
        if len(choices) > asked.most:
            return "只能选一项" if asked.most == 1 else f"最多选 {asked.most} 项，现在选了 {len(choices)} 项"
        if other in choices and not words:
            return WORDLESS.format(other.text)  # type: ignore[union-attr]
        if len(words) > reading.LONGEST_WORDS:
            return f"“其他”的内容最多{reading.LONGEST_WORDS}字，现在{len(words)}字"
        if len(choices) >= asked.least:
            return self._put(asked, Reading(choices=choices, words=words))
        if self.was_completed:
            return f"请至少选 {asked.least} 项；之前的回答还保留着"
        return self._tick(asked, {choice.id for choice in choices})

    def _put(self, asked: Asked, understood: Reading) -> str:
        try:
            answers.put(self.response, asked, understood, self.given, is_anonymous=self.is_anonymous)
        except OptionFull as full:
            return full.message
        return ""

    def _tick(self, asked: Asked, wanted: set[int]) -> str:
        """Ticks too few for an answer, kept as chat keeps them on the way."""
        for option_id in wanted ^ self.given.chosen.get(asked.id, set()):
            try:
                answers.toggle(self.response, asked, option_id, self.given, is_anonymous=self.is_anonymous)
            except OptionFull as full:
                return full.message
        return ""


def keep_files(
    questionnaire: Questionnaire, brought: Mapping[int, Brought]
) -> tuple[dict[int, str], dict[int, str]]:
    """Store the pictures that a form brings, re-encoded: their keys, and what is wrong, by question."""
    keys: dict[int, str] = {}
    wrong: dict[int, str] = {}
    files = {at: each.file for at, each in brought.items() if each.file}
    if not files:
        return keys, wrong
    for asked in sheet.of(questionnaire.id).questions:
        if asked.kind is QuestionKind.PICTURE and asked.id in files and not questionnaire.is_anonymous:
            try:
                keys[asked.id] = keep_picture(questionnaire.id, files[asked.id])
            except Invalid as error:
                wrong[asked.id] = error.fields.get("file", error.message)
    return keys, wrong


def keep_picture(questionnaire_id: int, data: bytes, key: str = "") -> str:
    """The key of the picture, stored without what the camera wrote. Raises Invalid naming `file`."""
    versions = picture_files.versions(data)
    key = key or f"surveys/{questionnaire_id}/{secrets.token_hex(16)}.jpg"
    storage.opened().put(key, versions.body)
    return key


def limits_words(asked: Asked) -> str:
    """What an answer may be: “多选，选 2 至 3 项”."""
    if asked.kind is QuestionKind.SINGLE:
        return "单选"
    if asked.kind is QuestionKind.MULTIPLE:
        return f"多选，{chat_text.how_many(asked).replace('点选', '选')}"
    if asked.kind is QuestionKind.RANKING:
        return f"排序，请给 {asked.most} 项选好先后"
    if asked.kind is QuestionKind.NUMBER:
        return f"数字，{_as_written(reading.range_words(asked))}"
    if asked.kind is QuestionKind.DATE:
        return _as_written(reading.date_range_words(asked)).replace("请填写日期，如 2027年3月15日", "日期")
    if asked.kind is QuestionKind.PICTURE:
        return "图片，一张，10 MB 以内"
    if asked.kind is QuestionKind.SCALE:
        return f"评分，{reading.range_words(asked).replace('请回复', '请选')}"
    return f"文字，最多{reading.LONGEST_TEXT}字"


def held(asked: Asked, given: Given) -> tuple[str, ...]:
    """The answer kept, as a form brings it."""
    if asked.id in given.passed:
        return (PASSED_OVER,) if asked.kind in TICKED_ONCE else ()
    if asked.id in given.numbers:
        number = given.numbers[asked.id]
        day = dates.day_of(number) if asked.kind is QuestionKind.DATE else None
        return (day.isoformat() if day is not None else str(number),)
    if asked.id in given.texts:
        return (given.texts[asked.id],)
    if asked.id in given.files:
        return (given.files[asked.id],)
    if asked.id in given.ranks:
        return tuple(f"{option_id}{PLACE}{place}" for place, option_id in enumerate(given.ranks[asked.id], 1))
    chosen = [choice for choice in asked.choices if choice.id in given.chosen.get(asked.id, ())]
    words = [f"{WORDS}{given.words[choice.id]}" for choice in chosen if given.words.get(choice.id)]
    return tuple([*(str(choice.id) for choice in chosen), *words])


def mark(asked: Asked, values: Sequence[str]) -> str:
    """A short mark, the same for the same answer."""
    written = plain(asked, values)
    if asked.choices:
        written.sort()
    return hashlib.sha256("\n".join(written).encode("utf-8", "replace")).hexdigest()[:16]


def is_changed(asked: Asked, brought: Brought | None) -> bool:
    if asked.kind is QuestionKind.PICTURE:
        return False  # only by a file
    return brought is not None and mark(asked, brought.values) != brought.shown


def plain(asked: Asked, values: Sequence[str]) -> list[str]:
    """Each value once, without what a browser or a database would change."""
    tidy = (each.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip() for each in values)
    written = list(dict.fromkeys(each for each in tidy if each and each != WORDS))
    return written if asked.choices else written[:1]


def _as_written(words: str) -> str:
    return words.replace("回复", "填写")
