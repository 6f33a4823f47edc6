"""Questionnaires for tests: open to everybody, unless said otherwise."""

from __future__ import annotations

from typing import Any

from models.alliance import MemberUnit
from models.surveys import QuestionKind, Questionnaire
from services.surveys import questionnaires
from tests.factories import make_unit

TOPICS = ("基层治理", "乡村振兴", "党史")
FORMS = ("讲授", "研讨", "现场", "线上")


def single(text: str = "您最需要的专题？", options: tuple[str, ...] = TOPICS, **more: Any) -> dict[str, Any]:
    return {"kind": QuestionKind.SINGLE, "text": text, "options": list(options)} | more


def multiple(text: str = "您喜欢的形式？", options: tuple[str, ...] = FORMS, **more: Any) -> dict[str, Any]:
    return {"kind": QuestionKind.MULTIPLE, "text": text, "options": list(options)} | more


def number(
    text: str = "每年几天合适？", minimum: int | None = 0, maximum: int | None = 30, **more: Any
) -> dict[str, Any]:
    return {"kind": QuestionKind.NUMBER, "text": text, "minimum": minimum, "maximum": maximum} | more


def scale(
    text: str = "您总体满意吗？", most: int = 5, ends: tuple[str, str] = ("很不满意", "非常满意"), **more: Any
) -> dict[str, Any]:
    words = {"low_words": ends[0], "high_words": ends[1]}
    return {"kind": QuestionKind.SCALE, "text": text, "maximum": most, **words} | more


def free_text(text: str = "您的建议？", **more: Any) -> dict[str, Any]:
    return {"kind": QuestionKind.TEXT, "text": text} | more


def ranking(text: str = "请按先后排一排？", options: tuple[str, ...] = TOPICS, **more: Any) -> dict[str, Any]:
    return {"kind": QuestionKind.RANKING, "text": text, "options": list(options)} | more


def day(text: str = "哪天开班合适？", **more: Any) -> dict[str, Any]:
    return {"kind": QuestionKind.DATE, "text": text} | more


def picture(text: str = "请发一张教室的照片？", **more: Any) -> dict[str, Any]:
    return {"kind": QuestionKind.PICTURE, "text": text} | more


def with_other(text: str = "还想学什么？", several: bool = False, **more: Any) -> dict[str, Any]:
    options = ["数据治理", "应急管理", {"text": "其他", "is_other": True}]
    kind = QuestionKind.MULTIPLE if several else QuestionKind.SINGLE
    return {"kind": kind, "text": text, "options": options} | more


def if_chosen(question: int, *options: int) -> dict[str, Any]:
    """Asked only of those who chose one of these options of that question; both count from 1."""
    return {"all": [{"question": question, "is": "chosen", "options": list(options)}]}


def survey_values(*questions: dict[str, Any], **values: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "title": "2027年上半年需求征集",
        "intro": "约两分钟。",
        "thanks": "结果会用于下半年办班。",
        "is_anonymous": True,
        "audience": {"everyone": True},
        "closes_at": None,
        "questions": list(questions) or [single(), multiple(), number(), free_text(is_required=False)],
    }
    return defaults | values


def make_questionnaire(
    *questions: dict[str, Any], is_open: bool = True, member_unit: MemberUnit | None = None, **values: Any
) -> Questionnaire:
    """Four questions, one of each kind, the last one optional; anonymous and open."""
    made = questionnaires.create(
        survey_values(*questions, **values), actor=None, member_unit=member_unit or make_unit()
    )
    if is_open:
        questionnaires.open(made, actor=None)
    return made
