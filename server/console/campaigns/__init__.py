"""Campaigns (推送任务): written, reviewed, scheduled, watched.

`screens` lists and shows them, `editing` has the form, `reviewing` the three stages,
`ledger` what became of each recipient, `acts` the buttons, `mass` what mass sends need besides.
"""

from __future__ import annotations

from flask import Blueprint

from server.console.areas import MenuEntry

bp = Blueprint("campaigns", __name__, url_prefix="/console/campaigns")
MENU = (
    MenuEntry("推送", "推送任务", "campaigns.index", "campaigns.view", "send", 10),
    MenuEntry("推送", "等我审核", "campaigns.to_review", "campaigns.review", "checkup-list", 20),
)

# The views register themselves on `bp`.
from server.console.campaigns import (  # noqa: E402
    acts,
    composing,
    editing,
    ledger,
    mass,
    reviewing,
    screens,
    timing,
)

TODO = mass.TODO
__all__ = [
    "MENU",
    "TODO",
    "acts",
    "bp",
    "composing",
    "editing",
    "ledger",
    "mass",
    "reviewing",
    "screens",
    "timing",
]
