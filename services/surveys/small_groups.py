"""The small-group rule (小群体规则): what may be told of counts, so that no group of one to four shows.

Counts that are narrowed (by unit, by role, by an answer) are cells of one table and of its sums. A
cell of one to four responses is hidden; and so that it does not follow from the others, it stands
at a corner of a box of hidden cells: adding one at every even corner and taking one away at every
odd corner changes no sum that is told, so no sum and no difference of told counts gives the cell.
Everything is chosen from the counts of a table and of its sums alone, so that whichever narrowing
is asked for, and in whatever order, the same cells stay hidden. Reasons: docs/decisions/0022.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any, TypeAlias

import numpy as np

SMALL_GROUP = 5
MOST_BOXES = 40  # of a table narrowed twice and more; one that needs more is not told at all
ZERO_COSTS = 1_000_000  # an empty corner can only grow: it hides less well

Cells: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
Axes: TypeAlias = tuple[int, ...]


@dataclass
class _Box:
    """A cell and its opposite corner, in the table of `axes`; `lift`: where it lies in every other axis."""

    axes: Axes
    cell: tuple[int, ...]
    partner: tuple[int, ...]
    lift: dict[int, int] = field(default_factory=dict)

    def corners(self, axes: Axes) -> list[tuple[int, ...]]:
        """Its corners in the table of `axes`, which holds its own."""
        ends = {axis: (a, b) for axis, a, b in zip(self.axes, self.cell, self.partner, strict=True)}
        return list(product(*(ends.get(axis) or (self.lift[axis],) for axis in axes)))


def is_small(count: int) -> bool:
    """Whether so many responses are a group that must not show."""
    return 0 < count < SMALL_GROUP


def told(counts: Cells, *, open_axes: Iterable[int] = ()) -> dict[Axes, Cells]:
    """For the table and each of its sums (named by the axes that are left) which cells may be told.

    The sums over all but one of `open_axes` are told whatever they are: what all answered.
    """
    told_of: dict[Axes, Cells] = {}
    boxes: list[_Box] = []
    closed: list[Axes] = []  # tables of which nothing is told, hence nothing of what sums to them
    real = [axis for axis in range(counts.ndim) if counts.shape[axis] > 1]
    known = {(axis,) for axis in open_axes}
    for size in range(1, counts.ndim + 1):
        for axes in combinations(range(counts.ndim), size):
            table = counts.sum(axis=tuple(axis for axis in range(counts.ndim) if axis not in axes))
            if axes in known:
                told_of[axes] = np.ones(table.shape, dtype=bool)
            elif not set(axes) <= set(real):  # an axis of one category says what the sum over it says
                less = tuple(axis for axis in axes if axis in real)
                shown = told_of[less] if less else ~_unsafe(table)
                told_of[axes] = shown.reshape(table.shape)
            elif any(set(each) <= set(axes) for each in closed):
                told_of[axes] = np.zeros(table.shape, dtype=bool)
            else:
                hidden = _Table(axes, table, boxes).hide()
                if hidden is None:
                    closed.append(axes)
                told_of[axes] = np.zeros(table.shape, dtype=bool) if hidden is None else ~hidden
    return told_of


def _unsafe(table: Cells) -> Cells:
    return np.asarray((table > 0) & (table < SMALL_GROUP))


class _Table:
    """One table of the family while its hidden cells are chosen. `boxes` are those of the sums before."""

    def __init__(self, axes: Axes, table: Cells, boxes: list[_Box]) -> None:
        self.axes, self.table, self.boxes = axes, table, boxes
        self.hidden = np.zeros(table.shape, dtype=bool)
        cost = np.where(_unsafe(table), 0, table).astype(float)
        self.cost = np.where(table == 0, ZERO_COSTS, cost)

    def hide(self) -> Cells | None:
        """The cells that may not be told; None: none may."""
        for box in self.boxes:
            if set(box.axes) < set(self.axes):
                self._lift(box)
                self._mark(box)
        unsafe = [
            tuple(int(no) for no in cell)
            for cell in np.argwhere(_unsafe(self.table))
            if not self.hidden[tuple(cell)]
        ]
        if len(self.axes) > 2 and len(unsafe) > MOST_BOXES:
            return None
        for cell in sorted(unsafe, key=lambda each: (self.table[each], each)):
            if not self.hidden[cell]:
                self._enclose(cell)
        if len(self.axes) < 3:
            self._enlarge()
        return self.hidden

    def _lift(self, box: _Box) -> None:
        """Where it lies in the axis that this table has more, chosen once: where least is lost."""
        more = [axis for axis in self.axes if axis not in box.axes and axis not in box.lift]
        if len(more) != 1:
            return
        (axis,) = more
        at = self.axes.index(axis)
        costs = []
        for place in range(self.table.shape[at]):
            box.lift[axis] = place
            costs.append(sum(self.cost[corner] for corner in box.corners(self.axes)))
        box.lift[axis] = int(np.argmin(costs))

    def _mark(self, box: _Box) -> None:
        for corner in box.corners(self.axes):
            self.hidden[corner] = True
            if self.table[corner]:
                self.cost[corner] = 0

    def _enclose(self, cell: tuple[int, ...], along: int | None = None) -> None:
        """Hide the cell with the box that costs least; `along` that axis its partner must be large."""
        total = np.zeros(tuple(n - 1 for n in self.table.shape))
        others = [
            np.array([no for no in range(n) if no != at])
            for n, at in zip(self.table.shape, cell, strict=True)
        ]
        for moved in product((False, True), repeat=len(cell)):
            if not any(moved):
                continue
            part = self.cost[
                np.ix_(*(o if m else np.array([at]) for m, o, at in zip(moved, others, cell, strict=True)))
            ]
            total = total + part
        if along is not None:
            line = tuple(others[along] if no == along else at for no, at in enumerate(cell))
            is_large = (self.table[line] >= SMALL_GROUP) & ~self.hidden[line]
            shape = [1] * len(cell)
            shape[along] = -1
            total = total + np.where(is_large, 0, 100 * ZERO_COSTS).reshape(shape)
        best = np.unravel_index(int(np.argmin(total)), total.shape)
        partner = tuple(int(other[no]) for other, no in zip(others, best, strict=True))
        box = _Box(self.axes, cell, partner)
        self.boxes.append(box)
        self._mark(box)

    def _enlarge(self) -> None:
        """What is hidden in a line is told as a sum by the rest of it: that sum must not be small either."""
        for along in range(self.table.ndim):
            for _ in range(sum(self.table.shape)):
                lines = np.where(self.hidden, self.table, 0).sum(axis=along)
                small = np.argwhere(_unsafe(lines))
                todo = [line for line in small if self._can_grow(along, tuple(line))]
                if not todo:
                    break
                line = [int(no) for no in todo[0]]
                column: Any = (*line[:along], slice(None), *line[along:])
                where = np.argwhere(self.hidden[column] & (self.table[column] > 0))[0][0]
                self._enclose((*line[:along], int(where), *line[along:]), along)

    def _can_grow(self, along: int, line: tuple[int, ...]) -> bool:
        column: Any = (*line[:along], slice(None), *line[along:])
        return bool((~self.hidden[column] & (self.table[column] >= SMALL_GROUP)).any())
