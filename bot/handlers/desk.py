"""工作台: what waits for staff, as figures, and the way to the console. For their conditional menu."""

from __future__ import annotations

import clock
import config
from bot.context import Context
from bot.replies import word_link
from bot.router import on
from models.accounts import Account
from models.activities import Activity, ActivityStatus
from models.complaints import AWAITS_ANSWER, Complaint
from models.inbound import InboxItem, InboxStatus
from models.people import Person, PersonRole, PersonRoleKind
from wechat.texts import escape, web_link

STAFF = {PersonRoleKind.LIAISON, PersonRoleKind.CLASS_TEACHER, PersonRoleKind.INSTRUCTOR}
SHOWN = 3


@on.click("DESK")
@on.text("工作台", "待办")
def desk(ctx: Context) -> str:
    """Figures of the person's own unit; what they are about is read in the console alone."""
    person = ctx.member()
    if not _is_staff(person):
        return f"工作台给联络员、班主任、教师等工作人员用。您的活动和消息看 {word_link('我的')}。"
    unit = person.member_unit
    letters = InboxItem.select().where(InboxItem.member_unit == unit, InboxItem.status == InboxStatus.OPEN)
    waiting = Complaint.select().where(
        Complaint.member_unit == unit, Complaint.status.in_(list(AWAITS_ANSWER))
    )
    late = waiting.where(Complaint.due_on < clock.local_today()).count()
    lines = [
        f"【{escape(unit.short_name)}工作台】",
        f"没有处理的来信：{letters.count()} 条",
        f"等待答复的投诉建议：{waiting.count()} 条" + (f"，其中 {late} 条已超期" if late else ""),
        *_activities(person),
        web_link("打开管理后台", f"{config.settings().public_url}/console/"),
        "开放签到、点名请用小程序或管理后台。",
    ]
    return "\n".join(lines)


def _activities(person: Person) -> list[str]:
    """The unit's own next ones."""
    coming = (
        Activity.select()
        .where(
            Activity.member_unit == person.member_unit_id,
            Activity.status == ActivityStatus.PUBLISHED,
            Activity.ends_at > clock.utc_now(),
        )
        .order_by(Activity.starts_at)
        .limit(SHOWN)
    )
    lines = []
    for each in coming:
        starts = clock.to_local(each.starts_at)
        title = each.title if len(each.title) <= 24 else each.title[:23] + "…"
        lines.append(f"　{starts.month}月{starts.day}日 {starts:%H:%M} {escape(title)}")
    return ["本单位近期活动：", *lines] if lines else ["本单位近期没有活动"]


def _is_staff(person: Person) -> bool:
    today = clock.local_today()
    roles = PersonRole.select().where(
        PersonRole.person == person.id,
        PersonRole.role.in_(list(STAFF)),
        PersonRole.valid_from <= today,
        PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
    )
    has_account = Account.select().where(Account.person == person.id, Account.is_active == True)  # noqa: E712
    return bool(roles.exists() or has_account.exists())
