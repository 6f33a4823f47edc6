"""What several handlers say alike: taps for words, links to member pages, lists that fit."""

from __future__ import annotations

from functools import lru_cache

import config
from bot.context import Context
from services import member_links
from wechat.capabilities import Capability, granted
from wechat.replies import TEXT_REPLY_BYTES
from wechat.texts import menu_link, web_link

LIST_BYTES = TEXT_REPLY_BYTES - 300  # leaves room for what rides on the reply
LINK_LIFE_HINT = "链接5分钟内有效，过后请重新获取，请勿转发。"


@lru_cache(maxsize=256)
def word_link(text: str, word: str | None = None) -> str:
    """A link whose tap says `word` (or its own text), as if it were typed."""
    return menu_link(text, word or text, "w")


def opens_by_signed_link() -> bool:
    """Whether member pages need a signed link: the account has no web sign-in."""
    settings = config.settings()
    allowed = granted(settings.wechat_account_kind, verified=settings.wechat_verified)
    return Capability.WEB_OAUTH not in allowed


def page_url(ctx: Context, path: str) -> str:
    """The address of a member page, which signs in by itself where the account has no web sign-in."""
    if opens_by_signed_link():
        return member_links.make(ctx.follower.id, path)
    return config.settings().public_url + path


def page_link(ctx: Context, text: str, path: str) -> str:
    return web_link(text, page_url(ctx, path))


def listed(head: str, entries: list[str], tail: str, *, most_bytes: int = LIST_BYTES) -> str:
    """Head, as many entries as there is room for, and the tail."""
    text = head
    for entry in entries:
        longer = f"{text}\n{entry}"
        if len(f"{longer}\n{tail}".encode()) > most_bytes:
            break
        text = longer
    return f"{text}\n{tail}"
