"""When an activity next has something due: for a replay that jumps from moment to moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import fn

from models.activities import Activity, ActivityStatus, InvitationStatus, SignUp, UnitInvitation
from services.activities import reminders
from services.activities.invitations import REMIND_BEFORE


def next_moment(now: datetime) -> datetime | None:
    """The next reminder, end of an offer, or date of a unit's answer after `now`; None when none is set."""
    coming = Activity.select().where(
        Activity.status == ActivityStatus.PUBLISHED, Activity.starts_at > now, Activity.reminders != ""
    )
    found = [at for activity in coming for at, _ in reminders.moments(activity) if at > now]
    offered: Any = SignUp.select(fn.MIN(SignUp.offered_until)).where(SignUp.offered_until > now)
    found.append(offered.scalar())
    invited: Any = UnitInvitation.select(UnitInvitation.answer_by).where(
        UnitInvitation.status == InvitationStatus.INVITED, UnitInvitation.answer_by > now
    )
    for (answer_by,) in invited.tuples():
        found += [at for at in (answer_by - REMIND_BEFORE, answer_by) if at > now]
    return min((at for at in found if at is not None), default=None)
