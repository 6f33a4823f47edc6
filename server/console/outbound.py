"""One call to WeChat from a page: few at a time, since these threads also answer the callback."""

from __future__ import annotations

from flask import flash

from models.inbound import STAFF_REPLY_STATUS_WORDS, StaffReply, StaffReplyStatus
from server.pages.sign_in import OUTBOUND_CALLS, OUTBOUND_WAIT_SECONDS
from services import staff_replies, wechat_account

FINE = {StaffReplyStatus.ACCEPTED, StaffReplyStatus.WAITING, StaffReplyStatus.OFFERED}


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
    flash(told(reply), "success" if reply.status in FINE else "warning")


def told(reply: StaffReply) -> str:
    """One sentence or two: what is known, what happens next, what may be done."""
    why = staff_replies.reason_words(reply)
    is_letter = reply.inbox_item_id is not None
    if reply.status is StaffReplyStatus.ACCEPTED:
        return "回复已发出，微信已接受，会显示在对方的聊天里"
    if reply.status is StaffReplyStatus.WAITING:
        because = f"{why}。" if why else ""
        also = "；在那以前可以撤下" if is_letter else "；对方在“我的投诉”里现在就能看到"
        return f"{because}回复已存好，等对方下次来消息时附上{also}"
    if reply.status is StaffReplyStatus.UNKNOWN:
        ask = "请先问对方有没有收到，再在对话里选一项" if is_letter else "对方在“我的投诉”里一定能看到"
        return f"微信没有答复，不知道是否送到，不会自动重发。{ask}"
    if reply.status is StaffReplyStatus.FAILED:
        cause = "微信暂时不可用" if reply.reason == staff_replies.TRY_LATER else why or "微信没有接受"
        on_page = "答复已保存，对方在“我的投诉”里能看到"
        again = "可以在对话里再发一次，或等对方来消息时附上" if is_letter else on_page
        return f"没有发到聊天里：{cause}。{again}"
    return f"回复{STAFF_REPLY_STATUS_WORDS[reply.status]}"
