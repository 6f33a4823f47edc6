"""What is wrong with the way through a questionnaire, found before anybody is asked.

Each condition is tried with the very rules that decide at run time, over every answer that could
matter to it: options that some condition names, numbers beside the bounds, units, tiers and roles.
Since conditions look back only, a survey cannot run in a circle; a condition that looks forward is
an error by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

from models.alliance import MemberUnit
from models.surveys import QuestionKind
from services.surveys import conditions, flow
from services.surveys.answers import Given
from services.surveys.conditions import Known, Term
from services.surveys.sheet import CHOICE, NUMBERED, WITH_OPTIONS, Asked, Sheet

MOST_TRIES = 20_000  # answers tried for one question; beyond, it is taken to be reachable
MOST_SUBSETS = 6  # options whose combinations are all tried


@dataclass(frozen=True, slots=True)
class Problem:
    """Where, what, and how to mend it. An error keeps the questionnaire from being opened."""

    position: int
    what: str
    mend: str
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    id: int
    tier: str


def check(sheet: Sheet, audience: dict[str, Any] | None = None, *, meant: int | None = None) -> list[Problem]:
    """All problems in the order of the questions. `meant`: how many persons are asked."""
    problems: list[Problem] = []
    by_position = {asked.position: asked for asked in sheet.questions}
    everybody = list(_everybody(sheet, audience or {}))
    for asked in sheet.questions:
        found = [*_references(asked, by_position), *_pipes(asked, by_position)]
        if not found and asked.condition and not _is_reached(asked, by_position, everybody):
            found.append(
                Problem(
                    asked.position,
                    f"第{asked.position}题永远不会问到：显示条件互相矛盾，或者前面的题不可能这样回答",
                    "请修改这一题的显示条件，或者删去这一题",
                )
            )
        problems += [*found, *_places(asked, meant)]
    return problems


def _references(asked: Asked, by_position: dict[int, Asked]) -> Iterator[Problem]:
    at = asked.position
    for term in conditions.terms(asked.condition):
        if "question" not in term:
            continue
        earlier = by_position.get(term["question"])
        if earlier is None:
            yield Problem(at, f"第{at}题的显示条件用到了已删除的题", "请改选一道前面的题，或去掉这个条件")
        elif term["question"] >= at:
            yield Problem(
                at,
                f"第{at}题的显示条件用到了第{term['question']}题，它不在前面",
                f"请把第{term['question']}题移到前面，或改用前面的题",
            )
        elif not conditions.fits(term, earlier):
            yield Problem(
                at,
                f"第{at}题的显示条件与第{term['question']}题的题型不合",
                "选项题用“选了”“没有选”，数字、评分和日期用“大于”“小于”",
            )
        elif any(no > len(earlier.choices) for no in term.get("options", ())):
            yield Problem(at, f"第{at}题的显示条件用到了已删除的选项", "请重新勾选选项")


def _pipes(asked: Asked, by_position: dict[int, Asked]) -> Iterator[Problem]:
    at = asked.position
    for found in flow.PIPE.finditer(f"{asked.text} {asked.help_text}"):
        if int(found[1]) not in by_position:
            yield Problem(at, f"第{at}题里的 {found[0]} 指的题不存在", "请改成前面某一题的题号")
        elif int(found[1]) >= at:
            yield Problem(at, f"第{at}题里的 {found[0]} 要等后面才回答", "请改成前面某一题的题号")


def _places(asked: Asked, meant: int | None) -> Iterator[Problem]:
    at = asked.position
    for choice in asked.choices:
        if choice.quota is not None and meant is not None and choice.quota > meant:
            yield Problem(
                at,
                f"第{at}题“{choice.text}”的名额 {choice.quota} 永远不会满：受众只有 {meant} 人",
                "可以改小名额，或者不限",
                is_error=False,
            )
    if not asked.is_required or asked.kind not in CHOICE:
        return
    quotas = [choice.quota for choice in asked.choices if choice.quota is not None]
    if (
        not quotas
        or len(asked.choices) - len(quotas) >= asked.least
        or (meant is not None and sum(quotas) >= meant * asked.least)
    ):
        return
    yield Problem(
        at,
        f"第{at}题必答，但不限名额的选项不够：名额用完以后，后来的人无法回答",
        "请留一个不限名额的选项，增加名额，或者改为可以不答",
    )


def _is_reached(asked: Asked, by_position: dict[int, Asked], everybody: list[Known]) -> bool:
    """Whether some person with some answers is asked it."""
    needed = sorted(_needed(asked, by_position))
    terms = list(chain.from_iterable(conditions.terms(each.condition) for each in by_position.values()))
    tries = [0]

    def reached(left: list[int], seen: dict[int, Asked], given: Given, known: Known) -> bool:
        tries[0] += 1
        if tries[0] > MOST_TRIES:
            return True
        if not left:
            return conditions.holds(asked.condition, seen, given, known)
        earlier = by_position[left[0]]
        if not conditions.holds(earlier.condition, seen, given, known):
            return reached(left[1:], seen, given, known)
        seen = seen | {earlier.position: earlier}
        for answered in _answers(earlier, terms):
            answered(given)
            if reached(left[1:], seen, given, known):
                return True
            given.forget(earlier)
        return False

    return any(reached(needed, {}, Given(), known) for known in everybody)


def _needed(asked: Asked, by_position: dict[int, Asked]) -> set[int]:
    """The earlier questions on which this one depends, through others too."""
    found: set[int] = set()
    for term in conditions.terms(asked.condition):
        at = term.get("question")
        if at is not None and at in by_position and at < asked.position and at not in found:
            found |= {at} | _needed(by_position[at], by_position)
    return found


def _answers(asked: Asked, terms: Iterable[Term]) -> Iterator[Any]:
    """Every answer that could matter, as an act upon what is given."""
    mine = [term for term in terms if term.get("question") == asked.position]
    if asked.kind in WITH_OPTIONS:
        for ids in _option_sets(asked, {no for term in mine for no in term.get("options", ())}):
            if asked.kind is QuestionKind.RANKING:
                yield lambda given, ids=ids: given.ranks.update({asked.id: list(ids)})
            else:
                yield lambda given, ids=ids: given.chosen.update({asked.id: set(ids)})
    elif asked.kind in NUMBERED:
        for number in _numbers(asked, [term["number"] for term in mine if "number" in term]):
            yield lambda given, number=number: given.numbers.update({asked.id: number})
    elif asked.kind is QuestionKind.TEXT:
        yield lambda given: given.texts.update({asked.id: "答"})
    else:
        yield lambda given: given.files.update({asked.id: "file"})
    if not asked.is_required:
        yield lambda given: given.passed.add(asked.id)


def _option_sets(asked: Asked, named: set[int]) -> Iterator[tuple[int, ...]]:
    """Sets of options: every combination of those that are named, filled up with others."""
    ids = {choice.no: choice.id for choice in asked.choices}
    of = [ids[no] for no in sorted(named) if no in ids]
    others = [option_id for no, option_id in ids.items() if no not in named]
    sizes = range(min(len(of), asked.most) + 1) if len(of) <= MOST_SUBSETS else (0, 1, 2)
    for size in sizes:
        for some in combinations(of, min(size, len(of))):
            missing = max(0, max(asked.least, 1) - len(some))
            if missing <= len(others) and len(some) + missing <= asked.most:
                yield (*some, *others[:missing])


def _numbers(asked: Asked, bounds: list[int]) -> list[int]:
    least, most = asked.minimum, asked.maximum
    near = {bound + step for bound in bounds for step in (-1, 0, 1)} | {
        each for each in (least, most) if each is not None
    }
    allowed = [n for n in near if (least is None or n >= least) and (most is None or n <= most)]
    return sorted(allowed) or [0]


def _everybody(sheet: Sheet, audience: dict[str, Any]) -> Iterator[Known]:
    """One of each kind of person whom the conditions could tell apart, within the audience."""
    terms = [term for asked in sheet.questions for term in conditions.terms(asked.condition)]
    if not any(key in term for term in terms for key in conditions.KNOWN_KEYS):
        yield Known()
        return
    units = {unit_id for term in terms for unit_id in term.get("units", ())}
    roles = sorted(
        {role for term in terms for role in term.get("roles", ())} | set(audience.get("roles", ()))
    )
    sizes = range(len(roles) + 1) if len(roles) <= MOST_SUBSETS else range(3)
    held = [frozenset(some) for size in sizes for some in combinations(roles, size)]
    if audience.get("roles"):
        held = [some for some in held if some & set(audience["roles"])]
    kinds = {(unit.id if unit.id in units else None, unit.tier) for unit in _units(audience)}
    for unit_id, tier in sorted(kinds, key=str):
        for some in held:
            yield Known(unit_id, tier, some)


def _units(audience: dict[str, Any]) -> list[Unit]:
    rows: Any = MemberUnit.select(MemberUnit.id, MemberUnit.tier).tuples()
    units = [Unit(unit_id, str(tier.value)) for unit_id, tier in rows]
    return [
        unit
        for unit in units
        if unit.id in audience.get("units", [unit.id]) and unit.tier in audience.get("tiers", [unit.tier])
    ]
