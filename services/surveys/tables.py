"""Counts over categories of the respondents, with which of them may be told (small_groups.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from models.surveys import QuestionKind
from services.surveys import small_groups
from services.surveys.columns import ROLES, Columns, Ints
from services.surveys.sheet import NUMBERED, Asked

Key: TypeAlias = tuple[int, ...]
UNIT: Key = (0,)
ROLE: Key = (1,)
MOST_BARS = 12
MOST_MONTHS = 24


@dataclass(frozen=True)
class Axis:
    """A category for each response. The last one of an answer's axis is: not this answer, or none."""

    key: Key
    codes: Ints
    labels: tuple[str, ...]  # of an answer's axis without the last category

    @property
    def is_answer(self) -> bool:
        return self.key[0] == 2

    @property
    def size(self) -> int:
        return len(self.labels) + self.is_answer


@dataclass(frozen=True)
class Table:
    """`counts` and `shown` have an axis for each of `keys`."""

    keys: tuple[Key, ...]
    counts: Ints
    shown: Any

    def cell(self, at: Mapping[Key, int]) -> int | None:
        """The count of one cell; None: not told."""
        index = tuple(at[key] for key in self.keys)
        return int(self.counts[index]) if self.shown[index] else None

    def exact(self, at: Mapping[Key, int]) -> int:
        """The count, told or not: for our own decisions."""
        return int(self.counts[tuple(at[key] for key in self.keys)])


def unit_axis(columns: Columns) -> Axis:
    return Axis(UNIT, columns.unit, tuple(str(unit) for unit in columns.units))


def role_axis(columns: Columns) -> Axis:
    return Axis(ROLE, columns.role, tuple(role.value if role else "" for role in ROLES))


def option_axis(columns: Columns, asked: Asked, no: int) -> Axis:
    """Who chose the option in this place of a multiple choice, or not."""
    codes = np.where(columns.chosen[asked.id][:, no], 0, 1)
    return Axis((2, asked.id, no + 1), codes, (asked.choices[no].text,))


def answered_axis(columns: Columns, asked: Asked) -> Axis:
    """Who answered the question at all, or not."""
    return Axis((2, asked.id, 0), np.where(columns.answered[asked.id], 0, 1), ("",))


def answer_axis(columns: Columns, asked: Asked) -> Axis:
    """The answers to a question that has one of several for each response; of a ranking its first place."""
    answered = columns.answered[asked.id]
    if asked.kind is QuestionKind.SINGLE:
        codes, labels = columns.single[asked.id], tuple(choice.text for choice in asked.choices)
    elif asked.kind is QuestionKind.RANKING:
        firsts = columns.places[asked.id] == 1
        codes = (
            np.where(firsts.any(axis=1), firsts.argmax(axis=1), -1) if firsts.size else columns.role * 0 - 1
        )
        labels = tuple(choice.text for choice in asked.choices)
    else:
        codes, labels = _number_codes(asked, columns.number[asked.id], answered)
    return Axis((2, asked.id, 0), np.where(answered & (codes >= 0), codes, len(labels)), labels)


def count(axes: Iterable[Axis], *, rows: int, is_protected: bool) -> Table:
    """The table over these axes; unprotected, everything in it may be told."""
    ordered = sorted(axes, key=lambda axis: axis.key)
    shape = tuple(axis.size for axis in ordered)
    if not ordered:
        return Table((), np.array(rows), np.array(True))
    flat = np.ravel_multi_index([axis.codes for axis in ordered], shape) if rows else np.array([], dtype=int)
    counts = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
    keys = tuple(axis.key for axis in ordered)
    if not is_protected:
        return Table(keys, counts, np.ones(shape, dtype=bool))
    open_axes = [no for no, axis in enumerate(ordered) if axis.is_answer]
    told = small_groups.told(counts, open_axes=open_axes)
    return Table(keys, counts, told[tuple(range(len(ordered)))])


def _number_codes(asked: Asked, numbers: Ints, answered: Any) -> tuple[Ints, tuple[str, ...]]:
    if asked.steps:
        labels = tuple(f"{step} {asked.end_words(step)}".strip() for step in asked.steps)
        return numbers - asked.steps[0], labels
    if asked.kind in NUMBERED and asked.kind is QuestionKind.DATE:
        return _date_codes(numbers, answered)
    values = np.unique(numbers[answered])
    if len(values) <= MOST_BARS:
        return np.searchsorted(values, numbers), tuple(str(value) for value in values)
    low, high = int(values[0]), int(values[-1])
    width = -(-(high - low + 1) // MOST_BARS)
    spans = -(-(high - low + 1) // width)
    labels = tuple(f"{low + no * width} 至 {min(high, low + (no + 1) * width - 1)}" for no in range(spans))
    return (numbers - low) // width, labels


def _date_codes(dates: Ints, answered: Any) -> tuple[Ints, tuple[str, ...]]:
    """By month; many months by year."""
    months = np.unique(dates[answered] // 100)
    if len(months) <= MOST_MONTHS:
        labels = tuple(f"{month // 100}年{month % 100}月" for month in months.tolist())
        return np.searchsorted(months, dates // 100), labels
    years = np.unique(dates[answered] // 10_000)
    return np.searchsorted(years, dates // 10_000), tuple(f"{year}年" for year in years.tolist())
