"""Publishing (发布): a lasting page that is not pushed and costs no mass send (contract §9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .drafts import Draft
from .endpoints import Answer, Call, endpoint, ok, page_in, whole_in
from .errors import PlatformError
from .xml import element

DONE, UNDER_WAY, NOT_ORIGINAL, FAILED, REFUSED, USER_DELETED, BLOCKED = range(7)


@dataclass(slots=True)
class Publication:
    publish_id: str
    article_id: str
    articles: list[str]  # numbers of the pages
    submitted_at: int
    status: int = UNDER_WAY
    deleted: list[int] = field(default_factory=list)
    fails: list[int] = field(default_factory=list)


class Publishing:
    """`next_status` is how the next publications end, set by scenarios."""

    def __init__(self) -> None:
        self.by_id: dict[str, Publication] = {}
        self.last = 2_247_503_050
        self.next_status = DONE
        self._platform: Any = None

    def bind(self, platform: Any) -> None:
        self._platform = platform

    def submit(self, draft: Draft, at: float) -> Publication:
        self.last += 1
        numbers = [article["url"].rpartition("/")[2] for article in draft.articles]
        made = Publication(str(self.last), f"A{self.last}_sandbox", numbers, int(at))
        self.by_id[made.publish_id] = made
        return made

    def article(self, article_id: Any) -> Publication:
        """A finished publication, or 53600."""
        for made in self.by_id.values():
            if made.article_id == article_id and made.status == DONE:
                return made
        raise PlatformError(53600)

    def pages(self, made: Publication) -> list[dict[str, Any]]:
        return [self._platform.drafts.pages[number] for number in made.articles]

    def cards(self, article_id: Any) -> list[dict[str, Any]]:
        """The article as a card in a chat."""
        pages = self.pages(self.article(article_id))
        return list(self._platform.drafts.cards(Draft("", pages, 0)))

    def finish(self, made: Publication, status: int) -> None:
        """The platform's check is over: the draft leaves the box, or stays when it failed."""
        made.status = status
        if status != DONE:
            made.fails = list(range(1, len(made.articles) + 1))

    def dump(self) -> dict[str, Any]:
        return {"rows": list(self.by_id.values()), "last": self.last}

    def load(self, kept: dict[str, Any]) -> None:
        self.by_id = {row["publish_id"]: Publication(**row) for row in kept["rows"]}
        self.last = kept["last"]


@endpoint("POST", "/cgi-bin/freepublish/submit", daily=100)
def submit(platform: Any, call: Call) -> Answer:
    """The check is over at once here; what came of it is told by get and by the event."""
    draft = platform.drafts.find(call.body.get("media_id"))
    publishing: Publishing = platform.publishing
    now = platform.clock.now()
    made = publishing.submit(draft, now)
    publishing.finish(made, publishing.next_status)
    publishing.next_status = DONE
    if made.status == DONE:
        platform.drafts.take(draft, now)
    platform.pushes.job_event(platform.editor_openid, "PUBLISHJOBFINISH", _event(platform, made))
    platform.mass.last_data += 1
    return ok(publish_id=made.publish_id, msg_data_id=platform.mass.last_data)


def _event(platform: Any, made: Publication) -> str:
    fields = element("publish_id", made.publish_id) + element("publish_status", made.status)
    if made.status == DONE:
        items = "".join(
            f"<item>{element('idx', number)}{element('article_url', page['url'])}</item>"
            for number, page in enumerate(platform.publishing.pages(made), 1)
        )
        fields += element("article_id", made.article_id)
        fields += f"<article_detail>{element('count', len(made.articles))}{items}</article_detail>"
    else:
        fields += "".join(element("fail_idx", number) for number in made.fails)
    return f"<PublishEventInfo>{fields}</PublishEventInfo>"


def _found(platform: Any, value: Any) -> Publication:
    made = platform.publishing.by_id.get(str(value)) if isinstance(value, int | str) else None
    if made is None:
        raise PlatformError(40035, "publish_id")
    found: Publication = made
    return found


@endpoint("POST", "/cgi-bin/freepublish/get", daily=100)
def get(platform: Any, call: Call) -> Answer:
    made = _found(platform, call.body.get("publish_id"))
    told: Answer = {"publish_id": made.publish_id, "publish_status": made.status}
    if made.status == DONE:
        items = [
            {"idx": number, "article_url": page["url"]}
            for number, page in enumerate(platform.publishing.pages(made), 1)
        ]
        told |= {"article_id": made.article_id, "article_detail": {"count": len(items), "item": items}}
    return {**told, "fail_idx": made.fails}


@endpoint("POST", "/cgi-bin/freepublish/delete", daily=10)
def delete(platform: Any, call: Call) -> Answer:
    """index from 1, 0 or none for all; it cannot be taken back."""
    made = platform.publishing.article(call.body.get("article_id"))
    index = whole_in(call.body, "index", least=0, most=len(made.articles), default=0, errcode=40114)
    chosen = [index] if index else list(range(1, len(made.articles) + 1))
    pages = platform.publishing.pages(made)
    for number in chosen:
        pages[number - 1]["is_deleted"] = True
    made.deleted = sorted({*made.deleted, *chosen})
    if len(made.deleted) == len(made.articles):
        made.status = USER_DELETED
    return ok()


def _shown(platform: Any, made: Publication, has_content: bool = True) -> list[Answer]:
    rows = []
    for number, page in enumerate(platform.publishing.pages(made), 1):
        row = {key: value for key, value in page.items() if key not in ("is_deleted", "sent_at", "sent_on")}
        if not has_content:
            row.pop("content", None)
        rows.append({**row, "is_deleted": number in made.deleted})
    return rows


@endpoint("POST", "/cgi-bin/freepublish/getarticle", daily=100)
def get_article(platform: Any, call: Call) -> Answer:
    return {"news_item": _shown(platform, platform.publishing.article(call.body.get("article_id")))}


@endpoint("POST", "/cgi-bin/freepublish/batchget", daily=100)
def page(platform: Any, call: Call) -> Answer:
    offset, count = page_in(call.body)
    has_content = not call.body.get("no_content")
    rows = [made for made in platform.publishing.by_id.values() if made.status == DONE][::-1]
    part = rows[offset : offset + count]
    return {
        "total_count": len(rows),
        "item_count": len(part),
        "item": [
            {
                "article_id": made.article_id,
                "content": {"news_item": _shown(platform, made, has_content)},
                "update_time": made.submitted_at,
            }
            for made in part
        ],
    }
