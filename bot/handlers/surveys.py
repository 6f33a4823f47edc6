"""需求征集: a survey answered by taps, numbers or words, all in passive replies."""

from __future__ import annotations

import re

from bot.context import Context, Reply
from bot.router import on
from services.surveys import conversations
from services.surveys.conversations import Said

PAUSE = ("退出", "暂停", "稍后", "稍后再答", "退出问卷")
# While a question asks for words, these alone are not its answer.
COMMANDS = frozenset({"帮助", "菜单", "继续", "需求征集", "打开", "不参加", *PAUSE})
COMMAND_START = re.compile(r"绑定\s*[0-9a-z]{4}|(订阅|退订)\s*(讲座|沙龙|期刊|调研)$|需求征集\s*\d")


@on.menu_link("s")
def tapped(ctx: Context) -> Reply | None:
    if not conversations.SURVEY_ID.match(ctx.message.menu_id):
        return None
    return _reply(conversations.tapped(ctx.follower, ctx.known_reader(), ctx.message.menu_id, at=ctx.at))


@on.during_survey
def answered(ctx: Context) -> Reply | None:
    """What is typed, read as an answer to the present question; None when it is none."""
    if ctx.reader is None or ctx.words in COMMANDS or COMMAND_START.match(ctx.words):
        return None
    said = conversations.typed(ctx.follower, ctx.reader, ctx.said, ctx.words, at=ctx.at)
    return _reply(said) if said is not None else None


@on.picture_during_survey
def pictured(ctx: Context) -> Reply | None:
    if ctx.reader is None:
        return None
    said = conversations.pictured(ctx.follower, ctx.reader, ctx.message.text("PicUrl"), at=ctx.at)
    return _reply(said) if said is not None else None


@on.click("SURVEY")
@on.text("需求征集", "调研", "问卷", "需求", "填问卷")
def start(ctx: Context) -> Reply:
    return _reply(conversations.start(ctx.follower, ctx.known_reader(), at=ctx.at))


@on.text(starting=("需求征集",))
def start_chosen(ctx: Context) -> Reply | None:
    number = ctx.words.removeprefix("需求征集").strip()
    if not re.fullmatch(r"\d{1,3}", number):
        return None
    return _reply(conversations.start(ctx.follower, ctx.known_reader(), at=ctx.at, choice=int(number)))


@on.text("继续", "接着答", "继续填写", "上一题", "下一题", "选好了", "跳过", "重来", "确定重来")
def go_on(ctx: Context) -> Reply:
    return _reply(conversations.go_on(ctx.follower, ctx.known_reader(), at=ctx.at))


@on.text("进度", "第几题", "还有几题")
def progress(ctx: Context) -> Reply | None:
    if ctx.reader is None:
        return None
    said = conversations.progress(ctx.follower, ctx.reader, at=ctx.at)
    return _reply(said) if said is not None else None


@on.text(*PAUSE)
def pause(ctx: Context) -> Reply | None:
    if ctx.meeting.survey_id is None or ctx.reader is None:
        return None
    return _reply(conversations.pause(ctx.follower, ctx.reader, at=ctx.at))


@on.text("不参加", "不参加调研", "不填了")
def refuse(ctx: Context) -> Reply | None:
    """This survey is declined: no reminder comes any more."""
    if ctx.reader is None:
        return None
    said = conversations.refuse(ctx.follower, ctx.reader, at=ctx.at)
    return _reply(said) if said is not None else None


@on.unclear_during_survey
def unclear(ctx: Context) -> Reply | None:
    if ctx.reader is None:
        return None
    return _reply(conversations.unclear(ctx.follower, ctx.reader, at=ctx.at))


def _reply(said: Said) -> Reply:
    return Reply(
        said.text,
        kept=said.kept,
        keeps_raw=not said.is_anonymous,
        takes_more=said.is_over,
        ends_survey=said.is_over,
    )
