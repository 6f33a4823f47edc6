"""Paper responses (纸质答卷) keyed in, each twice: only what two keyings agree on counts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from peewee import IntegrityError

from models.accounts import Account
from models.base import db, locked
from models.survey_analysis import PaperEntry
from models.surveys import Questionnaire
from services import access, audit
from services.errors import Conflict, Invalid
from services.surveys import cells, entries, questionnaires, sheet
from services.surveys.entries import Entry
from services.surveys.reading import Reading
from services.surveys.sheet import Asked

_SHEET_NO = re.compile(r"[0-9A-Za-z\u4e00-\u9fff-]{1,20}")


@dataclass(frozen=True, slots=True)
class Keyed:
    """`is_counted`: both keyings agree and the response is written; else it waits for the second."""

    sheet_no: str
    is_counted: bool


class KeyedOtherwise(Conflict):
    """The second keying says something else. `fields` names the questions and what was keyed first."""

    code = "keyed_otherwise"

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__("两次录入不一样，请对照纸质答卷核对标出的题")


def key(
    questionnaire: Questionnaire,
    sheet_no: str,
    unit_id: int | None,
    keyed: dict[int, str],
    *,
    replaces: bool = False,
    actor: Account,
) -> Keyed:
    """Key one paper in. The first time it waits, the second time it is compared and counted.

    `keyed`: what was typed, by question (a number of an option, several, words). `replaces`: the
    first keying was the wrong one; this takes its place and waits. Raises Invalid naming the fields
    `question-<id>`, KeyedOtherwise, NotFound for another school's questionnaire.
    """
    questionnaires.find(questionnaire.id, actor=actor)
    access.require_unit(actor, questionnaire.member_unit_id)
    entries.require_taken(questionnaire)
    sheet_no = sheet_no.strip()
    answers, plain = _checked(questionnaire, sheet_no, keyed)
    if entries.known(questionnaire, entries.PAPER, [sheet_no]):
        raise Invalid(fields={"sheet_no": "这个编号的答卷已经录好了，请看清纸上的编号"})
    kept = json.dumps({"unit": unit_id, "answers": plain}, ensure_ascii=False, sort_keys=True)
    try:
        with db.atomic():
            first = locked(
                PaperEntry.select().where(
                    PaperEntry.questionnaire == questionnaire.id, PaperEntry.sheet_no == sheet_no
                )
            ).first()
            if first is None or replaces:
                _wait(questionnaire, sheet_no, unit_id, kept, first, actor=actor)
                return Keyed(sheet_no, is_counted=False)
            _compare(json.loads(first.answers), unit_id, plain)
            entries.write(questionnaire, [Entry(sheet_no, unit_id, answers)], source=entries.PAPER)
            first.delete_instance()
            audit.record("paper.entered", questionnaire, actor=actor)
            return Keyed(sheet_no, is_counted=True)
    except IntegrityError as error:
        raise Conflict("这份答卷刚刚由别人录入，请刷新后再看") from error


def waiting(questionnaire: Questionnaire) -> list[str]:
    """The numbers of papers keyed once."""
    rows = PaperEntry.select(PaperEntry.sheet_no).where(PaperEntry.questionnaire == questionnaire.id)
    return [row.sheet_no for row in rows.order_by(PaperEntry.id)]


def _checked(
    questionnaire: Questionnaire, sheet_no: str, keyed: dict[int, str]
) -> tuple[dict[int, Reading], dict[str, Any]]:
    """The answers, and the same in a form that can be compared."""
    wrong: dict[str, str] = {}
    if not _SHEET_NO.fullmatch(sheet_no):
        wrong["sheet_no"] = "请给每份纸质答卷编号（数字、字母，20字以内）并写在纸上"
    asked = sheet.of(questionnaire.id)
    answers: dict[int, Reading] = {}
    for each in asked.questions:
        said = keyed.get(each.id, "")
        if cells.is_empty(said):
            continue
        found = cells.read(each, said)
        if isinstance(found, str):
            wrong[f"question-{each.id}"] = found
        else:
            answers[each.id] = entries.as_kept(each, found)
    for each in entries.missing(asked, answers):
        wrong.setdefault(f"question-{each.id}", "这是必答题；纸上确实没答，请不要录入这一份")
    if not answers and not wrong:
        wrong["sheet_no"] = "一题都没有录，请按纸上的回答录入"
    if wrong:
        raise Invalid(fields=wrong)
    return answers, {
        str(each.id): _plain(each, answers[each.id]) for each in asked.questions if each.id in answers
    }


def _plain(asked: Asked, reading: Reading) -> Any:
    chosen = [choice.no for choice in reading.choices]
    if reading.number == entries.RANKED:
        return {"places": chosen}
    if chosen:
        return {"chosen": sorted(chosen), "words": reading.words}
    return {"number": reading.number, "text": " ".join((reading.text or "").split())}


def _wait(
    questionnaire: Questionnaire,
    sheet_no: str,
    unit_id: int | None,
    kept: str,
    first: PaperEntry | None,
    *,
    actor: Account,
) -> None:
    if first is not None:
        first.delete_instance()
    action = "paper.keyed" if first is None else "paper.replaced"
    PaperEntry.create(
        questionnaire=questionnaire.id,
        sheet_no=sheet_no,
        member_unit=unit_id,
        account_id=actor.id,
        answers=kept,
    )
    audit.record(action, questionnaire, actor=actor, sheet_no=sheet_no)


def _compare(first: dict[str, Any], unit_id: int | None, plain: dict[str, Any]) -> None:
    """Raises KeyedOtherwise."""
    differ: dict[str, str] = {}
    if first["unit"] != unit_id:
        differ["unit"] = "第一次录的是另一个单位"
    for question_id in sorted({*first["answers"], *plain}):
        was = first["answers"].get(question_id)
        if was != plain.get(question_id):
            differ[f"question-{question_id}"] = f"第一次录的是：{_words(was)}"
    if differ:
        raise KeyedOtherwise(differ)


def _words(kept: dict[str, Any] | None) -> str:
    if kept is None:
        return "没有回答"
    listed = kept.get("places") or kept.get("chosen")
    if listed:
        return "、".join(map(str, listed))
    return str(kept["number"]) if kept.get("number") is not None else str(kept.get("text") or "没有回答")
