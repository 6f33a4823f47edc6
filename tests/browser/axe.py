"""axe-core on the page at hand.

    from tests.browser import axe

    assert axe.findings(page) == []                       # nothing serious or critical
    assert axe.findings(page, within="#main") == []       # a part of the page

The rules are read from node_modules and run by the browser's own channel, so the page's CSP
stays as it is. A finding reads `rule (impact): what to do | selector | selector`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Page

import config

SOURCE = config.ROOT / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
SHOWN = 4

RUN = """async (within) => {
  const told = await axe.run(within || document, {resultTypes: ["violations"]});
  return told.violations.map(({id, impact, help, nodes}) =>
    ({id, impact, help, at: nodes.map((node) => node.target.flat().join(" "))}));
}"""


def findings(page: Page, *, within: str = "", impacts: tuple[str, ...] = SERIOUS) -> list[str]:
    """What axe-core finds wrong in the page (or the element `within`), one line for each rule."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_rules())
    told: list[dict[str, Any]] = page.evaluate(RUN, within)
    return [_line(each) for each in told if each["impact"] in impacts]


@cache
def _rules() -> str:
    if not SOURCE.exists():
        pytest.skip("没有 axe-core，请先执行：npm ci --ignore-scripts")
    return SOURCE.read_text(encoding="utf-8")


def _line(found: dict[str, Any]) -> str:
    places = " | ".join(found["at"][:SHOWN])
    more = len(found["at"]) - SHOWN
    tail = f" | and {more} more" if more > 0 else ""
    return f"{found['id']} ({found['impact']}): {found['help']} | {places}{tail}"
