"""What a survey says: counts, shares and means with their intervals; for all, or narrowed.

Narrowing combines a unit, a role and one answer. The small-group rule (small_groups.py): fewer
than five responses tell nothing but their number, a unit is left out as well when the shown ones
would tell the rest by subtraction, and of an anonymous questionnaire a narrowed count of one to
four is hidden with all that would give it. Every answer counts, those of responses not yet
finished too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.accounts import Account
from models.alliance import MemberUnit
from models.people import ROLE_WORDS, PersonRoleKind
from models.surveys import Answer, Option, QuestionKind, Questionnaire, Response
from services.errors import NotAllowed, NotFound
from services.messaging import audiences
from services.surveys import columns as answer_columns
from services.surveys import intervals, questionnaires, sheet, tables
from services.surveys.columns import ROLES, Columns
from services.surveys.intervals import Interval
from services.surveys.sheet import COUNTED, Asked
from services.surveys.small_groups import SMALL_GROUP
from services.surveys.tables import Axis, Table

TEXTS_SHOWN = 50
UNTOLD = f"这样选出的回答少于{SMALL_GROUP}份，或可由其他数字推算出来，不单独显示"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which responses are counted: of one unit, of one role, of those who gave one answer."""

    unit_id: int | None = None
    role: PersonRoleKind | None = None
    option_id: int | None = None

    def __bool__(self) -> bool:
        return any(each is not None for each in (self.unit_id, self.role, self.option_id))


ALL = Narrowing()


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: `share` of those who answered the question, from 0 to 1.

    `count` None: too few to be told. `interval`: of the share.
    """

    label: str
    count: int | None
    share: float | None
    option_id: int = 0
    interval: Interval | None = None
    mean_place: float | None = None  # ranking: of those who placed it
    points: float | None = None  # ranking: Borda, see `borda`


@dataclass(slots=True)
class QuestionResult:
    """`answered` None: so near to all, or to none, that it is not told."""

    asked: Asked
    answered: int | None = 0  # responses that answer it; passing over is no answer
    bars: list[Bar] = field(default_factory=list)
    mean: float | None = None
    mean_interval: Interval | None = None
    variance: float = 0.0  # of the numbers, with one less below
    least: int | None = None
    greatest: int | None = None

    @property
    def is_cut(self) -> bool:
        """Whether some of it is not told."""
        return self.answered is None or any(bar.count is None for bar in self.bars)


@dataclass(frozen=True, slots=True)
class UnitCount:
    """`count` None: too few to be told."""

    unit_id: int
    name: str
    count: int | None


@dataclass(frozen=True, slots=True)
class RoleCount:
    role: PersonRoleKind
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
    roles: list[RoleCount] = field(default_factory=list)
    narrowing: Narrowing = ALL

    @property
    def unit_id(self) -> int | None:
        return self.narrowing.unit_id

    def question(self, question_id: int) -> QuestionResult | None:
        return next((each for each in self.questions or [] if each.asked.id == question_id), None)


def results(
    questionnaire: Questionnaire,
    *,
    actor: Account | None,
    unit_id: int | None = None,
    narrowing: Narrowing | None = None,
) -> Results:
    """Everything counted. `unit_id`: a narrowing by unit alone.

    Raises NotFound for another school's questionnaire and for a unit, role or option without a
    response, NotAllowed for a group that is too small or would give a small one away.
    """
    if actor is not None:
        questionnaires.find(questionnaire.id, actor=actor)
    wanted = narrowing or Narrowing(unit_id=unit_id)
    columns = answer_columns.of(questionnaire)
    group = Group(questionnaire, columns, wanted)
    started = group.require_told()
    completed = int((columns.is_completed & group.mask).sum())
    is_hidden = bool(questionnaire.is_anonymous) and started < SMALL_GROUP
    return Results(
        meant=int(audiences.persons(questionnaire.audience).count()),
        started=started,
        completed=completed,
        questions=None if is_hidden else [group.question(asked) for asked in columns.asked],
        units=_units(columns),
        roles=_roles(columns),
        narrowing=wanted,
    )


class Group:
    """The responses that a narrowing selects, and what may be told of them."""

    def __init__(self, questionnaire: Questionnaire, columns: Columns, narrowing: Narrowing) -> None:
        self.columns, self.narrowing = columns, narrowing
        self.is_anonymous = bool(questionnaire.is_anonymous)
        self.is_protected = self.is_anonymous and bool(narrowing)
        self.asked_for: Asked | None = None  # the question of the answer asked for
        self.at: dict[tables.Key, int] = {}
        self.axes = self._axes()
        self.mask = np.ones(columns.rows, dtype=bool)
        for axis in self.axes:
            self.mask &= axis.codes == self.at[axis.key]
        self.size = int(self.mask.sum())

    def _axes(self) -> list[Axis]:
        axes, wanted, columns = [], self.narrowing, self.columns
        if wanted.unit_id is not None:
            if wanted.unit_id not in columns.units:
                raise NotFound()
            axes.append(tables.unit_axis(columns))
            self.at[tables.UNIT] = columns.units.index(wanted.unit_id)
        if wanted.role is not None:
            axes.append(tables.role_axis(columns))
            self.at[tables.ROLE] = ROLES.index(wanted.role)
        if wanted.option_id is not None:
            axes.append(self._option_axis(wanted.option_id))
        return axes

    def _option_axis(self, option_id: int) -> Axis:
        for asked in self.columns.asked:
            for no, choice in enumerate(asked.choices):
                if choice.id == option_id and answer_columns.is_option_question(asked):
                    self.asked_for = asked
                    is_several = asked.kind is QuestionKind.MULTIPLE
                    axis = (
                        tables.option_axis(self.columns, asked, no)
                        if is_several
                        else tables.answer_axis(self.columns, asked)
                    )
                    self.at[axis.key] = 0 if is_several else no
                    return axis
        raise NotFound()

    def require_told(self) -> int:
        """How many responses it has. Raises NotAllowed where they may not be told of."""
        if not self.narrowing:
            return self.size
        told = tables.count(self.axes, rows=self.columns.rows, is_protected=True).cell(self.at)
        is_one_open = len(self.axes) == 1 and self.axes[0].is_answer
        if told is None or told < SMALL_GROUP or (is_one_open and self._leaves_few()):
            raise NotAllowed(UNTOLD)
        return told

    def _leaves_few(self) -> bool:
        """Whether the whole less this group is a small one."""
        return 0 < self.columns.rows - self.size < SMALL_GROUP

    def question(self, asked: Asked) -> QuestionResult:
        """The question as this group answers it."""
        answered = self._cell(tables.answered_axis(self.columns, asked), 0)
        if self.is_anonymous and asked.condition and 0 < (answered or 0) < SMALL_GROUP:
            return self._untold(asked)  # its condition may name a unit or a role
        result = QuestionResult(asked, answered)
        if asked.kind is QuestionKind.MULTIPLE:
            options = [tables.option_axis(self.columns, asked, no) for no in range(len(asked.choices))]
            counts = [self._cell(axis, 0) for axis in options]
        elif asked.kind in _WORDS:
            return result
        else:
            axis = tables.answer_axis(self.columns, asked)
            table = self._table(axis)
            counts = [self._cell(axis, no, table) for no in range(len(axis.labels))]
            result.answered = answered = self._whole(axis, table)
        self._bars(result, asked, counts)
        if asked.kind in COUNTED and (answered or 0) >= (SMALL_GROUP if self.is_protected else 1):
            self._mean(result)
        if asked.kind is QuestionKind.RANKING:
            self._ranking(result)
        return result

    def _untold(self, asked: Asked) -> QuestionResult:
        labels = tables.answer_axis(self.columns, asked).labels if asked.steps else ()
        bars = [Bar(choice.text, None, None, choice.id) for choice in asked.choices]
        return QuestionResult(asked, None, bars or [Bar(label, None, None) for label in labels])

    def _table(self, axis: Axis) -> Table | None:
        """None: the axis is the narrowing's own."""
        if axis.key in self.at:
            return None
        return tables.count([*self.axes, axis], rows=self.columns.rows, is_protected=self.is_protected)

    def _cell(self, axis: Axis, no: int, table: Table | None = None) -> int | None:
        table = table or self._table(axis)
        if table is None:
            return self.size if self.at[axis.key] == no else 0
        return table.cell({**self.at, axis.key: no})

    def _whole(self, axis: Axis, table: Table | None) -> int | None:
        """How many gave an answer of this axis."""
        none = self._cell(axis, len(axis.labels), table)
        return None if none is None else self.size - none

    def _bars(self, result: QuestionResult, asked: Asked, counts: list[int | None]) -> None:
        labels = (
            [choice.text for choice in asked.choices]
            if asked.choices
            else list(tables.answer_axis(self.columns, asked).labels)
        )
        whole = self.size if result.answered is None else result.answered
        if asked.steps or not asked.choices:
            # the mean beside some of a distribution would tell the rest of it
            counts = [None] * len(counts) if any(count is None for count in counts) else counts
        ids = [choice.id for choice in asked.choices] or [0] * len(labels)
        result.bars = [
            Bar(
                label,
                number,
                None if number is None else (number / whole if whole else 0.0),
                option_id,
                None if number is None else intervals.of_share(min(number, whole), whole),
            )
            for label, number, option_id in zip(labels, counts, ids, strict=True)
        ]

    def _numbers(self, asked: Asked) -> Any:
        return self.columns.number[asked.id][self.columns.answered[asked.id] & self.mask]

    def _mean(self, result: QuestionResult) -> None:
        numbers = self._numbers(result.asked)
        result.mean = float(numbers.mean())
        result.variance = float(numbers.var(ddof=1)) if len(numbers) > 1 else 0.0
        result.mean_interval = intervals.of_mean(result.mean, result.variance, len(numbers))
        if not self.is_protected:
            result.least, result.greatest = int(numbers.min()), int(numbers.max())

    def _ranking(self, result: QuestionResult) -> None:
        places = self.columns.places[result.asked.id][self.mask & self.columns.answered[result.asked.id]]
        if len(places) < (SMALL_GROUP if self.is_protected else 1) or result.answered is None:
            return
        placed = (places > 0).sum(axis=0)
        sums = places.sum(axis=0)
        result.bars = [
            Bar(
                bar.label,
                bar.count,
                bar.share,
                bar.option_id,
                bar.interval,
                float(sums[no] / placed[no]) if self._may_tell_place(int(placed[no])) else None,
                borda(places[:, no], result.asked.most),
            )
            for no, bar in enumerate(result.bars)
        ]

    def _may_tell_place(self, placed: int) -> bool:
        return placed >= (SMALL_GROUP if self.is_protected else 1)


_WORDS = frozenset({QuestionKind.TEXT, QuestionKind.PICTURE})


def borda(places: Any, most: int) -> float:
    """Points of an option (Borda): of `most` places the first gives `most`, the last 1, no place 0; the
    mean over all who answered."""
    return float(np.where(places > 0, most + 1 - places, 0).mean()) if len(places) else 0.0


def texts(
    questionnaire: Questionnaire,
    question_id: int,
    *,
    actor: Account | None,
    unit_id: int | None = None,
    page: int = 1,
) -> list[str]:
    """The words given to a question, or with its option “其他”, fifty a page, in an order that tells nothing.

    Empty where the group is too small. Raises as `results` does, and NotFound for a question of
    another questionnaire.
    """
    if actor is not None:
        questionnaires.find(questionnaire.id, actor=actor)
    asked = sheet.of(questionnaire.id).question(question_id)
    if asked is None:
        raise NotFound()
    if not _may_tell_words(questionnaire, asked, unit_id):
        return []
    query = Answer.select(Answer.text).where(Answer.question == question_id, Answer.text.is_null(False))
    if asked.kind is not QuestionKind.TEXT:
        others = Option.select(Option.id).where(Option.question == question_id, Option.is_other)
        query = query.where(Answer.option_no.in_(others))
    if unit_id is not None:
        mine = Response.questionnaire == questionnaire.id, Response.member_unit == unit_id
        query = query.where(Answer.response.in_(Response.select(Response.id).where(*mine)))
    rows: Any = query.order_by(Answer.id).paginate(page, TEXTS_SHOWN).tuples()
    return [text for (text,) in rows]


def _may_tell_words(questionnaire: Questionnaire, asked: Asked, unit_id: int | None) -> bool:
    columns = answer_columns.of(questionnaire)
    if unit_id is None:
        told = columns.answered[asked.id].sum() if asked.condition else columns.rows
        return not questionnaire.is_anonymous or int(told) >= SMALL_GROUP
    try:
        group = Group(questionnaire, columns, Narrowing(unit_id=unit_id))
        group.require_told()
    except (NotAllowed, NotFound):
        return False
    if not questionnaire.is_anonymous:
        return True
    result = group.question(asked)
    if asked.kind is QuestionKind.TEXT:
        return (result.answered or 0) >= SMALL_GROUP
    others = {choice.id for choice in asked.choices if choice.is_other}
    return any((bar.count or 0) >= SMALL_GROUP for bar in result.bars if bar.option_id in others)


def _units(columns: Columns) -> list[UnitCount]:
    table = tables.count([tables.unit_axis(columns)], rows=columns.rows, is_protected=True)
    told = {unit_id: table.cell({tables.UNIT: no}) for no, unit_id in enumerate(columns.units)}
    units = MemberUnit.select().where(MemberUnit.id.in_(list(told)))
    return [
        UnitCount(unit.id, unit.short_name, told[unit.id])
        for unit in units.order_by(MemberUnit.order_no, MemberUnit.id)
    ]


def _roles(columns: Columns) -> list[RoleCount]:
    """Those that somebody answered in."""
    table = tables.count([tables.role_axis(columns)], rows=columns.rows, is_protected=True)
    return [
        RoleCount(role, ROLE_WORDS[role], table.cell({tables.ROLE: no}))
        for no, role in enumerate(ROLES)
        if role is not None and table.exact({tables.ROLE: no})
    ]
