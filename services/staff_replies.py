"""Answers of our staff to one follower: a window message, or a rider on the follower's next message.

    reply = staff_replies.begin(follower, text, once=once, actor=me())     # inside the act's transaction
    staff_replies.send(reply, wechat=gateway)                              # after it

The row stands before the call is made, so that a kill leaves a lease that a sweep ends as unknown;
an unknown one is never sent again by itself, for a window message has no key WeChat would know a
repeat by. `once` is the form's own number: a form sent twice makes one reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import SQL

import clock
import config
from models.accounts import Account
from models.base import db
from models.inbound import (
    STAFF_REPLY_MOVES,
    STAFF_REPLY_STATUS_WORDS,
    InboxItem,
    StaffReply,
    StaffReplyStatus,
)
from models.people import Follower
from services import audit, followers
from services.errors import IllegalMove, Invalid, StaleState
from services.messaging import reasons
from wechat.capabilities import Capability, granted
from wechat.errors import OutcomeUnknown, Refused, TryLater, WeChatError
from wechat.gateway import Gateway
from wechat.replies import TEXT_REPLY_BYTES
from wechat.texts import escape, menu_link

LEASE = timedelta(minutes=1)  # the web process waits three seconds for WeChat
READ_AGAIN = timedelta(days=30)
HEAD = "【工作人员答复】\n"
MOST_BYTES = TEXT_REPLY_BYTES - len(HEAD.encode())
READ_WORD = "查看答复"
WINDOW_SHUT = frozenset({45015, 45047})
LEFT_CODES = frozenset({43004, 50005})
TRY_LATER, NO_WINDOW = "try_later", "window_shut"

_S = StaffReplyStatus


@dataclass(frozen=True, slots=True)
class Window:
    """How long, and how many messages, the customer-service window lets us write (contract §5)."""

    until: datetime | None
    left: int
    is_following: bool
    is_allowed: bool

    @property
    def is_open(self) -> bool:
        return self.is_following and self.is_allowed and self.left > 0 and self.until is not None

    @property
    def remains(self) -> timedelta:
        return self.until - clock.utc_now() if self.until is not None else timedelta()

    def words(self) -> str:
        """“还剩 47 小时 12 分，可再发 5 条”, or why it is shut."""
        if not self.is_following:
            return "对方已取消关注，发不到；若再次关注并来消息，会附在回复里"
        if not self.is_allowed:
            return "公众号没有客服消息权限，只能附在对方下次消息的回复里"
        if self.left <= 0 and self.until is not None:
            return "可发的条数已用完，等对方再来消息"
        if not self.is_open:
            return "客服窗口已关闭（对方 48 小时内没有来消息）"
        hours, rest = divmod(int(self.remains.total_seconds()), 3600)
        spent = f"{hours} 小时 {rest // 60} 分" if hours else f"{rest // 60} 分 {rest % 60} 秒"
        return f"客服窗口还剩 {spent}，可再发 {self.left} 条"


def window(follower: Follower) -> Window:
    """The follower's window as it stands now."""
    settings = config.settings()
    allowed = granted(settings.wechat_account_kind, verified=settings.wechat_verified)
    until = follower.window_until
    if until is not None and until <= clock.utc_now():
        until = None
    left = follower.window_left if until is not None else 0
    return Window(until, left, bool(follower.is_following), Capability.WINDOW_MESSAGE in allowed)


def checked(text: str, *, most_bytes: int = MOST_BYTES) -> str:
    """The text as it may be sent. Raises Invalid (`text`) when it is empty or too long for one message."""
    clean = text.replace("\r\n", "\n").strip()
    if not clean:
        raise Invalid(fields={"text": "请填写回复内容"})
    size = len(escape(clean).encode("utf-8", "replace"))
    if size > most_bytes:
        over = -(-(size - most_bytes) // 3)
        raise Invalid(
            fields={"text": f"回复太长：一条消息最多约 {most_bytes // 3} 个汉字，请删去约 {over} 个字"}
        )
    return clean


def made_before(once: str) -> StaffReply | None:
    """The reply that this form made when it was sent first. Raises Invalid for a form without its number."""
    if not once.strip():
        raise Invalid(fields={"text": "这份表单不完整，没有发出。请刷新页面后再填一次"})
    return StaffReply.get_or_none(StaffReply.once == once[:40])


def begin(
    follower: Follower,
    text: str,
    *,
    once: str,
    actor: Account,
    item: InboxItem | None = None,
    as_rider: bool = False,
) -> StaffReply:
    """Write the reply down: to be sent now where the window is open, else with the next message.

    `text` is plain; call it in the act's transaction and `send` after it.
    """
    now = clock.utc_now()
    goes_now = not as_rider and window(follower).is_open
    return StaffReply.create(
        follower=follower,
        inbox_item=item,
        account=actor,
        text=text,
        once=once[:40],
        status=_S.SENDING if goes_now else _S.WAITING,
        reason="" if goes_now or as_rider else NO_WINDOW,
        lease_until=now + LEASE if goes_now else None,
    )


def send(reply: StaffReply, *, wechat: Gateway) -> StaffReply:
    """Make the call for a reply that is to be sent now, and settle it; any other is left as it is.

    A window that WeChat
    calls shut makes it a rider; an answer that never came leaves it unknown.
    """
    if reply.status is not _S.SENDING:
        return reply
    follower = reply.follower
    try:
        wechat.send_window_message(follower.openid, worded(reply))
    except OutcomeUnknown:
        _settle(reply, _S.UNKNOWN, "no_answer")
    except TryLater:
        _settle(reply, _S.FAILED, TRY_LATER)
    except Refused as refusal:
        _refused(reply, refusal)
    else:
        _settle(reply, _S.ACCEPTED, "accepted")
    return reply


def not_sent(reply: StaffReply) -> None:
    """Nothing was called, since too many calls were under way: it may be tried again."""
    _settle(reply, _S.FAILED, TRY_LATER)


def again(reply: StaffReply, *, actor: Account) -> StaffReply:
    """Make a reply that failed ready to be sent once more. Raises IllegalMove, StaleState."""
    to = _S.SENDING if window(reply.follower).is_open else _S.WAITING
    lease = clock.utc_now() + LEASE if to is _S.SENDING else None
    _decide(reply, to, actor=actor, lease_until=lease)
    return reply


def hold(reply: StaffReply, *, actor: Account) -> None:
    """Let a reply that failed, or whose fate is unknown, ride on the next message."""
    _decide(reply, _S.WAITING, actor=actor)


def withdraw(reply: StaffReply, *, actor: Account) -> None:
    """Take back a reply that is not out yet."""
    _decide(reply, _S.WITHDRAWN, actor=actor)


def arrived(reply: StaffReply, *, actor: Account) -> None:
    """A person learnt that a reply of unknown fate did arrive."""
    _decide(reply, _S.ACCEPTED, actor=actor)


def offer(follower: Follower, *, budget_bytes: int, at: datetime) -> str:
    """The replies that wait for this follower, oldest first, as lines below a passive reply.

    Inside the transaction that keeps that reply: what is returned is marked offered. What does not
    fit is told of in a line, and read with 查看答复.
    """
    lines: list[str] = []
    offered: list[int] = []
    pointer = f"工作人员给您的答复较长，请点 {menu_link(READ_WORD, READ_WORD, 'w')}"
    is_left = False
    for reply in _waiting(follower):
        said = worded(reply)
        room = budget_bytes - len("\n".join([*lines, said, pointer, ""]).encode())
        if room >= 0:
            lines.append(said)
            offered.append(reply.id)
        else:
            is_left = True
    if is_left and len("\n".join([*lines, pointer]).encode()) <= budget_bytes:
        lines.append(pointer)
    if offered:
        _mark_offered(offered, at)
    return "\n".join(lines)


def read_next(follower: Follower, *, at: datetime) -> tuple[str, int]:
    """查看答复: the reply that waits longest, now offered, else the latest of 30 days; how many still
    wait. ("", 0) where there is none."""
    waiting = list(_waiting(follower))
    if waiting:
        _mark_offered([waiting[0].id], at)
        return worded(waiting[0]), len(waiting) - 1
    latest = (
        StaffReply.select()
        .where(
            StaffReply.follower == follower.id,
            StaffReply.status.in_([_S.OFFERED, _S.ACCEPTED]),
            StaffReply.created_at > at - READ_AGAIN,
        )
        .order_by(StaffReply.id.desc())
        .first()
    )
    return (worded(latest), 0) if latest is not None else ("", 0)


def worded(reply: StaffReply) -> str:
    """The reply as the follower reads it; what our staff wrote cannot open a link."""
    return HEAD + escape(reply.text)


def free_expired() -> int:
    """End what was being sent when its process died: perhaps it went, so it is not sent again."""
    now = clock.utc_now()
    ended = {"status": _S.UNKNOWN, "reason": "lease_expired", "lease_until": None, "settled_at": now}
    lost = (StaffReply.status == _S.SENDING) & (StaffReply.lease_until <= now)
    return int(StaffReply.update(**ended).where(lost).execute())


def reason_words(reply: StaffReply) -> str:
    """Why the reply stands as it does, in words; "" where the state says it all."""
    if reply.reason == NO_WINDOW:
        return "客服窗口已关闭"
    if reply.reason == TRY_LATER:
        return "微信暂时不可用，没有发出，可再发一次"
    if reply.status in (_S.ACCEPTED, _S.OFFERED):
        return ""
    return reasons.words(reply.reason)


def _waiting(follower: Follower) -> list[StaffReply]:
    waits = StaffReply.status == SQL("'waiting'")  # literally: see models/inbound.py
    return list(
        StaffReply.select().where(StaffReply.follower == follower.id, waits).order_by(StaffReply.id).limit(3)
    )


def _mark_offered(ids: list[int], at: datetime) -> None:
    offered = {"status": _S.OFFERED, "reason": "offered", "settled_at": at}
    StaffReply.update(**offered).where(StaffReply.id.in_(ids), StaffReply.status == _S.WAITING).execute()


def _refused(reply: StaffReply, refusal: WeChatError) -> None:
    code = refusal.errcode or 0
    if code in WINDOW_SHUT:
        Follower.update(window_left=0).where(Follower.id == reply.follower_id).execute()
        _settle(reply, _S.WAITING, reasons.of_errcode(code))
        return
    if code in LEFT_CODES:
        left = reply.follower
        followers.unfollowed(left.app_id, left.openid, at=clock.utc_now())
    _settle(reply, _S.FAILED, reasons.of_errcode(code))


def _settle(reply: StaffReply, to: StaffReplyStatus, reason: str) -> None:
    """Write down how the call ended; where the sweep was faster, what WeChat said is the truth."""
    settled_at = None if to is _S.WAITING else clock.utc_now()
    with db.atomic():
        settled = (
            StaffReply.update(status=to, reason=reason, lease_until=None, settled_at=settled_at)
            .where(StaffReply.id == reply.id, StaffReply.status.in_([_S.SENDING, _S.UNKNOWN]))
            .execute()
        )
        if settled and to in (_S.ACCEPTED, _S.UNKNOWN):
            left = Follower.window_left
            Follower.update(window_left=left - 1).where(Follower.id == reply.follower_id, left > 0).execute()
    reply.status, reply.reason, reply.settled_at = to, reason, settled_at


def _decide(
    reply: StaffReply,
    to: StaffReplyStatus,
    *,
    actor: Account,
    lease_until: datetime | None = None,
) -> None:
    was = reply.status
    if to not in STAFF_REPLY_MOVES[was]:
        raise IllegalMove(was=was.value, to=to.value)
    ended = None if to in (_S.SENDING, _S.WAITING) else clock.utc_now()
    with db.atomic():
        moved = (
            StaffReply.update(status=to, reason="", lease_until=lease_until, settled_at=ended)
            .where(StaffReply.id == reply.id, StaffReply.status == was)
            .execute()
        )
        if not moved:
            raise StaleState()
        told = STAFF_REPLY_STATUS_WORDS
        audit.record("staff_reply.moved", reply, actor=actor, was=told[was], to=told[to])
    reply.status, reply.reason = to, ""
