"""The roll call (点名): who runs the activity says who is there. It equals a scan, and undoes one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import clock
from models.accounts import Account
from models.activities import Activity, ActivityStatus, SignUp, SignUpStatus
from models.base import db, locked
from models.check_ins import CHECK_IN_MOVES, CheckIn, CheckInStatus, CheckInWay
from models.people import Person
from services import audit
from services.check_ins.opening import CheckInNotPossible, reopens_at, require_runner
from services.errors import NotFound

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """Present or not, as ticked at `at` (naive UTC; None: now)."""

    person_id: int
    is_present: bool = True
    at: datetime | None = None


def mark(activity: Activity, marks: Sequence[Mark], *, by: Account | Person) -> int:
    """Tick people present, or take a check-in back; how many rows changed. A second time changes none.

    Only people who signed up, came already, or belong to the unit that holds the activity.
    Raises NotFound naming none of them, CheckInNotPossible before the hours or for a cancelled
    activity; nothing changes then.
    """
    marks = list(marks)[: MOST_AT_ONCE + 1]
    if len(marks) > MOST_AT_ONCE:
        raise CheckInNotPossible(f"一次最多点 {MOST_AT_ONCE} 人，请分批提交")
    with db.atomic():
        fresh = _fresh(activity, by)
        signed_up, held = _known(fresh, [each.person_id for each in marks])
        changed = [each for each in marks if _apply(fresh, each, signed_up, held, by)]
        if changed and isinstance(by, Account):
            present = [each.person_id for each in changed if each.is_present]
            undone = [each.person_id for each in changed if not each.is_present]
            audit.record("check_in.roll_called", fresh, actor=by, present=present, undone=undone)
        return len(changed)


def confirm(activity: Activity, person_ids: Iterable[int] | None, *, by: Account | Person) -> int:
    """Say yes to check-ins that came late from without a network; None: to all. How many there were."""
    with db.atomic():
        fresh = _fresh(activity, by)
        waiting = [CheckIn.activity == fresh.id, CheckIn.status == CheckInStatus.TO_CONFIRM]
        if person_ids is not None:
            waiting.append(CheckIn.person.in_(list(person_ids)))
        moved = CheckIn.update(status=CheckInStatus.PRESENT, moved_at=clock.utc_now(), **_who(by))
        confirmed = int(moved.where(*waiting).execute())
        if confirmed and isinstance(by, Account):
            audit.record("check_in.confirmed", fresh, actor=by, count=confirmed)
        return confirmed


def _apply(
    activity: Activity, each: Mark, signed_up: set[int], held: dict[int, CheckIn], by: Account | Person
) -> bool:
    row = held.get(each.person_id)
    to = CheckInStatus.PRESENT if each.is_present else CheckInStatus.UNDONE
    now = clock.utc_now()
    at = min(each.at, now) if each.at is not None and each.at > reopens_at(activity) else now
    if row is None:
        if not each.is_present:
            return False
        held[each.person_id] = CheckIn.create(
            activity=activity,
            person=each.person_id,
            way=CheckInWay.ROLL_CALL,
            at=at,
            moved_at=now,
            is_walk_in=each.person_id not in signed_up,
            **_who(by),
        )
        return True
    if to not in CHECK_IN_MOVES[row.status]:
        return False
    moved: dict[str, Any] = {"status": to, "moved_at": now, **_who(by)}
    if row.status is CheckInStatus.UNDONE:
        moved |= {"way": CheckInWay.ROLL_CALL, "at": at}
    CheckIn.update(**moved).where(CheckIn.id == row.id).execute()
    row.status = to
    return True


def _known(activity: Activity, ids: list[int]) -> tuple[set[int], dict[int, CheckIn]]:
    """Who of them signed up, and the rows of those who came. Raises NotFound for a stranger."""
    wanted = set(ids)
    is_signed_up = (SignUp.activity == activity.id, SignUp.status == SignUpStatus.SIGNED_UP)
    rows: Any = SignUp.select(SignUp.person).where(*is_signed_up, SignUp.person.in_(wanted)).tuples()
    signed_up = {person_id for (person_id,) in rows}
    came = locked(CheckIn.select().where(CheckIn.activity == activity.id, CheckIn.person.in_(wanted)))
    held = {row.person_id: row for row in came.order_by(CheckIn.id)}
    strangers = wanted - signed_up - held.keys()
    if strangers:
        own = (Person.member_unit == activity.member_unit_id, Person.erased_at.is_null())
        found = Person.select(Person.id).where(Person.id.in_(strangers), *own).count()
        if found != len(strangers):
            raise NotFound("名单里有人没有报名，也不是本单位人员，请刷新名单后再点")
    return signed_up, held


def _fresh(activity: Activity, by: Account | Person) -> Activity:
    # the lock lets two people call the same roll one after the other
    fresh = locked(Activity.select().where(Activity.id == activity.id)).get_or_none()
    if fresh is None:
        raise NotFound()
    require_runner(fresh, by)
    if fresh.status is not ActivityStatus.PUBLISHED:
        raise CheckInNotPossible("活动没有发布或已取消，不能点名")
    if clock.utc_now() < reopens_at(fresh):
        raise CheckInNotPossible("开始前 3 小时起可以点名")
    return fresh


def _who(by: Account | Person) -> dict[str, int | None]:
    is_account = isinstance(by, Account)
    return {
        "marked_by_account_id": by.id if is_account else None,
        "marked_by_person": None if is_account else by.id,
    }
