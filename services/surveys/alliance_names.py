"""The names of people of the alliance in what others wrote, to be masked there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.people import Person

SIZES = (2, 3, 4)


def occurring(said: Sequence[str]) -> frozenset[str]:
    """The names that occur in the texts, asked for by what the texts hold."""
    pieces = {text[at : at + size] for text in said for size in SIZES for at in range(len(text) - size + 1)}
    rows: Any = Person.select(Person.name).where(Person.erased_at.is_null()).tuples()
    return frozenset(name for (name,) in rows.iterator() if name in pieces)
