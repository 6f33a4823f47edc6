"""Another tool's answers from Excel (导入答卷): read, columns mapped, previewed, written once."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any

import clock
from models.accounts import Account
from models.base import db
from models.survey_analysis import ResponseImport, ResponseImportStatus
from models.surveys import QuestionKind, Questionnaire
from services import access, alliance, audit
from services.errors import Invalid, NotFound, StaleState
from services.roster.workbook import open_workbook
from services.surveys import cells, entries, questionnaires, sheet
from services.surveys.courses import WrongCell
from services.surveys.entries import Entry
from services.surveys.sheet import Asked, Choice, Sheet

UNIT, KEY, LEFT_OUT = "unit", "key", ""
MOST_ROWS, MOST_COLUMNS = 10_000, 300
SHOWN = 5
_NUMBER = re.compile(r"^\s*(?:[QＱ]?\d{1,3}\s*[、.．:：)）]\s*|第\d{1,3}题\s*)")
_MARKS = re.compile(r"[\s\W_]+")
_KIND_NOTE = re.compile(r"[\[【(（](?:单选|多选|填空|评分|量表|矩阵|排序)\w*题?[\]】)）]\s*$")
KEYS = {"序号", "编号", "答卷编号", "id", "ID", "答题序号"}
UNITS = {"单位", "所在单位", "您的单位", "您所在的单位", "学校", "单位名称"}
CHOSEN = {"1", "是", "√", "✓", "选中", "true", "1.0"}
NOT_CHOSEN = {"", "0", "否", "false", "-3", "-2", "(空)", "（空）", "(跳过)"}


@dataclass
class Preview:
    """What writing would do: rows good and new, rows written before, wrong cells."""

    good: int = 0
    repeated: int = 0
    wrong: list[WrongCell] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)  # questions no column is for

    @property
    def wrong_rows(self) -> int:
        return len({cell.row for cell in self.wrong})


def read_in(
    questionnaire: Questionnaire, content: bytes, file_name: str, *, actor: Account
) -> ResponseImport:
    """Keep a file's rows with a first guess of what its columns are.

    Raises Invalid (field `file`) for what is no Excel file or holds nothing, NotFound for another
    school's questionnaire.
    """
    questionnaires.find(questionnaire.id, actor=actor)
    access.require_unit(actor, questionnaire.member_unit_id)
    entries.require_taken(questionnaire)
    found = [each for each in open_workbook(content, file_name) if not each.is_hidden and len(each.rows) > 1]
    if not found:
        raise Invalid(fields={"file": "文件里没有答卷：第一行应是表头，下面每行一份答卷"})
    rows = [[cells.text_of(value) for value in row[:MOST_COLUMNS]] for row in found[0].rows]
    if len(rows) > MOST_ROWS + 1:
        raise Invalid(fields={"file": f"一次最多导入 {MOST_ROWS:,} 份，请拆成几个文件"})
    name = PurePath(file_name.replace("\\", "/")).name[-200:] or "答卷"
    with db.atomic():
        kept = ResponseImport.create(
            questionnaire=questionnaire.id,
            account_id=actor.id,
            file_name=name,
            rows=json.dumps(rows, ensure_ascii=False),
            mapping=guess(rows[0], sheet.of(questionnaire.id)),
        )
        audit.record("response_import.read", questionnaire, actor=actor, rows=len(rows) - 1)
    return kept


def find(questionnaire: Questionnaire, import_id: int, *, actor: Account) -> ResponseImport:
    """Raises NotFound."""
    access.require_unit(actor, questionnaire.member_unit_id)
    row = ResponseImport.get_or_none(
        ResponseImport.id == import_id, ResponseImport.questionnaire == questionnaire.id
    )
    if row is None:
        raise NotFound()
    return row


def guess(headings: Sequence[str], asked: Sheet) -> dict[str, str]:
    """What each column seems to be: a question's id, `option:` with an option's, unit, key, or nothing."""
    names: dict[str, str] = {}
    for each in asked.questions:
        names[_plain(each.matrix_text + each.text)] = str(each.id)
        for choice in each.choices:
            for text in (f"{each.text}{choice.text}", f"{each.matrix_text}{each.text}{choice.text}"):
                if each.kind is QuestionKind.MULTIPLE:
                    names.setdefault(_plain(text), f"option:{choice.id}")
    for each in asked.questions:
        names.setdefault(_plain(each.text), str(each.id))
    mapping, taken = {}, set()
    for no, heading in enumerate(headings):
        plain = heading.strip()
        meant = KEY if plain in KEYS else UNIT if plain in UNITS else names.get(_plain(_without(heading)), "")
        if meant and meant not in taken:
            mapping[str(no)] = meant
            taken.add(meant)
    return mapping


def choices(asked: Sheet) -> list[tuple[str, str]]:
    """What a column can be said to be."""
    listed = [(KEY, "编号（用来认出重复的答卷）"), (UNIT, "所在单位")]
    for each in asked.questions:
        text = f"{each.matrix_text}：{each.text}" if each.matrix_text else each.text
        listed.append((str(each.id), f"第{each.no}题 {text}"))
        if each.kind is QuestionKind.MULTIPLE:
            listed += [(f"option:{c.id}", f"第{each.no}题的选项：{c.text}") for c in each.choices]
    return listed


def rows_of(kept: ResponseImport) -> list[list[str]]:
    """The sheet's rows, the headings first; [] once it is written or thrown away."""
    rows: list[list[str]] = json.loads(kept.rows)
    return rows


def set_mapping(kept: ResponseImport, mapping: dict[str, str], *, actor: Account) -> None:
    """Say what the columns are. Raises Invalid where two are the same question, StaleState once written."""
    access.require_unit(actor, kept.questionnaire.member_unit_id)
    allowed = {value for value, _ in choices(sheet.of(kept.questionnaire_id))}
    wanted = {column: value for column, value in mapping.items() if value in allowed and column.isdecimal()}
    double = [value for value, times in Counter(wanted.values()).items() if times > 1]
    if double:
        raise Invalid("两列对应了同一题，请把其中一列设为“不导入”")
    with db.atomic():
        changed = (
            ResponseImport.update(mapping=wanted)
            .where(ResponseImport.id == kept.id, ResponseImport.status == ResponseImportStatus.READ)
            .execute()
        )
        if not changed:
            raise StaleState()
        audit.record("response_import.mapped", kept.questionnaire, actor=actor, columns=len(wanted))
    kept.mapping = wanted


def preview(kept: ResponseImport) -> Preview:
    """What is good, what was written before, and what is wrong where and how to mend it."""
    return _Reader(kept).read()[1]


def apply(kept: ResponseImport, *, actor: Account) -> int:
    """Write the good rows; how many are new. The wrong ones stay in the report.

    Raises StaleState when it was written or thrown away, Invalid when nothing is good.
    """
    access.require_unit(actor, kept.questionnaire.member_unit_id)
    good, found = _Reader(kept).read()
    if not good and not found.repeated:
        raise Invalid("没有可以写入的答卷，请检查各列对应的题目，或按提示改好文件再上传")
    with db.atomic():
        _move(kept, ResponseImportStatus.APPLIED)
        written = entries.write(kept.questionnaire, good, source=entries.FILE)
        report = {"new": written, "repeated": found.repeated, "wrong": [asdict(c) for c in found.wrong]}
        ResponseImport.update(rows="[]", report=report, applied_at=clock.utc_now()).where(
            ResponseImport.id == kept.id
        ).execute()
        audit.record("response_import.applied", kept.questionnaire, actor=actor, new=written)
    return written


def discard(kept: ResponseImport, *, actor: Account) -> None:
    """Throw the rows away. Raises StaleState."""
    access.require_unit(actor, kept.questionnaire.member_unit_id)
    with db.atomic():
        _move(kept, ResponseImportStatus.DISCARDED)
        ResponseImport.update(rows="[]").where(ResponseImport.id == kept.id).execute()
        audit.record("response_import.discarded", kept.questionnaire, actor=actor)


def _move(kept: ResponseImport, to: ResponseImportStatus) -> None:
    moved = (
        ResponseImport.update(status=to)
        .where(ResponseImport.id == kept.id, ResponseImport.status == ResponseImportStatus.READ)
        .execute()
    )
    if not moved:
        raise StaleState()
    kept.status = to


class _Reader:
    def __init__(self, kept: ResponseImport) -> None:
        self.kept, self.questionnaire = kept, kept.questionnaire
        self.asked = sheet.of(kept.questionnaire_id)
        self.units = {name: unit.id for unit in alliance.listed() for name in (unit.name, unit.short_name)}
        self.options = {choice.id: (each, choice) for each in self.asked.questions for choice in each.choices}
        self.seen: Counter[str] = Counter()

    def read(self) -> tuple[list[Entry], Preview]:
        rows, found = rows_of(self.kept), Preview()
        if not rows:
            return [], found
        self.headings = rows[0]
        good: list[Entry] = []
        for number, row in enumerate(rows[1:], 2):
            if not any(row):
                continue
            wrong: list[WrongCell] = []
            entry = self._entry(row, number, wrong)
            found.wrong += wrong
            if not wrong:
                good.append(entry)
        there = entries.known(self.questionnaire, entries.FILE, [entry.key for entry in good])
        keys = Counter(entry.key for entry in good)
        fresh = {entry.key: entry for entry in good if entry.key not in there}
        found.repeated = sum(keys.values()) - len(fresh)
        found.good = len(fresh)
        mapped = self._mapped_questions()
        found.unmapped = [each.text for each in self.asked.questions if each.id not in mapped]
        return list(fresh.values()), found

    def _mapped_questions(self) -> set[int]:
        mapped = set()
        for meant in self.kept.mapping.values():
            if meant.isdecimal():
                mapped.add(int(meant))
            elif meant.startswith("option:"):
                mapped.add(self.options[int(meant[7:])][0].id)
        return mapped

    def _entry(self, row: list[str], number: int, wrong: list[WrongCell]) -> Entry:
        answers: dict[int, Any] = {}
        ticked: dict[int, list[Choice]] = {}
        key, unit_id = "", None
        for column, meant in self.kept.mapping.items():
            at = int(column)
            said = row[at] if at < len(row) else ""
            if meant == KEY:
                key = said
            elif meant == UNIT:
                unit_id = self._unit(said, number, at, wrong)
            elif meant.startswith("option:"):
                self._tick(int(meant[7:]), said, number, at, ticked, wrong)
            elif not cells.is_empty(said):
                self._answer(int(meant), said, number, at, answers, wrong)
        for question_id, chosen in ticked.items():
            answers[question_id] = cells.Reading(choices=tuple(chosen))
        mapped = self._mapped_questions()
        told = {cell.column for cell in wrong}
        columns = {meant: self._heading(int(column)) for column, meant in self.kept.mapping.items()}
        for asked in entries.missing(self.asked, answers):
            if asked.id in mapped and columns.get(str(asked.id)) not in told:
                wrong.append(
                    WrongCell(number, f"第{asked.no}题", "", "这是必答题，没有回答", "补上回答，或删去这一行")
                )
        if not answers and not wrong:
            wrong.append(WrongCell(number, "整行", "", "没有一题有回答", "检查各列对应的题目，或删去这一行"))
        return Entry(self._key(key, row), unit_id, answers)

    def _key(self, key: str, row: list[str]) -> str:
        if key:
            return f"key|{key}"
        plain = hashlib.sha256("\x00".join(row).encode()).hexdigest()
        self.seen[plain] += 1
        return f"row|{plain}|{self.seen[plain]}"

    def _unit(self, said: str, number: int, at: int, wrong: list[WrongCell]) -> int | None:
        if not said:
            return None
        if said not in self.units:
            wrong.append(
                WrongCell(number, self._heading(at), said, "不认识这个单位", "写成员单位的全称或简称，或留空")
            )
        return self.units.get(said)

    def _tick(
        self,
        option_id: int,
        said: str,
        number: int,
        at: int,
        ticked: dict[int, list[Choice]],
        wrong: list[WrongCell],
    ) -> None:
        asked, choice = self.options[option_id]
        if said.lower() in NOT_CHOSEN:
            return
        if said.lower() not in CHOSEN and _plain(said) != _plain(choice.text):
            wrong.append(
                WrongCell(number, self._heading(at), said[:60], "看不出选没选", "选了写 1，没选写 0")
            )
            return
        ticked.setdefault(asked.id, []).append(choice)

    def _answer(
        self,
        question_id: int,
        said: str,
        number: int,
        at: int,
        answers: dict[int, Any],
        wrong: list[WrongCell],
    ) -> None:
        asked: Asked | None = self.asked.question(question_id)
        if asked is None:
            return
        found = cells.read(asked, said)
        if isinstance(found, str):
            wrong.append(WrongCell(number, self._heading(at), said[:60], "这不是这道题的回答", found))
        else:
            answers[question_id] = entries.as_kept(asked, found)

    def _heading(self, at: int) -> str:
        return self.headings[at] if at < len(self.headings) and self.headings[at] else f"第{at + 1}列"


def _without(heading: str) -> str:
    return _KIND_NOTE.sub("", _NUMBER.sub("", heading))


def _plain(text: str) -> str:
    return _MARKS.sub("", text).lower()
