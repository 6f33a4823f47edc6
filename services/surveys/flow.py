"""The way through a questionnaire: which questions one person is asked, and with which words.

A hidden question is as if it were not there: it is not asked, not counted, not waited for, and
an answer given to it before it was hidden is taken away (`hidden_answers` names it).
"""

from __future__ import annotations

import re
from dataclasses import replace

from models.surveys import QuestionKind
from services.surveys import conditions, dates
from services.surveys.answers import Given
from services.surveys.conditions import Known
from services.surveys.sheet import Asked, Sheet

PIPE = re.compile(r"\{\{\s*(\d{1,3})\s*\}\}")
NOT_SAID = "……"
LONGEST_PIPED = 30
NOBODY = Known()


def is_plain(sheet: Sheet) -> bool:
    """Whether everybody is asked the same in the same words."""
    return not any(
        asked.condition or "{{" in asked.text or "{{" in asked.help_text for asked in sheet.questions
    )


def shown(sheet: Sheet, given: Given, known: Known = NOBODY) -> Sheet:
    """What this person is asked, numbered from 1, with earlier answers put into the words.

    The heading of a section moves to the first question of it that is shown.
    """
    if is_plain(sheet):
        return sheet
    seen: dict[int, Asked] = {}
    section = ""
    for asked in sheet.questions:
        section = asked.section or section
        if not conditions.holds(asked.condition, seen, given, known):
            continue
        seen[asked.position] = replace(
            asked,
            no=len(seen) + 1,
            section=section,
            text=piped(asked.text, seen, given),
            help_text=piped(asked.help_text, seen, given),
        )
        section = ""
    return replace(sheet, questions=tuple(seen.values()))


def hidden_answers(sheet: Sheet, visible: Sheet, given: Given) -> list[Asked]:
    """The questions that are not asked any more, with answers still there."""
    if sheet is visible:
        return []
    asked_now = {asked.id for asked in visible.questions}
    return [asked for asked in sheet.questions if asked.id not in asked_now and given.rows(asked)]


def piped(text: str, seen: dict[int, Asked], given: Given) -> str:
    """{{3}} becomes what was answered to question 3; “……” where nothing was."""

    def said(found: re.Match[str]) -> str:
        asked = seen.get(int(found[1]))
        words = answer_words(asked, given) if asked is not None else ""
        return (words if len(words) <= LONGEST_PIPED else words[: LONGEST_PIPED - 1] + "…") or NOT_SAID

    return PIPE.sub(said, text)


def answer_words(asked: Asked, given: Given) -> str:
    """The answer as one reads it: “基层治理、党史”, “2027年3月15日（周一）”; "" where there is none."""
    if asked.id in given.numbers:
        number = given.numbers[asked.id]
        return dates.in_words(number) if asked.kind is QuestionKind.DATE else str(number)
    if asked.id in given.texts:
        return given.texts[asked.id]
    if asked.id in given.files:
        return "［图片］"
    by_id = {choice.id: choice for choice in asked.choices}
    if asked.id in given.ranks:
        return "、".join(by_id[each].text for each in given.ranks[asked.id] if each in by_id)
    chosen = given.chosen.get(asked.id, ())
    return "、".join(given.words.get(each.id) or each.text for each in asked.choices if each.id in chosen)
