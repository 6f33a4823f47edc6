"""What a survey says: counts by question and option, numbers, texts; for all or for one unit.

The small-group rule: fewer than five responses tell nothing but their number, and a unit is
left out as well when the shown ones would tell the rest by subtraction. Every answer counts,
those of responses not yet finished too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from peewee import ModelSelect, fn

from models.accounts import Account
from models.alliance import MemberUnit
from models.surveys import Answer, QuestionKind, Questionnaire, Response, ResponseStatus
from services.errors import NotAllowed, NotFound
from services.messaging import audiences
from services.surveys import questionnaires, sheet
from services.surveys.sheet import CHOICE, COUNTED, Asked

SMALL_GROUP = 5
TEXTS_SHOWN = 50
MOST_BARS = 12

Among: TypeAlias = "ModelSelect[Response] | None"  # the responses that are counted; None: all


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: `share` of those who answered the question, from 0 to 1."""

    label: str
    count: int
    share: float
    option_id: int = 0


@dataclass(slots=True)
class QuestionResult:
    asked: Asked
    answered: int = 0  # responses that answer it; passing over is no answer
    bars: list[Bar] = field(default_factory=list)
    mean: float | None = None
    least: int | None = None
    greatest: int | None = None


@dataclass(frozen=True, slots=True)
class UnitCount:
    """`count` None: too few to be told."""

    unit_id: int
    name: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Results:
    """`questions` is None where the group is too small to be told anything of."""

    meant: int
    started: int
    completed: int
    questions: list[QuestionResult] | None
    units: list[UnitCount]
    unit_id: int | None = None


def results(questionnaire: Questionnaire, *, actor: Account | None, unit_id: int | None = None) -> Results:
    """Everything counted. `unit_id` narrows to one unit. Raises NotFound for another school's questionnaire
    and for a unit without a response, NotAllowed for a unit that is too small."""
    if actor is not None:
        questionnaires.find(questionnaire.id, actor=actor)
    by_unit = _responses_by_unit(questionnaire)
    told = _told(by_unit)
    if unit_id is not None:
        if unit_id not in by_unit:
            raise NotFound()
        if unit_id not in told:
            raise NotAllowed(f"这个单位的回答少于{SMALL_GROUP}份，或可由其他单位推算出来，不单独显示")
    counted = [by_unit[unit_id]] if unit_id is not None else list(by_unit.values())
    started, completed = (sum(each[i] for each in counted) for i in (0, 1))
    is_hidden = bool(questionnaire.is_anonymous) and started < SMALL_GROUP
    return Results(
        meant=int(audiences.persons(questionnaire.audience).count()),
        started=started,
        completed=completed,
        questions=None if is_hidden else _questions(questionnaire, unit_id),
        units=_units(by_unit, told),
        unit_id=unit_id,
    )


def texts(
    questionnaire: Questionnaire,
    question_id: int,
    *,
    actor: Account | None,
    unit_id: int | None = None,
    page: int = 1,
) -> list[str]:
    """The words given to a text question, fifty a page, in an order that tells nothing.

    Empty where the group is too small. Raises as `results` does, and NotFound for a question of
    another questionnaire.
    """
    if actor is not None:
        questionnaires.find(questionnaire.id, actor=actor)
    if sheet.of(questionnaire.id).question(question_id) is None:
        raise NotFound()
    by_unit = _responses_by_unit(questionnaire)
    told = _told(by_unit)
    if unit_id is not None and unit_id not in told:
        return []
    if questionnaire.is_anonymous and sum(each[0] for each in by_unit.values()) < SMALL_GROUP:
        return []
    query: Any = (
        _answers(_of_unit(questionnaire, unit_id))
        .select(Answer.text)
        .where(Answer.question == question_id, Answer.text.is_null(False))
        .order_by(Answer.id)
        .paginate(page, TEXTS_SHOWN)
        .tuples()
    )
    return [text for (text,) in query]


def _responses_by_unit(questionnaire: Questionnaire) -> dict[int, tuple[int, int]]:
    """Responses begun and completed, by unit."""
    rows: Any = (
        Response.select(Response.member_unit, Response.status, fn.COUNT(Response.id))
        .where(Response.questionnaire == questionnaire.id)
        .group_by(Response.member_unit, Response.status)
        .tuples()
    )
    counts: dict[int, tuple[int, int]] = {}
    for unit_id, status, count in rows:
        started, completed = counts.get(unit_id or 0, (0, 0))
        is_completed = status == ResponseStatus.COMPLETED
        counts[unit_id or 0] = (started + count, completed + (count if is_completed else 0))
    return counts


def _told(by_unit: dict[int, tuple[int, int]]) -> set[int]:
    """The units that may be shown: large enough, and the rest together large enough too."""
    sizes = {unit_id: started for unit_id, (started, _) in by_unit.items()}
    told = {unit_id for unit_id, size in sizes.items() if size >= SMALL_GROUP}
    rest = sum(size for unit_id, size in sizes.items() if unit_id not in told)
    for unit_id in sorted(told, key=lambda each: (sizes[each], each)):
        if rest == 0 or rest >= SMALL_GROUP:
            break
        told.discard(unit_id)
        rest += sizes[unit_id]
    return told


def _units(by_unit: dict[int, tuple[int, int]], told: set[int]) -> list[UnitCount]:
    units = MemberUnit.select().where(MemberUnit.id.in_(list(by_unit)))
    return [
        UnitCount(unit.id, unit.short_name, by_unit[unit.id][0] if unit.id in told else None)
        for unit in units.order_by(MemberUnit.order_no, MemberUnit.id)
    ]


def _questions(questionnaire: Questionnaire, unit_id: int | None) -> list[QuestionResult]:
    asked = sheet.of(questionnaire.id).questions
    found = {each.id: QuestionResult(each) for each in asked}
    among = _of_unit(questionnaire, unit_id)
    _count_choices(found, [each.id for each in asked if each.kind in CHOICE], among)
    _count_numbers(found, [each.id for each in asked if each.kind in COUNTED], among)
    _count_texts(found, [each.id for each in asked if each.kind is QuestionKind.TEXT], among)
    return list(found.values())


def _of_unit(questionnaire: Questionnaire, unit_id: int | None) -> Among:
    """The responses of one unit; None for those of all."""
    if unit_id is None:
        return None
    mine = Response.questionnaire == questionnaire.id, Response.member_unit == unit_id
    return Response.select(Response.id).where(*mine)


def _answers(among: Among) -> ModelSelect[Answer]:
    # IN, not a join: of a join SQLite would read every unit's answers to leave most of them out
    query = Answer.select()
    return query if among is None else query.where(Answer.response.in_(among))


def _count_choices(found: dict[int, QuestionResult], question_ids: list[int], among: Among) -> None:
    if not question_ids:
        return
    wanted = [Answer.option_no > 0]
    if among is None:  # else all are of this questionnaire; naming them would lead SQLite astray
        wanted.append(Answer.question.in_(question_ids))
    counts: Any = (
        _answers(among)
        .select(Answer.question, Answer.option_no, fn.COUNT(Answer.id))
        .where(*wanted)
        .group_by(Answer.question, Answer.option_no)
        .tuples()
    )
    by_option = {(question_id, option_id): count for question_id, option_id, count in counts}
    several = [each for each in question_ids if found[each].asked.kind is QuestionKind.MULTIPLE]
    answered = _answered(several, among)
    for question_id in question_ids:
        result = found[question_id]
        numbers = [by_option.get((question_id, choice.id), 0) for choice in result.asked.choices]
        result.answered = answered.get(question_id, 0) if question_id in several else sum(numbers)
        result.bars = [
            Bar(choice.text, count, count / result.answered if result.answered else 0.0, choice.id)
            for choice, count in zip(result.asked.choices, numbers, strict=True)
        ]


def _answered(question_ids: list[int], among: Among) -> dict[int, int]:
    """How many responses answer each multiple choice."""
    if not question_ids:
        return {}
    rows: Any = (
        _answers(among)
        .select(Answer.question, fn.COUNT(Answer.response.distinct()))
        .where(Answer.question.in_(question_ids), Answer.option_no > 0)
        .group_by(Answer.question)
        .tuples()
    )
    return dict(rows)


def _count_numbers(found: dict[int, QuestionResult], question_ids: list[int], among: Among) -> None:
    if not question_ids:
        return
    rows: Any = (
        _answers(among)
        .select(Answer.question, Answer.number, fn.COUNT(Answer.id))
        .where(Answer.question.in_(question_ids), Answer.number.is_null(False))
        .group_by(Answer.question, Answer.number)
        .tuples()
    )
    by_question: dict[int, list[tuple[int, int]]] = {}
    for question_id, number, count in rows:
        by_question.setdefault(question_id, []).append((number, count))
    for question_id, numbers in by_question.items():
        result = found[question_id]
        result.answered = sum(count for _, count in numbers)
        result.mean = sum(number * count for number, count in numbers) / result.answered
        result.least = min(number for number, _ in numbers)
        result.greatest = max(number for number, _ in numbers)
        result.bars = (
            _steps(result.asked, numbers, result.answered)
            if result.asked.steps
            else _distribution(numbers, result.answered)
        )


def _steps(asked: Asked, numbers: Iterable[tuple[int, int]], answered: int) -> list[Bar]:
    """A bar for every step of a scale, those that nobody chose too."""
    counts = dict(numbers)
    return [
        Bar(f"{step} {asked.end_words(step)}".strip(), counts.get(step, 0), counts.get(step, 0) / answered)
        for step in asked.steps
    ]


def _distribution(numbers: Iterable[tuple[int, int]], answered: int) -> list[Bar]:
    """One bar a value, or (many values) a dozen spans of equal width."""
    ordered = sorted(numbers)
    if len(ordered) <= MOST_BARS:
        return [Bar(str(number), count, count / answered) for number, count in ordered]
    low, high = ordered[0][0], ordered[-1][0]
    width = -(-(high - low + 1) // MOST_BARS)
    counts = [0] * -(-(high - low + 1) // width)
    for number, count in ordered:
        counts[(number - low) // width] += count
    return [
        Bar(f"{low + no * width} 至 {min(high, low + (no + 1) * width - 1)}", count, count / answered)
        for no, count in enumerate(counts)
    ]


def _count_texts(found: dict[int, QuestionResult], question_ids: list[int], among: Among) -> None:
    if not question_ids:
        return
    rows: Any = (
        _answers(among)
        .select(Answer.question, fn.COUNT(Answer.id))
        .where(Answer.question.in_(question_ids), Answer.text.is_null(False))
        .group_by(Answer.question)
        .tuples()
    )
    for question_id, count in rows:
        found[question_id].answered = count
