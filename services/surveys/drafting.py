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
from services.surveys import conditions, dates, sheet
from services.surveys.sheet import GREATEST_NUMBER, WITH_OPTIONS, Asked

MOST_QUESTIONS = 30
MOST_OPTIONS = 30
MOST_PLACES = 1_000_000
LONGEST_ROW = 60
IN_TABLES = (QuestionKind.SINGLE, QuestionKind.SCALE)
KEPT_AS_THEY_ARE = (
    "kind",
    "text",
    "is_required",
    "low_words",
    "high_words",
    "help_text",
    "section",
    "matrix",
    "matrix_text",
)
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
    own["is_shared"] = bool(values.get("is_shared", False))
    questions = _questions(values.get("questions") or [], wrong)
    _tables(questions, wrong)
    for no, each in enumerate(questions):
        if own["is_anonymous"] and each.get("kind") is QuestionKind.PICTURE:
            wrong[f"questions.{no}.kind"] = "匿名问卷不能收图片：图片容易认出是谁。请换题型，或改为实名"
    if wrong:
        raise Invalid(fields=wrong)
    if "is_sample" in values:
        own["is_sample"] = bool(values["is_sample"])
    return own, questions


def values_of(questionnaire: Questionnaire) -> dict[str, Any]:
    """What `checked` takes, read back from a questionnaire."""
    names = (*LENGTHS, "is_anonymous", "audience", "closes_at", "is_shared")
    own = {name: getattr(questionnaire, name) for name in names}
    own["questions"] = [question_values(each) for each in sheet.of(questionnaire.id).questions]
    return own


def question_values(asked: Asked) -> dict[str, Any]:
    """One question as `checked` takes it."""
    names = (*KEPT_AS_THEY_ARE, "minimum", "maximum", "condition")
    return {name: getattr(asked, name) for name in names} | {
        "options": [
            {"text": choice.text, "is_other": choice.is_other, "quota": choice.quota}
            for choice in asked.choices
        ]
    }


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


def _tables(questions: list[dict[str, Any]], wrong: dict[str, str]) -> None:
    """The rows of one table stand together, with the same answers to choose from."""
    first: dict[int, int] = {}
    for no, each in enumerate(questions):
        matrix = each.get("matrix")
        if matrix is None:
            continue
        at = first.setdefault(matrix, no)
        head = questions[at]
        if at != no and questions[no - 1].get("matrix") != matrix:
            wrong[f"questions.{no}.matrix_text"] = "同一张表格的题请放在一起"
        elif any(each[name] != head[name] for name in ("kind", "maximum", "low_words", "high_words")) or (
            [one["text"] for one in each["options"]] != [one["text"] for one in head["options"]]
        ):
            wrong[f"questions.{no}.options"] = f"同一张表格的题，题型和选项要与第{at + 1}题相同"
        elif len(each["text"]) > LONGEST_ROW:
            wrong[f"questions.{no}.text"] = f"表格里的题最多{LONGEST_ROW}字"
        each["matrix_text"] = head["matrix_text"]


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
    options = _options(values.get("options") or [], kind, at, wrong) if kind in WITH_OPTIONS else []
    minimum, maximum = values.get("minimum"), values.get("maximum")
    if kind in (QuestionKind.SINGLE, QuestionKind.TEXT, QuestionKind.PICTURE):
        minimum = maximum = None
    elif kind is QuestionKind.SCALE:
        minimum, maximum = 1, SCALE_ENDS[0] if maximum is None else maximum
    elif kind is QuestionKind.RANKING:
        minimum = None
    _bounds(kind, minimum, maximum, len(options), at, wrong)
    condition, why = conditions.checked(values.get("condition"))
    if why:
        wrong[f"{at}.condition"] = why
    return {
        "kind": kind,
        "text": text,
        "is_required": bool(values.get("is_required", True)),
        "minimum": minimum,
        "maximum": maximum,
        **_end_words(values if kind is QuestionKind.SCALE else {}, at, wrong),
        **_around(values, kind, at, wrong),
        "condition": condition,
        "options": options,
    }


def _around(values: dict[str, Any], kind: QuestionKind, at: str, wrong: dict[str, str]) -> dict[str, Any]:
    """What stands around a question: its section, its help, the table it is a row of."""
    around: dict[str, Any] = {}
    for name in ("help_text", "section", "matrix_text"):
        around[name] = " ".join(str(values.get(name) or "").split())
        most = getattr(Question, name).max_length
        if len(around[name]) > most:
            wrong[f"{at}.{name}"] = f"最多{most}字，现在{len(around[name])}字"
    around["matrix"] = values.get("matrix")
    if around["matrix"] is None:
        around["matrix_text"] = ""
    elif kind not in IN_TABLES:
        wrong[f"{at}.kind"] = "表格里的题只能是单选或评分"
    elif not around["matrix_text"]:
        wrong[f"{at}.matrix_text"] = "请填写表格的标题"
    return around


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


def _options(given: list[Any], kind: QuestionKind, at: str, wrong: dict[str, str]) -> list[dict[str, Any]]:
    """Options as {text, is_other, quota}; a bare text is one without more."""
    each = [one if isinstance(one, dict) else {"text": one} for one in given]
    options: list[dict[str, Any]] = [
        {
            "text": " ".join(str(one.get("text") or "").split()),
            "is_other": bool(one.get("is_other")) and kind is not QuestionKind.RANKING,
            "quota": one.get("quota") if kind is not QuestionKind.RANKING else None,
        }
        for one in each
    ]
    options = [one for one in options if one["text"]]
    texts = [one["text"] for one in options]
    if len(options) < 2:
        wrong[f"{at}.options"] = "请至少填写两个选项"
    elif len(options) > MOST_OPTIONS:
        wrong[f"{at}.options"] = f"最多{MOST_OPTIONS}个选项"
    elif len(set(texts)) < len(texts):
        wrong[f"{at}.options"] = "选项不能重复"
    elif any(len(text) > Option.text.max_length for text in texts):
        wrong[f"{at}.options"] = f"每个选项最多{Option.text.max_length}字"
    elif sum(one["is_other"] for one in options) > 1:
        wrong[f"{at}.options"] = "一道题最多一个可以自己写的选项"
    elif any(one["quota"] is not None and not 1 <= one["quota"] <= MOST_PLACES for one in options):
        wrong[f"{at}.options"] = f"名额应在 1 至 {MOST_PLACES} 之间"
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
    elif kind is QuestionKind.RANKING:
        if maximum is not None and not 1 <= maximum <= options:
            wrong[f"{at}.maximum"] = f"排前几位应在 1 至 {options} 之间"
    elif kind is QuestionKind.DATE:
        if any(bound is not None and dates.day_of(bound) is None for bound in (minimum, maximum)):
            wrong[f"{at}.minimum"] = "请填写真实的日期"
    elif kind is QuestionKind.SCALE:
        if maximum not in SCALE_ENDS:
            wrong[f"{at}.maximum"] = f"评分请选 {' 或 '.join(f'1 至 {end}' for end in SCALE_ENDS)}"
    elif any(abs(bound) > GREATEST_NUMBER for bound in (minimum, maximum) if bound is not None):
        wrong[f"{at}.minimum"] = f"数字范围不能超过正负 {GREATEST_NUMBER}"
