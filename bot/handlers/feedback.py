"""投诉建议: taken down with a number and a day, followed in 我的投诉, rated once; and our staff's answers."""

from __future__ import annotations

import clock
from bot.context import Context, Reply
from bot.replies import LIST_BYTES, listed, word_link
from bot.router import on
from models.complaints import (
    AWAITS_ANSWER,
    COMPLAINT_STATUS_WORDS,
    Complaint,
    ComplaintKind,
    ComplaintStatus,
)
from models.inbound import InboxItem, InboxStatus
from services import complaints, inbox, menu_ids, staff_replies
from services.complaints import told_as
from wechat.texts import cut_to_bytes, escape, menu_link

NAMELESS = ("匿名投诉", "不具名投诉", "匿名反馈", "不具名反馈", "匿名建议", "不具名建议")
STARTS = {
    **dict.fromkeys(NAMELESS[:2], ComplaintKind.COMPLAINT),
    **dict.fromkeys(NAMELESS[2:4], ComplaintKind.OPINION),
    **dict.fromkeys(NAMELESS[4:], ComplaintKind.SUGGESTION),
    "投诉建议": ComplaintKind.COMPLAINT,
    "投诉": ComplaintKind.COMPLAINT,
    "建议": ComplaintKind.SUGGESTION,
    "反馈": ComplaintKind.OPINION,
    "意见": ComplaintKind.OPINION,
}
MINE = ("我的投诉", "我的反馈", "我的建议", "投诉进度", "反馈进度", "投诉建议进度", "查投诉")
CALL = ("请回电", "回电", "请电话联系")
SHOWN = 4


@on.text(starting=tuple(STARTS))
def give(ctx: Context) -> Reply | str | None:
    start = next(each for each in STARTS if ctx.words.startswith(each))
    said = ctx.said if ctx.said.startswith(start) else ctx.words
    text = said[len(start) :].strip(" :：，,\n")
    if not text:
        return ask(ctx)
    hides_name = start in NAMELESS
    complaint = complaints.submit(ctx.follower, STARTS[start], text, hides_name=hides_name, source="chat")
    # who is not to be named is not to be found in the chat either
    return Reply(_receipt(complaint), keeps_raw=not hides_name)


@on.click("FEEDBACK")
@on.text("人工", "人工客服", "客服", "联系电话", "电话", "联系方式", "联系我们", "工作人员")
def ask(ctx: Context) -> str:
    return (
        "请发送“反馈 您的意见”，例如：反馈 讲座希望安排在周末；也可以是“投诉 …”“建议 …”。\n"
        "会员的意见由本单位答复；不想让单位看到姓名，请发送“匿名投诉 …”，由联盟秘书处办理，答复仍会发给您。\n"
        "收到后给您编号和答复日期。"
        f"进度看 {word_link('我的投诉')}。急事请直接联系本单位联络员。"
    )


@on.text(*MINE)
def mine(ctx: Context) -> str:
    """The follower's own complaints with their answers, the newest first."""
    found = complaints.of(ctx.follower)
    if not found:
        return f"您还没有提交过投诉建议。{ask(ctx)}"
    tail = "回复“投诉 …”“建议 …”可再提一条。"
    if len(found) > SHOWN:
        tail = f"共 {len(found)} 条，以上是最近的。" + tail
    return listed("【我的投诉建议】", [entry(each) for each in found[:SHOWN]], tail)


@on.menu_link("c")
def rated_by_tap(ctx: Context) -> str | None:
    parts = menu_ids.read(ctx.message.menu_id)
    if parts is None or len(parts) != 3 or parts[0] != "c":
        return None
    complaint = complaints.own(int(parts[1]), ctx.follower)
    return _rated(complaints.rate(complaint, ctx.follower, is_satisfied=parts[2] == "yes"))


@on.text("满意", "不满意", "很满意", "非常满意", "不太满意")
def rated_by_word(ctx: Context) -> str | None:
    """About the answer given last; None where none waits for the word."""
    complaint = complaints.to_rate(ctx.follower)
    if complaint is None:
        return None
    return _rated(complaints.rate(complaint, ctx.follower, is_satisfied="不" not in ctx.words))


@on.text(starting=CALL)
def call_me(ctx: Context) -> str:
    start = next(each for each in CALL if ctx.words.startswith(each))
    phone = ctx.words.removeprefix(start).strip(" :")
    if not phone:
        return "请连同号码一起发送，例如：请回电 13800138000。"
    complaint = complaints.ask_for_call(ctx.follower, phone)
    return f"记下了，会就 {complaints.receipt(complaint)} 打电话给您。号码加密保存，只给办理的人看。"


@on.text(staff_replies.READ_WORD, "答复", "查看回复")
def read_answer(ctx: Context) -> Reply:
    said, still = staff_replies.read_next(ctx.follower, at=ctx.at)
    if not said:
        return Reply(f"目前没有工作人员给您的答复。投诉建议的进度看 {word_link('我的投诉')}。")
    more = f"\n还有 {still} 条，点 {word_link(staff_replies.READ_WORD)}" if still else ""
    return Reply(said + more if len((said + more).encode()) <= 2048 else said, takes_more=not still)


@on.menu_link("i.")
def make_it_a_complaint(ctx: Context) -> str | None:
    """What nobody understood, sent on as a complaint by a tap below the reply."""
    parts = menu_ids.read(ctx.message.menu_id)
    item = InboxItem.get_or_none(InboxItem.id == int(parts[1])) if parts and len(parts) == 2 else None
    if item is None or item.follower_id != ctx.follower.id:
        return "这一条已经处理过了。要提意见，请发送“反馈 您的意见”。"
    complaint = complaints.submit(ctx.follower, ComplaintKind.OPINION, item.text, source="chat")
    if item.status is InboxStatus.OPEN:
        inbox.became_complaint(item)
    return _receipt(complaint)


def offer_link(item: InboxItem) -> str:
    """A link whose tap makes a complaint of an inbox item."""
    return menu_link("作为意见提交", "作为意见提交", menu_ids.make("i", str(item.id)))


def entry(complaint: Complaint) -> str:
    """Number, state, and the answer or the day it is due, in a few lines."""
    state = COMPLAINT_STATUS_WORDS[complaint.status]
    text = escape(cut_to_bytes(complaint.text.replace("\n", " "), 90))
    lines = [f"{told_as(complaint)}（{state}）{text}"]
    if complaint.answer and complaint.status not in AWAITS_ANSWER:
        room = 900 if len(complaint.answer) > 60 else 300
        lines.append(f"　答复：{escape(cut_to_bytes(complaint.answer, room))}")
        if complaint.status is ComplaintStatus.ANSWERED and complaint.is_satisfied is None:
            lines.append(
                f"　{_rate_link(complaint, '满意', 'yes')}　　{_rate_link(complaint, '不满意', 'no')}"
            )
    elif complaint.status in AWAITS_ANSWER:
        lines.append(f"　{complaint.due_on.month}月{complaint.due_on.day}日 前答复")
    return cut_to_bytes("\n".join(lines), LIST_BYTES - 200)


def _rate_link(complaint: Complaint, word: str, what: str) -> str:
    return menu_link(word, word, menu_ids.make("c", str(complaint.id), what))


def _receipt(complaint: Complaint) -> str:
    due = complaint.due_on
    by = "联盟秘书处" if complaint.member_unit_id is None else "本单位"
    said = f"已收到，编号 {complaints.receipt(complaint)}，{by}会在 {due.month}月{due.day}日 前答复您。"
    if complaint.hides_name:
        said += "办理的人看不到您的姓名。"
    return said + f"\n希望电话联系请发送“请回电 号码”；进度看 {word_link('我的投诉')}。"


def _rated(complaint: Complaint) -> str:
    if complaint.is_satisfied:
        return "谢谢您的评价，这一条就办结了。"
    due = complaint.due_on
    again = clock.to_local(complaint.rated_at) if complaint.rated_at else None
    day = f"（{again.month}月{again.day}日）" if again else ""
    return f"已记下您不满意{day}，会重新办理，{due.month}月{due.day}日 前再答复您。可补充发送“反馈 …”说明。"
