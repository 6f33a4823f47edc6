"""Reminders that a member asked for in the mini program (订阅消息): one consent, one message.

A row is made when the phone accepted; it is due a day before the start, at a decent hour. Claim,
call, settle, no transaction open during the call. The message has no key of ours: what may have
gone out is unknown and is never sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import clock
import config
from models.activities import Activity, ActivityStatus, SignUp, SignUpStatus
from models.base import db
from models.mini_reminders import MiniReminder, MiniReminderStatus
from models.people import Follower
from services import followers, mini_account
from services.errors import Conflict
from services.messaging import quiet_hours, withdrawals
from wechat.errors import OutcomeUnknown, Refused, TryLater
from wechat.inbound import Inbound
from wechat.job_events import SubscribeResult, read_job_event
from wechat.mini_program import MiniProgram
from wechat.subscription_messages import NO_CONSENT, SubscribeMessage
from wechat.template_values import BadValue, format_values

AHEAD = timedelta(days=1)
SHORT_AHEAD = timedelta(hours=2)
NEAR = timedelta(hours=6)  # two reminders of one activity within it are one too many
HELD = {"title", "starts_at", "place", "speaker", "note"}
NOTE = "请准时参加，到场可在小程序签到"
LEASE = timedelta(minutes=3)
TRY_AGAIN_AFTER = timedelta(minutes=5)
MOST_AT_ONCE = 100
PAGE = "pages/activity/activity?id={}"

WAITING = {MiniReminderStatus.PLANNED, MiniReminderStatus.CLAIMED}
SENT = {MiniReminderStatus.ACCEPTED, MiniReminderStatus.DELIVERED, MiniReminderStatus.UNKNOWN}
State = Literal["none", "planned", "sent"]


class ReminderNotPossible(Conflict):
    code, message = "reminder_not_possible", "这场活动已经开始或已取消，不用提醒了"


@dataclass(frozen=True, slots=True)
class Template:
    """`MINI_REMINDER_TEMPLATE`: the template and what each of its fields holds."""

    template_id: str
    fields: dict[str, str]


def template() -> Template | None:
    """The template of the settings; None where no reminder is offered. Raises ValueError when misspelt."""
    told = config.settings().mini_reminder_template
    if not told:
        return None
    template_id, _, fields = told.partition(":")
    pairs = dict(pair.split("=", 1) for pair in fields.split(",") if pair)
    unknown = set(pairs.values()) - HELD
    if not template_id or not pairs or unknown:
        raise ValueError("MINI_REMINDER_TEMPLATE: 形如 模板ID:thing1=title,time2=starts_at,thing3=place")
    return Template(template_id, pairs)


def template_id() -> str:
    """What the phone asks consent for; "" where no reminder is offered."""
    chosen = template()
    return chosen.template_id if chosen else ""


def answered(follower: Follower, activity: Activity, *, accepted: bool) -> MiniReminder | None:
    """Keep what the person answered the phone; a yes said twice is one reminder, a no takes it back.

    Raises ReminderNotPossible for what has begun or does not take place.
    """
    now = clock.utc_now()
    mine = (MiniReminder.follower == follower.id) & (MiniReminder.activity == activity.id)
    with db.atomic():
        if not accepted:
            is_waiting = MiniReminder.status == MiniReminderStatus.PLANNED
            MiniReminder.delete().where(mine, is_waiting).execute()
            return None
        chosen = template()
        if chosen is None or activity.status is not ActivityStatus.PUBLISHED or activity.starts_at <= now:
            raise ReminderNotPossible()
        (
            MiniReminder.insert(
                follower=follower.id,
                activity=activity.id,
                template_id=chosen.template_id,
                granted_at=now,
                due_at=due_at(activity, now),
                created_at=now,
            )
            .on_conflict_ignore()
            .execute()
        )
        return MiniReminder.get(mine)


def state_of(follower: Follower, activity: Activity) -> State:
    row = MiniReminder.get_or_none(
        (MiniReminder.follower == follower.id) & (MiniReminder.activity == activity.id)
    )
    if row is None:
        return "none"
    return "sent" if row.status in SENT else "planned" if row.status is MiniReminderStatus.PLANNED else "none"


def due_at(activity: Activity, now: datetime) -> datetime:
    """A day before the start, else two hours before; never in the quiet hours (naive UTC)."""
    ahead = AHEAD if activity.starts_at - AHEAD > now else SHORT_AHEAD
    wanted = quiet_hours.moment_before(activity.starts_at, ahead)
    return wanted if wanted >= now else quiet_hours.next_allowed(now)


def follow(activity: Activity) -> int:
    """The activity moved: what waits is due by its new time; how many. Inside the edit's transaction."""
    waits = (MiniReminder.activity == activity.id) & (MiniReminder.status == MiniReminderStatus.PLANNED)
    return int(MiniReminder.update(due_at=due_at(activity, clock.utc_now())).where(waits).execute())


def covered(activity: Activity, at: datetime) -> set[int]:
    """Whom (person ids) the mini program reminds of the activity near that moment, or did."""
    near = MiniReminder.due_at.between(at - NEAR, at + NEAR)
    return _people(activity, near, MiniReminder.status.in_([*WAITING, *SENT]))


def fell_through(activity: Activity, since: datetime) -> set[int]:
    """Whose reminder (person ids) was to come, and failed since then."""
    return _people(
        activity, MiniReminder.settled_at >= since, MiniReminder.status == MiniReminderStatus.FAILED
    )


def _people(activity: Activity, *terms: Any) -> set[int]:
    rows: Any = (
        MiniReminder.select(Follower.person)
        .join(Follower)
        .where(MiniReminder.activity == activity.id, Follower.person.is_null(False), *terms)
        .tuples()
    )
    return {person_id for (person_id,) in rows}


def is_any_due() -> bool:
    is_waiting = MiniReminder.status == MiniReminderStatus.PLANNED
    return MiniReminder.select().where(is_waiting, MiniReminder.due_at <= clock.utc_now()).exists()


def send_due(program: MiniProgram | None = None) -> int:
    """Send what is due, a hundred at most; how many were taken up. An activity that moved is due anew."""
    rows = _claim()
    for row in rows:
        _send(row, program or mini_account.program())
    return len(rows)


def free_expired() -> int:
    """What a worker held when it died may have gone out: unknown, never again."""
    lost = {"status": MiniReminderStatus.UNKNOWN, "reason": "发送时中断，结果不明", "claimed_until": None}
    is_held = MiniReminder.status == MiniReminderStatus.CLAIMED
    is_over = MiniReminder.claimed_until < clock.utc_now()
    return int(MiniReminder.update(**lost).where(is_held, is_over).execute())


def settle(message: Inbound) -> int:
    """Take the results that WeChat pushed; how many reminders they were about."""
    settled = 0
    for result in read_job_event(message):
        if isinstance(result, SubscribeResult):
            is_good = result.errcode == 0
            settled += (
                MiniReminder.update(
                    status=MiniReminderStatus.DELIVERED if is_good else MiniReminderStatus.FAILED,
                    errcode=result.errcode,
                    reason="" if is_good else f"微信报告未送达：{result.status}"[:120],
                )
                .where(MiniReminder.msgid == result.msgid, MiniReminder.status == MiniReminderStatus.ACCEPTED)
                .execute()
            )
    return settled


def revoked(openid: str, template_ids: list[str]) -> int:
    """The person switched the templates off in the program's settings: drop what waits."""
    whose = Follower.select(Follower.id).where(
        Follower.app_id == config.settings().mini_app_id, Follower.openid == openid
    )
    return int(
        MiniReminder.delete()
        .where(
            MiniReminder.follower.in_(whose),
            MiniReminder.template_id.in_(template_ids),
            MiniReminder.status == MiniReminderStatus.PLANNED,
        )
        .execute()
    )


def _claim() -> list[MiniReminder]:
    now = clock.utc_now()
    is_due = (MiniReminder.status == MiniReminderStatus.PLANNED) & (MiniReminder.due_at <= now)
    due: Any = MiniReminder.select(MiniReminder.id).where(is_due).order_by(MiniReminder.due_at)
    mine = []
    for (row_id,) in list(due.limit(MOST_AT_ONCE).tuples()):
        taken = MiniReminder.update(status=MiniReminderStatus.CLAIMED, claimed_until=now + LEASE)
        if taken.where(MiniReminder.id == row_id, is_due).execute():  # of two workers one wins
            mine.append(row_id)
    rows: Any = (
        MiniReminder.select(MiniReminder, Follower, Activity)
        .join(Follower)
        .switch(MiniReminder)
        .join(Activity)
        .where(MiniReminder.id.in_(mine))
    )
    return list(rows)


def _send(row: MiniReminder, program: MiniProgram) -> None:
    now = clock.utc_now()
    again = due_at(row.activity, row.granted_at)
    if row.activity.status is ActivityStatus.PUBLISHED and again > now:
        _put(row, MiniReminderStatus.PLANNED, due_at=again)  # the activity moved to a later time
        return
    if why := _why_skipped(row, now):
        _put(row, MiniReminderStatus.SKIPPED, reason=why)
        return
    chosen = template()
    try:
        if chosen is None:
            raise BadValue("MINI_REMINDER_TEMPLATE", "没有设置")
        message = SubscribeMessage(
            row.follower.openid,
            row.template_id,
            format_values(None, _values(row.activity, chosen)),
            page=PAGE.format(row.activity_id),
        )
        msgid = program.send_subscribe_message(message)
    except TryLater:
        _put(row, MiniReminderStatus.PLANNED, due_at=now + TRY_AGAIN_AFTER)
    except OutcomeUnknown:
        _put(row, MiniReminderStatus.UNKNOWN, reason="没有收到微信的答复，结果不明")
    except BadValue as bad:
        _put(row, MiniReminderStatus.FAILED, reason=str(bad)[:120])
    except Refused as refusal:
        why = "本人没有同意，或已用完" if refusal.errcode == NO_CONSENT else f"微信拒绝：{refusal.errmsg}"
        _put(row, MiniReminderStatus.FAILED, errcode=refusal.errcode, reason=why[:120])
    else:
        _put(row, MiniReminderStatus.ACCEPTED, msgid=msgid or None)
        _end_rider(row)


def _why_skipped(row: MiniReminder, now: datetime) -> str:
    activity = row.activity
    if activity.status is not ActivityStatus.PUBLISHED:
        return "活动已取消"
    if activity.starts_at <= now:
        return "活动已经开始"
    person = followers.member_of(row.follower)
    if person is None:
        return "已解除绑定"
    holds = (SignUp.activity == activity.id) & (SignUp.person == person.id)
    if not SignUp.select().where(holds, SignUp.status == SignUpStatus.SIGNED_UP).exists():
        return "没有报名，或已取消报名"
    if withdrawals.was_reminded(person, activity, since=now - NEAR):
        return "公众号刚刚提醒过"
    return ""


def _end_rider(row: MiniReminder) -> None:
    """The same reminder that only waits for the person's next word in chat is not needed any more."""
    person = followers.member_of(row.follower)
    if person is not None:
        withdrawals.of_reminder(person, row.activity)


def _values(activity: Activity, chosen: Template) -> dict[str, str]:
    starts = clock.to_local(activity.starts_at)
    told = {
        "title": activity.title,
        "starts_at": f"{starts.year}年{starts.month}月{starts.day}日 {starts:%H:%M}",
        "place": activity.place,
        "speaker": activity.speaker or "待定",
        "note": NOTE,
    }
    return {name: told[what] for name, what in chosen.fields.items()}


def _put(row: MiniReminder, status: MiniReminderStatus, **values: Any) -> None:
    settled_at = None if status is MiniReminderStatus.PLANNED else clock.utc_now()
    told = {"status": status, "claimed_until": None, "settled_at": settled_at, **values}
    held = (MiniReminder.id == row.id) & (MiniReminder.status == MiniReminderStatus.CLAIMED)
    MiniReminder.update(**told).where(held).execute()
