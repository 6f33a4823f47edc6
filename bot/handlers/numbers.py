"""“2”, “第二篇”, “更多”, “列表”: about the list shown last."""

from __future__ import annotations

from bot import lists
from bot.context import Context, Reply
from bot.router import on


@on.text("更多", "下一页", "下页", "继续看", "还有吗", "more")
def more(ctx: Context) -> Reply:
    return lists.show_more(ctx)


@on.text("列表", "返回列表", "看列表", "全部链接")
def again(ctx: Context) -> Reply:
    return lists.show_again(ctx)


@on.matching(lambda ctx: lists.asked_number(ctx.words) is not None)
def pick(ctx: Context) -> Reply | None:
    """A number during a survey is an answer to it, or a mistake about it."""
    number = lists.asked_number(ctx.words)
    if number is None or (ctx.meeting.survey_id is not None and ctx.words.isdecimal()):
        return None
    return lists.pick(ctx, number)
