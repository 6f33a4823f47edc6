"""Whose names the lists of a check-in show in full: a roll is called by name, a file outlives the roll."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import clock
from models.accounts import Account
from models.activities import Activity
from models.people import Person
from services import access
from services.masking import mask_name

ROLL_KEPT = timedelta(days=7)  # after the end the roll may still be corrected by name


def is_roll_called(activity: Activity) -> bool:
    """Whether the organiser still calls the roll, and needs to know whom."""
    return bool(clock.utc_now() <= activity.ends_at + ROLL_KEPT)


def names(actor: Account, *, on_roll_of: Activity | None = None) -> Callable[[Person], str]:
    """How the account reads a person's name: its own school's in full, the alliance's staff all.

    Other schools' people are masked, except on the roll of an activity (`on_roll_of`) until a week
    after its end. Rule: docs/concepts.md, "Check-in".
    """
    bound = access.unit_scope(actor)
    sees_all = bound is None or (on_roll_of is not None and is_roll_called(on_roll_of))

    def shown(person: Person) -> str:
        is_own = person.member_unit_id == bound
        return str(person.name) if sees_all or is_own else mask_name(str(person.name))

    return shown
