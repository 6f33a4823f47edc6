"""Rows of units' invitations: finding, counting and moving them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import ModelSelect

import clock
from models.accounts import Account, AccountRole, AccountRoleKind
from models.activities import (
    HOLDS_SEAT,
    INVITATION_MOVES,
    Activity,
    ActivityStatus,
    InvitationStatus,
    SignUp,
    UnitInvitation,
)
from models.alliance import MemberUnit
from models.base import locked
from models.people import Person, PersonRole, PersonRoleKind
from services import access
from services.errors import IllegalMove, NotFound, StaleState


@dataclass(frozen=True, slots=True)
class Line:
    """One unit's answer on the organiser's board. `liaisons` are those whom a notice finds."""

    invitation: UnitInvitation
    named: int
    liaisons: int
    is_overdue: bool
    has_login: bool = False

    @property
    def hint(self) -> str:
        """What the organiser should know while the unit's answer is waited for; "" for nothing."""
        if self.invitation.status is not InvitationStatus.INVITED or self.liaisons:
            return ""
        if self.has_login:
            return "联络员账号没有关联人员，收不到微信通知，请提醒其登录后台报送"
        return "这个单位没有登记联络员，请另行通知"

    @property
    def kept(self) -> int:
        """Places that wait to be named."""
        if self.invitation.status is not InvitationStatus.INVITED or self.is_overdue:
            return 0
        return max(0, self.invitation.places - self.named)


def board(activity: Activity, *, actor: Account | None) -> list[Line]:
    """Every invited unit and what became of it, units in their fixed order; for the organiser."""
    if actor is not None:
        access.require_unit(actor, activity.member_unit_id)
    rows = list(
        UnitInvitation.select(UnitInvitation, MemberUnit)
        .join(MemberUnit)
        .where(UnitInvitation.activity == activity.id)
        .order_by(MemberUnit.order_no, MemberUnit.id)
    )
    return lines(rows)


def lines(rows: list[UnitInvitation]) -> list[Line]:
    """The invitations with their counts: four queries, however many."""
    named: dict[int, int] = {}
    for row in SignUp.select(SignUp.invitation).where(
        SignUp.invitation.in_([each.id for each in rows]), SignUp.status.in_(list(HOLDS_SEAT))
    ):
        named[row.invitation_id] = named.get(row.invitation_id, 0) + 1
    units = [row.member_unit_id for row in rows]
    liaisons, with_login = liaisons_of(units), _with_login_only(units)
    now = clock.utc_now()
    return [
        Line(
            row,
            named.get(row.id, 0),
            len(liaisons.get(row.member_unit_id, ())),
            row.status is InvitationStatus.INVITED
            and row.answer_by <= now
            and named.get(row.id, 0) < row.places,
            row.member_unit_id in with_login,
        )
        for row in rows
    ]


def of_unit(*, actor: Account) -> ModelSelect[UnitInvitation]:
    """The invitations that the account may answer, with activities and units."""
    query = (
        UnitInvitation.select(UnitInvitation, Activity, MemberUnit)
        .join(Activity)
        .switch(UnitInvitation)
        .join(MemberUnit)
        .where(UnitInvitation.status != InvitationStatus.WITHDRAWN)
    )
    scope = access.unit_scope(actor)
    return query if scope is None else query.where(UnitInvitation.member_unit == scope)


def find(invitation_id: int, *, actor: Account) -> UnitInvitation:
    """One that the account may answer. Raises NotFound for any other."""
    found = of_unit(actor=actor).where(UnitInvitation.id == invitation_id).first()
    if found is None:
        raise NotFound()
    return found


def named_of(invitation: UnitInvitation) -> list[SignUp]:
    """Who is named and has the seat, with persons."""
    return list(
        SignUp.select(SignUp, Person)
        .join(Person)
        .where(SignUp.invitation == invitation.id, SignUp.status.in_(list(HOLDS_SEAT)))
        .order_by(SignUp.moved_at, SignUp.id)
    )


def locked_activity(activity: Activity, actor: Account | None) -> Activity:
    """The activity under its lock; with an actor, only one of the actor's own unit."""
    fresh = locked(Activity.select().where(Activity.id == activity.id)).get_or_none()
    if fresh is None:
        raise NotFound()
    if actor is not None:
        access.require_unit(actor, fresh.member_unit_id)
    return fresh


def check_not_begun(activity: Activity) -> None:
    """Raises IllegalMove for what was cancelled or has begun."""
    if activity.status is ActivityStatus.CANCELLED:
        raise IllegalMove("活动已取消")
    if clock.utc_now() >= activity.starts_at:
        raise IllegalMove("活动已经开始，名单不能再改")


def move(invitation: UnitInvitation, to: InvitationStatus, **changes: str) -> None:
    """Raises IllegalMove, or StaleState where somebody was faster."""
    was = invitation.status
    if to not in INVITATION_MOVES[was]:
        raise IllegalMove(was=was.value, to=to.value)
    changed = (
        UnitInvitation.update(status=to, moved_at=clock.utc_now(), **changes)
        .where(UnitInvitation.id == invitation.id, UnitInvitation.status == was)
        .execute()
    )
    if not changed:
        raise StaleState(was=was.value, to=to.value)
    invitation.status = to


def reopen_if_full(invitation: UnitInvitation) -> None:
    """Before one of the named loses the place: a unit that had named all may name another in time."""
    is_full = len(named_of(invitation)) >= invitation.places
    if is_full and invitation.status is InvitationStatus.ANSWERED and invitation.answer_by > clock.utc_now():
        move(invitation, InvitationStatus.INVITED)


def liaisons_of(unit_ids: list[int]) -> dict[int, set[int]]:
    """The units' liaisons of today (person ids) by unit: by the role, or by a liaison's login."""
    today = clock.local_today()
    by_role: Any = PersonRole.select(PersonRole.member_unit, PersonRole.person).where(
        PersonRole.role == PersonRoleKind.LIAISON,
        PersonRole.member_unit.in_(unit_ids),
        PersonRole.valid_from <= today,
        PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
    )
    by_login: Any = _liaison_logins(unit_ids).where(Account.person.is_null(False))
    found: dict[int, set[int]] = {}
    for unit_id, person_id in (*by_role.tuples(), *by_login.tuples()):
        found.setdefault(unit_id, set()).add(person_id)
    return found


def _with_login_only(unit_ids: list[int]) -> set[int]:
    """Units (ids) some of whose liaisons have a login that no person stands behind."""
    rows: Any = _liaison_logins(unit_ids).where(Account.person.is_null()).tuples()
    return {unit_id for unit_id, _ in rows}


def _liaison_logins(unit_ids: list[int]) -> ModelSelect[Account]:
    return (
        Account.select(Account.member_unit, Account.person)
        .join(AccountRole)
        .where(
            AccountRole.role == AccountRoleKind.LIAISON,
            Account.member_unit.in_(unit_ids),
            Account.is_active == True,  # noqa: E712 - SQL
        )
    )
