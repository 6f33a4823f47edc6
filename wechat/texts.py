"""Text as WeChat shows it in chat: escaping, length in bytes, links (contract §1.7)."""

from __future__ import annotations

import re
from urllib.parse import quote

_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINK = re.compile(r"<a\s[^>]*>.*?</a>", re.DOTALL)


def sendable(text: str) -> str:
    """Text without what neither XML nor JSON to WeChat may hold: control characters, half pairs."""
    return _UNSENDABLE.sub("", text)


def escape(text: str) -> str:
    """User text made safe inside a chat message: it cannot open or close a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def web_link(text: str, url: str) -> str:
    """A link to a page. `text` is escaped here."""
    return f'<a href="{_attribute(url)}">{escape(text)}</a>'


def menu_link(text: str, content: str, menu_id: str) -> str:
    """A link that answers: a tap sends `content` as a text message with bizmsgmenuid `menu_id`."""
    return (
        f'<a href="weixin://bizmsgmenu?msgmenucontent={quote(content, safe="")}'
        f'&msgmenuid={quote(menu_id, safe="")}">{escape(text)}</a>'
    )


def cut_to_bytes(text: str, limit: int, *, ending: str = "…") -> str:
    """Text of at most `limit` bytes of UTF-8, cut between characters and never inside a link."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return text
    room = limit - len(ending.encode())
    if room < 0:
        return encoded[:limit].decode("utf-8", "ignore")
    kept = encoded[:room].decode("utf-8", "ignore")
    for link in _LINK.finditer(text):
        if link.start() >= len(kept):
            break
        if link.end() > len(kept):
            kept = kept[: link.start()]
            break
    entity = kept.rfind("&", max(0, len(kept) - 5))
    if entity >= 0 and ";" not in kept[entity:] and ";" in text[entity : entity + 6]:
        kept = kept[:entity]
    return kept + ending


def _attribute(url: str) -> str:
    return url.replace('"', "%22").replace("<", "%3C").replace(">", "%3E")
