"""Each interface: a good call works, and every refusal that can be provoked stands in docs/sandbox.md.

`UPDATE_TABLE=1 pytest tests/sandbox/test_table.py` writes the table anew.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from sandbox.endpoints import ENDPOINTS, Takes
from sandbox.errors import MESSAGES
from tests.sandbox.exploring import SAMPLES, SPECIAL, STATES, World, bent, prepare

DOCS = Path(__file__).parents[2] / "docs" / "sandbox.md"
BEGIN, END = "<!-- table: made by tests/sandbox/test_table.py -->", "<!-- end of table -->"


def world_for(path: str) -> World:
    world = World()
    prepare(world, path)
    return world


@pytest.mark.parametrize("path", sorted(ENDPOINTS))
def test_a_good_call_works(path: str) -> None:
    world = world_for(path)

    assert world.call(path, world.good(path)) == 0


def _common(path: str) -> set[int]:
    """Method, token, body, rights and quotas, in the platform's order of checks."""
    known = ENDPOINTS[path]
    found = set()
    if len(known.methods) == 1:
        world = world_for(path)
        found.add(world.call(path, world.good(path), method="GET" if known.methods == ("POST",) else "POST"))
    if known.needs_token:
        world = world_for(path)
        good = world.good(path)
        found |= {world.call(path, good, token=token) for token in ("", "never was")}
        world.platform.clock.move(by=7201)
        found.add(world.call(path, good))
        world.platform.apps.kill_tokens(world.now)
        found.add(world.call(path, good))
    if known.takes is Takes.JSON:
        found |= {world_for(path).call(path, raw) for raw in (b"", b"[]", b'{"a":"\\u4f60"}')}
    if known.takes is Takes.FILE:
        found |= {world_for(path).call(path, raw) for raw in (b"", b"--b--")}
    found |= _rights_and_quotas(path)
    return found


def _rights_and_quotas(path: str) -> set[int]:
    found = set()
    for name, value in (("kind", "subscription"), ("verified", False)):
        world = world_for(path)
        good = world.good(path)
        setattr(world.platform.options, name, value)
        found.add(world.call(path, good))
    for field in ("daily", "minute"):
        if getattr(ENDPOINTS[path], field) is not None:
            world = world_for(path)
            getattr(world.platform.apps.limits, field)[path] = 0
            found.add(world.call(path, world.good(path)))
    return found


@cache
def provoked(path: str) -> frozenset[int]:
    found = _common(path)
    for state in STATES.values():
        world = world_for(path)
        good = world.good(path)
        state(world)
        found |= {world.call(path, good), world.call(path, good)}
    sample = SAMPLES.get(path, {})
    world = world_for(path)
    for bad in bent(sample):
        found.add(world.call(path, world.filled(bad)))
    for other, given in SPECIAL:
        if other == path:
            world = world_for(path)
            filled = world.filled(given)
            found.add(world.call(path, filled))
            world = world_for(path)
            filled = world.filled(given)
            STATES["limits"](world)
            found.add(world.call(path, filled))
    return frozenset(found - {0})


def table() -> str:
    rows = ["| interface | error codes provoked |", "| --- | --- |"]
    for path in sorted(ENDPOINTS):
        codes = ", ".join(str(code) for code in sorted(provoked(path)))
        rows.append(f"| `{path}` | {codes} |")
    everything = {code for path in ENDPOINTS for code in provoked(path)}
    rows += ["", f"{len(ENDPOINTS)} interfaces, {len(everything)} different codes."]
    return "\n".join(rows)


def test_no_call_ever_fails_in_the_sandbox_itself() -> None:
    assert {path for path in ENDPOINTS if -1 in provoked(path)} == set()


def test_every_code_has_the_platforms_words() -> None:
    assert {code for path in ENDPOINTS for code in provoked(path)} <= set(MESSAGES)


def test_the_table_in_the_docs_is_what_was_provoked() -> None:
    text = DOCS.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    fresh = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if os.environ.get("UPDATE_TABLE"):
        DOCS.write_text(fresh, encoding="utf-8")

    assert DOCS.read_text(encoding="utf-8") == fresh
