"""待办: what waits for somebody, told by the areas themselves.

Beside its `MENU` an area may have

    TODO = (Todo("inbox.manage", _waiting, order=60),)

    def _waiting() -> Waiting:
        query = inbox.items(actor=me(), status=InboxStatus.OPEN)          # bound by scope
        lines = [Line(item.text[:40], url, words.ago(item.created_at)) for item in query.limit(SHOWN)]
        return Waiting("没有处理的来信", "mail", query.order_by().count(), lines, url)

It is asked only for accounts with the permission, and shown where `total` is above 0; the lower
`order`, the higher it stands. A provider takes a fixed number of queries, however much waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

SHOWN = 8


@dataclass(frozen=True)
class Line:
    text: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class Waiting:
    """One kind of thing that waits; `total` may exceed the lines shown. `is_pressing`: a date is near."""

    title: str
    icon: str
    total: int
    lines: list[Line] = field(default_factory=list)
    all_url: str = ""
    is_pressing: bool = False


@dataclass(frozen=True)
class Todo:
    permission: str
    find: Callable[[], Waiting]
    order: int = 50
