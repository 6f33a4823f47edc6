"""Our staff's side of a complaint: to take it, hand it over, answer it, end it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import clock
import config
from models.accounts import Account
from models.base import db
from models.complaints import (
    COMPLAINT_MOVES,
    COMPLAINT_STATUS_WORDS,
    Complaint,
    ComplaintAct,
    ComplaintStatus,
)
from models.inbound import StaffReply
from models.people import Follower
from services import audit, hands, staff_replies
from services.complaints.queries import due_after, find, receipt, told_as
from services.complaints.steps import note_step
from services.errors import IllegalMove, Invalid, StaleState
from services.messaging import notices
from services.messaging.notices import NoticeKind

CLOSES_AFTER = timedelta(days=15)
KEPT = timedelta(days=730)
LEAST_REASON = 4
# room for the number and the question below an answer
ANSWER_BYTES = staff_replies.MOST_BYTES - 200

_S = ComplaintStatus


def take(complaint: Complaint, *, version: int, actor: Account) -> None:
    """Begin to deal with it. Raises IllegalMove, StaleState."""
    with db.atomic():
        _move(complaint, _S.IN_HAND, version, actor, assigned_to=actor.id)
        note_step(complaint, ComplaintAct.TAKEN, actor)


def see_contact(complaint: Complaint, *, actor: Account) -> str:
    """The phone at which the member wishes to be called, "" for none; that it was looked at is kept."""
    find(complaint.id, actor=actor)
    with db.atomic():
        audit.record("complaint.contact_seen", complaint, actor=actor)
    return complaint.contact or ""


def hand_over(
    complaint: Complaint,
    *,
    unit_id: int | None,
    account_id: int | None,
    note: str,
    version: int,
    actor: Account,
) -> None:
    """Put it into other hands: a unit's, or with None the secretariat's.

    What hides its name stays with the secretariat: a unit would guess the writer.
    Raises Invalid, NotAllowed, StaleState.
    """
    find(complaint.id, actor=actor)
    hands.check(unit_id, account_id, permission="complaints.manage", actor=actor)
    if complaint.hides_name and unit_id is not None:
        raise Invalid(fields={"unit": "不具名的投诉建议由秘书处办理，不转给单位，以免猜出是谁写的"})
    with db.atomic():
        _change(complaint, version, member_unit=unit_id, assigned_to=account_id)
        note_step(complaint, ComplaintAct.HANDED_OVER, actor, note=note.strip()[:500] or None)
        audit.record("complaint.handed_over", complaint, actor=actor, unit_id=unit_id, account_id=account_id)


def answer(complaint: Complaint, text: str, *, version: int, once: str, actor: Account) -> StaffReply | None:
    """Answer it. The reply is to be sent with `staff_replies.send`; None where a notice tells of the answer.

    Raises Invalid (`text`), IllegalMove, StaleState; a form sent twice gives the first reply.
    """
    find(complaint.id, actor=actor)
    made = staff_replies.made_before(once)
    if made is not None:
        return made
    clean = staff_replies.checked(text, most_bytes=ANSWER_BYTES)
    with db.atomic():
        _move(
            complaint, _S.ANSWERED, version, actor,
            answer=clean, answered_at=clock.utc_now(), assigned_to=complaint.assigned_to_id or actor.id,
        )  # fmt: skip
        reply = _bring(complaint, clean, once=once, actor=actor)
        note_step(complaint, ComplaintAct.ANSWERED, actor, note=clean, reply=reply)
    return reply


def tell_by_notice(complaint: Complaint) -> bool:
    """Tell a member by an automatic notice that the answer can be read; False where nobody can be told so.

    Who hides the name is not told this way: a notice's ledger shows to whom it went.
    """
    if complaint.person_id is None or complaint.hides_name:
        return False
    told = notices.tell(
        [complaint.person_id],
        kind=NoticeKind.COMPLAINT_ANSWERED,
        fields={"number": f"编号 {receipt(complaint)}，"},
        about=None,
        url="/m/complaints",
        occasion=f"complaint-{complaint.id}-{complaint.version}",
    )
    return told is not None


def reopen(complaint: Complaint, *, reason: str, version: int, actor: Account) -> None:
    """Deal with it anew, with a new day. Raises Invalid, IllegalMove, StaleState."""
    why = _reason(reason)
    with db.atomic():
        due_on = due_after(clock.local_today())
        _move(complaint, _S.REOPENED, version, actor, due_on=due_on, closed_at=None)
        note_step(complaint, ComplaintAct.REOPENED, actor, note=why)


def close(complaint: Complaint, *, reason: str, version: int, actor: Account) -> None:
    """End it; without an answer the reason must say why. Raises Invalid, IllegalMove, StaleState."""
    why = _reason(reason) if complaint.answer is None else reason.strip()[:500]
    with db.atomic():
        _move(complaint, _S.CLOSED, version, actor, closed_at=clock.utc_now())
        note_step(complaint, ComplaintAct.CLOSED, actor, note=why or None)


def close_settled() -> int:
    """Close what was answered fifteen days ago and met no objection; how many."""
    now = clock.utc_now()
    settled = (Complaint.status == _S.ANSWERED) & (Complaint.answered_at <= now - CLOSES_AFTER)
    closed = 0
    for row in Complaint.select(Complaint.id).where(settled):
        with db.atomic():
            moved = (
                Complaint.update(status=_S.CLOSED, closed_at=now, version=Complaint.version + 1)
                .where(Complaint.id == row.id, settled)
                .execute()
            )
            if moved:
                note_step(row, ComplaintAct.CLOSED, note="答复后十五天没有异议")
                closed += 1
    return closed


def forget_old(now: datetime) -> int:
    """Drop what was closed two years ago; how many."""
    return int(Complaint.delete().where(Complaint.closed_at < now - KEPT).execute())


def _bring(complaint: Complaint, text: str, *, once: str, actor: Account) -> StaffReply | None:
    """By the window where it is open; else a member is told by a notice, a mere follower by a rider."""
    follower = _reachable(complaint)
    is_open = follower is not None and staff_replies.window(follower).is_open
    if not is_open and tell_by_notice(complaint):
        return None
    if follower is None:
        return None
    asked = "" if complaint.rated_at is not None else "\n对答复是否满意？请回复“满意”或“不满意”。"
    said = f"您的{told_as(complaint)}，答复如下：\n{text}{asked}"
    return staff_replies.begin(follower, said, once=once, actor=actor)


def _reachable(complaint: Complaint) -> Follower | None:
    """The WeChat to which an answer goes: of a member the one bound now."""
    if complaint.person_id is None:
        return complaint.follower
    bound = Follower.select().where(
        Follower.person == complaint.person_id, Follower.app_id == config.settings().wechat_app_id
    )
    return bound.first()


def _reason(reason: str) -> str:
    clean = reason.strip()
    if len(clean) < LEAST_REASON:
        raise Invalid(fields={"reason": f"请写明原因（至少 {LEAST_REASON} 个字）"})
    return clean[:500]


def _move(complaint: Complaint, to: ComplaintStatus, version: int, actor: Account, **values: Any) -> None:
    find(complaint.id, actor=actor)
    was = complaint.status
    if to not in COMPLAINT_MOVES[was]:
        raise IllegalMove(was=was.value, to=to.value)
    _change(complaint, version, status=to, **values)
    audit.record(
        "complaint.moved",
        complaint,
        actor=actor,
        was=COMPLAINT_STATUS_WORDS[was],
        to=COMPLAINT_STATUS_WORDS[to],
    )


def _change(complaint: Complaint, version: int, **values: Any) -> None:
    changed = (
        Complaint.update(version=Complaint.version + 1, **values)
        .where(Complaint.id == complaint.id, Complaint.version == version)
        .execute()
    )
    if not changed:
        raise StaleState("别人刚刚处理了这一条，请先看看新的办理记录；您写的内容还在下面")
    for name, value in values.items():
        setattr(complaint, name, value)
    complaint.version = version + 1
