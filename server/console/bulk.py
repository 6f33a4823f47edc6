"""Bulk acts: a page that says what will happen to how many and who is left out, then the act, row by row.

The rows of the preview are the rows of the act: what was found meanwhile does not slip in. Each row is
one act of its own, so a run that breaks off has done whole rows; doing it again takes the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, render_template, request
from itsdangerous import BadSignature, URLSafeSerializer

import clock
from server.console import forms
from server.console.bulk_acts import BulkAct
from server.console.forms import Form
from server.console.guard import me
from server.console.list_addresses import Served
from server.console.listing import Listing
from services.errors import DomainError, Invalid

MOST = 500
SHOWN = 50
UNDO_SECONDS = 60 * 60
Answer = str | tuple[str, int]
Add = Callable[..., None]


@dataclass
class Sorted:
    """The rows an act takes, and those it leaves out with the reason."""

    taken: list[Any] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return Counter(reason for _, reason in self.left_out).most_common()


@dataclass
class Done:
    done: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    undo: list[tuple[int, str]] = field(default_factory=list)


def serve(add: Add, served: Served) -> None:
    """The routes of every bulk act of a list (list_routes.py)."""
    for act in served.listing.bulk:
        add(f"bulk_{act.name}", f"/bulk/{act.name}", _view(served, act), act.permission)
        if act.undo is not None:
            add(f"undo_{act.name}", f"/bulk/{act.name}/undo", _undo_view(served, act), act.permission)


def _view(served: Served, act: BulkAct) -> Callable[..., Answer]:
    def view(**_: Any) -> Answer:
        form = forms.submitted()
        found, is_cut = _rows(served.listing, form)
        told = sort_out(served.listing, act, found)
        if not form.flag("sure"):
            return _preview(served, act, told, form, is_cut=is_cut)
        try:
            answer = _answer(act, form)
        except Invalid as wrong:
            form.fail(wrong)
            return _preview(served, act, told, form), 422
        return _result(served, act, run(served.listing, act, told, answer), form)

    return view


def sort_out(listing: Listing, act: BulkAct, rows: Sequence[Any]) -> Sorted:
    told = Sorted()
    for row in rows:
        if reason := act.why_not(row):
            told.left_out.append((name_of(listing, row), reason))
        else:
            told.taken.append(row)
    return told


def run(listing: Listing, act: BulkAct, told: Sorted, answer: str) -> Done:
    """Do the act to each row; one that is refused keeps no other from being done."""
    result = Done()
    for row in told.taken:
        name, row_id, was = name_of(listing, row), row.get_id(), act.was(row)
        try:
            act.do(row, answer)
        except DomainError as refusal:
            result.refused.append((name, refusal.message))
        else:
            result.done.append(name)
            result.undo.append((row_id, was))
    return result


def name_of(listing: Listing, row: Any) -> str:
    """What a row is called: its first column, without the link."""
    return listing.columns[0].show(row).striptags()


def _undo_view(served: Served, act: BulkAct) -> Callable[..., Answer]:
    def view(**_: Any) -> Answer:
        form = forms.submitted()
        was = _unsealed(served.listing, act, form.raw("undo"))
        result = Done()
        for row in _by_id(served.listing, list(was)):
            name = name_of(served.listing, row)
            try:
                if act.undo is not None:
                    act.undo(row, was[row.get_id()])
            except DomainError as refusal:
                result.refused.append((name, refusal.message))
            else:
                result.done.append(name)
        return _result(served, act, result, form, is_undone=True)

    return view


def _rows(listing: Listing, form: Form) -> tuple[list[Any], bool]:
    """The ticked rows, or (`all`) everything the list's conditions find; whether some were cut off."""
    if form.flag("all"):
        query, keys = listing.queries()
        found: Any = listing.narrowed(query if keys is None else keys, form.values)
        found = found.order_by(*listing.ordered("")).limit(MOST + 1)
        ids = (
            [row_id for (row_id,) in found.tuples()] if keys is not None else [row.get_id() for row in found]
        )
    else:
        ids = list(dict.fromkeys(form.integers("row")))
    if not ids:
        raise Invalid("请先在列表里勾选，再选择要做的事")
    return _by_id(listing, ids[:MOST]), len(ids) > MOST


def _by_id(listing: Listing, ids: list[int]) -> list[Any]:
    """The rows the account sees among these, in their order; others are not there for it."""
    query, _ = listing.queries()
    key: Any = query.model._meta.primary_key
    places = {row_id: place for place, row_id in enumerate(ids)}
    found: Any = query.where(key.in_(ids)).order_by()
    rows = sorted(found, key=lambda row: places[row.get_id()])
    if listing.prepare is not None:
        listing.prepare(rows)
    return rows


def _answer(act: BulkAct, form: Form) -> str:
    """The sentence or the choice the act wants. Raises Invalid naming `answer`."""
    if act.choices is not None:
        answer = form.text("answer", required="请选择一项")
        if answer and answer not in {value for value, _ in act.choices()}:
            form.errors["answer"] = "没有这个选项，请重新选择"
    elif act.ask:
        answer = form.text("answer", required=f"请填写{act.ask}")
        if len(answer) > 200:
            form.errors["answer"] = f"{act.ask}不超过200个字，现在是{len(answer)}个字"
    else:
        answer = ""
    form.check()
    return answer


def _preview(served: Served, act: BulkAct, told: Sorted, form: Form, *, is_cut: bool = False) -> str:
    return render_template(
        "console/lists/bulk.html",
        act=act,
        served=served,
        listing=served.listing,
        form=form,
        told=told,
        names=[name_of(served.listing, row) for row in told.taken[:SHOWN]],
        ids=[row.get_id() for row in told.taken],
        choices=act.choices() if act.choices is not None else (),
        back=_back(served, form),
        conditions=served.conditions(form.values),
        missing=max(0, len(set(form.integers("row"))) - len(told.taken) - len(told.left_out)),
        shown=SHOWN,
        most=MOST if is_cut else 0,
        url=request.path,
    )


def _result(served: Served, act: BulkAct, result: Done, form: Form, *, is_undone: bool = False) -> str:
    may_undo = act.undo is not None and result.undo and not is_undone
    return render_template(
        "console/lists/bulk_done.html",
        act=act,
        listing=served.listing,
        result=result,
        back=_back(served, form),
        conditions=served.conditions(form.values),
        undo=_sealed(served.listing, act, result.undo) if may_undo else "",
        undo_url=served.url(f"undo_{act.name}") if may_undo else "",
        is_undone=is_undone,
        shown=SHOWN,
        arguments=_arguments(served, form),
    )


def _arguments(served: Served, form: Form) -> list[tuple[str, str]]:
    return [(name, form.shown(name)) for name in served.listing.argument_names if form.shown(name)]


def _back(served: Served, form: Form) -> str:
    return served.address(served.conditions(form.values))


def _sealer(listing: Listing, act: BulkAct) -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=f"undo:{listing.name}:{act.name}:{me().id}")


def _sealed(listing: Listing, act: BulkAct, rows: list[tuple[int, str]]) -> str:
    return str(_sealer(listing, act).dumps({"at": int(clock.timestamp()), "rows": rows}))


def _unsealed(listing: Listing, act: BulkAct, text: str) -> dict[int, str]:
    """What to take back, by row. Raises Invalid when it is not ours or too old."""
    try:
        told = _sealer(listing, act).loads(text)
    except BadSignature:
        raise Invalid("撤销已失效，请到列表里逐条修改") from None
    if clock.timestamp() - told["at"] > UNDO_SECONDS:
        raise Invalid("已超过一小时，不能整批撤销，请到列表里逐条修改")
    return {int(row_id): str(was) for row_id, was in told["rows"]}
