"""搜索: activities, issues and articles by what is written in them."""

from __future__ import annotations

from bot import entries, lists
from bot.context import Context, Reply
from bot.entries import Entry
from bot.lists import ListSource
from bot.replies import word_link
from bot.router import on
from services.search import finding, grams
from wechat.texts import escape

ECHO_LENGTH = 20
VERBS = ("搜索", "查找", "检索", "搜", "找")
HOW = "请发送“搜索 关键词”，例如：搜索 基层治理。可以搜讲座、沙龙和期刊文章。"


@on.text("搜索", "查找", "检索", "搜", "找")
def how_to_search(ctx: Context) -> str:
    return HOW


@on.text(starting=VERBS)
def search(ctx: Context) -> Reply | None:
    """None for a sentence that merely begins so, such as 找不到邀请码: it goes on to the staff."""
    sought = _sought(ctx.words)
    if sought is None:
        return None
    if not grams.terms(sought):
        return Reply(HOW)
    return lists.show(ctx, FOUND, sought[: grams.QUERY_LENGTH])


def _sought(words: str) -> str | None:
    """What stands behind the verb; 搜索 alone may be written without a space."""
    verb = next(verb for verb in VERBS if words.startswith(verb))
    rest = words.removeprefix(verb)
    if verb == VERBS[0] or rest.startswith((" ", ":")):
        return rest.strip(" :“”\"'")
    return None


def _page(ctx: Context, text: str, offset: int, limit: int) -> list[Entry]:
    hits = finding.for_member(text, ctx.reader, offset + limit)
    return [entries.of_hit(hit) for hit in hits[offset:]]


def _nothing(ctx: Context, text: str) -> str:
    tries = f"请换个短一些的词，或看看 {word_link('最新讲座')}、{word_link('期刊')}。"
    said = f"没有找到“{_echo(text)}”。{tries}"
    return said if ctx.reader else said + "\n绑定后还能搜本单位的活动和期刊：发送“绑定 邀请码”。"


def _echo(text: str) -> str:
    return escape(text if len(text) <= ECHO_LENGTH else text[: ECHO_LENGTH - 1] + "…")


FOUND = lists.register(ListSource("search", lambda text: f"搜索：{_echo(text)}", _page, _nothing))
