"""提醒: a member accepted one subscribe message for one activity."""

from __future__ import annotations

from apiflask import APIBlueprint

from server.mini import schemas
from server.mini.activities import ONE
from server.mini.bearer import follower, me, member_only
from server.mini.repeats import once
from services import activities, mini_reminders

bp = APIBlueprint("reminders", __name__, tag="提醒")


@bp.post(f"{ONE}/reminder")
@member_only
@once
@bp.input(schemas.ReminderWanted, arg_name="wanted")
@bp.output(schemas.Reminder)
def ask(activity_id: int, wanted: schemas.ReminderWanted) -> schemas.Reminder:
    """记下 wx.requestSubscribeMessage 的结果"""
    activity = activities.for_member(activity_id, me())
    row = mini_reminders.answered(follower(), activity, accepted=wanted.accepted)
    return schemas.Reminder(
        state=mini_reminders.state_of(follower(), activity), due_at=row.due_at if row is not None else None
    )
