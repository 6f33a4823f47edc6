"""What the gateway's methods give back: small, typed, without the platform's dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the account. `fields`: key to type, in order (`thing1` to `thing`)."""

    template_id: str
    title: str
    content: str
    fields: dict[str, str]
    example: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A permanent image: `media_id` for covers, `url` for articles."""

    media_id: str
    url: str


@dataclass(frozen=True, slots=True)
class MassReceipt:
    """A mass send was submitted, not delivered. `msg_data_id` is "" for texts and duplicates.

    `was_duplicate`: an earlier call with this clientmsgid went (45065); `msg_id` is its id.
    """

    msg_id: str
    msg_data_id: str = ""
    was_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Follower:
    """What user/info tells: neither name nor picture since 2021. Not following: only the openid."""

    openid: str = field(repr=False)
    is_following: bool
    unionid: str = field(default="", repr=False)
    subscribed_at: int = 0  # Unix seconds
    scene: str = ""
    qr_scene: str = ""
    tag_ids: tuple[int, ...] = ()
    remark: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FollowerPage:
    """Up to 10,000 openids; `next_openid` is "" on the last page."""

    total: int
    openids: list[str] = field(repr=False)
    next_openid: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Quota:
    """An interface's calls today, and its short-term limit (0 where the platform tells none)."""

    daily_limit: int
    used: int
    remain: int
    call_count: int
    refresh_seconds: int


@dataclass(frozen=True, slots=True)
class OAuthIdentity:
    """Who opened a page. A snapshot user is a virtual one: never bind an account to it."""

    openid: str = field(repr=False)
    unionid: str = field(repr=False)
    is_snapshot_user: bool
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """An article of a draft. Title ≤ 32 characters, author ≤ 16, digest ≤ 120; `content` is HTML
    whose images come from `upload_article_image`; the cover is a permanent image."""

    title: str
    content: str = field(repr=False)
    cover_media_id: str
    author: str = ""
    digest: str = ""
    source_url: str = ""

    def as_sent(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "author": self.author,
            "digest": self.digest,
            "content": self.content,
            "content_source_url": self.source_url,
            "thumb_media_id": self.cover_media_id,
        }
