"""帮助: what can be said here."""

from __future__ import annotations

from bot.context import Context
from bot.replies import word_link
from bot.router import on

LINES = (
    ("最新讲座", "近期讲座，可报名"),
    ("沙龙", "近期沙龙"),
    ("期刊", "最新一期目录"),
    ("需求征集", "填写培训需求"),
    ("搜索", "找讲座、沙龙和期刊文章，如：搜索 基层治理"),
    ("订阅", "选择收哪些通知"),
    ("我的", "活动、问卷、消息"),
    ("反馈", "投诉建议"),
)


@on.text("帮助", "菜单", "help", "?", "你好", "您好", "在吗", "hi", "hello", "功能")
def guide(ctx: Context) -> str:
    lines = "\n".join(f"{word_link(word)}　{meaning}" for word, meaning in LINES)
    said = f"点文字或直接发送：\n{lines}"
    return said if ctx.reader else said + "\n还没绑定？发送“绑定 邀请码”。"
