"""What is findable. Call these inside the transaction of the act that changes the content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import reduce
from operator import and_
from typing import Any

from peewee import Expression, Field

from models.base import db
from models.search import SearchEntry, holds_phrase
from services.search import grams
from services.search.grams import Term

# Short enough that no gram stands in a passage more often than PostgreSQL keeps places of one
# (256); the overlap holds any query whole.
PASSAGE = 240
OVERLAP = 2 * grams.QUERY_LENGTH
BATCH = 200


class Kind(StrEnum):
    ACTIVITY = "activity"
    ISSUE = "issue"
    ARTICLE = "article"
    NOTICE = "notice"


def index(kind: Kind, item_id: int, title: str, texts: Sequence[str], *, under: int | None = None) -> None:
    """Add an item by its title and its other texts. Take it out first (`remove`) where it was in.

    `under` is the item with which it is removed, where that is not itself.
    """
    owner = item_id if under is None else under
    rows = [
        {"kind": kind, "item_id": item_id, "under_id": owner, "is_title": is_title, "grams": passage}
        for is_title, text in [(True, title), *((False, text) for text in texts)]
        for passage in _passages(grams.of_text(text))
    ]
    with db.atomic():
        for start in range(0, len(rows), BATCH):
            SearchEntry.insert_many(rows[start : start + BATCH]).execute()


def remove(kind: Kind, under: int) -> None:
    """Take out all that was indexed under this item."""
    SearchEntry.delete().where(SearchEntry.kind == kind, SearchEntry.under_id == under).execute()


def matches(field: Field, kind: Kind, terms: Sequence[Term], *, in_title: bool = False) -> Expression:
    """The condition that the item whose id is `field` holds every term, wherever (or in its title).

    A condition, not a list of ids: what may be seen narrows the same statement, before any limit.
    """
    if not terms:
        raise ValueError("nothing to look for")
    return reduce(and_, [field.in_(_holders(kind, term, in_title)) for term in terms])


def _holders(kind: Kind, term: Term, in_title: bool) -> Any:
    holders = SearchEntry.select(SearchEntry.item_id).where(
        SearchEntry.kind == kind, holds_phrase(term.grams, is_open=term.is_open)
    )
    return holders.where(SearchEntry.is_title == True) if in_title else holders  # noqa: E712 - SQL


def _passages(found: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(found), PASSAGE - OVERLAP):
        yield found[start : start + PASSAGE]
        if start + PASSAGE >= len(found):
            return
