"""Pictures, places, links, files, and what nobody understood: a kind sentence and a person who reads it."""

from __future__ import annotations

from collections.abc import Callable

from bot.context import Context, Reply
from bot.handlers.feedback import offer_link
from bot.replies import word_link
from bot.router import on
from models.inbound import InboundOutcome
from services import bindings, inbox
from wechat.inbound import Inbound

LONGEST_TITLE = 200


def _named(word: str, message: Inbound, *names: str) -> str:
    told = " ".join(filter(None, (message.text(name)[:LONGEST_TITLE] for name in names)))
    return f"［{word}］{told}"


# What it is called, and what our staff read of it; a place is not kept.
SEEN: dict[str, tuple[str, Callable[[Inbound], str] | None]] = {
    "image": ("图片收到了", lambda message: "［图片］"),
    "voice": ("语音收到了，没有听清", lambda message: "［语音，没有识别出文字］"),
    "video": ("视频收到了", lambda message: "［视频］"),
    "shortvideo": ("视频收到了", lambda message: "［小视频］"),
    "file": ("文件收到了", lambda message: _named("文件", message, "Title", "Description")),
    "link": ("链接收到了", lambda message: _named("链接", message, "Title", "Url")),
    "location": ("位置我们不收集，也没有保存到您的资料里", None),
}


@on.kind(*SEEN)
def without_words(ctx: Context) -> Reply:
    """During a survey it is a mistake about the question, and nobody's to read."""
    said, told = SEEN[ctx.message.msg_type]
    if told is None or ctx.meeting.survey_id is not None:
        return Reply(f"{said}。有事请用文字告诉我，或点 {word_link('帮助')}。", keeps_raw=told is not None)
    inbox.keep(ctx.follower, told(ctx.message), kind=inbox.MEDIA)
    how = f"能用文字说一下是什么事吗？也可以点 {word_link('帮助')} 看看我会做什么。"
    return Reply(f"{said}，已转给工作人员。{how}", InboundOutcome.NOT_UNDERSTOOD)


@on.other_clicks
def old_button(ctx: Context) -> str:
    """Phones keep a menu for up to a day."""
    return f"这个按钮已经更新。重新进入公众号就能看到新菜单；现在可以点 {word_link('帮助')} 看看我会做什么。"


@on.anything
def not_understood(ctx: Context) -> Reply:
    """An inbox row for a person to read; never a silence."""
    if not ctx.said:
        said = f"收到，但这种消息我还看不懂。请用文字告诉我，或点 {word_link('帮助')}。"
        return Reply(said, InboundOutcome.NOT_UNDERSTOOD)
    item = inbox.keep(ctx.follower, ctx.said)
    if bindings.is_waiting(ctx.follower):
        yes, no = word_link("同意"), word_link("不同意")
        said = f"这句话已转给工作人员。绑定还等您确认，看过个人信息告知后请点：{yes}　　{no}"
        return Reply(said, InboundOutcome.NOT_UNDERSTOOD)
    return Reply(
        f"这句话我还没看懂，已转给工作人员，看到后会在这里回复您。\n您可以点 {word_link('帮助')} "
        f"看看我会做什么，或试试 {word_link('最新讲座')}、{word_link('需求征集')}。"
        f"要限期答复，请点 {offer_link(item)}。",
        InboundOutcome.NOT_UNDERSTOOD,
    )
