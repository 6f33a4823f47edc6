"""Crowds: many followers whose state is drawn from a seed, or said one by one.

`POST /_sandbox/crowd` sets the state without telling the product, as a past that it knows
from elsewhere; `GET` gives the truth back to compare with.
"""

from __future__ import annotations

import random
from typing import Any

from . import phones
from .people import Person
from .web import BadRequest, Request, route

SHARES = ("unfollowed", "blocked", "window_open", "consents", "mass_used")
MASS_USED = 4
MOST = 100_000


def _rows(platform: Any, body: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per member: openid and name, and what was said about it."""
    members = body.get("members")
    if isinstance(members, int) and not isinstance(members, bool):
        seed = body.get("seed", 1)
        members = [{"openid": f"oCrowd{seed}x{n:018d}"[:28], "name": f"学员{n + 1}"} for n in range(members)]
    if not isinstance(members, list) or not 1 <= len(members) <= MOST:
        raise BadRequest(f"members must be a number or a list of openids, 1 to {MOST}")
    rows = []
    for number, member in enumerate(members, 1):
        row = {"openid": member} if isinstance(member, str) else member
        if not isinstance(row, dict) or not isinstance(row.get("openid"), str) or not row["openid"]:
            raise BadRequest(f"member {number} needs an openid")
        rows.append({"name": f"学员{number}", **row})
    return rows


def _drawn(rows: list[dict[str, Any]], body: dict[str, Any]) -> None:
    """Fill in by the seed what was not said: exact shares, drawn in a fixed order."""
    source = random.Random(f"crowd {body.get('seed', 1)}")
    for share in SHARES:
        told = body.get(share, 0)
        if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= 1:
            raise BadRequest(f"{share} must be a share from 0 to 1")
        free = [row for row in rows if share not in row]
        if share in ("blocked", "window_open"):
            free = [row for row in free if not row.get("unfollowed") and not row.get("blocked")]
        chosen = {id(row) for row in source.sample(free, min(len(free), round(told * len(rows))))}
        for row in rows:
            row.setdefault(share, id(row) in chosen)


def _apply(platform: Any, row: dict[str, Any], consent: str) -> Person:
    person: Person = platform.people.add(str(row["name"])[:40], row["openid"])
    if row["unfollowed"]:
        person.is_following = False
        person.windows.clear()
    elif not person.is_following:
        phones.start_following(platform, person)
    person.is_blocking = bool(row["blocked"])
    person.windows.pop("message", None)
    if row["window_open"] and person.is_following:
        person.open_window("message", platform.clock.now())
    person.consents[consent] = int(row["consents"])
    if not person.consents[consent]:
        del person.consents[consent]
    count = row["mass_used"]
    person.mass_count = MASS_USED if count is True else int(count)
    person.mass_month = platform.clock.month()
    return person


@route("POST", "/_sandbox/crowd")
async def make(platform: Any, request: Request) -> Any:
    """{members: number | [openid | {openid, name, unfollowed, blocked, window_open, consents, mass_used}],
    seed, shares by name, consent_template, consent_scene}; an entry's own word wins over the draw.
    """
    body = request.body
    rows = [dict(row) for row in _rows(platform, body)]
    _drawn(rows, body)
    consent = f"{body.get('consent_template', 'ONE_NOTICE')}|{int(body.get('consent_scene', 0))}"
    for row in rows:
        _apply(platform, row, consent)
        truth = {share: row[share] for share in SHARES}
        platform.crowd[row["openid"]] = {"name": row["name"], **truth}
    return {
        "members": len(rows),
        **{share: sum(bool(row[share]) for row in rows) for share in SHARES},
        "openids": [row["openid"] for row in rows] if isinstance(body["members"], int) else [],
    }


@route("GET", "/_sandbox/crowd")
async def truth(platform: Any, request: Request) -> Any:
    return platform.crowd


@route("DELETE", "/_sandbox/crowd")
async def forget(platform: Any, request: Request) -> Any:
    """Take the crowd's people off the platform altogether."""
    gone = [openid for openid in platform.crowd if platform.people.by_openid.pop(openid, None)]
    platform.crowd.clear()
    return {"removed": len(gone)}
