"""How many seats are free: what is held, what is kept for invited units, what a unit may have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import fn

import clock
from models.activities import (
    HOLDS_SEAT,
    Activity,
    InvitationStatus,
    SignUp,
    SignUpStatus,
    UnitInvitation,
    UnitLimit,
)
from models.people import Person


def taken(activity_ids: Iterable[int]) -> dict[int, int]:
    """How many have signed up, by activity; those without any are left out."""
    return _counted(activity_ids, {SignUpStatus.SIGNED_UP})


def occupied(activity_ids: Iterable[int]) -> dict[int, int]:
    """How many seats are not free, by activity: signed up, offered to who waits, kept for units."""
    ids = list(activity_ids)
    found = _counted(ids, HOLDS_SEAT)
    for activity_id, kept in reserved(ids).items():
        found[activity_id] = found.get(activity_id, 0) + kept
    return found


def reserved(activity_ids: Iterable[int]) -> dict[int, int]:
    """Places of invited units that are not named yet and may still be, by activity."""
    named = SignUp.select(fn.COUNT(SignUp.id)).where(
        SignUp.invitation == UnitInvitation.id, SignUp.status.in_(list(HOLDS_SEAT))
    )
    rows: Any = UnitInvitation.select(
        UnitInvitation.activity, UnitInvitation.places, named.alias("named")
    ).where(
        UnitInvitation.activity.in_(list(activity_ids)),
        UnitInvitation.status == InvitationStatus.INVITED,
        UnitInvitation.answer_by > clock.utc_now(),
    )
    found: dict[int, int] = {}
    for activity_id, places, count in rows.tuples():
        found[activity_id] = found.get(activity_id, 0) + max(0, places - count)
    return {activity_id: kept for activity_id, kept in found.items() if kept}


def seats_left(activity: Activity) -> int | None:
    """Free seats, never below 0; None where there is no limit."""
    if activity.seats is None:
        return None
    return max(0, activity.seats - occupied([activity.id]).get(activity.id, 0))


def has_room(activity: Activity, person: Person) -> bool:
    """Whether there is a seat for the person now: free, and within the limit of the person's unit."""
    return seats_left(activity) != 0 and UnitRoom(activity).has(person.member_unit_id)


class UnitRoom:
    """How many more of each unit may sign up; people that their unit named do not count."""

    def __init__(self, activity: Activity) -> None:
        self._general = activity.unit_seats
        own: Any = UnitLimit.select(UnitLimit.member_unit, UnitLimit.seats).where(
            UnitLimit.activity == activity.id
        )
        self._own: dict[int, int] = dict(own.tuples())
        self._held: dict[int, int] = {}
        if self._general is not None or self._own:
            rows: Any = (
                SignUp.select(Person.member_unit, fn.COUNT(SignUp.id))
                .join(Person)
                .where(
                    SignUp.activity == activity.id,
                    SignUp.status.in_(list(HOLDS_SEAT)),
                    SignUp.invitation.is_null(),
                )
                .group_by(Person.member_unit)
            )
            self._held = dict(rows.tuples())

    def limit(self, unit_id: int) -> int | None:
        """At most so many of the unit; None where there is no limit."""
        return self._own.get(unit_id, self._general)

    def has(self, unit_id: int) -> bool:
        limit = self.limit(unit_id)
        return limit is None or self._held.get(unit_id, 0) < limit

    def take(self, unit_id: int) -> None:
        self._held[unit_id] = self._held.get(unit_id, 0) + 1


def _counted(activity_ids: Iterable[int], statuses: set[SignUpStatus]) -> dict[int, int]:
    rows: Any = (
        SignUp.select(SignUp.activity, fn.COUNT(SignUp.id).alias("number"))
        .where(SignUp.activity.in_(list(activity_ids)), SignUp.status.in_(list(statuses)))
        .group_by(SignUp.activity)
        .tuples()
    )
    return dict(rows)
