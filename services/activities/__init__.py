"""Activities (活动): lectures and salons, from draft to sign-up.

`editing` makes and changes them, `moves` tells of a new time or place, `sign_ups` gives out their
seats, `waiting` hands on what is given back, `invitations` keeps places for units, `reminders`,
`materials` and `feedback` are what their names say; `queries` and `seats` read.
"""

from __future__ import annotations

from services.activities.editing import cancel, create, publish, update
from services.activities.queries import find, for_member, is_member_today, search, upcoming
from services.activities.seats import has_room, occupied, seats_left, taken
from services.activities.series import create_series, find_series, series_list, update_series
from services.activities.sign_ups import (
    ActivityFull,
    SignUpClosed,
    UnitFull,
    cancel_sign_up,
    clashes,
    closes_at,
    is_open,
    keep_place,
    mine,
    own,
    sign_up,
    sign_up_of,
    sign_ups,
    wait,
)
from services.activities.waiting import OfferLapsed, place_in_queue

__all__ = [
    "ActivityFull",
    "OfferLapsed",
    "SignUpClosed",
    "UnitFull",
    "cancel",
    "cancel_sign_up",
    "clashes",
    "closes_at",
    "create",
    "create_series",
    "find",
    "find_series",
    "for_member",
    "has_room",
    "is_member_today",
    "is_open",
    "keep_place",
    "mine",
    "occupied",
    "own",
    "place_in_queue",
    "publish",
    "search",
    "seats_left",
    "series_list",
    "sign_up",
    "sign_up_of",
    "sign_ups",
    "taken",
    "upcoming",
    "update",
    "update_series",
    "wait",
]
