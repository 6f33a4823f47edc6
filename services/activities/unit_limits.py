"""A unit's own limit of sign-ups, where it differs from the activity's."""

from __future__ import annotations

from models.accounts import Account
from models.activities import Activity, UnitLimit
from models.alliance import MemberUnit
from models.base import db
from services import audit
from services.activities import waiting
from services.activities.invitation_rows import check_not_begun, locked_activity
from services.errors import Invalid

MOST = 100_000


def set_limit(activity: Activity, unit_id: int | None, seats: int | None, *, actor: Account | None) -> None:
    """At most `seats` people of the unit; None takes its own limit away. Who has a seat keeps it.

    Raises Invalid naming `unit` or `unit_limit`, NotFound for another school's activity.
    """
    with db.atomic():
        fresh = locked_activity(activity, actor)
        check_not_begun(fresh)
        unit = MemberUnit.get_or_none(MemberUnit.id == unit_id)
        if unit is None:
            raise Invalid(fields={"unit": "请选择单位"})
        if seats is not None and not 0 <= seats <= MOST:
            raise Invalid(fields={"unit_limit": f"人数应为0到{MOST}；留空则按活动的统一规定"})
        UnitLimit.delete().where(UnitLimit.activity == fresh.id, UnitLimit.member_unit == unit).execute()
        if seats is not None:
            UnitLimit.create(activity=fresh, member_unit=unit, seats=seats)
        audit.record("activity.unit_limit_set", fresh, actor=actor, unit=unit.short_name, seats=seats)
        waiting.fill(fresh)


def limits_of(activity: Activity) -> list[UnitLimit]:
    """The units with a limit of their own, in their fixed order."""
    return list(
        UnitLimit.select(UnitLimit, MemberUnit)
        .join(MemberUnit)
        .where(UnitLimit.activity == activity.id)
        .order_by(MemberUnit.order_no, MemberUnit.id)
    )
