"""Follow and unfollow, and the events that ask for no words."""

from __future__ import annotations

import clock
from bot.context import SILENCE, Context, Reply
from bot.replies import word_link
from bot.router import on
from services import binding_requests, followers, unit_bindings

WELCOME = (
    "您好，欢迎关注党校联盟！\n"
    "这里可以看讲座沙龙、读内部期刊、填需求征集。\n"
    "\n"
    "第一步：绑定身份。向本单位联络员索取邀请码，发送“绑定 邀请码”。\n"
    "第二步：选择想收到的通知，点 {topics}（默认不推送）。\n"
    "先看看：{lectures}　{guide}"
)


@on.followed
def welcome(ctx: Context) -> str:
    """The follow itself was recorded when the follower was met; a unit's code begins a binding."""
    unit = unit_bindings.by_scene(ctx.message.event_key)
    if unit is not None:
        return f"欢迎关注党校联盟！\n{binding_requests.start(ctx.follower, unit, way='qr')}"
    said = WELCOME.format(topics=word_link("订阅"), lectures=word_link("最新讲座"), guide=word_link("帮助"))
    if ctx.person is not None:
        said = "欢迎回来！您的绑定仍然有效。\n\n" + said.partition("第二步：")[2]
    return said


@on.event("unsubscribe")
def left(ctx: Context) -> Reply:
    at = min(clock.from_timestamp(ctx.message.create_time), clock.utc_now())
    followers.unfollowed(ctx.follower.app_id, ctx.follower.openid, at=at)
    return SILENCE


@on.other_events
def other(ctx: Context) -> Reply:
    """A page opened, a place reported (never kept beyond the raw message), an event not known."""
    return SILENCE
