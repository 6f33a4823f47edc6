"""What was done to one row: who, when, what, from the audit trail, in words.

    serve_history(bp, "activity_id", Activity, "activities.view",
                  find=lambda row_id: activities.find(row_id, actor=me()), name=lambda row: row.title)

gives `<area>/<row>/history`; every page of that area whose address names the row then has a link
to it in its header (`page_header` of macros.html asks `history_url`). `find` is bound by unit; of a
row that another school shares, the history stays with that school (`owner`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup
from peewee import Model

from models.accounts import Account
from models.audit import AuditEntry
from server.console import audit_words, words
from server.console.guard import requires, scope
from server.console.listing import Column, Listing

ENDPOINT = "row_history"
Find = Callable[[int], Any]

_parts: dict[str, tuple[str, str]] = {}  # by area: the part of the address that names a row, the permission


def _details(entry: AuditEntry) -> Markup:
    return Markup('<span class="long-text">{}</span>').format(audit_words.details(entry.details))


def name_actors(entries: list[Any]) -> None:
    """Names as colleagues know them; the command line and accounts gone since keep what was recorded."""
    among = Account.username.in_({entry.account_name for entry in entries})
    names = {account.username: account.display_name for account in Account.select().where(among)}
    for entry in entries:
        entry.by = names.get(entry.account_name, entry.account_name)


LIST = Listing(
    columns=(
        Column("时间", lambda entry: words.local_time(entry.at), css="nowrap"),
        Column("谁", "by", css="nowrap"),
        Column("做了什么", lambda entry: audit_words.action(entry.action), css="nowrap"),
        Column("详情", _details, css="long"),
    ),
    order=(AuditEntry.id.desc(),),
    prepare=name_actors,
    page_size=50,
    empty="还没有经过。新建、修改、审核、发布后会记在这里。",
)


def entries_of(subject: type[Model], row_id: int) -> Any:
    return AuditEntry.select().where(
        AuditEntry.subject_kind == subject.__name__, AuditEntry.subject_id == str(row_id)
    )


def serve_history(
    bp: Blueprint,
    part: str,
    subject: type[Model],
    permission: str,
    *,
    find: Find,
    name: Callable[[Any], str],
    owner: Callable[[Any], int | None] = lambda row: row.member_unit_id,
) -> None:
    """`owner` gives the unit whose people read the history; None: whoever finds the row."""

    def history(**parts: int) -> str:
        row = find(parts[part])
        unit = owner(row)
        is_ours = unit is None or scope() in (None, unit)
        entries = entries_of(subject, row.get_id())
        return render_template(
            "console/lists/history.html",
            page=LIST.page(entries if is_ours else entries.where(False)),
            name=name(row),
            is_ours=is_ours,
        )

    bp.add_url_rule(f"/<int:{part}>/history", ENDPOINT, requires(permission)(history), methods=["GET"])
    _parts[bp.name] = (part, permission)


def here(permissions: frozenset[str]) -> str:
    """The history of the row whose page is shown; "" where there is none or this is it."""
    area, _, endpoint = (request.endpoint or "").removeprefix("console.").rpartition(".")
    part, permission = _parts.get(area, ("", ""))
    row_id = (request.view_args or {}).get(part)
    if row_id is None or endpoint == ENDPOINT or permission not in permissions:
        return ""
    return url_for(f".{ENDPOINT}", **{part: row_id})
