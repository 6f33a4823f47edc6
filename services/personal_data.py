"""What a person may ask of us about the own data: to see it, to take it along, to have it erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import clock
from models.accounts import Account
from models.activities import Activity, SignUp, SignUpStatus
from models.api_tokens import ApiReply, MiniSession
from models.audiences import PersonListMember
from models.base import db, locked
from models.bindings import BindingRequest
from models.complaints import Complaint
from models.inbound import InboundMessage, InboxItem, StaffReply, StaffReplyStatus
from models.mini_reminders import MiniReminder, MiniReminderStatus
from models.people import Follower, InviteCode, Person, PersonRole, TopicOptIn
from models.trial_sends import Tester
from services import access, activities, audit, consents, held_data, identities
from services.errors import Conflict, Invalid
from services.messaging import withdrawals
from services.roster import forgetting
from services.surveys import pictures

ERASED_NAME = "已注销"
ERASED_TEXT = "（本人已注销资料，内容已删除）"
WHAT_LEAVING_DOES = (
    "解除后：公众号和小程序的绑定一并结束，不再收到会员通知，也不能报名和阅读期刊；"
    "已报名的活动仍然有效，不参加请先取消；已交的问卷和收过的通知记录保留；"
    "单位名单里的您还在，再绑定可扫单位二维码或用新的邀请码。"
)
WHAT_ERASING_DOES = (
    "注销后：删除姓名、手机号、职务、绑定、订阅、聊天和来信原文、问卷里的图片、小程序登录；还没开始的活动取消报名、让出名额；"
    "已交的问卷和已发的通知只留下数字，不再有您的名字；投诉建议照常办理，不再有您的姓名和电话；同意与撤回的记录依法留存；"
    "培训等法定档案由单位另行保管，请联系本单位联络员。"
)
LEAST_REASON = 4


def unmask(person: Person, *, reason: str, actor: Account) -> str:
    """The whole phone number; who asked and why is kept. Raises Invalid, NotAllowed, NotFound."""
    access.require(actor, "people.unmask")
    access.require_unit(actor, person.member_unit_id)
    kept = _checked_reason(reason, "查看")
    with db.atomic():
        audit.record("person.unmasked", person, actor=actor, reason=kept)
    return person.phone or ""


def erase(person: Person, *, reason: str, actor: Account) -> None:
    """Erase a person's data on request: name, phone, position, bindings, topics, codes.

    What was delivered and answered stays as figures, without a name; seats of coming activities
    are given back. Raises Invalid, NotFound, Conflict.
    """
    access.require_unit(actor, person.member_unit_id)
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid(fields={"reason": "请写明注销原因（至少 4 个字），将记入审计"})
    with db.atomic():
        row = _erase(person, source="console")
        audit.record("person.erased", row, actor=actor, reason=reason.strip()[:200])


def erase_own(person: Person, *, source: str) -> None:
    """The person's own word, given twice, erases what `erase` does. Raises Conflict the second time."""
    with db.atomic():
        _erase(person, source=source)


def _erase(person: Person, *, source: str) -> Person:
    row = locked(Person.select().where(Person.id == person.id)).get()
    if row.erased_at is not None:
        raise Conflict("此人资料已经注销")
    now, today = clock.utc_now(), clock.local_today()
    _give_seats_back(row, now)
    forgetting.forget(row)
    followers = [each.id for each in Follower.select(Follower.id).where(Follower.person == row)]
    row.name, row.phone, row.phone_hash, row.position = ERASED_NAME, None, None, ""
    row.erased_at = now
    row.save()
    identities.detach_all(row)
    withdrawals.of_binding(row)
    consents.keep(row, is_granted=False, source=source, at=now)
    TopicOptIn.delete().where(TopicOptIn.person == row).execute()
    InviteCode.delete().where(InviteCode.person == row).execute()
    BindingRequest.update(name=None, digits=None).where(
        (BindingRequest.person == row) | BindingRequest.follower.in_(followers)
    ).execute()
    Complaint.update(contact=None).where(Complaint.person == row).execute()
    Tester.delete().where(Tester.person == row).execute()
    PersonListMember.delete().where(PersonListMember.person == row).execute()
    _erase_talk(followers)
    pictures.forget_of(row)
    is_open = PersonRole.valid_to.is_null() | (PersonRole.valid_to > today)
    PersonRole.update(valid_to=today).where(PersonRole.person == row, is_open).execute()
    return row


def _erase_talk(followers: list[int]) -> None:
    """What the person's WeChats said and were told: chat, letters to our staff, the phone's sign-ins."""
    InboundMessage.update(raw=None, reply=None).where(InboundMessage.follower.in_(followers)).execute()
    InboxItem.update(text=ERASED_TEXT, version=InboxItem.version + 1).where(
        InboxItem.follower.in_(followers)
    ).execute()
    replies = StaffReply.follower.in_(followers)
    StaffReply.update(status=StaffReplyStatus.WITHDRAWN).where(
        replies, StaffReply.status.in_([StaffReplyStatus.WAITING, StaffReplyStatus.FAILED])
    ).execute()
    StaffReply.update(text=ERASED_TEXT).where(
        replies, StaffReply.status != StaffReplyStatus.SENDING
    ).execute()
    MiniReminder.delete().where(
        MiniReminder.follower.in_(followers), MiniReminder.status == MiniReminderStatus.PLANNED
    ).execute()
    ApiReply.delete().where(ApiReply.follower.in_(followers)).execute()
    MiniSession.delete().where(MiniSession.follower.in_(followers)).execute()


def _give_seats_back(person: Person, now: datetime) -> None:
    """Seats, and places in a queue for one, of whatever has not begun."""
    held = (
        SignUp.select(SignUp, Activity)
        .join(Activity)
        .where(
            SignUp.person == person,
            SignUp.status != SignUpStatus.CANCELLED,
            Activity.starts_at > now,
        )
    )
    for sign_up in list(held):
        activities.cancel_sign_up(sign_up.activity, person)


def export(person: Person, *, reason: str, actor: Account) -> dict[str, Any]:
    """What is kept about a person, for our staff to hand to that person (个人信息查阅).

    Complaints are not in it: they are the writer's to read in 我的, and whose they are may be nobody's
    to know. Raises Invalid without a reason, NotAllowed, NotFound.
    """
    access.require(actor, "people.unmask")
    access.require_unit(actor, person.member_unit_id)
    kept = _checked_reason(reason, "导出")
    with db.atomic():
        audit.record("person.exported", person, actor=actor, reason=kept)
    return held_data.of(person, by_staff=True)


def export_own(person: Person) -> dict[str, Any]:
    """Everything kept about a person, in words, for the person."""
    return held_data.of(person)


def _checked_reason(reason: str, what: str) -> str:
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Invalid(fields={"reason": f"请写明{what}原因（至少 {LEAST_REASON} 个字），将记入审计"})
    return reason[:200]
