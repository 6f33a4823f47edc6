"""One call to WeChat from a page: few at a time, since these threads also answer the callback."""

from __future__ import annotations

from flask import flash

from models.inbound import STAFF_REPLY_STATUS_WORDS, StaffReply, StaffReplyStatus
from server.pages.sign_in import OUTBOUND_CALLS, OUTBOUND_WAIT_SECONDS
from services import staff_replies, wechat_account


def send(reply: StaffReply) -> None:
    """Send a reply that is to be sent now, and tell how it went."""
    if reply.status is StaffReplyStatus.SENDING:
        if OUTBOUND_CALLS.acquire(timeout=OUTBOUND_WAIT_SECONDS):
            try:
                staff_replies.send(reply, wechat=wechat_account.gateway())
            finally:
                OUTBOUND_CALLS.release()
        else:
            staff_replies.not_sent(reply)
    tell(reply)


def tell(reply: StaffReply) -> None:
    """How a reply stands, as a message on the next page."""
    said = STAFF_REPLY_STATUS_WORDS[reply.status]
    why = staff_replies.reason_words(reply)
    is_fine = reply.status in (StaffReplyStatus.ACCEPTED, StaffReplyStatus.WAITING, StaffReplyStatus.OFFERED)
    flash(f"回复{said}" + (f"：{why}" if why else ""), "success" if is_fine else "warning")
