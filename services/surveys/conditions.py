"""Display conditions: who is asked a question, by earlier answers and by what is known of a person.

    {"all": [{"question": 2, "is": "chosen", "options": [1, 3]}, {"tiers": ["1"]}]}

`question` and `options` are positions from 1, as they are shown in the designer. A term looks
backwards only, so a survey cannot run in a circle. A question that is not shown counts as not
answered. "not_chosen" holds until one of its options is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from peewee import JOIN

import clock
from models.alliance import TIER_WORDS, MemberUnit, UnitTier
from models.people import ROLE_WORDS, Person, PersonRole, PersonRoleKind
from models.surveys import QuestionKind
from services.surveys import dates
from services.surveys.answers import Given
from services.surveys.sheet import NUMBERED, WITH_OPTIONS, Asked, Sheet

Condition = dict[str, Any]
Term = dict[str, Any]

KNOWN_KEYS = ("units", "tiers", "roles")
KNOWN_WORDS = {"units": "单位", "tiers": "层级", "roles": "身份"}
IS_WORDS = {
    "chosen": "选了",
    "not_chosen": "没有选",
    "less": "小于",
    "more": "大于",
    "answered": "作了回答",
}
OF_OPTIONS = ("chosen", "not_chosen")
OF_NUMBERS = ("less", "more")


@dataclass(frozen=True, slots=True)
class Known:
    """What we know of a person without asking."""

    unit_id: int | None = None
    tier: str = ""
    roles: frozenset[str] = frozenset()


def known_of(person: Person, sheet: Sheet) -> Known:
    """What the sheet's conditions may ask about the person; one statement where they ask anything."""
    asks = {key for asked in sheet.questions for term in terms(asked.condition) for key in term}
    if not asks & set(KNOWN_KEYS):
        return Known(person.member_unit_id)
    today = clock.local_today()
    holds = (
        (PersonRole.person == person.id)
        & (PersonRole.valid_from <= today)
        & (PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today))
    )
    rows: Any = (
        MemberUnit.select(MemberUnit.tier, PersonRole.role)
        .join(PersonRole, JOIN.LEFT_OUTER, on=holds)
        .where(MemberUnit.id == person.member_unit_id)
        .tuples()
    )
    found = list(rows)
    roles = frozenset(str(role.value) for _, role in found if role is not None)
    return Known(person.member_unit_id, str(found[0][0].value) if found else "", roles)


def terms(condition: Condition | None) -> list[Term]:
    """The terms of a condition, whichever way they are joined."""
    if not condition:
        return []
    return [*condition.get("all", ()), *condition.get("any", ())]


def holds(condition: Condition | None, seen: Mapping[int, Asked], given: Given, known: Known) -> bool:
    """Whether a question with this condition is asked. `seen`: the earlier questions shown, by position."""
    if not condition:
        return True
    each = (_holds(term, seen, given, known) for term in terms(condition))
    return any(each) if "any" in condition else all(each)


def _holds(term: Term, seen: Mapping[int, Asked], given: Given, known: Known) -> bool:
    if "question" not in term:
        return is_known(term, known)
    asked = seen.get(int(term["question"]))
    how = term.get("is")
    if asked is None:
        return how == "not_chosen"
    if how in OF_OPTIONS:
        wanted = {asked.choices[no - 1].id for no in term.get("options", ()) if 0 < no <= len(asked.choices)}
        held = given.chosen.get(asked.id, set()) | set(given.ranks.get(asked.id, ()))
        return bool(wanted & held) == (how == "chosen")
    if how in OF_NUMBERS:
        number = given.numbers.get(asked.id)
        if number is None:
            return False
        return number < term["number"] if how == "less" else number > term["number"]
    return given.has(asked) and asked.id not in given.passed


def may_hold(condition: Condition | None, known: Known) -> bool:
    """Whether some answers let this person be asked."""
    if not condition:
        return True
    each = ("question" in term or is_known(term, known) for term in terms(condition))
    return any(each) if "any" in condition else all(each)


def is_known(term: Term, known: Known) -> bool:
    """Whether a term about what is known holds: one of its values is the person's."""
    if "units" in term:
        return known.unit_id in term["units"]
    if "tiers" in term:
        return known.tier in term["tiers"]
    return bool(known.roles & set(term.get("roles", ())))


def checked(value: Any) -> tuple[Condition | None, str]:
    """A condition as it was written, in its normal form, and what is wrong with its shape ("" nothing).

    Whether it can ever hold is for `flow.check` to say.
    """
    if not value:
        return None, ""
    how = "any" if isinstance(value, dict) and value.get("any") else "all"
    given = value.get(how) if isinstance(value, dict) else None
    if not isinstance(given, list) or not all(isinstance(term, dict) for term in given):
        return None, "显示条件的写法不对，请重新设置"
    if not given:
        return None, ""
    found: list[Term] = []
    for term in given:
        term, why = _checked_term(term)
        if why:
            return None, why
        found.append(term)
    return {how: found}, ""


def _checked_term(term: Term) -> tuple[Term, str]:
    for key in KNOWN_KEYS:
        if key in term:
            return _checked_known(key, term[key])
    how, at = term.get("is"), term.get("question")
    if how not in IS_WORDS or not isinstance(at, int) or isinstance(at, bool):
        return {}, "显示条件请选好题目和关系"
    if how in OF_OPTIONS:
        options = sorted({no for no in term.get("options") or [] if isinstance(no, int) and no > 0})
        return {
            "question": at,
            "is": how,
            "options": options,
        }, "" if options else "显示条件请勾选至少一个选项"
    if how in OF_NUMBERS:
        number = term.get("number")
        if not isinstance(number, int) or isinstance(number, bool):
            return {}, "显示条件请填写用来比较的数字"
        return {"question": at, "is": how, "number": number}, ""
    return {"question": at, "is": how}, ""


def _checked_known(key: str, values: Any) -> tuple[Term, str]:
    kinds: dict[str, Any] = {"units": int, "tiers": UnitTier, "roles": PersonRoleKind}
    try:
        wanted = sorted({kinds[key](each) for each in values})
    except (TypeError, ValueError):
        return {}, f"显示条件里的{KNOWN_WORDS[key]}不认识，请重新选择"
    if not wanted:
        return {}, f"显示条件请勾选至少一个{KNOWN_WORDS[key]}"
    return {key: [each if isinstance(each, int) else str(each.value) for each in wanted]}, ""


def in_words(
    condition: Condition | None, questions: Iterable[Asked], unit_names: Mapping[int, str] | None = None
) -> str:
    """“第2题选了“基层治理”，并且层级是“镇级”时才问”; "" without a condition."""
    if not condition:
        return ""
    by_position = {asked.position: asked for asked in questions}
    told = [_term_words(term, by_position, unit_names or {}) for term in terms(condition)]
    return ("，或者" if "any" in condition else "，并且").join(told) + "时才问"


def _term_words(term: Term, by_position: Mapping[int, Asked], unit_names: Mapping[int, str]) -> str:
    for key in KNOWN_KEYS:
        if key in term:
            names = {
                "units": lambda value: unit_names.get(value, f"编号{value}"),
                "tiers": lambda value: TIER_WORDS[UnitTier(value)],
                "roles": lambda value: ROLE_WORDS[PersonRoleKind(value)],
            }[key]
            return f"{KNOWN_WORDS[key]}是{quoted(names(value) for value in term[key])}"
    asked = by_position.get(term["question"])
    at = f"第{term['question']}题" if term["question"] else "已删除的题"
    if term["is"] in OF_OPTIONS:
        choices = asked.choices if asked is not None else ()
        named = (
            choices[no - 1].text if no <= len(choices) else f"第{no}项（已没有）" for no in term["options"]
        )
        return f"{at}{IS_WORDS[term['is']]}{quoted(named)}"
    if term["is"] in OF_NUMBERS:
        number = term["number"]
        is_date = asked is not None and asked.kind is QuestionKind.DATE
        told = dates.in_words(number) if is_date else str(number)
        return f"{at}{IS_WORDS[term['is']]} {told}"
    return f"{at}{IS_WORDS['answered']}"


def quoted(words: Iterable[str]) -> str:
    return "或".join(f"“{each}”" for each in words)


def fits(term: Term, asked: Asked) -> bool:
    """Whether the question can be asked about in this way at all."""
    if term["is"] in OF_OPTIONS:
        return asked.kind in WITH_OPTIONS
    return term["is"] not in OF_NUMBERS or asked.kind in NUMBERED
