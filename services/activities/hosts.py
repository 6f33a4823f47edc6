"""The day before an activity, who gives it and who organises it are told: when, where, how many come.

The speaker is a member of the unit, or the only member of the alliance, with the speaker's very
name; who organises are the unit's class teachers and liaisons. Nobody is told twice.
"""

from __future__ import annotations

from datetime import timedelta

from peewee import fn

import clock
from models.activities import HOLDS_SEAT, Activity, ActivityStatus, SignUp
from models.people import Person, PersonRole, PersonRoleKind
from services.messaging import notices
from services.messaging.notices import NoticeKind

ORGANISERS = (PersonRoleKind.CLASS_TEACHER, PersonRoleKind.LIAISON)


def remind_due() -> int:
    """Tell the hosts of tomorrow's activities; how many activities. A second run tells nobody again."""
    tomorrow = clock.local_today() + timedelta(days=1)
    since = clock.start_of_local_day(tomorrow)
    coming = Activity.select().where(
        Activity.status == ActivityStatus.PUBLISHED,
        Activity.starts_at >= since,
        Activity.starts_at < clock.start_of_local_day(tomorrow + timedelta(days=1)),
    )
    return sum(_tell(activity) for activity in list(coming))


def speakers_of(activity: Activity) -> list[int]:
    """The persons (ids) whom the speaker's name means: of the unit, else one alone in the alliance."""
    names = [name for name in activity.speaker.replace("、", " ").replace("，", " ").split() if name]
    found = []
    for name in names:
        same = list(Person.select().where(Person.name == name, Person.erased_at.is_null()))
        own = [person for person in same if person.member_unit_id == activity.member_unit_id]
        if len(own) == 1 or len(same) == 1:
            found.append((own or same)[0].id)
    return found


def organisers_of(activity: Activity) -> list[int]:
    """The unit's class teachers and liaisons of today (ids)."""
    today = clock.local_today()
    roles = PersonRole.select(PersonRole.person).where(
        PersonRole.member_unit == activity.member_unit_id,
        PersonRole.role.in_(ORGANISERS),
        PersonRole.valid_from <= today,
        PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
    )
    return [row.person_id for row in roles]


def _tell(activity: Activity) -> bool:
    signed_up = (
        SignUp.select(fn.COUNT(SignUp.id))
        .where(SignUp.activity == activity.id, SignUp.status.in_(list(HOLDS_SEAT)))
        .scalar()
    )
    told = notices.tell(
        {*speakers_of(activity), *organisers_of(activity)},
        kind=NoticeKind.HOSTS_REMINDED,
        fields=notices.of_activity(activity)
        | {"speaker": activity.speaker or "待定", "signed_up": str(signed_up or 0)},
        about=activity,
        url=f"/m/activities/{activity.id}",
        occasion=f"hosts@{activity.starts_at.isoformat()}@{activity.place}",
    )
    return told is not None
