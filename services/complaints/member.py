"""The member's side of a complaint: to submit it, to ask for a call, to say 满意 or 不满意."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import clock
import config
from models.base import db
from models.complaints import AWAITS_ANSWER, Complaint, ComplaintAct, ComplaintKind, ComplaintStatus
from models.people import Follower, Person
from services.complaints.queries import due_after, own, own_query
from services.complaints.steps import note_step
from services.errors import Conflict, Invalid, NotFound
from services.phone_numbers import WrongPhone, clean_phone

LEAST, LONGEST = 2, 2000
MOST_A_DAY = 10
SAME_AGAIN = timedelta(minutes=10)

_S = ComplaintStatus


class TooMany(Conflict):
    code, message = (
        "too_many_complaints",
        f"今天已经提交了 {MOST_A_DAY} 条，请明天再提；急事请联系本单位联络员",
    )


def submit(
    who: Person | Follower,
    kind: ComplaintKind,
    text: str,
    *,
    contact: str = "",
    hides_name: bool = False,
    source: str = "page",
) -> Complaint:
    """Take a complaint down and start its clock; the same text sent again within ten minutes is the same one.

    `contact`: the phone at which the member wishes to be called. Raises Invalid (`text`, `contact`), TooMany.
    """
    clean, phone = _checked(text, contact)
    follower, person = _sides(who)
    with db.atomic():
        today = _of_today(follower, person)
        for before in today:
            if before.text == clean and before.created_at > clock.utc_now() - SAME_AGAIN:
                return before
        if len(today) >= MOST_A_DAY:
            raise TooMany()
        complaint = Complaint.create(
            kind=kind,
            text=clean,
            contact=phone,
            hides_name=hides_name,
            source=source,
            follower=follower,
            person=person,
            member_unit=None if hides_name or person is None else person.member_unit_id,
            due_on=due_after(clock.local_today()),
            is_sample=person is not None and person.is_sample,
        )
        note_step(complaint, ComplaintAct.RECEIVED)
    return complaint


def ask_for_call(follower: Follower, phone: str) -> Complaint:
    """The member wishes to be called about the latest open complaint. Raises Invalid, NotFound."""
    waiting = Complaint.status.in_(list(AWAITS_ANSWER))
    found = own_query(follower, follower.person_id).where(waiting).order_by(Complaint.id.desc()).first()
    if found is None:
        raise NotFound("没有正在办理的投诉建议。请先发送“反馈 您的意见”")
    _, clean = _checked("……", phone)
    with db.atomic():
        found.contact = clean
        found.version += 1
        found.save(only=[Complaint.contact, Complaint.version])
    return found


def rate(complaint: Complaint, follower: Follower, *, is_satisfied: bool) -> Complaint:
    """The member's 满意 or 不满意 to the answer, once: 不满意 opens the matter again with a new day.

    Raises NotFound for another's, Conflict when it was said before or nothing is answered.
    """
    mine = own(complaint.id, follower)
    now = clock.utc_now()
    to = _S.CLOSED if is_satisfied else _S.REOPENED
    changes: dict[str, Any] = (
        {"closed_at": now} if is_satisfied else {"due_on": due_after(clock.local_today())}
    )
    with db.atomic():
        said = (
            Complaint.update(
                is_satisfied=is_satisfied, rated_at=now, status=to, version=Complaint.version + 1, **changes
            )
            .where(Complaint.id == mine.id, Complaint.status == _S.ANSWERED, Complaint.is_satisfied.is_null())
            .execute()
        )
        if not said:
            raise Conflict(
                "这一条已经评价过，或还没有答复" if mine.rated_at is None else "您已经评价过，谢谢！"
            )
        note_step(mine, ComplaintAct.RATED, note="满意" if is_satisfied else "不满意")
    return own(mine.id, follower)


def _checked(text: str, contact: str) -> tuple[str, str | None]:
    errors = {}
    clean = text.replace("\r\n", "\n").strip()
    if len(clean) < LEAST:
        errors["text"] = "请写明您的意见，至少两个字"
    elif len(clean) > LONGEST:
        errors["text"] = f"最多 {LONGEST} 字，现有 {len(clean)} 字，请删减后再提交"
    phone = None
    try:
        phone = clean_phone(contact) if contact.strip() else None
    except WrongPhone:
        errors["contact"] = "这不像一个电话号码，请填写手机号，或留空"
    if errors:
        raise Invalid(fields=errors)
    return clean, phone or None


def _sides(who: Person | Follower) -> tuple[Follower | None, Person | None]:
    if isinstance(who, Follower):
        return who, who.person
    app_id = config.settings().wechat_app_id
    return Follower.get_or_none((Follower.person == who.id) & (Follower.app_id == app_id)), who


def _of_today(follower: Follower | None, person: Person | None) -> list[Complaint]:
    since = clock.start_of_local_day()
    mine = own_query(follower, person.id if person is not None else None)
    return list(mine.where(Complaint.created_at >= since))
