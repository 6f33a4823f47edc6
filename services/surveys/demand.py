"""The demand list (需求清单): topics by wish, unit and number of people, held against the catalogue."""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.accounts import Account
from models.survey_analysis import Course, ThemeRunStatus
from models.surveys import QuestionKind, Questionnaire
from services.surveys import columns as answer_columns
from services.surveys import courses, cross_tables, questionnaires, results, themes, words
from services.surveys.sheet import WITH_OPTIONS, Asked

_MARKS = re.compile(r"[\s\W_]+")
_ABOUT_COURSES = ("专题", "课程", "培训", "学", "内容", "需", "主题", "讲")


@dataclass(frozen=True, slots=True)
class Wish:
    """A topic, how many want it in all and by unit (None: not told), and the courses that cover it."""

    topic: str
    people: int | None
    by_unit: tuple[int | None, ...]
    courses: tuple[Course, ...]

    @property
    def is_covered(self) -> bool:
        return bool(self.courses)


@dataclass(frozen=True, slots=True)
class DemandList:
    asked: Asked
    answered: int | None
    units: tuple[str, ...]
    wishes: tuple[Wish, ...]
    said: tuple[Wish, ...]  # themes of the words given, by people who wrote them

    @property
    def not_covered(self) -> list[Wish]:
        return [wish for wish in (*self.wishes, *self.said) if not wish.is_covered]


def questions(questionnaire: Questionnaire) -> list[Asked]:
    """The questions whose options can be topics, the likeliest first."""
    asked = [
        each
        for each in answer_columns.of(questionnaire).asked
        if each.kind in WITH_OPTIONS and each.matrix is None
    ]
    return sorted(asked, key=lambda each: (-_likelihood(each), each.no))


def demand(questionnaire: Questionnaire, question_id: int | None, *, actor: Account) -> DemandList | None:
    """The topics by how many wish for them, the most first; None where nothing can be told yet.

    Of a ranking those count who put the topic first. Raises NotFound.
    """
    questionnaires.find(questionnaire.id, actor=actor)
    listed = questions(questionnaire)
    wanted = [each for each in listed if each.id == question_id] or listed[:1]
    whole = results.results(questionnaire, actor=actor)
    if not wanted or whole.questions is None:
        return None
    (asked,) = wanted
    result = whole.question(asked.id)
    by_unit = cross_tables.cross(questionnaire, asked.id, cross_tables.BY_UNIT, actor=actor)
    catalogue = Catalogue()
    wishes = [
        Wish(
            bar.label,
            bar.count,
            tuple(line.counts[no] for line in by_unit.lines),
            catalogue.covering(bar.label),
        )
        for no, bar in enumerate(result.bars if result else [])
        if not asked.choices[no].is_other
    ]
    wishes.sort(key=lambda wish: -(wish.people or 0))
    return DemandList(
        asked,
        result.answered if result else None,
        tuple(line.label for line in by_unit.lines),
        tuple(wishes),
        _said(questionnaire, catalogue),
    )


class Catalogue:
    """The courses that are offered, asked for what covers a topic."""

    def __init__(self) -> None:
        rows = Course.select().where(Course.is_offered).order_by(Course.title)
        self.courses = [
            (row, [_plain(each) for each in (row.title, *courses.topics_of(row.topics))]) for row in rows
        ]

    def covering(self, topic: str) -> tuple[Course, ...]:
        """Courses whose title or one of whose topics holds the topic, or is held by it, or that hold all
        its words."""
        wanted = _plain(topic)
        parts = [word for word in words.words_of(topic) if len(word) > 1]
        return tuple(course for course, names in self.courses if _covers(names, wanted, parts))


def _covers(names: list[str], wanted: str, parts: list[str]) -> bool:
    if any(wanted in name or (len(name) >= 2 and name in wanted) for name in names if name):
        return True
    return len(parts) > 1 and all(any(part in name for name in names) for part in parts)


def _said(questionnaire: Questionnaire, catalogue: Catalogue) -> tuple[Wish, ...]:
    """Named themes of the text questions that were sorted."""
    found = []
    for asked in answer_columns.of(questionnaire).asked:
        if asked.kind is not QuestionKind.TEXT:
            continue
        run = themes.of_question(questionnaire, asked.id)
        if run is None or run.status is not ThemeRunStatus.DONE:
            continue
        for theme in themes.found(run):
            if theme.words:
                covering = {
                    course.id: course for word in theme.words[:3] for course in catalogue.covering(word)
                }
                found.append(Wish(theme.name, theme.size, (), tuple(covering.values())))
    return tuple(found)


def _likelihood(asked: Asked) -> int:
    several = asked.kind is not QuestionKind.SINGLE
    return sum(word in asked.text for word in _ABOUT_COURSES) * 2 + several


def _plain(text: str) -> str:
    return _MARKS.sub("", text).lower()
