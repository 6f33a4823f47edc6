"""活动: the list, the form, and the pages of one activity: who comes, who waits, units' places,
materials, feedback, notices. Invited units answer in `unit_places`.
"""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from server.console.areas import MenuEntry

bp = Blueprint("activities", __name__, url_prefix="/console/activities")
MENU = MenuEntry("活动", "活动", "activities.index", "activities.view", "calendar-event", 10)
Answer = str | Response | tuple[str, int]

# The views register themselves on the blueprint.
from server.console.activities import (  # noqa: E402
    editing,
    feedback,
    index,
    materials,
    notices,
    series,
    showing,
    sign_ups,
    units,
)

__all__ = [
    "editing",
    "feedback",
    "index",
    "materials",
    "notices",
    "series",
    "showing",
    "sign_ups",
    "units",
]
