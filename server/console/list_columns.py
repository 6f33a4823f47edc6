"""What a list is declared of: its columns, its filters, and how a status looks in a cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any

from markupsafe import Markup

import clock
from server.console import words

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """`cell` is an attribute's name or a function of the row; `sort` the expression to order by.

    `full` gives what the cell masks: it leaves the console in an export with the permission
    `people.unmask` and a reason. `is_extra`: not shown until the account chooses it.
    """

    title: str
    cell: str | Callable[[Any], Any]
    sort: Any = None
    link: Callable[[Any], str] | None = None
    on_phone: bool = True
    css: str = ""
    full: Callable[[Any], str | None] | None = None
    is_extra: bool = False

    def show(self, row: Any) -> Markup:
        value = self._value(row)
        text = Markup.escape(words.NOTHING if value is None or value == "" else value)
        return Markup('<a href="{}">{}</a>').format(self.link(row), text) if self.link else text

    def text(self, row: Any, *, is_full: bool = False) -> Any:
        """The cell without its dress, for Excel: a number stays one, nothing stays empty."""
        value = self.full(row) if is_full and self.full is not None else self._value(row)
        return value.striptags() if isinstance(value, Markup) else value

    def _value(self, row: Any) -> Any:
        return getattr(row, self.cell) if isinstance(self.cell, str) else self.cell(row)


@dataclass
class Shown:
    """A filter as the page shows it."""

    name: str
    title: str
    kind: str
    value: str
    choices: Choices


@dataclass(frozen=True)
class Filter:
    """A choice; or a local day: `where` gets its first moment in UTC, with "day_after" the next day's."""

    name: str
    title: str
    choices: Choices | Callable[[], Choices]
    where: Callable[[Any], Any]
    kind: str = "choice"  # or day, day_after

    def shown(self, args: Mapping[str, str]) -> Shown:
        """As the page shows it for these arguments; what is no choice and no day counts as empty."""
        choices = self.choices() if callable(self.choices) else self.choices
        value = args.get(self.name, "")
        if self.kind == "choice" and value not in {key for key, _ in choices}:
            value = ""
        if self.kind != "choice" and _day(value) is None:
            value = ""
        return Shown(self.name, self.title, self.kind, value, choices)

    def condition(self, args: Mapping[str, str]) -> Any:
        """What the query is narrowed by for these arguments; None for nothing."""
        value = self.shown(args).value
        if not value:
            return None
        day = _day(value) if self.kind != "choice" else None
        if day is None:
            return self.where(value)
        after = timedelta(days=1) if self.kind == "day_after" else timedelta()
        return self.where(clock.start_of_local_day(day + after))


def choices(words_of: Mapping[Any, str], only: Iterable[Any] | None = None) -> Choices:
    """The choices of a status: its values and words."""
    return [
        (str(key.value if isinstance(key, Enum) else key), word)
        for key, word in words_of.items()
        if only is None or key in only
    ]


def badge(status: Any, words_of: Mapping[Any, str]) -> Markup:
    """A status as a tag: its word, and a colour that helps the eye."""
    return Markup('<span class="badge bg-{0}-lt">{1}</span>').format(words.colour(status), words_of[status])


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
