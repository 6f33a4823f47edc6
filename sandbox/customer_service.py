"""Customer-service messages and their windows (contract §5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .apps import MINI
from .endpoints import BOTH, Answer, Call, endpoint, list_in, object_in, ok, optional_text, text_in
from .errors import PlatformError

TEXT_BYTES = 2048
MINI_LINK = re.compile(r"data-miniprogram-appid=[\"']([^\"']*)[\"']")
LINKS = re.compile(r"<a\s[^>]*>|</a>")

Body = dict[str, Any]


def _text(platform: Any, part: Body) -> Body:
    content = text_in(part, "content", 44004)
    if len(content.encode()) > TEXT_BYTES:
        raise PlatformError(45002)
    for link in LINKS.findall(content):
        told = MINI_LINK.search(link)
        if "data-miniprogram-" in link and not (told and told.group(1) == platform.options.mini_app_id):
            raise PlatformError(45086)
    return {"text": content}


def _media(kind: str) -> Callable[[Any, Body], Body]:
    def read(platform: Any, part: Body) -> Body:
        now = platform.clock.now()
        return {"media_id": platform.materials.check_any(part.get("media_id"), (kind,), now)}

    return read


def _video(platform: Any, part: Body) -> Body:
    materials, now = platform.materials, platform.clock.now()
    return {
        "media_id": materials.check_any(part.get("media_id"), ("video",), now),
        "cover": materials.check_any(part.get("thumb_media_id"), ("thumb", "image"), now),
        "title": optional_text(part, "title", 45003),
        "digest": optional_text(part, "description", 45004),
    }


def _music(platform: Any, part: Body) -> Body:
    return {
        "title": optional_text(part, "title", 45003),
        "digest": optional_text(part, "description", 45004),
        "url": text_in(part, "musicurl", 45005),
        "cover": platform.materials.check_any(
            part.get("thumb_media_id"), ("thumb", "image"), platform.clock.now()
        ),
    }


def _program(platform: Any, part: Body) -> Body:
    if part.get("appid", platform.options.mini_app_id) != platform.options.mini_app_id:
        raise PlatformError(40166)
    return {
        "title": text_in(part, "title", 45003),
        "path": text_in(part, "pagepath", 40165),
        "cover": platform.materials.check_any(
            part.get("thumb_media_id"), ("thumb", "image"), platform.clock.now()
        ),
    }


def _published(platform: Any, part: Body) -> Body:
    return {"articles": platform.publishing.cards(part.get("article_id"))}


def _news(platform: Any, part: Body) -> Body:
    articles = list_in(part, "articles", 44003)
    if not articles:
        raise PlatformError(44003)
    if len(articles) > 1:
        raise PlatformError(45008)
    if not isinstance(articles[0], dict):
        raise PlatformError(47001)
    article = articles[0]
    return {
        "articles": [
            {
                "title": optional_text(article, "title"),
                "digest": optional_text(article, "description"),
                "cover": optional_text(article, "picurl"),
                "url": optional_text(article, "url"),
            }
        ]
    }


def _menu(platform: Any, part: Body) -> Body:
    rows = list_in(part, "list", 40035)
    if len(rows) > MENU_ITEMS:
        raise PlatformError(45098)
    items = []
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("content"), str) or "id" not in row:
            raise PlatformError(40035, "list")
        if len(row["content"].encode()) > MENU_ITEM_BYTES:
            raise PlatformError(45099)
        items.append({"id": str(row["id"]), "content": row["content"]})
    return {
        "head": optional_text(part, "head_content"),
        "items": items,
        "tail": optional_text(part, "tail_content"),
    }


def _coupon(platform: Any, part: Body) -> Body:
    """A coupon's card is only named here: this account has none."""
    return {"card_id": text_in(part, "card_id", 40035)}


def _draft(platform: Any, part: Body) -> Body:
    draft = platform.drafts.find(part.get("media_id"))
    return {"articles": platform.drafts.cards(draft)}


READERS: dict[str, Callable[[Any, Body], Body]] = {
    "text": _text,
    "image": _media("image"),
    "voice": _media("voice"),
    "video": _video,
    "music": _music,
    "news": _news,
    "mpnews": _draft,
    "mpnewsarticle": _published,
    "msgmenu": _menu,
    "miniprogrampage": _program,
    "wxcard": _coupon,
}
ARTICLES = ("news", "mpnews", "mpnewsarticle")
MENU_ITEMS, MENU_ITEM_BYTES = 20, 200  # the platform's own numbers are unpublished


def content_of(kind: str, body: Body) -> str:
    """What the ledger of received messages calls this message; links differ by person, words do not."""
    if kind == "text":
        return "text|" + LINKS.sub("", body["text"])
    if kind in ARTICLES:
        return "news|" + "|".join(article["title"] for article in body["articles"])
    if kind == "msgmenu":
        return f"msgmenu|{body['head']}"
    return f"{kind}|{body.get('media_id', '')}"


@endpoint("POST", "/cgi-bin/message/custom/send", daily=500_000, apps=BOTH)
def send(platform: Any, call: Call) -> Answer:
    if call.app.kind == MINI:
        return _send_from_mini(platform, call)
    person = platform.people.find(call.body.get("touser"))
    kind = call.body.get("msgtype")
    if not isinstance(kind, str) or kind not in READERS:
        raise PlatformError(40008)
    shown = READERS[kind](platform, object_in(call.body, kind))
    if not person.is_following:
        raise PlatformError(43004)
    if person.is_blacklisted:
        raise PlatformError(43019)
    now = platform.clock.now()
    if person.is_blocking:
        raise PlatformError(48002)
    person.spend_window(now)
    platform.deliver(
        person, "news" if kind in ARTICLES else kind, shown, f"custom|{content_of(kind, shown)}", now
    )
    return ok()


MINI_READERS = {name: READERS[name] for name in ("text", "image", "miniprogrampage")}


def _link(platform: Any, part: Body) -> Body:
    """A mini program's link card is an article of one."""
    return _news(platform, {"articles": [{**part, "picurl": part.get("thumb_url", "")}]})


def _send_from_mini(platform: Any, call: Call) -> Answer:
    """The mini program's own customer service: five in 48 h after a message (contract §12)."""
    user = platform.mini.find(call.body.get("touser"))
    kind = call.body.get("msgtype")
    if kind != "link" and kind not in MINI_READERS:
        raise PlatformError(40008)
    read = _link if kind == "link" else MINI_READERS[kind]
    shown = read(platform, object_in(call.body, kind))
    user.spend_window(platform.clock.now())
    person = platform.people.find(user.owner)
    kind = "news" if kind == "link" else kind
    content = f"mini_custom|{content_of(kind, shown)}"
    platform.deliver(person, kind, {**shown, "from": "mini"}, content, platform.clock.now())
    return ok()


TYPING_SECONDS = 30


@endpoint("POST", "/cgi-bin/message/custom/typing", daily=500_000, apps=BOTH)
def typing(platform: Any, call: Call) -> Answer:
    """Shown only within 30 s of an exchange, and until it is taken back or 15 s are over."""
    people = platform.mini if call.app.kind == MINI else platform.people
    person = people.find(call.body.get("touser"))
    if call.app.kind != MINI and not person.is_following:
        raise PlatformError(43004)
    command = call.body.get("command")
    if command not in ("Typing", "CancelTyping"):
        raise PlatformError(45072)
    now, until = platform.clock.now(), platform.typing
    if command == "CancelTyping":
        until.pop(person.openid, None)
    else:
        if now - person.last_act() > TYPING_SECONDS:
            raise PlatformError(45080)
        if until.get(person.openid, 0) > now:
            raise PlatformError(45081)
        until[person.openid] = now + TYPING_SECONDS / 2
    platform.live.tell(person.openid, {"typing": command == "Typing"})
    return ok()
