"""A unit's answer to an invitation: its liaison names people from the roster, or declines."""

from __future__ import annotations

from collections.abc import Iterable

import clock
from models.accounts import Account
from models.activities import (
    CONCERNED,
    HOLDS_SEAT,
    Activity,
    InvitationStatus,
    SignUp,
    SignUpStatus,
    UnitInvitation,
)
from models.base import db
from models.people import Person
from services import access, audit
from services.activities import waiting
from services.activities.invitation_rows import check_not_begun, locked_activity, move, named_of
from services.activities.seats import seats_left
from services.activities.sign_ups import give_back, sign_up_of
from services.errors import IllegalMove, Invalid, NotFound
from services.messaging import notices
from services.messaging.notices import NoticeKind

REASON_LENGTH = 200


def name(invitation: UnitInvitation, person_ids: Iterable[int], *, actor: Account | None) -> list[SignUp]:
    """Sign these people of the unit up, on its places, and tell them; who was newly named.

    With the last place the unit has answered; a place that comes free before the date opens its
    list again (`sign_ups.give_back`).
    Raises Invalid (`people`) for more than there are places or for people of other units,
    IllegalMove when the unit declined or was not asked any more, or the activity began. After the
    day to answer by, only free seats are left.
    """
    wanted = sorted(set(person_ids))
    with db.atomic():
        fresh, activity = _fresh(invitation, actor)
        _check_may_name(fresh, activity)
        people = list(Person.select().where(Person.id.in_(wanted), Person.erased_at.is_null()))
        if len(people) < len(wanted) or any(p.member_unit_id != fresh.member_unit_id for p in people):
            raise Invalid(fields={"people": "只能报送本单位的人员，请重新选择"})
        named = {row.person_id for row in named_of(fresh)}
        new = [person for person in people if person.id not in named]
        _check_number(fresh, activity, len(named), new)
        rows = [_name(fresh, activity, person) for person in new]
        if rows:
            audit.record("unit_invitation.named", fresh, actor=actor, activity=activity.id, persons=len(rows))
            _tell_named(activity, rows)
            if len(named) + len(rows) >= fresh.places:  # the last place is given: nothing is waited for
                move(fresh, InvitationStatus.ANSWERED)
                audit.record("unit_invitation.answered", fresh, actor=actor, activity=activity.id)
            waiting.fill(activity)  # who had a seat of their own left it to the others
    return rows


def unname(invitation: UnitInvitation, sign_up_id: int, *, actor: Account | None) -> None:
    """Take a named person off again; the place is the unit's while it may still name people.

    Raises NotFound for who is not named by this unit, IllegalMove once the activity began.
    """
    with db.atomic():
        fresh, activity = _fresh(invitation, actor)
        check_not_begun(activity)
        row = SignUp.get_or_none(SignUp.id == sign_up_id, SignUp.invitation == fresh)
        if row is None or row.status not in HOLDS_SEAT:
            raise NotFound("名单里没有这个人，可能刚刚改过")
        give_back(activity, row)
        notices.tell(
            [row.person_id],
            kind=NoticeKind.UNIT_UNNAMED,
            fields=notices.of_activity(activity),
            about=activity,
            url=f"/m/activities/{activity.id}",
            occasion=f"unnamed-{clock.utc_now().isoformat()}",
        )
        audit.record("unit_invitation.unnamed", fresh, actor=actor, activity=activity.id)


def finish(invitation: UnitInvitation, *, actor: Account | None) -> UnitInvitation:
    """The unit names nobody more; what is left over is given back. Raises Invalid for an empty list."""
    with db.atomic():
        fresh, activity = _fresh(invitation, actor)
        if not named_of(fresh):
            raise Invalid(fields={"people": "还没有报送人员；不能参加请点“不参加”并写明原因"})
        move(fresh, InvitationStatus.ANSWERED)
        audit.record("unit_invitation.answered", fresh, actor=actor, activity=activity.id)
        waiting.fill(activity)
    return fresh


def refuse(invitation: UnitInvitation, reason: str, *, actor: Account | None) -> UnitInvitation:
    """The unit does not come; its places are given back. Raises Invalid without a reason, or while
    people are named."""
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(fields={"reason": "请写明不能参加的原因，主办单位会看到"})
    if len(reason) > REASON_LENGTH:
        raise Invalid(fields={"reason": f"原因不超过{REASON_LENGTH}个字"})
    with db.atomic():
        fresh, activity = _fresh(invitation, actor)
        if named := len(named_of(fresh)):
            raise Invalid(
                fields={"reason": f"已报送{named}人。只是名额用不完，请点“报送完毕”；都不来请先移出名单"}
            )
        move(fresh, InvitationStatus.REFUSED, reason=reason)
        audit.record("unit_invitation.refused", fresh, actor=actor, activity=activity.id, reason=reason)
        waiting.fill(activity)
    return fresh


def _fresh(invitation: UnitInvitation, actor: Account | None) -> tuple[UnitInvitation, Activity]:
    """Both rows under the activity's lock, for the invited unit."""
    activity = locked_activity(invitation.activity, None)
    fresh = UnitInvitation.get_by_id(invitation.id)
    if actor is not None:
        access.require_unit(actor, fresh.member_unit_id)
    return fresh, activity


def _check_may_name(invitation: UnitInvitation, activity: Activity) -> None:
    check_not_begun(activity)
    if invitation.status is InvitationStatus.REFUSED:
        raise IllegalMove("本单位已答复不参加；要改请联系主办单位重新邀请")
    if invitation.status is InvitationStatus.WITHDRAWN:
        raise IllegalMove("主办单位已撤回这次邀请")
    if invitation.status is InvitationStatus.ANSWERED and len(named_of(invitation)) < invitation.places:
        raise IllegalMove("名单已报送完毕；要加人请联系主办单位重新邀请")


def _check_number(invitation: UnitInvitation, activity: Activity, named: int, new: list[Person]) -> None:
    if named + len(new) > invitation.places:
        left = invitation.places - named
        raise Invalid(
            fields={"people": f"本单位有{invitation.places}个名额，还能报{left}人，您选了{len(new)}人"}
        )
    if invitation.answer_by > clock.utc_now():
        return
    have_seat = SignUp.select().where(
        SignUp.activity == activity.id,
        SignUp.person.in_(new),
        SignUp.status.in_(list(HOLDS_SEAT)),
    )
    free = seats_left(activity)
    if free is not None and len(new) - have_seat.count() > free:
        raise Invalid(fields={"people": f"报送时间已过，未报的名额已放开，现在只剩{free}个空位"})


def _name(invitation: UnitInvitation, activity: Activity, person: Person) -> SignUp:
    now = clock.utc_now()
    row = sign_up_of(activity, person)
    if row is None:
        row = SignUp(activity=activity, person=person)
    if row.status not in CONCERNED or row.get_id() is None:
        row.source = "unit"
    if row.status is not SignUpStatus.SIGNED_UP or row.get_id() is None:
        row.status, row.moved_at = SignUpStatus.SIGNED_UP, now
    row.invitation, row.offered_until, row.kept_at = invitation, None, None
    row.save()
    return row


def _tell_named(activity: Activity, rows: list[SignUp]) -> None:
    notices.tell(
        [row.person_id for row in rows],
        kind=NoticeKind.UNIT_NAMED,
        fields=notices.of_activity(activity),
        about=activity,
        url=f"/m/activities/{activity.id}",
        occasion=f"named-{clock.utc_now().isoformat()}",
    )
