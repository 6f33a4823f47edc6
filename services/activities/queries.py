"""Reading activities: what an account, and what a member, may see of them."""

from __future__ import annotations

from typing import Any

from peewee import Expression, ModelSelect

import clock
from models.accounts import Account
from models.activities import Activity, ActivityKind, ActivitySeries, ActivityStatus
from models.alliance import MemberUnit
from models.people import Person
from services import access
from services.errors import NotFound

UPCOMING, PAST = "upcoming", "past"


def find(activity_id: int, *, actor: Account | None, to_manage: bool = False) -> Activity:
    """An activity the account may see, or (`to_manage`) change. Raises NotFound for any other."""
    query = _with_names(Activity.id == activity_id)
    scope = access.unit_scope(actor) if actor is not None else None
    if scope is not None:
        query = query.where((Activity.member_unit == scope) if to_manage else _seen_by_unit(scope))
    activity = query.first()
    if activity is None:
        raise NotFound()
    return activity


def search(
    *,
    actor: Account | None,
    kind: ActivityKind | None = None,
    series_id: int | None = None,
    status: ActivityStatus | None = None,
    when: str = "",
    text: str = "",
) -> ModelSelect[Any]:
    """Activities the account may see, the latest first. `when` is "", "upcoming" or "past"."""
    query = _with_names().order_by(Activity.starts_at.desc(), Activity.id.desc())
    scope = access.unit_scope(actor) if actor is not None else None
    if scope is not None:
        query = query.where(_seen_by_unit(scope))
    if kind is not None:
        query = query.where(ActivitySeries.kind == kind)
    if series_id is not None:
        query = query.where(Activity.series == series_id)
    if status is not None:
        query = query.where(Activity.status == status)
    if when == UPCOMING:
        query = query.where(Activity.ends_at > clock.utc_now())
    elif when == PAST:
        query = query.where(Activity.ends_at <= clock.utc_now())
    if text.strip():
        query = query.where(_holds(text.strip()))
    return query


def upcoming(
    kind: ActivityKind | None = None, person: Person | None = None, limit: int = 10, offset: int = 0
) -> list[Activity]:
    """Published activities not yet over, the next first: those open to `person`, else the shared ones."""
    query = (
        _with_names(Activity.status == ActivityStatus.PUBLISHED, Activity.ends_at > clock.utc_now())
        .where(open_to(person))
        .order_by(Activity.starts_at, Activity.id)
        .limit(limit)
        .offset(offset)
    )
    if kind is not None:
        query = query.where(ActivitySeries.kind == kind)
    return list(query)


def for_member(activity_id: int, person: Person) -> Activity:
    """A published or cancelled activity open to the person. Raises NotFound for any other."""
    activity = _with_names(
        Activity.id == activity_id, Activity.status != ActivityStatus.DRAFT, open_to(person)
    ).first()
    if activity is None:
        raise NotFound()
    return activity


def open_to(person: Person | None) -> Expression:
    """The condition on Activity that it is open to the person, or (None) to everybody of the alliance.

    What the alliance shares is for people of its present member units.
    """
    if person is None:
        return Activity.is_shared == True  # noqa: E712 - SQL
    own = Activity.member_unit == person.member_unit_id
    if not is_member_today(person):
        return own
    return own | (Activity.is_shared == True)  # noqa: E712


def is_member_today(person: Person) -> bool:
    """Whether the person's unit belongs to the alliance today."""
    unit, today = person.member_unit, clock.local_today()
    return unit.valid_from <= today and (unit.valid_to is None or today <= unit.valid_to)


def _seen_by_unit(unit_id: int) -> Expression:
    shared = (Activity.is_shared == True) & (Activity.status != ActivityStatus.DRAFT)  # noqa: E712
    return (Activity.member_unit == unit_id) | shared


def _holds(text: str) -> Expression:
    return Activity.title.contains(text) | Activity.speaker.contains(text) | Activity.place.contains(text)


def _with_names(*conditions: Expression) -> ModelSelect[Any]:
    query = Activity.select(Activity, ActivitySeries, MemberUnit).join(ActivitySeries)
    query = query.switch(Activity).join(MemberUnit)
    return query.where(*conditions) if conditions else query
