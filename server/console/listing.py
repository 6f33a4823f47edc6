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
the query, or put there by `prepare`. `page.rows` also serves an own table. A list that belongs
to one row (the sign-ups of an activity) names it with `subject=`, so that the audit says whose
list left as a file.

Where the table is long (100,000 rows and more) give `keys=` too: a query of the
primary key over the table alone, with the same conditions. It is what is counted
and skipped through; only the rows shown are then joined. Filters, search (a
function of the text then) and sorts must read that table only.

Cells are escaped unless they are Markup (`badge` gives Markup). A choice may be a
callable, asked once a page; so may `order`. `count=` replaces counting where the figure is known.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import parse_qsl

from flask import request
from peewee import ModelSelect

from models.accounts import Account
from models.base import BaseModel
from models.saved_views import ListSetting, SavedView
from server.console import guard
from server.console.bulk_acts import BulkAct
from server.console.list_columns import Column, Filter, badge, choices
from server.console.list_pages import Page, views_shown
from services import saved_views

__all__ = ["Column", "Filter", "Listing", "badge", "choices"]
PAGE_SIZE = 20


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
    subject: Callable[..., BaseModel] | None = None

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
        shown = [each.shown(args) for each in self.filters]
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
        return replace(page, views=views_shown(views, setting, page.conditions)) if views else page

    def queries(self) -> tuple[ModelSelect[Any], ModelSelect[Any] | None]:
        """The declared rows, and their keys where the table is long, for the address at hand."""
        if self.rows is None:
            raise TypeError(f"the list {self.title or self.name!r} declares no rows")
        return self.rows(**self._given), self.keys(**self._given) if self.keys is not None else None

    def whose(self) -> BaseModel | None:
        """The row whose list it is, such as the campaign of a ledger; None for a list of its own."""
        return self.subject(**self._given) if self.subject is not None else None

    @property
    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in (request.view_args or {}).items() if name in self.takes}

    @property
    def takes(self) -> frozenset[str]:
        """The names of the address's parts that `rows` wants: `campaign_id` of a campaign's ledger."""
        return frozenset(inspect.signature(self.rows).parameters) if self.rows is not None else frozenset()

    def narrowed(self, query: ModelSelect[Any], args: Mapping[str, str] | None = None) -> ModelSelect[Any]:
        """The query with the filters and the search of the request applied (exports use it too)."""
        args = request.args if args is None else args
        for each in self.filters:
            condition = each.condition(args)
            if condition is not None:
                query = query.where(condition)
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
            shown = each.shown(args)
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


def _number(asked: str, *, last: int) -> int:
    return min(max(1, int(asked)), last) if asked.isdecimal() and len(asked) < 9 else 1
