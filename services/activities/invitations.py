"""Units' places (单位名额): the organiser invites units, each with places and a date to answer by.

Places not yet named are kept until that date. What is given back, declined or left over goes to
the waiting list. All acts hold the lock on the activity's row; the units' own are in
`unit_answers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import clock
from models.accounts import Account
from models.activities import Activity, ActivityStatus, InvitationStatus, UnitInvitation
from models.alliance import MemberUnit
from models.base import db
from services import access, audit
from services.activities import waiting
from services.activities.invitation_rows import (
    board,
    check_not_begun,
    liaisons_of,
    locked_activity,
    move,
    named_of,
)
from services.activities.seats import occupied
from services.errors import IllegalMove, Invalid
from services.messaging import notices
from services.messaging.notice_texts import day_and_time
from services.messaging.notices import NoticeKind

MOST_PLACES = 10_000
REMIND_BEFORE = timedelta(hours=24)


def invite(
    activity: Activity, places: Mapping[int, int], answer_by: datetime, *, actor: Account | None
) -> list[UnitInvitation]:
    """Keep `places` (by unit) until `answer_by`, and tell the units' liaisons; a unit invited before
    is asked anew. Raises Invalid naming what is wrong, IllegalMove for what is not published."""
    if not places:
        raise Invalid(fields={"units": "请选择要邀请的单位"})
    with db.atomic():
        fresh = locked_activity(activity, actor)
        _check_dates(fresh, answer_by)
        known = {unit.id: unit for unit in MemberUnit.select().where(MemberUnit.id.in_(list(places)))}
        if set(places) - set(known):
            raise Invalid(fields={"units": "有的单位不存在，请重新选择"})
        if not fresh.is_shared and set(places) - {fresh.member_unit_id}:
            raise Invalid(fields={"units": "这场活动没有面向全联盟，别的单位看不到；请先在“修改”里打开"})
        if any(not 1 <= number <= MOST_PLACES for number in places.values()):
            raise Invalid(fields={"places": f"每个单位的名额应为1到{MOST_PLACES}"})
        made = [_invite(fresh, unit_id, number, answer_by) for unit_id, number in places.items()]
        _check_room(fresh)
        for invitation in made:
            told = {"unit": known[invitation.member_unit_id].short_name, "places": invitation.places}
            audit.record("unit_invitation.sent", invitation, actor=actor, activity=fresh.id, **told)
            _tell_liaisons(invitation, fresh, NoticeKind.UNIT_INVITED, f"{clock.utc_now().isoformat()}")
    return made


def withdraw(invitation: UnitInvitation, *, actor: Account | None) -> UnitInvitation:
    """The organiser takes the places back that are not named; who is named stays signed up."""
    with db.atomic():
        activity = locked_activity(invitation.activity, actor)
        fresh = UnitInvitation.get_by_id(invitation.id)
        move(fresh, InvitationStatus.WITHDRAWN)
        audit.record("unit_invitation.withdrawn", fresh, actor=actor, activity=activity.id)
        waiting.fill(activity)
    return fresh


def remind(activity: Activity, *, actor: Account | None) -> int:
    """Remind the units whose places are not all named; how many units. Once a day, however often asked."""
    if actor is not None:
        access.require_unit(actor, activity.member_unit_id)
    open_lines = [line for line in board(activity, actor=actor) if line.kept]
    with db.atomic():
        for line in open_lines:
            _tell_liaisons(
                line.invitation, activity, NoticeKind.UNIT_REMINDED, f"asked-{clock.local_today()}"
            )
        audit.record("unit_invitation.reminded", activity, actor=actor, units=len(open_lines))
    return len(open_lines)


def remind_due() -> int:
    """A day before their date, remind the units that still keep places; how many notices."""
    now = clock.utc_now()
    due = (
        UnitInvitation.select(UnitInvitation, Activity)
        .join(Activity)
        .where(
            UnitInvitation.status == InvitationStatus.INVITED,
            UnitInvitation.answer_by > now,
            UnitInvitation.answer_by <= now + REMIND_BEFORE,
            UnitInvitation.invited_at <= now - REMIND_BEFORE / 2,
            Activity.status == ActivityStatus.PUBLISHED,
        )
    )
    told = 0
    for invitation in list(due):
        if len(named_of(invitation)) < invitation.places:
            occasion = f"due-{invitation.answer_by.isoformat()}"
            told += _tell_liaisons(invitation, invitation.activity, NoticeKind.UNIT_REMINDED, occasion)
    return told


def _invite(activity: Activity, unit_id: int, places: int, answer_by: datetime) -> UnitInvitation:
    now = clock.utc_now()
    asked = {
        "places": places,
        "answer_by": answer_by,
        "status": InvitationStatus.INVITED,
        "reason": "",
        "invited_at": now,
        "moved_at": now,
    }
    before = UnitInvitation.get_or_none(
        UnitInvitation.activity == activity.id, UnitInvitation.member_unit == unit_id
    )
    if before is None:
        return UnitInvitation.create(activity=activity, member_unit=unit_id, **asked)
    for column, value in asked.items():
        setattr(before, column, value)
    before.save()
    return before


def _check_dates(activity: Activity, answer_by: datetime) -> None:
    if activity.status is not ActivityStatus.PUBLISHED:
        raise IllegalMove("活动发布后才能邀请单位", was=activity.status.value)
    check_not_begun(activity)
    if answer_by <= clock.utc_now():
        raise Invalid(fields={"answer_by": "报送截止时间应晚于现在"})
    if answer_by >= activity.starts_at:
        raise Invalid(fields={"answer_by": "报送截止时间应早于活动开始"})


def _check_room(activity: Activity) -> None:
    """After the invitations were written: are more seats kept than there are?"""
    if activity.seats is None:
        return
    held = occupied([activity.id]).get(activity.id, 0)
    if held > activity.seats:
        over = held - activity.seats
        raise Invalid(fields={"places": f"名额不够：还差{over}个。请减少各单位名额，或先增加活动名额"})


def _tell_liaisons(invitation: UnitInvitation, activity: Activity, kind: NoticeKind, occasion: str) -> bool:
    told = notices.tell(
        liaisons_of([invitation.member_unit_id]).get(invitation.member_unit_id, set()),
        kind=kind,
        fields=notices.of_activity(activity)
        | {
            "unit": invitation.member_unit.short_name,
            "places": str(invitation.places),
            "named": str(len(named_of(invitation))),
            "answer_by": day_and_time(invitation.answer_by),
        },
        about=activity,
        url=f"/m/activities/{activity.id}",
        deadline_at=invitation.answer_by,
        occasion=f"{invitation.id}-{occasion}",
    )
    return told is not None
