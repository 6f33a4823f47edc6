"""Cross tables (交叉表): the answers to one question by unit, by role, or by the answers to another."""

from __future__ import annotations

from dataclasses import dataclass

from models.accounts import Account
from models.alliance import MemberUnit
from models.people import ROLE_WORDS
from models.surveys import QuestionKind, Questionnaire
from services.errors import Invalid, NotFound
from services.surveys import columns as answer_columns
from services.surveys import questionnaires, tables
from services.surveys.columns import ROLES, Columns
from services.surveys.results import ALL, Group, Narrowing
from services.surveys.sheet import Asked
from services.surveys.small_groups import SMALL_GROUP
from services.surveys.tables import Axis

BY_UNIT, BY_ROLE = "unit", "role"
ONE_OF = frozenset({QuestionKind.SINGLE, QuestionKind.SCALE})


@dataclass(frozen=True, slots=True)
class Line:
    """A group with its counts, one for each label; None: not told. `answered`: the group's size."""

    label: str
    answered: int | None
    counts: tuple[int | None, ...]
    mean: float | None = None

    def share(self, no: int) -> float | None:
        """From 0 to 1, of the group."""
        number = self.counts[no]
        return None if number is None or not self.answered else number / self.answered


@dataclass(frozen=True, slots=True)
class CrossTable:
    asked: Asked
    by: str
    labels: tuple[str, ...]
    lines: list[Line]

    @property
    def is_cut(self) -> bool:
        return any(line.answered is None or None in line.counts for line in self.lines)


def ways(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """What a question can be crossed by: unit, role, and each question with one answer of several."""
    columns = answer_columns.of(questionnaire)
    asked = [(str(each.id), f"{each.no}. {each.text}") for each in columns.asked if each.kind in ONE_OF]
    return [(BY_UNIT, "单位"), (BY_ROLE, "学员类别（身份）"), *asked]


def crossable(questionnaire: Questionnaire) -> list[Asked]:
    """The questions that can be counted in a cross table."""
    columns = answer_columns.of(questionnaire)
    return [each for each in columns.asked if each.kind not in (QuestionKind.TEXT, QuestionKind.PICTURE)]


def cross(
    questionnaire: Questionnaire,
    question_id: int,
    by: str,
    *,
    narrowing: Narrowing = ALL,
    actor: Account | None,
) -> CrossTable:
    """The question by `by` (see `ways`), among those the narrowing selects.

    Raises NotFound, Invalid for a question crossed with itself, NotAllowed for too small a group.
    """
    if actor is not None:
        questionnaires.find(questionnaire.id, actor=actor)
    columns = answer_columns.of(questionnaire)
    asked = next((each for each in crossable(questionnaire) if each.id == question_id), None)
    if asked is None:
        raise NotFound()
    group = Group(questionnaire, columns, narrowing)
    group.require_told()
    groups = _groups(columns, by)
    if groups.key in group.at or groups.key[:2] == (2, asked.id):
        raise Invalid("这一项已经用作筛选或就是这道题，请换一项来交叉")
    return _Crossing(questionnaire, columns, group, asked, groups, by).table()


def _groups(columns: Columns, by: str) -> Axis:
    if by == BY_UNIT:
        return tables.unit_axis(columns)
    if by == BY_ROLE:
        return tables.role_axis(columns)
    found = [each for each in columns.asked if str(each.id) == by and each.kind in ONE_OF]
    if not found:
        raise NotFound()
    return tables.answer_axis(columns, found[0])


class _Crossing:
    def __init__(
        self,
        questionnaire: Questionnaire,
        columns: Columns,
        group: Group,
        asked: Asked,
        groups: Axis,
        by: str,
    ) -> None:
        self.columns, self.group, self.asked, self.groups, self.by = columns, group, asked, groups, by
        self.is_protected = bool(questionnaire.is_anonymous)

    def table(self) -> CrossTable:
        if self.asked.kind is QuestionKind.MULTIPLE:
            axes = [tables.option_axis(self.columns, self.asked, no) for no in range(len(self.asked.choices))]
            labels = tuple(choice.text for choice in self.asked.choices)
            cells = [(axis, 0) for axis in axes]
        else:
            axis = tables.answer_axis(self.columns, self.asked)
            axes, labels = [axis], axis.labels
            cells = [(axis, no) for no in range(len(labels))]
        counted = {axis.key: self._count(axis) for axis in axes}
        sizes = self._sizes()
        lines = []
        for no, name in self._names():
            size = sizes.cell({**self.group.at, self.groups.key: no})
            is_told = size is not None and size >= SMALL_GROUP
            counts = tuple(
                counted[axis.key].cell({**self.group.at, self.groups.key: no, axis.key: place})
                if is_told
                else None
                for axis, place in cells
            )
            if self.asked.steps and None in counts:
                counts = tuple(None for _ in counts)
            if sizes.exact({**self.group.at, self.groups.key: no}):
                lines.append(
                    Line(name, size if is_told else None, counts, self._mean(no) if is_told else None)
                )
        return CrossTable(self.asked, self.by, labels, lines)

    def _count(self, axis: Axis) -> tables.Table:
        axes = [*self.group.axes, self.groups, axis]
        return tables.count(axes, rows=self.columns.rows, is_protected=self.is_protected)

    def _sizes(self) -> tables.Table:
        """The groups by themselves; a named questionnaire's small ones stay hidden too."""
        return tables.count([*self.group.axes, self.groups], rows=self.columns.rows, is_protected=True)

    def _mean(self, no: int) -> float | None:
        if self.asked.id not in self.columns.number or not self.asked.steps:
            return None
        wanted = self.group.mask & (self.groups.codes == no) & self.columns.answered[self.asked.id]
        numbers = self.columns.number[self.asked.id][wanted]
        return float(numbers.mean()) if len(numbers) >= SMALL_GROUP else None

    def _names(self) -> list[tuple[int, str]]:
        if self.by == BY_UNIT:
            order = MemberUnit.select(MemberUnit.id, MemberUnit.short_name).where(
                MemberUnit.id.in_(self.columns.units)
            )
            rows = order.order_by(MemberUnit.order_no, MemberUnit.id)
            return [(self.columns.units.index(unit.id), unit.short_name) for unit in rows]
        if self.by == BY_ROLE:
            return [(no, ROLE_WORDS[role] if role else "没有登记身份") for no, role in enumerate(ROLES)]
        return [*enumerate(self.groups.labels), (len(self.groups.labels), "没有回答")]
