"""The library (题库): questions taken from questionnaires of one's own school, or that are shared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import ModelSelect

from models.accounts import Account
from models.alliance import MemberUnit
from models.surveys import Question, Questionnaire
from services import access
from services.errors import NotFound
from services.surveys import conditions, drafting, flow, sheet
from services.surveys.sheet import Asked

MOST_SHOWN = 200


def questionnaires(*, actor: Account, text: str = "") -> ModelSelect[Questionnaire]:
    """What questions may be taken from, the newest first; `text` is looked for in titles and questions."""
    query = Questionnaire.select(Questionnaire, MemberUnit).join(MemberUnit)
    scope = access.unit_scope(actor)
    if scope is not None:
        query = query.where((Questionnaire.member_unit == scope) | Questionnaire.is_shared)
    if text.strip():
        holding = Question.select(Question.questionnaire).where(Question.text.contains(text.strip()))
        query = query.where(Questionnaire.title.contains(text.strip()) | Questionnaire.id.in_(holding))
    return query.order_by(Questionnaire.created_at.desc(), Questionnaire.id.desc()).limit(MOST_SHOWN)


def questions(questionnaire_id: int, *, actor: Account) -> list[Asked]:
    """The questions of one that may be taken from. Raises NotFound for any other."""
    if not questionnaires(actor=actor).where(Questionnaire.id == questionnaire_id).exists():
        raise NotFound()
    return list(sheet.of(questionnaire_id).questions)


def section_of(asked: Asked, of: Iterable[Asked]) -> str:
    """The heading under which the question stands; "" before the first."""
    headings = [each.section for each in of if each.section and each.position <= asked.position]
    return headings[-1] if headings else ""


def taken(
    questionnaire_id: int, positions: Iterable[int], *, actor: Account, after: int
) -> list[dict[str, Any]]:
    """Questions as `questionnaires.create` takes them, to stand behind `after` others.

    A condition comes along where all the questions it asks about do. Raises NotFound.
    """
    wanted = set(positions)
    picked = [each for each in questions(questionnaire_id, actor=actor) if each.position in wanted]
    to = {each.position: after + no for no, each in enumerate(picked, 1)}
    return [_moved(drafting.question_values(each), each, to, after) for each in picked]


def _moved(values: dict[str, Any], asked: Asked, to: dict[int, int], after: int) -> dict[str, Any]:
    terms = conditions.terms(asked.condition)
    # a unit of another school says nothing here
    comes = terms and all(term.get("question") in to for term in terms if "question" in term)
    values["condition"] = None
    if comes and not any("units" in term for term in terms):
        how = "any" if "any" in (asked.condition or {}) else "all"
        values["condition"] = {
            how: [term | ({"question": to[term["question"]]} if "question" in term else {}) for term in terms]
        }
    for name in ("text", "help_text"):
        values[name] = flow.PIPE.sub(
            lambda found: f"{{{{{to[int(found[1])]}}}}}" if int(found[1]) in to else "……", values[name]
        )
    if values["matrix"] is not None:
        values["matrix"] += after * 1000  # no table of the questionnaire they come into
    return values
