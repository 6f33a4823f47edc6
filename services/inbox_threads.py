"""One follower's chat as our staff may read it: what was said, what the bot answered, what we wrote.

Raw messages are kept 30 days. Never shown: what answers a survey (anonymous or not: results have a
screen of their own), what was typed to bind, what belongs to a complaint, and what rode on a reply.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.accounts import Account
from models.complaints import ComplaintStep
from models.inbound import InboundMessage, InboxItem, StaffReply
from models.people import Follower
from services import access, inbound
from wechat.inbound import BadXML, Inbound, parse_inbound
from wechat.replies import NewsArticle

SHOWN = 40
RIDES_BELOW = "\n——\n"  # what stands below it in a reply is not the answer to the message
HIDDEN = {
    "surveys.": "（需求征集的回答，不在这里显示）",
    "bindings.": "（绑定身份的步骤，不在这里显示）",
    "feedback.": "（投诉建议，请到“投诉建议”里看）",
    "overview.": "（个人主页，不在这里显示）",
}
SAID_IS_HIDDEN = ("surveys.", "bindings.")
KIND_WORDS = {
    "image": "［图片］",
    "voice": "［语音］",
    "video": "［视频］",
    "shortvideo": "［小视频］",
    "location": "［位置，不保存］",
    "link": "［链接］",
    "file": "［文件］",
}
# the keys of bot/menu.py, which lies above this layer; an older phone may send one that is not here
MENU_WORDS = {
    "LECTURES": "最新讲座",
    "SALONS": "沙龙研讨",
    "E_JOURNALS": "电子期刊",
    "SURVEY": "需求征集",
    "TOPICS": "订阅设置",
    "FEEDBACK": "投诉建议",
    "MINE": "我的主页",
    "MY_SIGN_UPS": "我的报名",
    "MY_MESSAGES": "我的消息",
    "BIND": "身份绑定",
    "DESK": "工作台",
}
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of the chat. `side`: follower, bot or staff."""

    at: datetime
    side: str
    text: str
    reply: StaffReply | None = None


def may_read(item: InboxItem, *, actor: Account) -> bool:
    """Whether the account reads the whole chat, or (an item handed to another unit) that item alone."""
    scope = access.unit_scope(actor)
    person = item.follower.person
    return scope is None or (person is not None and person.member_unit_id == scope)


def of(item: InboxItem, *, actor: Account) -> list[Turn]:
    """The follower's latest turns, the oldest first; of an item of another unit's person that item alone."""
    follower: Follower = item.follower
    replies = _replies(follower)
    if not may_read(item, actor=actor):
        turns = [Turn(item.created_at, "follower", item.text)]
        return turns + [_by_staff(each) for each in replies if each.inbox_item_id == item.id]
    turns = [_by_staff(each) for each in replies]
    rows = (
        InboundMessage.select()
        .where(InboundMessage.follower == follower.id)
        .order_by(InboundMessage.id.desc())
        .limit(SHOWN)
    )
    for row in reversed(list(rows)):
        turns += _of_message(row)
    return sorted(turns, key=lambda turn: turn.at)


def _replies(follower: Follower) -> list[StaffReply]:
    """What our staff wrote, without the answers to complaints."""
    of_complaints = ComplaintStep.select(ComplaintStep.reply).where(ComplaintStep.reply.is_null(False))
    query = (
        StaffReply.select(StaffReply, Account)
        .left_outer_join(Account)
        .where(StaffReply.follower == follower.id, StaffReply.id.not_in(of_complaints))
        .order_by(StaffReply.id.desc())
        .limit(SHOWN)
    )
    return list(query)


def _by_staff(reply: StaffReply) -> Turn:
    return Turn(reply.created_at, "staff", reply.text, reply)


def _of_message(row: Any) -> list[Turn]:
    if (
        row.act == "feedback.give" and row.raw is None
    ):  # who is not to be named is not told by the hour either
        return []
    hidden = next((words for start, words in HIDDEN.items() if row.act.startswith(start)), "")
    said = hidden if row.act.startswith(SAID_IS_HIDDEN) else _said(row)
    turns = [Turn(row.received_at, "follower", said)] if said else []
    if row.reply is not None:
        turns.append(Turn(row.received_at, "bot", hidden or _answered(row.reply)))
    return turns


def _said(row: Any) -> str:
    """What was said or tapped, in words; "" for an event that says nothing."""
    if row.raw is None:
        return "" if row.kind.startswith("event") else "（原文已删除或不保留）"
    try:
        message = parse_inbound(row.raw.encode())
    except BadXML:
        return "（读不出的消息）"
    if message.msg_type == "event":
        button = MENU_WORDS.get(message.event_key, "旧菜单")
        return {"CLICK": f"［点菜单］{button}", "subscribe": "［关注］"}.get(message.event, "")
    return _words(message)


def _words(message: Inbound) -> str:
    if message.msg_type == "text":
        return message.content
    told = message.text("Recognition") or message.text("Title")
    return f"{KIND_WORDS.get(message.msg_type, '［其他消息］')}{told}"


def _answered(kept: str) -> str:
    reply = inbound.reply_of(kept)
    if isinstance(reply, NewsArticle):
        return f"［卡片］{reply.title}\n{reply.description}"
    if reply.startswith("\x1e"):  # a turn of an anonymous survey
        return HIDDEN["surveys."]
    plain = _TAG.sub("", reply.partition(RIDES_BELOW)[0])
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
