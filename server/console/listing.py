"""A list screen, declared: columns, filters, search, sort, paging, and what can be done with it.

    LIST = Listing(
        name="activities",
        title="活动",
        permission="activities.view",
        rows=lambda: activities.search(actor=me()),          # bound by scope; all that columns read is joined
        prepare=_count_sign_ups,                             # once a page: what one query more gives all rows
        columns=(
            Column("标题", "title", sort=Activity.title, link=lambda row: url_for(".show", row_id=row.id)),
            Column("单位", lambda row: row.member_unit.short_name, on_phone=False),
            Column("时间", lambda row: words.local_time(row.starts_at), sort=Activity.starts_at),
            Column("状态", lambda row: badge(row.status, ACTIVITY_STATUS_WORDS)),
            Column("手机", lambda row: mask_phone(row.phone), full=lambda row: row.phone),
        ),
        filters=(
            Filter("status", "状态", choices(ACTIVITY_STATUS_WORDS), lambda value: Activity.status == value),
            Filter("from", "从", (), lambda day: Activity.starts_at >= day, kind="day"),
        ),
        search=(Activity.title, Activity.speaker),
        order=(Activity.starts_at.desc(), Activity.id.desc()),
        search_hint="标题、主讲人",
        empty="还没有活动。点右上角“新建活动”写第一场。",
        bulk=(BulkAct("publish", "发布", "activities.manage", do=…, why_not=…),),      # bulk.py
    )
    serve(bp, LIST)                                          # list_routes.py

    @bp.get("/")
    @requires("activities.view")
    def index():
        return render_template("console/activities/index.html", page=LIST.page())

and in the template `{{ listing(page) }}` (macros.html). A list with a `name` that is served
has saved views, a choice of columns, export to Excel and its bulk acts. Without a name
`LIST.page(query)` shows a plain list. A page costs two queries (rows and count), and two for
views and columns, whatever its length; every value a cell reads must be joined, computed in
the query, or put there by `prepare`. `page.rows` also serves an own table.

Where the table is long (100,000 rows and more) give `keys=` too: a query of the
primary key over the table alone, with the same conditions. It is what is counted
and skipped through; only the rows shown are then joined. Filters, search (a
function of the text then) and sorts must read that table only.

Cells are escaped unless they are Markup (`badge` gives Markup). A choice may be a
callable, asked once a page; so may `order`. `count=` replaces counting where the figure is known.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import request
from markupsafe import Markup
from peewee import ModelSelect

import clock
from models.accounts import Account
from models.saved_views import ListSetting, SavedView
from server.console import guard, words
from server.console.bulk_acts import BulkAct
from server.console.list_addresses import Served
from services import saved_views

PAGE_SIZE = 20
PLAIN = "plain"  # the argument that asks for the list as declared, whatever view is the default
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


@dataclass(frozen=True)
class Filter:
    """A choice; or a local day: `where` gets its first moment in UTC, with "day_after" the next day's."""

    name: str
    title: str
    choices: Choices | Callable[[], Choices]
    where: Callable[[Any], Any]
    kind: str = "choice"  # or day, day_after


@dataclass
class Shown:
    """A filter as the page shows it."""

    name: str
    title: str
    kind: str
    value: str
    choices: Choices


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


@dataclass(frozen=True)
class Listing:
    columns: Sequence[Column]
    order: Sequence[Any] | Callable[[], Sequence[Any]]
    filters: Sequence[Filter] = ()
    search: Sequence[Any] | Callable[[str], Any] = ()
    search_hint: str = "搜索"
    page_size: int = PAGE_SIZE
    empty: str = "这里还没有内容。"
    # What a served list needs besides (list_routes.py).
    name: str = ""
    title: str = ""
    permission: str = ""
    rows: Callable[..., ModelSelect[Any]] | None = None
    keys: Callable[..., ModelSelect[Any]] | None = None
    prepare: Callable[[list[Any]], None] | None = None
    bulk: Sequence[BulkAct] = ()
    export_permission: str = ""

    def page(
        self,
        query: ModelSelect[Any] | None = None,
        *,
        args: Mapping[str, str] | None = None,
        count: int | None = None,
        keys: ModelSelect[Any] | None = None,
    ) -> Page:
        """The page asked for by the request's arguments (or `args`). `count` only where nothing narrows."""
        setting, views = self._kept()
        args = self._asked(setting, views) if args is None else args
        if query is None:
            query, keys = self.queries()
        shown = [self._shown(each, args) for each in self.filters]
        search, sort = self._sought(args), args.get("sort", "")
        found = self.narrowed(query if keys is None else keys, args)
        is_narrowed = bool(search or any(each.value for each in shown))
        total = count if count is not None and not is_narrowed else found.order_by().count()
        number = _number(args.get("page", "1"), last=max(1, -(-total // self.page_size)))
        rows = self._cut(query, found, sort, number, is_keys=keys is not None)
        if self.prepare is not None:
            self.prepare(rows)
        told = {each.name: each.value for each in shown} | {"q": search, "sort": sort}
        page = Page(
            listing=self,
            columns=self._chosen(setting),
            filters=shown,
            rows=rows,
            total=total,
            number=number,
            size=self.page_size,
            search=search,
            sort=sort,
            args=told,
        )
        return replace(page, views=_views_shown(views, setting, page.conditions)) if views else page

    def queries(self) -> tuple[ModelSelect[Any], ModelSelect[Any] | None]:
        """The declared rows, and their keys where the table is long, for the address at hand."""
        if self.rows is None:
            raise TypeError(f"the list {self.title or self.name!r} declares no rows")
        given = {name: value for name, value in (request.view_args or {}).items() if name in self.takes}
        return self.rows(**given), self.keys(**given) if self.keys is not None else None

    @property
    def takes(self) -> frozenset[str]:
        """The names of the address's parts that `rows` wants: `campaign_id` of a campaign's ledger."""
        return frozenset(inspect.signature(self.rows).parameters) if self.rows is not None else frozenset()

    def narrowed(self, query: ModelSelect[Any], args: Mapping[str, str] | None = None) -> ModelSelect[Any]:
        """The query with the filters and the search of the request applied (exports use it too)."""
        args = request.args if args is None else args
        for each in self.filters:
            value = _value(each, self._shown(each, args).value)
            if value is not None:
                query = query.where(each.where(value))
        search = self._sought(args)
        if not search:
            return query
        if callable(self.search):
            return query.where(self.search(search))
        return query.where(reduce(or_, (column.contains(search) for column in self.search)))

    def ordered(self, sort: str) -> Sequence[Any]:
        order = self.order() if callable(self.order) else self.order
        index = sort.removeprefix("-")
        if not index.isdecimal() or len(index) > 3 or int(index) >= len(self.columns):
            return order
        column = self.columns[int(index)]
        if column.sort is None:
            return order
        return (column.sort.desc() if sort.startswith("-") else column.sort.asc(), *order)

    @property
    def argument_names(self) -> list[str]:
        """What an address of this list may carry, besides the page."""
        return [*(each.name for each in self.filters), "q", "sort"]

    def chosen_by(self, account: Account) -> list[Column]:
        """The columns an account shows."""
        return list(self._chosen(saved_views.setting_of(self.name, actor=account)))

    def in_words(self, args: Mapping[str, str], *, tells_search: bool = True) -> str:
        """What narrows the list: `状态：已发布；搜索：讲座`; "" for nothing."""
        told = []
        for each in self.filters:
            shown = self._shown(each, args)
            if shown.value:
                told.append(f"{each.title}：{dict(shown.choices).get(shown.value, shown.value)}")
        if search := self._sought(args):
            told.append(f"搜索：{search}" if tells_search else "按词搜索")
        return "；".join(told)

    def _kept(self) -> tuple[ListSetting | None, list[SavedView]]:
        """What the account at hand keeps of this list."""
        account = guard.me_or_none() if self.name else None
        if account is None:
            return None, []
        setting = saved_views.setting_of(self.name, actor=account)
        return setting, saved_views.visible(self.name, actor=account)

    def _asked(self, setting: ListSetting | None, views: list[SavedView]) -> Mapping[str, str]:
        """The request's arguments; where there are none, those of the default view."""
        if request.args or setting is None or setting.default_view_id is None:
            return request.args
        found = [view for view in views if view.id == setting.default_view_id]
        return dict(parse_qsl(found[0].query)) if found else request.args

    def _chosen(self, setting: ListSetting | None) -> Sequence[Column]:
        """The columns to show, in their declared order; as declared where nothing known is chosen."""
        wanted = set(setting.columns.split("\n")) if setting is not None else set()
        chosen = [column for column in self.columns if column.title in wanted]
        return chosen or [column for column in self.columns if not column.is_extra]

    def _cut(
        self, query: ModelSelect[Any], found: ModelSelect[Any], sort: str, number: int, *, is_keys: bool
    ) -> list[Any]:
        order = self.ordered(sort)
        found = found.order_by(*order).paginate(number, self.page_size)
        if not is_keys:
            return list(found)
        keys: Any = found.tuples()
        places = {row_id: place for place, (row_id,) in enumerate(keys)}
        key: Any = query.model._meta.primary_key
        rows: Any = query.where(key.in_(list(places))).order_by()
        return sorted(rows, key=lambda row: places[row.get_id()])

    def _sought(self, args: Mapping[str, str]) -> str:
        return args.get("q", "").strip()[:40] if self.search else ""

    @staticmethod
    def _shown(each: Filter, args: Mapping[str, str]) -> Shown:
        choices = each.choices() if callable(each.choices) else each.choices
        value = args.get(each.name, "")
        if each.kind == "choice" and value not in {key for key, _ in choices}:
            value = ""
        if each.kind != "choice" and _day(value) is None:
            value = ""
        return Shown(each.name, each.title, each.kind, value, choices)


def _views_shown(views: list[SavedView], setting: ListSetting | None, conditions: str) -> list[ViewShown]:
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


def _number(asked: str, *, last: int) -> int:
    return min(max(1, int(asked)), last) if asked.isdecimal() and len(asked) < 9 else 1


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


def _value(each: Filter, shown: str) -> Any:
    if not shown:
        return None
    if each.kind == "choice":
        return shown
    day = _day(shown)
    if day is None:
        return None
    return clock.start_of_local_day(day + timedelta(days=1) if each.kind == "day_after" else day)
