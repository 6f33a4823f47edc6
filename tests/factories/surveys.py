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
