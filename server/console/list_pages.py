"""One page of a list as its template reads it: rows, filters, views, and the addresses of other pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request

from models.saved_views import ListSetting, SavedView
from server.console import guard
from server.console.bulk_acts import BulkAct
from server.console.list_addresses import Served
from server.console.list_columns import Column, Shown

if TYPE_CHECKING:
    from server.console.listing import Listing

PLAIN = "plain"  # the argument that asks for the list as declared, whatever view is the default


@dataclass(frozen=True)
class ViewShown:
    """A saved view as the page offers it."""

    id: int
    name: str
    url: str
    is_here: bool
    is_mine: bool
    is_default: bool
    by: str


@dataclass
class Page:
    listing: Listing
    columns: Sequence[Column]
    filters: list[Shown]
    rows: list[Any]
    total: int
    number: int
    size: int
    search: str
    sort: str
    args: dict[str, str] = field(default_factory=dict)
    views: list[ViewShown] = field(default_factory=list)

    @property
    def has_search(self) -> bool:
        return bool(self.listing.search)

    @property
    def search_hint(self) -> str:
        return self.listing.search_hint

    @property
    def empty(self) -> str:
        return self.listing.empty

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or any(shown.value for shown in self.filters))

    @property
    def plain_url(self) -> str:
        """The list without conditions, also where a view is the default."""
        has_default = any(view.is_default for view in self.views)
        return f"{request.path}?{PLAIN}=1" if has_default else request.path

    @property
    def numbers(self) -> list[int | None]:
        """Page numbers to offer, None for a gap: 1 … 4 [5] 6 … 90."""
        near = {1, self.pages} | {n for n in range(self.number - 2, self.number + 3) if 1 <= n <= self.pages}
        shown: list[int | None] = []
        for n in sorted(near):
            if shown and n - (shown[-1] or 0) > 1:
                shown.append(None)
            shown.append(n)
        return shown

    @property
    def shown_columns(self) -> list[tuple[str, Column]]:
        """The columns with the name that sorts by each."""
        return [(str(self.listing.columns.index(column)), column) for column in self.columns]

    @property
    def served(self) -> Served:
        """The addresses of what a served list can do."""
        return Served(self.listing)

    @property
    def may_export(self) -> bool:
        return guard.can(self.listing.export_permission or self.listing.permission)

    @property
    def may_export_full(self) -> bool:
        return any(column.full for column in self.listing.columns) and guard.can("people.unmask")

    @property
    def acts(self) -> list[BulkAct]:
        """The bulk acts the account at hand may do."""
        return [act for act in self.listing.bulk if guard.can(act.permission)] if self.listing.name else []

    @property
    def conditions(self) -> str:
        """Filters, search and sort as an address carries them; without the page."""
        return urlencode({name: value for name, value in self.args.items() if value})

    def url(self, **changes: Any) -> str:
        """This list with other arguments; an empty one is left out."""
        args = {
            name: str(value) for name, value in {**self.args, **changes}.items() if value not in (None, "", 1)
        }
        return f"{request.path}?{urlencode(args)}" if args else self.plain_url

    def sort_url(self, index: int | str) -> str:
        return self.url(sort=f"-{index}" if self.sort == str(index) else str(index), page=None)


def views_shown(views: list[SavedView], setting: ListSetting | None, conditions: str) -> list[ViewShown]:
    account, default = guard.me(), setting.default_view_id if setting is not None else None
    return [
        ViewShown(
            id=view.id,
            name=view.name,
            url=f"{request.path}?{view.query}" if view.query else f"{request.path}?{PLAIN}=1",
            is_here=view.query == conditions,
            is_mine=view.account_id == account.id,
            is_default=view.id == default,
            by=view.account.display_name if view.account_id != account.id else "",
        )
        for view in views
    ]
