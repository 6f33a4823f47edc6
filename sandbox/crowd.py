"""Crowds: many followers whose state is drawn from a seed, or said one by one.

`POST /_sandbox/crowd` sets the state without telling the product, as a past that it knows
from elsewhere; `GET` gives the truth back to compare with.
"""

from __future__ import annotations

import random
from typing import Any

from . import phones
from .habits import NAMES as HABITS
from .habits import Habit, Manner, delay_in, number_in
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


def _habits(rows: list[dict[str, Any]], body: dict[str, Any]) -> Manner:
    """Fill in by the seed who has which habit; what all share comes back."""
    seed = body.get("seed", 1)
    told = {name: body.get(name) for name in HABITS}
    blocks = told["blocks_after"] or {}
    taps = told["taps_menu"] or {}
    if not isinstance(blocks, dict) or not isinstance(taps, dict):
        raise BadRequest("blocks_after and taps_menu must be objects with a share")
    pushes = blocks.get("pushes", [1, 5])
    least, most = (pushes, pushes) if isinstance(pushes, int) else (pushes if _is_pair(pushes) else (0, 0))
    if not 1 <= least <= most <= MOST:
        raise BadRequest("blocks_after.pushes must be a number or [least, most], from 1")
    shares = {
        "never_reads": number_in({"share": told["never_reads"] or 0}, "share", 0, most=1),
        "blocks_after": number_in(blocks, "share", 0, most=1),
        "taps_menu": number_in(taps, "share", 0, most=1),
    }
    keys = taps.get("keys", [])
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise BadRequest("taps_menu.keys must be a list of keys")
    for name, share in shares.items():
        dice = random.Random(f"crowd {seed} {name}")
        free = [row for row in rows if name not in row]
        chosen = {id(row) for row in dice.sample(free, min(len(free), round(share * len(rows))))}
        for row in free:
            is_so = id(row) in chosen
            row[name] = (dice.randint(least, most) if is_so else 0) if name == "blocks_after" else is_so
    minutes, spread = delay_in(body.get("reads"), "reads")
    return Manner(str(seed), minutes, spread, max(number_in(taps, "every_minutes", 600), 1.0), keys)


def _is_pair(told: Any) -> bool:
    return isinstance(told, list) and len(told) == 2 and all(type(number) is int for number in told)


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


def _take_up(platform: Any, row: dict[str, Any]) -> None:
    """The member's habits begin; without any, none is kept."""
    platform.habits.of.pop(row["openid"], None)
    habit = Habit(bool(row["never_reads"]), int(row["blocks_after"]), bool(row["taps_menu"]))
    if any(row[name] for name in HABITS) or platform.habits.manner.reads_minutes:
        platform.habits.take_up(row["openid"], habit, platform.clock.now())


@route("POST", "/_sandbox/crowd")
async def make(platform: Any, request: Request) -> Any:
    """{members: number | [openid | {openid, name, unfollowed, blocked, window_open, consents, mass_used}],
    seed, shares by name, consent_template, consent_scene}; an entry's own word wins over the draw.

    Habits: never_reads: share, blocks_after: {share, pushes: k or [least, most]}, taps_menu: {share,
    every_minutes, keys}, reads: {median_minutes, spread}; of one entry never_reads, blocks_after, taps_menu.
    """
    body = request.body
    rows = [dict(row) for row in _rows(platform, body)]
    _drawn(rows, body)
    platform.habits.manner = _habits(rows, body)
    consent = f"{body.get('consent_template', 'ONE_NOTICE')}|{int(body.get('consent_scene', 0))}"
    for row in rows:
        _apply(platform, row, consent)
        truth = {name: row[name] for name in (*SHARES, *HABITS)}
        platform.crowd[row["openid"]] = {"name": row["name"], **truth}
        _take_up(platform, row)
    return {
        "members": len(rows),
        **{name: sum(bool(row[name]) for row in rows) for name in (*SHARES, *HABITS)},
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
    platform.habits.forget()
    return {"removed": len(gone)}


@route("GET", "/_sandbox/crowd/habits")
async def habits(platform: Any, request: Request) -> Any:
    """What was done by habit so far: {reads, taps, blocked, members: {openid: {pushes, taps, …}}}"""
    people = platform.people.by_openid
    return {
        **platform.habits.counts,
        "members": {
            openid: {
                "pushes": habit.pushes,
                "taps": habit.taps,
                "blocking": people[openid].is_blocking,
                "unread": people[openid].unread,
            }
            for openid, habit in platform.habits.of.items()
            if openid in people
        },
    }
