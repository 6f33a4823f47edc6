"""A questionnaire as it is written: its values checked, every wrong field named."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.surveys import (
    QUESTION_KIND_WORDS,
    SCALE_ENDS,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
)
from services.errors import Invalid
from services.messaging import audiences
from services.surveys import sheet
from services.surveys.sheet import CHOICE, GREATEST_NUMBER

MOST_QUESTIONS = 30
MOST_OPTIONS = 30
KINDS = "、".join(QUESTION_KIND_WORDS.values())
LENGTHS = {"title": 60, "intro": 200, "thanks": 200}


def checked(values: dict[str, Any], *, scope: int | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The questionnaire's own values and its questions', both as they are stored. Raises Invalid."""
    wrong: dict[str, str] = {}
    own: dict[str, Any] = {}
    for name, most in LENGTHS.items():
        own[name] = str(values.get(name) or "").strip()
        if len(own[name]) > most:
            wrong[name] = f"最多{most}字，现在{len(own[name])}字"
    if not own["title"]:
        wrong["title"] = "请填写问卷标题"
    own["is_anonymous"] = bool(values.get("is_anonymous", True))
    own["closes_at"] = values.get("closes_at")
    if own["closes_at"] is not None and not isinstance(own["closes_at"], datetime):
        wrong["closes_at"] = "请选择截止时间"
    try:
        own["audience"] = _within(audiences.validate(values.get("audience") or {}, scope=scope), scope)
    except Invalid as error:
        wrong |= error.fields or {"audience": error.message}
    questions = _questions(values.get("questions") or [], wrong)
    if wrong:
        raise Invalid(fields=wrong)
    if "is_sample" in values:
        own["is_sample"] = bool(values["is_sample"])
    return own, questions


def values_of(questionnaire: Questionnaire) -> dict[str, Any]:
    """What `checked` takes, read back from a questionnaire."""
    own = {name: getattr(questionnaire, name) for name in (*LENGTHS, "is_anonymous", "audience", "closes_at")}
    asked = sheet.of(questionnaire.id).questions
    own["questions"] = [
        {
            "kind": each.kind,
            "text": each.text,
            "is_required": each.is_required,
            "minimum": each.minimum,
            "maximum": each.maximum,
            "low_words": each.low_words,
            "high_words": each.high_words,
            "options": [choice.text for choice in each.choices],
        }
        for each in asked
    ]
    return own


def _within(audience: dict[str, Any], scope: int | None) -> dict[str, Any]:
    """A school's own questionnaire reaches its own people, whoever evaluates the audience later."""
    if scope is None:
        return audience
    return {key: value for key, value in audience.items() if key != "everyone"} | {"units": [scope]}


def _questions(given: list[dict[str, Any]], wrong: dict[str, str]) -> list[dict[str, Any]]:
    if not given:
        wrong["questions"] = "请至少添加一道题"
    elif len(given) > MOST_QUESTIONS:
        wrong["questions"] = f"最多{MOST_QUESTIONS}道题，请精简；题目越少，回答越多"
    return [_question(values, f"questions.{no}", wrong) for no, values in enumerate(given[:MOST_QUESTIONS])]


def _question(values: dict[str, Any], at: str, wrong: dict[str, str]) -> dict[str, Any]:
    text = " ".join(str(values.get("text") or "").split())
    if not text:
        wrong[f"{at}.text"] = "请填写题目"
    elif len(text) > Question.text.max_length:
        wrong[f"{at}.text"] = f"题目最多{Question.text.max_length}字"
    try:
        kind = QuestionKind(str(values.get("kind")))
    except ValueError:
        wrong[f"{at}.kind"] = f"请选择题型：{KINDS}"
        return {}
    options = _options(values.get("options") or [], at, wrong) if kind in CHOICE else []
    minimum, maximum = values.get("minimum"), values.get("maximum")
    if kind in (QuestionKind.SINGLE, QuestionKind.TEXT):
        minimum = maximum = None
    elif kind is QuestionKind.SCALE:
        minimum, maximum = 1, SCALE_ENDS[0] if maximum is None else maximum
    _bounds(kind, minimum, maximum, len(options), at, wrong)
    return {
        "kind": kind,
        "text": text,
        "is_required": bool(values.get("is_required", True)),
        "minimum": minimum,
        "maximum": maximum,
        **_end_words(values if kind is QuestionKind.SCALE else {}, at, wrong),
        "options": options,
    }


def _end_words(values: dict[str, Any], at: str, wrong: dict[str, str]) -> dict[str, str]:
    """What the ends of a scale mean: both or neither, since one alone leaves the direction open."""
    words = {name: " ".join(str(values.get(name) or "").split()) for name in ("low_words", "high_words")}
    for name, text in words.items():
        most = getattr(Question, name).max_length
        if len(text) > most:
            wrong[f"{at}.{name}"] = f"最多{most}字"
        elif not text and any(words.values()):
            wrong[f"{at}.{name}"] = "请写明两端各是什么意思，或者都不写"
    return words


def _options(given: list[Any], at: str, wrong: dict[str, str]) -> list[str]:
    options = [" ".join(str(each or "").split()) for each in given]
    options = [each for each in options if each]
    if len(options) < 2:
        wrong[f"{at}.options"] = "请至少填写两个选项"
    elif len(options) > MOST_OPTIONS:
        wrong[f"{at}.options"] = f"最多{MOST_OPTIONS}个选项"
    elif len(set(options)) < len(options):
        wrong[f"{at}.options"] = "选项不能重复"
    elif any(len(each) > Option.text.max_length for each in options):
        wrong[f"{at}.options"] = f"每个选项最多{Option.text.max_length}字"
    return options


def _bounds(
    kind: QuestionKind, minimum: int | None, maximum: int | None, options: int, at: str, wrong: dict[str, str]
) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        wrong[f"{at}.minimum"] = "下限不能大于上限"
    elif kind is QuestionKind.MULTIPLE:
        if minimum is not None and not 0 <= minimum <= options:
            wrong[f"{at}.minimum"] = f"至少选几项应在 0 至 {options} 之间"
        if maximum is not None and not 1 <= maximum <= options:
            wrong[f"{at}.maximum"] = f"最多选几项应在 1 至 {options} 之间"
    elif kind is QuestionKind.SCALE:
        if maximum not in SCALE_ENDS:
            wrong[f"{at}.maximum"] = f"评分请选 {' 或 '.join(f'1 至 {end}' for end in SCALE_ENDS)}"
    elif any(abs(bound) > GREATEST_NUMBER for bound in (minimum, maximum) if bound is not None):
        wrong[f"{at}.minimum"] = f"数字范围不能超过正负 {GREATEST_NUMBER}"
