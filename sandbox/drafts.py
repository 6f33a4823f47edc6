"""Drafts and the pages they become once sent (contract §9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .endpoints import Answer, Call, endpoint, list_in, object_in, ok, optional_text, page_in, text_in
from .errors import PlatformError

ARTICLES, PICTURES = 8, 20
SCRIPT = re.compile(
    r"<script\b.*?</script\s*>|<script\b[^>]*>|\son\w+\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.I | re.S
)
IMAGE = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"']?([^\"'\s>]+)[^>]*>", re.I)


@dataclass(slots=True)
class Draft:
    media_id: str
    articles: list[dict[str, Any]]
    changed_at: int


class Drafts:
    """The draft box, and the pages of what was sent."""

    def __init__(self, base_url: Any) -> None:
        self.by_id: dict[str, Draft] = {}
        self.pages: dict[str, dict[str, Any]] = {}
        self.last = 0
        self._base_url = base_url

    def find(self, media_id: Any) -> Draft:
        found = self.by_id.get(media_id) if isinstance(media_id, str) else None
        if found is None:
            raise PlatformError(40007)
        return found

    def add(self, articles: list[dict[str, Any]], at: float) -> Draft:
        self.last += 1
        draft = Draft(f"D{self.last}_sandbox", articles, int(at))
        self.by_id[draft.media_id] = draft
        for index, article in enumerate(articles, 1):
            number = f"{self.last}-{index}"
            article["url"] = f"{self._base_url()}/s/{number}"
            self.pages[number] = article
        return draft

    def cards(self, draft: Draft) -> list[dict[str, Any]]:
        """The articles as the card in a chat shows them."""
        return [
            {
                "title": article["title"],
                "digest": article["digest"],
                "cover": f"{self._base_url()}/mmbiz/{article['thumb_media_id']}",
                "url": article["url"],
            }
            for article in draft.articles
        ]

    def take(self, draft: Draft, at: float, day: str = "") -> None:
        """A draft leaves the box once it was sent (on this day); its pages stay."""
        del self.by_id[draft.media_id]
        for article in draft.articles:
            article["sent_at"] = int(at)
            article["sent_on"] = day

    def dump(self) -> dict[str, Any]:
        numbers = {
            media_id: [a["url"].rpartition("/")[2] for a in d.articles] for media_id, d in self.by_id.items()
        }
        changed = {media_id: draft.changed_at for media_id, draft in self.by_id.items()}
        return {"numbers": numbers, "changed": changed, "pages": self.pages, "last": self.last}

    def load(self, kept: dict[str, Any]) -> None:
        self.pages, self.last = kept["pages"], kept["last"]
        for media_id, numbers in kept["numbers"].items():
            articles = [self.pages[number] for number in numbers]
            self.by_id[media_id] = Draft(media_id, articles, kept["changed"][media_id])


def _checked(platform: Any, article: Any, is_single: bool) -> dict[str, Any]:
    """An article as it is kept. Raises 45003, 45004, 45166, 40007 …"""
    if not isinstance(article, dict):
        raise PlatformError(47001)
    kind = article.get("article_type", "news")
    if kind not in ("news", "newspic"):
        raise PlatformError(40035, "article_type")
    title = text_in(article, "title", 45003)
    author, digest = optional_text(article, "author"), optional_text(article, "digest", 45004)
    content = text_in(article, "content", 44004) if kind == "news" else optional_text(article, "content")
    pictures = _pictures(platform, article) if kind == "newspic" else []
    if len(title) > 32:
        raise PlatformError(45003)
    if len(author) > 16:
        raise PlatformError(40035, "author size out of limit")
    if len(digest) > 120:
        raise PlatformError(45004)
    if len(content) >= 20_000 or len(content.encode()) >= 1024 * 1024:
        raise PlatformError(45166)
    content = SCRIPT.sub("", content)
    if is_single and not digest:
        digest = re.sub(r"<[^>]+>|\s+", "", content)[:54]
    return {
        "title": title,
        "author": author,
        "digest": digest,
        "content": IMAGE.sub(lambda found: _own_image(platform, found), content),
        "content_source_url": optional_text(article, "content_source_url"),
        "thumb_media_id": pictures[0]
        if pictures
        else platform.materials.check(article.get("thumb_media_id")),
        "need_open_comment": int(bool(article.get("need_open_comment"))),
        "only_fans_can_comment": int(bool(article.get("only_fans_can_comment"))),
        **({"article_type": kind, "image_info": _image_info(pictures)} if pictures else {}),
    }


def _pictures(platform: Any, article: dict[str, Any]) -> list[str]:
    """The permanent pictures of a picture post, 1 to 20. Raises 40035, 40007."""
    rows = list_in(object_in(article, "image_info", 40035), "image_list", 40035)
    if not 1 <= len(rows) <= PICTURES:
        raise PlatformError(40035, "image_list")
    told = [row.get("image_media_id") if isinstance(row, dict) else None for row in rows]
    return [platform.materials.check(media_id) for media_id in told]


def _image_info(pictures: list[str]) -> dict[str, Any]:
    return {"image_list": [{"image_media_id": media_id} for media_id in pictures]}


def _own_image(platform: Any, found: re.Match[str]) -> str:
    """Pictures from elsewhere are taken out; only uploaded ones stay."""
    return found.group(0) if found.group(1).startswith(f"{platform.base_url}/mmbiz/") else ""


@endpoint("POST", "/cgi-bin/draft/add", daily=1000)
def add(platform: Any, call: Call) -> Answer:
    articles = list_in(call.body, "articles", 44003)
    if not articles:
        raise PlatformError(44003)
    if len(articles) > ARTICLES:
        raise PlatformError(45008)
    kept = [_checked(platform, article, len(articles) == 1) for article in articles]
    return {"media_id": platform.drafts.add(kept, platform.clock.now()).media_id}


@endpoint("POST", "/cgi-bin/draft/get", daily=500)
def get(platform: Any, call: Call) -> Answer:
    return {"news_item": platform.drafts.find(call.body.get("media_id")).articles}


@endpoint("POST", "/cgi-bin/draft/update", daily=1000)
def update(platform: Any, call: Call) -> Answer:
    draft = platform.drafts.find(call.body.get("media_id"))
    index = call.body.get("index", 0)
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(draft.articles):
        raise PlatformError(40114)
    draft.articles[index].update(_checked(platform, call.body.get("articles"), len(draft.articles) == 1))
    draft.changed_at = int(platform.clock.now())
    return ok()


@endpoint("POST", "/cgi-bin/draft/delete", daily=1000)
def delete(platform: Any, call: Call) -> Answer:
    del platform.drafts.by_id[platform.drafts.find(call.body.get("media_id")).media_id]
    return ok()


@endpoint("GET", "/cgi-bin/draft/count", daily=1000)
def total(platform: Any, call: Call) -> Answer:
    return {"total_count": len(platform.drafts.by_id)}


@endpoint("POST", "/cgi-bin/draft/batchget", daily=1000)
def page(platform: Any, call: Call) -> Answer:
    offset, count = page_in(call.body)
    drafts = list(platform.drafts.by_id.values())[::-1]
    part = drafts[offset : offset + count]
    return {
        "total_count": len(drafts),
        "item_count": len(part),
        "item": [
            {
                "media_id": draft.media_id,
                "content": {"news_item": [_row(article, call.body) for article in draft.articles]},
                "update_time": draft.changed_at,
            }
            for draft in part
        ],
    }


def _row(article: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """An article without its content, where no_content says so."""
    return {key: value for key, value in article.items() if key != "content" or not body.get("no_content")}
