"""Numbered lists: “回复 2 看第二篇”, “更多”, “列表”.

    LECTURES = lists.register(ListSource("lectures", "近期讲座", page, nothing, as_card=True))
    …
    return lists.show(ctx, LECTURES)

The platform lets a passive reply hold one article, so the latest content is a card of the first with
the others numbered under it; a text with a link each where something has to stand below, for who is
not bound, and on 列表. What the numbers mean is kept with the reply that showed them
(`InboundMessage.listed`): a doubled message has one list, and the last one holds for a day after its
last use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import config
from bot import entries
from bot.context import Context, Reply
from bot.entries import Entry
from bot.replies import LINK_LIFE_HINT, LIST_BYTES, opens_by_signed_link, page_link, page_url, word_link
from services import inbound
from wechat.replies import TEXT_REPLY_BYTES, NewsArticle
from wechat.texts import cut_to_bytes, escape

SHOWN = 5
MOST = 60
LIFE = timedelta(days=1)
TITLE_LENGTH, SHORT_TITLE = 30, 18
SIGN_UP_HINT = "回复“报名”即可报名。"
TO_BIND = "看详情和报名需先绑定：发送“绑定 邀请码”，邀请码请向本单位联络员索取。"
NO_LIST = (
    "现在没有可以按序号看的列表。请先看 {lectures}、{salons}、{issues}，或发送“搜索 关键词”；"
    "问卷没答完的，请回复 {go_on}。"
)

_NUMBER = re.compile(
    r"(?:回复|看|打开|查看|我要看|想看|选)?\s*(第)?\s*(\d{1,2}|[一二两三四五六七八九十]{1,3})\s*"
    r"(篇|个|条|项|场|期|则|份)?[、)]?"
)
_DIGITS = {word: n for n, word in enumerate("一二三四五六七八九", 1)} | {"两": 2}


@dataclass(frozen=True, slots=True)
class ListSource:
    """`page(ctx, text, offset, limit)` gives entries in a fixed order, `nothing(ctx, text)` the words
    where there are none. `as_card`: the first page is a card of its first. `hint` says what else a
    number is good for."""

    name: str
    title: Callable[[str], str]
    page: Callable[[Context, str, int, int], list[Entry]]
    nothing: Callable[[Context, str], str]
    as_card: bool = False
    hint: str = ""


@dataclass(slots=True)
class Listed:
    """A list as it was shown: whose, for which words, what under which number, and whether more follows.

    `picked` is the number whose card was shown last, 0 for none.
    """

    of: str
    text: str = ""
    items: list[tuple[str, int]] = field(default_factory=list)
    has_more: bool = False
    picked: int = 0

    def kept(self) -> str:
        told = [self.of, self.text, self.items, self.has_more, self.picked]
        return json.dumps(told, ensure_ascii=False)


_sources: dict[str, ListSource] = {}


def register(source: ListSource) -> ListSource:
    _sources[source.name] = source
    return source


def asked_number(words: str) -> int | None:
    """2 for “2”, “第二篇”, “第2个”, “回复 2”; None for anything else, and for 0."""
    found = _NUMBER.fullmatch(words)
    if found is None:
        return None
    number = found[2]
    return (int(number) if number.isdecimal() else _spoken(number)) or None


def show(ctx: Context, source: ListSource, text: str = "", *, in_full: bool = False) -> Reply:
    """The first page of a list. `in_full`: as text with all its links."""
    found = source.page(ctx, text, 0, SHOWN + 1)
    if not found:
        return Reply(source.nothing(ctx, text))
    listed = Listed(source.name, text)
    if source.as_card and ctx.reader is not None and not ctx.takes_along and not in_full:
        return Reply(_card_of_list(ctx, found, listed), listed=listed.kept())
    said = _page(ctx, f"【{source.title(text)}】", found, listed)
    return Reply(said, listed=listed.kept())


def show_more(ctx: Context) -> Reply:
    """The page after the one shown last; its numbers go on from there."""
    listed = _last(ctx)
    if listed is None:
        return Reply(_no_list())
    if not listed.has_more or len(listed.items) >= MOST:
        return Reply(f"后面没有了，一共 {len(listed.items)} 条。回复序号可以看其中一条，如 1。")
    source = _sources[listed.of]
    before = len(listed.items)
    found = source.page(ctx, listed.text, before, SHOWN + 1)
    found = [each for each in found if (each.kind.value, each.id) not in listed.items]
    if not found:
        return Reply(f"后面没有了，一共 {before} 条。回复序号可以看其中一条，如 1。")
    said = _page(ctx, f"【{source.title(listed.text)}】续", found, listed)
    return Reply(said, listed=listed.kept())


def show_again(ctx: Context) -> Reply:
    """The list shown last, from its beginning, as text with its links."""
    listed = _last(ctx)
    return show(ctx, _sources[listed.of], listed.text, in_full=True) if listed else Reply(_no_list())


def pick(ctx: Context, number: int) -> Reply:
    """What stands under a number of the list shown last."""
    listed = _last(ctx)
    if listed is None:
        return Reply(_no_list())
    if number > len(listed.items):
        return Reply(_beyond(listed))
    entry = entries.find(ctx, *listed.items[number - 1])
    if entry is None:
        return Reply(f"第 {number} 条已撤下，或不对您开放。回复 {word_link('列表')} 看最新的列表。")
    listed.picked = number
    is_card = ctx.reader is not None and not ctx.takes_along
    return Reply(_card(ctx, entry) if is_card else _in_words(ctx, entry), listed=listed.kept())


def item(ctx: Context, number: int | None) -> tuple[str, int] | None:
    """Kind and id of what stands under a number of the list shown last; without a number, of what was
    shown as a card last, or is alone in the list. None for neither."""
    listed = _last(ctx)
    if listed is None:
        return None
    number = number or listed.picked or (1 if len(listed.items) == 1 else 0)
    return listed.items[number - 1] if 0 < number <= len(listed.items) else None


def has_list(ctx: Context) -> bool:
    """Whether a list was shown of late."""
    return _last(ctx) is not None


def _beyond(listed: Listed) -> str:
    last = len(listed.items)
    if last == 1 and not listed.has_more:
        return f"刚才的列表只有 1 条，回复 {word_link('1')} 就能看。"
    more = f"，回复 {word_link('更多')} 接着列" if listed.has_more else ""
    return f"刚才的列表列到第 {last} 条{more}。请回复 1 到 {last} 之间的序号。"


def _page(ctx: Context, head: str, found: Sequence[Entry], listed: Listed) -> str:
    """Head, as many of at most five entries as there is room for, and the way on; `listed` grows by them."""
    text, first = head, len(listed.items)
    hint = _sources[listed.of].hint
    tails = {is_more: _tail(ctx, hint, is_more=is_more) for is_more in (True, False)}
    for number, entry in enumerate(found[:SHOWN], first + 1):
        longer = f"{text}\n{_line(ctx, number, entry)}"
        if number > first + 1 and len(f"{longer}\n{tails[True]}".encode()) > LIST_BYTES:
            break
        text = longer
        listed.items.append((entry.kind.value, entry.id))
    listed.has_more = first + len(found) > len(listed.items)
    tail = (
        tails[listed.has_more].replace("如 2", "如 1") if len(listed.items) == 1 else tails[listed.has_more]
    )
    return cut_to_bytes(f"{text}\n{tail}", TEXT_REPLY_BYTES)


def _line(ctx: Context, number: int, entry: Entry) -> str:
    link = page_link(ctx, f"{number}. {_cut(entry.title, TITLE_LENGTH)}", entry.path)
    return f"{link}\n　{escape(cut_to_bytes(entry.note, 200))}" if entry.note else link


def _tail(ctx: Context, hint: str, *, is_more: bool) -> str:
    more = f"，{word_link('更多')} 看后面的" if is_more else ""
    # a number belongs to the survey under way: it would answer a question, not open the list's second
    asked = "点标题看那一篇" if ctx.meeting.survey_id is not None else "回复序号看那一篇，如 2"
    how = f"{asked}{more}。"
    if ctx.reader is None:
        return how + TO_BIND
    if ctx.meeting.survey_id is None:
        how += hint
    return how + (LINK_LIFE_HINT if opens_by_signed_link() else "")


def _card_of_list(ctx: Context, found: Sequence[Entry], listed: Listed) -> NewsArticle:
    first, *others = found[:SHOWN]
    lines = list(first.facts)
    if others:
        lines += ["—— 还有 ——"]
        lines += [
            f"{number}. {_cut(each.title, SHORT_TITLE)}{f'（{each.day}）' if each.day else ''}"
            for number, each in enumerate(others, 2)
        ]
        if first.may_sign_up:
            lines += ["报名请回复“报名”报第一场，“报名 2”报第二场。"]
        more = "，“更多”看后面的" if len(found) > SHOWN else ""
        lines += [f"回复 2 看第二篇{more}，“列表”看全部链接。"]
    elif first.may_sign_up:
        lines += [SIGN_UP_HINT]
    listed.items += [(each.kind.value, each.id) for each in found[:SHOWN]]
    listed.has_more, listed.picked = len(found) > SHOWN, 1
    return _article(ctx, first, lines)


def _card(ctx: Context, entry: Entry) -> NewsArticle:
    return _article(ctx, entry, [*entry.facts, *([SIGN_UP_HINT] if entry.may_sign_up else [])])


def _article(ctx: Context, entry: Entry, lines: list[str]) -> NewsArticle:
    if opens_by_signed_link():
        lines = [*lines, LINK_LIFE_HINT]
    picture = f"{config.settings().public_url}/static/pages/cards/{entry.picture}.png"
    url = page_url(ctx, entry.path)
    room = TEXT_REPLY_BYTES - len(f"{entry.title}{picture}{url}".encode())
    return NewsArticle(entry.title, cut_to_bytes("\n".join(lines), min(room, 1000)), picture, url)


def _in_words(ctx: Context, entry: Entry) -> str:
    """A card's content as text, where something stands below it or the reader is not bound."""
    facts = escape(cut_to_bytes("\n".join(entry.facts), 600))
    if ctx.reader is None:
        return f"【{escape(entry.title)}】\n{facts}\n{TO_BIND}"
    hint = f"\n{LINK_LIFE_HINT}" if opens_by_signed_link() else ""
    how = f"\n{SIGN_UP_HINT}" if entry.may_sign_up else ""
    return f"{page_link(ctx, entry.title, entry.path)}\n{facts}{how}{hint}"


def _last(ctx: Context) -> Listed | None:
    kept = inbound.last_listed(ctx.follower, after=ctx.at - LIFE)
    if kept is None:
        return None
    of, text, items, has_more, *picked = json.loads(kept)
    if of not in _sources:  # of an older version of ours
        return None
    return Listed(of, text, [(kind, row_id) for kind, row_id in items], has_more, *picked)


def _no_list() -> str:
    words = {"lectures": "最新讲座", "salons": "沙龙", "issues": "期刊", "go_on": "继续"}
    return NO_LIST.format(**{name: word_link(word) for name, word in words.items()})


def _spoken(word: str) -> int:
    """一 to 九十九; 0 for what is no number."""
    tens, ten, ones = word.partition("十")
    if not ten:
        return _DIGITS.get(word, 0)
    if len(tens) > 1 or len(ones) > 1 or ones == "十":
        return 0
    return (_DIGITS.get(tens, 0) if tens else 1) * 10 + _DIGITS.get(ones, 0)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
