"""The page of a survey's results, and the conditions that narrow it (those of the cross tables too)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import render_template, request

from models.people import ROLE_WORDS, PersonRoleKind
from models.surveys import QUESTION_KIND_WORDS, QUESTIONNAIRE_STATUS_WORDS, QuestionKind, Questionnaire
from server.console.guard import me
from services.errors import NotAllowed, NotFound
from services.surveys import results, sheet
from services.surveys.results import Narrowing, QuestionResult, Results
from services.surveys.sheet import CHOICE, Asked

FIRST_TEXTS = 5


def asked_for() -> Narrowing:
    """The narrowing that the address names. Raises NotFound for a role that is none."""
    role = request.args.get("role", "")
    if role and role not in set(PersonRoleKind):
        raise NotFound()
    return Narrowing(
        unit_id=request.args.get("unit", type=int),
        role=PersonRoleKind(role) if role else None,
        option_id=request.args.get("option", type=int),
    )


def in_words(questionnaire: Questionnaire, found: Results, narrowing: Narrowing) -> str:
    """What narrows, as a heading says it."""
    words = [unit.name for unit in found.units if unit.unit_id == narrowing.unit_id]
    if narrowing.role is not None:
        words.append(ROLE_WORDS[narrowing.role])
    chosen = (choice for asked in offered(questionnaire) for choice in asked.choices)
    words += [f"答“{choice.text}”的人" for choice in chosen if choice.id == narrowing.option_id]
    return "、".join(words)


def offered(questionnaire: Questionnaire) -> list[Asked]:
    """The questions whose answers can be asked for."""
    return [asked for asked in sheet.of(questionnaire.id).questions if asked.kind in CHOICE]


def page(questionnaire: Questionnaire) -> tuple[str, int]:
    narrowing = asked_for()
    untold = ""
    try:
        found = results.results(questionnaire, actor=me(), narrowing=narrowing)
    except NotAllowed as error:
        untold = error.message
        found = results.results(questionnaire, actor=me())
    shown = render_template(
        "console/surveys/results.html",
        questionnaire=questionnaire,
        found=found,
        narrowing=narrowing,
        narrowed=in_words(questionnaire, found, narrowing),
        untold=untold,
        offered=offered(questionnaire),
        groups=_groups(found.questions or []),
        texts=_first_texts(questionnaire, found),
        kinds=QuestionKind,
        kind_words=QUESTION_KIND_WORDS,
        status_words=QUESTIONNAIRE_STATUS_WORDS,
        small=results.SMALL_GROUP,
    )
    return shown, 403 if untold else 200


def _groups(questions: list[QuestionResult]) -> list[list[QuestionResult]]:
    """The rows of a table together, every other question by itself."""
    return [
        list(together)
        for _, together in groupby(
            questions,
            key=lambda each: (
                ("table", each.asked.matrix) if each.asked.matrix is not None else ("question", each.asked.id)
            ),
        )
    ]


def _first_texts(questionnaire: Questionnaire, found: Results) -> dict[int, list[str]]:
    """The first words given to each question and to each “其他”; none where role or answer narrows."""
    if found.narrowing.role is not None or found.narrowing.option_id is not None:
        return {}
    wanted: list[Any] = [
        each.asked
        for each in found.questions or []
        if each.asked.kind is QuestionKind.TEXT or any(choice.is_other for choice in each.asked.choices)
    ]
    return {
        asked.id: results.texts(questionnaire, asked.id, actor=me(), unit_id=found.unit_id)[:FIRST_TEXTS]
        for asked in wanted
    }
