"""Check-ins for tests: an activity that is going on, and who runs it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import clock
from models.activities import Activity
from models.alliance import MemberUnit
from models.check_ins import CheckIn, CheckInOpening, CheckInStatus, CheckInWay
from models.people import Person, PersonRole, PersonRoleKind
from services import check_ins
from tests.factories import make_activity, make_person


def make_running(**values: Any) -> Activity:
    """A published activity that began ten minutes ago."""
    return make_activity(**({"starts_at": clock.utc_now() - timedelta(minutes=10)} | values))


def make_runner(unit: MemberUnit, role: PersonRoleKind = PersonRoleKind.LIAISON) -> Person:
    """A person of the unit who may run its check-ins."""
    person = make_person(member_unit=unit)
    PersonRole.create(person=person, member_unit=unit, role=role, valid_from=clock.local_today())
    return person


def make_opening(activity: Activity, **values: Any) -> CheckInOpening:
    """The check-in opened by a liaison of the unit."""
    return check_ins.open_(activity, by=make_runner(activity.member_unit), **values)


def make_check_in(activity: Activity, person: Person, **values: Any) -> CheckIn:
    now = clock.utc_now()
    defaults: dict[str, Any] = {
        "status": CheckInStatus.PRESENT,
        "way": CheckInWay.SCAN_MINI,
        "at": now,
        "moved_at": now,
    }
    return CheckIn.create(activity=activity, person=person, **(defaults | values))


def shown(opening: CheckInOpening) -> check_ins.ShownCode:
    """The code on show now."""
    return check_ins.shown_codes(opening)[0]
