"""The registry of areas, and the menu made from it.

To add an area:

1. Write `server/console/<name>.py` with

       bp = Blueprint("<name>", __name__, url_prefix="/console/<address>")
       MENU = MenuEntry("推送", "推送任务", "campaigns.index", "campaigns.view", "send", 10)

   Every view stands under `@requires("<permission>")` (guard.py); `MENU` may be a
   tuple of entries, or empty for an area that is reached from others only.
2. Add its name to `NAMES`.
3. Where something can wait for somebody, tell it by a `TODO` beside `MENU` (todo.py): it then
   stands on everybody's first page who may deal with it.
4. Write what the area is for and what to do there into `help_texts.py`, and the words of new
   permissions into `access_words.py`.
5. Put templates into `server/templates/console/<name>/`, each extending
   `console/base.html` and using the macros of `console/macros.html`.

A list is declared (listing.py) and served (list_routes.py); where a page shows one row, give the
area a history of its rows (row_history.py), and open short forms in a dialog (dialogs.py).

Endpoints live below "console.": `url_for("console.campaigns.index")`, or
`url_for(".index")` from inside the area. MenuEntry names them without "console.".
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from flask import request, url_for

from server.console import dialogs, guard, help_texts, row_history
from server.console.todo import Waiting

# One name a line: several people add theirs.
NAMES = (
    "home",
    "search",
    "activities",
    "unit_places",
    "check_ins",
    "e_journals",
    "campaigns",
    "digests",
    "audiences",
    "series",
    "calendar",
    "notices",
    "composer",
    "pictures",
    "templates",
    "notice_wordings",
    "error_words",
    "people",
    "rosters",
    "bindings",
    "invite_codes",
    "mini_sessions",
    "units",
    "accounts",
    "access_matrix",
    "surveys",
    "survey_analysis",
    "survey_exchange",
    "survey_designer",
    "fieldwork",
    "survey_series",
    "courses",
    "inbox",
    "saved_replies",
    "complaints",
    "audit",
)

# Who may see any of these has the search in the header.
SEARCHABLE = {"people.view", "activities.view", "e_journals.view", "campaigns.view", "surveys.view"}

GROUPS = ("", "推送", "活动", "期刊", "调研", "成员", "系统")


@dataclass(frozen=True)
class MenuEntry:
    """A line of the left menu. `icon` is a name of Tabler's icons; the menu sorts by group, then `order`."""

    group: str
    title: str
    endpoint: str
    permission: str
    icon: str
    order: int = 50


@dataclass(frozen=True)
class MenuLine:
    title: str
    url: str
    icon: str
    is_here: bool


def load() -> tuple[ModuleType, ...]:
    return tuple(importlib.import_module(f"server.console.{name}") for name in NAMES)


def entries() -> Iterator[MenuEntry]:
    for area in load():
        menu = area.MENU
        yield from (menu,) if isinstance(menu, MenuEntry) else menu


def menu() -> list[tuple[str, list[MenuLine]]]:
    """Groups and lines that the account at hand may open; a group without lines is left out."""
    allowed = guard.permissions()
    mine = sorted(
        (entry for entry in entries() if entry.permission in allowed), key=lambda entry: entry.order
    )
    here = _here(mine)
    groups = []
    for group in GROUPS:
        lines = [
            MenuLine(entry.title, url_for(f"console.{entry.endpoint}"), entry.icon, entry is here)
            for entry in mine
            if entry.group == group
        ]
        if lines:
            groups.append((group, lines))
    return groups


def _here(mine: list[MenuEntry]) -> MenuEntry | None:
    """The entry of the page shown: the same endpoint, else the same area."""
    endpoint = (request.endpoint or "").removeprefix("console.")
    same = [entry for entry in mine if entry.endpoint == endpoint]
    area = [entry for entry in mine if entry.endpoint.split(".")[0] == endpoint.split(".")[0]]
    return next(iter(same or area), None)


def waiting() -> list[Waiting]:
    """What waits for the account at hand, the most pressing first."""
    parts = [part for area in load() for part in getattr(area, "TODO", ()) if guard.can(part.permission)]
    found = [part.find() for part in sorted(parts, key=lambda part: part.order)]
    return sorted((each for each in found if each.total), key=lambda each: not each.is_pressing)


def shell() -> dict[str, Any]:
    """What every template of the console may use besides its own values."""
    account = guard.me_or_none()
    if account is None:
        return {"me": None, "menu": [], "can": lambda permission: False, "can_search": False}
    permissions = guard.permissions()
    return {
        "me": account,
        "menu": menu(),
        "can": guard.can,
        "can_search": not permissions.isdisjoint(SEARCHABLE),
        "help": help_texts.of((request.endpoint or "").removeprefix("console.")),
        "history_url": row_history.here(permissions),
        "layout": dialogs.layout(),
    }
