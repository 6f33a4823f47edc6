"""What every served list can do besides showing itself: views, columns, export, bulk acts.

    serve(bp, LIST)                                   # below the area's own address
    serve(bp, LEDGER, at="/<int:campaign_id>/ledger", index="ledger")

Each route stands under the list's permission; a bulk act under its own (bulk.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from server.console import bulk, exports, forms
from server.console.guard import me, requires
from server.console.list_addresses import Served
from server.console.list_pages import PLAIN
from server.console.listing import Column, Listing
from services import list_exports, saved_views

AT_ONCE = 500  # rows read and prepared together for an export


def serve(bp: Blueprint, listing: Listing, *, at: str = "", index: str = "index") -> None:
    """Give a list its routes on the area's blueprint. `index` is the endpoint that shows it."""
    if not (listing.name and listing.permission and listing.rows):
        raise ValueError(f"a served list needs name, permission and rows: {listing.title or listing.name!r}")
    served = Served(listing, index)

    def add(kind: str, address: str, view: Callable[..., Any], permission: str, method: str = "POST") -> None:
        guarded = requires(permission)(_of_its_row(listing, view))
        bp.add_url_rule(f"{at}{address}", served.endpoint(kind), guarded, methods=[method])

    view = listing.permission
    add("save_view", "/views", lambda **_: _save_view(served), view)
    add(
        "delete_view", "/views/<int:view_id>/delete", lambda view_id, **_: _delete_view(served, view_id), view
    )
    add("default_view", "/views/default", lambda **_: _default_view(served), view)
    add("columns", "/columns", lambda **_: _choose_columns(served), view)
    may_export = listing.export_permission or view
    add("export", "/list.xlsx", lambda **_: export(listing, request.args), may_export, "GET")
    if any(column.full for column in listing.columns):
        add("export_full", "/list-full.xlsx", lambda **_: _export_full(listing), "people.unmask")
    bulk.serve(add, served)


def _of_its_row(listing: Listing, view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, for who may see the row whose list it is; for others neither is there."""

    def bound(**parts: Any) -> Any:
        listing.whose()
        return view(**parts)

    return bound


def export(listing: Listing, args: Mapping[str, str], *, reason: str = "") -> Response:
    """The rows the conditions select, in the columns the account shows; all of them or a clear refusal."""
    query, keys = listing.queries()
    narrowed = listing.narrowed(query if keys is None else keys, args)
    count = narrowed.order_by().count()
    list_exports.check_size(count)
    found = narrowed.order_by(*listing.ordered(args.get("sort", "")))
    columns = listing.chosen_by(me())
    rows = _cells(listing, columns, _batches(query, found, is_keys=keys is not None), is_full=bool(reason))
    file = exports.xlsx(listing.title, [column.title for column in columns], rows)
    conditions = listing.in_words(args, tells_search=False)
    list_exports.taken(
        listing.title, count, of=listing.whose(), conditions=conditions, reason=reason, actor=me()
    )
    return file


def _export_full(listing: Listing) -> Response:
    reason = list_exports.check_reason(forms.submitted().text("reason"), actor=me())
    return export(listing, request.form, reason=reason)


def _batches(query: Any, found: Any, *, is_keys: bool) -> Iterator[list[Any]]:
    if not is_keys:
        rows = iter(found.iterator())
        while batch := list(islice(rows, AT_ONCE)):
            yield batch
        return
    ids = [row_id for (row_id,) in found.tuples()]
    key = query.model._meta.primary_key
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        places = {row_id: place for place, row_id in enumerate(part)}
        yield sorted(query.where(key.in_(part)).order_by(), key=lambda row: places[row.get_id()])


def _cells(
    listing: Listing, columns: list[Column], batches: Iterator[list[Any]], *, is_full: bool
) -> Iterator[list[Any]]:
    for rows in batches:
        if listing.prepare is not None:
            listing.prepare(rows)
        for row in rows:
            yield [column.text(row, is_full=is_full) for column in columns]


def _save_view(served: Served) -> BaseResponse:
    form = forms.submitted()
    name, is_shared, query = form.text("view_name"), form.flag("is_shared"), served.conditions(form.values)
    view = saved_views.save(served.listing.name, name, query, is_shared=is_shared, actor=me())
    if form.flag("is_default"):
        saved_views.set_default(served.listing.name, view.id, actor=me())
    whom = "本单位同事也能看到" if is_shared else "只有您看得到"
    flash(f"已存为视图“{view.name}”，{whom}", "success")
    return redirect(served.address(view.query))


def _delete_view(served: Served, view_id: int) -> BaseResponse:
    name = saved_views.delete(served.listing.name, view_id, actor=me())
    flash(f"已删除视图“{name}”", "success")
    return redirect(served.address())


def _default_view(served: Served) -> BaseResponse:
    view = saved_views.set_default(served.listing.name, forms.submitted().integer("view_id"), actor=me())
    flash(f"以后打开时先看“{view.name}”" if view else "以后打开时看全部", "success")
    return redirect(served.address(view.query if view else urlencode({PLAIN: 1})))


def _choose_columns(served: Served) -> BaseResponse:
    """None ticked, or 恢复默认: as declared."""
    form = forms.submitted()
    known = [column.title for column in served.listing.columns if column.title]
    wanted = [] if form.flag("reset") else [title for title in known if title in form.many("column")]
    saved_views.choose_columns(served.listing.name, wanted, actor=me())
    flash("已按您选的列显示，导出也用这些列" if wanted else "已恢复默认的列", "success")
    return redirect(served.address(served.conditions(form.values)))
