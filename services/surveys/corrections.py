"""Small corrections (更正): a slip of the pen mended while people answer. Ids and answers stay."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping

from models.accounts import Account
from models.base import db, locked
from models.surveys import Correction, Option, Question, Questionnaire, QuestionnaireStatus
from services import access, audit
from services.errors import Conflict, Invalid
from services.surveys import sheet

ALIKE = 0.6  # of a text that must stay; below, it is another question
MOST_CHARACTERS = 2  # so few may change in any text, however short
NOT_SMALL = "改动太大，会让前后的回答不是一回事。只能改错字；要换题目，请结束后复制一份再改"
TURNS = frozenset("不没非无未")  # one of them more or less, and the text says the opposite
TURNED = "多了、少了“不、没、非、无、未”或数字，意思就变了，前后的回答不是一回事；要改，请结束后复制一份再改"

Texts = dict[tuple[str, int], tuple[int | None, str, int]]
Changes = Mapping[tuple[str, int], str]  # ("question" | "option", id) -> the text as it should be


def correct(questionnaire: Questionnaire, changes: Changes, *, note: str, actor: Account) -> int:
    """Mend texts of an open questionnaire; how many differed.

    Raises Conflict unless it is open, Invalid naming what is no small correction (`question-7`) or
    that the note is missing.
    """
    access.require_unit(actor, questionnaire.member_unit_id)
    with db.atomic():
        held = locked(Questionnaire.select().where(Questionnaire.id == questionnaire.id)).get()
        if held.status is not QuestionnaireStatus.OPEN:
            raise Conflict("只有进行中的问卷才需要更正；草稿请直接修改")
        mended = _mended(questionnaire, changes, note)
        for question_id, option_id, was, now in mended:
            row = Option if option_id else Question
            row.update(text=now).where(row.id == (option_id or question_id)).execute()
            Correction.create(
                questionnaire=questionnaire.id,
                question=question_id,
                option=option_id,
                was=was,
                now=now,
                note=note.strip(),
                account=actor.id,
            )
            audit.record(
                "questionnaire.corrected", questionnaire, actor=actor, was=was, now=now, note=note.strip()
            )
    return len(mended)


def of(questionnaire: Questionnaire) -> list[Correction]:
    """What was mended, the latest first."""
    return list(
        Correction.select().where(Correction.questionnaire == questionnaire.id).order_by(Correction.id.desc())
    )


def _mended(
    questionnaire: Questionnaire, changes: Changes, note: str
) -> list[tuple[int, int | None, str, str]]:
    """(question, option, was, now) of what differs. Raises Invalid."""
    wrong: dict[str, str] = {}
    found: list[tuple[int, int | None, str, str]] = []
    for asked in sheet.of(questionnaire.id).questions:
        texts: Texts = {("question", asked.id): (None, asked.text, Question.text.max_length)}
        texts |= {("option", c.id): (c.id, c.text, Option.text.max_length) for c in asked.choices}
        others = [text for _, text, _ in texts.values()]
        for key, (option_id, was, most) in texts.items():
            now = " ".join(changes.get(key, was).split())
            if now == was:
                continue
            at = f"{key[0]}-{key[1]}"
            if not now or len(now) > most:
                wrong[at] = f"请填写 1 至 {most} 字"
            elif option_id and now in others:
                wrong[at] = "选项不能重复"
            elif _turning(was) != _turning(now):
                wrong[at] = TURNED
            elif not is_small(was, now):
                wrong[at] = NOT_SMALL
            found.append((asked.id, option_id, was, now))
    if not note.strip():
        wrong["note"] = "请写明改了什么、为什么"
    elif len(note.strip()) > Correction.note.max_length:
        wrong["note"] = f"最多{Correction.note.max_length}字"
    if not found:
        wrong["note"] = "没有改动"
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _turning(text: str) -> list[str]:
    """What in a text turns its meaning, in order: words that negate, and digits however written."""
    return [each for each in unicodedata.normalize("NFKC", text) if each in TURNS or each.isdigit()]


def is_small(was: str, now: str) -> bool:
    """Whether most of the text stays, or only a character or two change."""
    matcher = difflib.SequenceMatcher(None, was, now, autojunk=False)
    stays = sum(block.size for block in matcher.get_matching_blocks())
    changed = max(len(was), len(now)) - stays
    return matcher.ratio() >= ALIKE or (changed <= MOST_CHARACTERS and stays > 0)
