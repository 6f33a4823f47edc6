"""Questions from and to Excel: one row a question, in the order they are asked."""

from __future__ import annotations

import json
import re
from pathlib import PurePath
from typing import Any

from models.accounts import Account
from models.surveys import QUESTION_KIND_WORDS, QuestionKind, Questionnaire
from services import audit
from services.errors import Invalid
from services.roster.workbook import open_workbook
from services.surveys import cells, questionnaires, sheet
from services.surveys.courses import WrongCell
from services.surveys.sheet import Asked
from services.surveys.workbooks import Page, book

HEADINGS = (
    "题型", "题目", "选项（一行一个）", "必答", "最小", "最大", "最小的意思", "最大的意思", "说明", "小节",
    "表格题头", "显示条件（请勿改动）",
)  # fmt: skip
OTHER = "（可自己写）"
_FIELDS = {
    "kind": 0, "text": 1, "options": 2, "is_required": 3, "minimum": 4, "maximum": 5, "low_words": 6,
    "high_words": 7, "help_text": 8, "section": 9, "matrix": 10, "matrix_text": 10, "condition": 11,
}  # fmt: skip
_ERROR = re.compile(r"questions\.(\d+)\.(\w+)")
_KINDS = {word: kind for kind, word in QUESTION_KIND_WORDS.items()}


class WrongQuestions(Invalid):
    """The file's questions cannot be taken. `cells` says which, and how to mend each."""

    def __init__(self, wrong: list[WrongCell]) -> None:
        self.cells = wrong
        super().__init__("题目有问题，没有保存；请按下表改好文件再上传")


def export(questionnaire: Questionnaire, *, actor: Account) -> bytes:
    """The questions as an Excel file that can be changed and read in again."""
    questionnaires.find(questionnaire.id, actor=actor)
    audit.record("questions.exported", questionnaire, actor=actor)
    return book([Page("题目", HEADINGS, [_row(asked) for asked in sheet.of(questionnaire.id).questions])])


def template() -> bytes:
    """An example of each kind."""
    rows: list[list[Any]] = [
        ["单选", "您最需要的专题？", f"基层治理\n乡村振兴\n其他{OTHER}", "是"],
        ["多选", "您喜欢的形式？", "讲授\n研讨\n现场", "是", 1, 2],
        ["评分", "您对去年的培训满意吗？", "", "是", 1, 5, "很不满意", "非常满意"],
        ["排序", "请把三项按先后排一排", "时间\n内容\n地点", "否"],
        ["数字", "每年几天合适？", "", "否", 0, 30],
        ["文字", "您还有什么建议？", "", "否"],
    ]
    return book([Page("题目", HEADINGS, rows)])


def read_in(content: bytes, file_name: str, *, actor: Account) -> Questionnaire:
    """A new draft with the file's questions, named after the file; its audience is everybody it may reach.

    Raises Invalid (field `file`) for what is no Excel file or has no questions, WrongQuestions.
    """
    sheets = [each for each in open_workbook(content, file_name) if not each.is_hidden and each.rows]
    columns = _columns(sheets[0].rows[0]) if sheets else {}
    if 1 not in columns:
        raise Invalid(fields={"file": "没有找到“题目”这一列，请用模板的表头"})
    rows = [
        [
            cells.text_of(row[at]) if (at := columns.get(no, -1)) in range(len(row)) else ""
            for no in range(len(HEADINGS))
        ]
        for row in sheets[0].rows[1:]
    ]
    kept = [(number, row) for number, row in enumerate(rows, 2) if any(row)]
    wrong: list[WrongCell] = []
    questions = [_values(row, number, wrong) for number, row in kept]
    _number_tables(questions)
    title = PurePath(file_name.replace("\\", "/")).stem.strip()[:60] or "从 Excel 导入的问卷"
    values = {"title": title, "audience": {"everyone": True}, "questions": questions}
    if not wrong:
        try:
            made = questionnaires.create(values, actor=actor)
        except Invalid as refused:
            wrong = _placed(refused, kept)
            if not wrong:
                raise Invalid(fields={"file": refused.message}) from refused
        else:
            audit.record("questions.imported", made, actor=actor, questions=len(questions))
            return made
    raise WrongQuestions(wrong)


def _columns(headings: list[Any]) -> dict[int, int]:
    found: dict[int, int] = {}
    for no, heading in enumerate(HEADINGS):
        short = heading.partition("（")[0]
        for at, cell in enumerate(headings):
            if cells.text_of(cell).partition("（")[0].partition("(")[0].strip() == short:
                found.setdefault(no, at)
    return found


def _row(asked: Asked) -> list[Any]:
    options = "\n".join(choice.text + (OTHER if choice.is_other else "") for choice in asked.choices)
    table = f"{asked.matrix}. {asked.matrix_text}" if asked.matrix is not None else ""
    condition = json.dumps(asked.condition, ensure_ascii=False) if asked.condition else ""
    return [
        QUESTION_KIND_WORDS[asked.kind],
        asked.text,
        options,
        "是" if asked.is_required else "否",
        asked.minimum,
        asked.maximum,
        asked.low_words,
        asked.high_words,
        asked.help_text,
        asked.section,
        table,
        condition,
    ]


def _values(row: list[str], number: int, wrong: list[WrongCell]) -> dict[str, Any]:
    kind = _KINDS.get(row[0].removesuffix("题"))
    if kind is None:
        wrong.append(WrongCell(number, "题型", row[0], "不认识这种题型", f"写：{'、'.join(_KINDS)}"))
    options = [
        {"text": text.removesuffix(OTHER), "is_other": text.endswith(OTHER)}
        for text in (each.strip() for each in row[2].splitlines())
        if text
    ]
    return {
        "kind": kind or QuestionKind.TEXT,
        "text": row[1],
        "options": options,
        "is_required": row[3] not in ("否", "0", "不必答", "选答"),
        "minimum": _whole(row[4], number, 4, wrong),
        "maximum": _whole(row[5], number, 5, wrong),
        "low_words": row[6],
        "high_words": row[7],
        "help_text": row[8],
        "section": row[9],
        "matrix_text": row[10],
        "condition": _condition(row[11], number, wrong),
    }


def _number_tables(questions: list[dict[str, Any]]) -> None:
    """Rows that follow one another under the same head are one table."""
    last, no = "", 0
    for each in questions:
        head = each["matrix_text"]
        no += bool(head) and head != last
        each["matrix"] = no if head else None
        each["matrix_text"] = re.sub(r"^\d+\.\s*", "", head)
        last = head


def _whole(text: str, number: int, column: int, wrong: list[WrongCell]) -> int | None:
    if not text:
        return None
    if re.fullmatch(r"-?\d{1,10}", text):
        return int(text)
    wrong.append(WrongCell(number, HEADINGS[column], text, "不是整数", "写整数，或留空"))
    return None


def _condition(text: str, number: int, wrong: list[WrongCell]) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        wrong.append(
            WrongCell(number, HEADINGS[11], text[:60], "看不懂显示条件", "删掉这一格，导入后再在页面上设")
        )
        return None


def _placed(refused: Invalid, kept: list[tuple[int, list[str]]]) -> list[WrongCell]:
    """The errors of the questions, at their cells."""
    found = []
    for name, why in refused.fields.items():
        if match := _ERROR.fullmatch(name):
            number, row = kept[int(match[1])]
            at = _FIELDS.get(match[2], 1)
            found.append(WrongCell(number, HEADINGS[at], row[at][:60], why, "改好这一格再上传"))
    return found
