"""Single-use signed links: how a page is opened from chat where web OAuth is not to be had."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer
from peewee import IntegrityError

import clock
import config
from models.base import db
from models.operations import UsedLink
from models.people import Follower
from services.errors import Conflict, DomainError, Invalid, NotFound

LIFE = timedelta(minutes=5)
PAGES = "/m/"  # a link opens a member page and nothing else


class LinkBroken(Invalid):
    code, message = "link_broken", "链接不完整或已损坏，请回到聊天重新获取"


class LinkExpired(DomainError):
    """`follower_id` is whom the link would have let in: who is signed in as them may go on."""

    code, message = "link_expired", "链接已超过5分钟，请回到聊天回复“打开”获取新链接"


class LinkUsed(Conflict):
    """`follower_id` is whom the link let in; the same browser may simply go on."""

    code, message = "link_used", "链接只能打开一次，请回到聊天回复“打开”获取新链接"


def make(follower_id: int, path: str = PAGES) -> str:
    """An address that signs the follower in once within five minutes and shows `path`.

    Raises ValueError for a path outside the member pages.
    """
    if not is_page(path):
        raise ValueError(f"not a member page: {path!r}")
    ends = int(clock.timestamp() + LIFE.total_seconds())
    token = _serializer().dumps([follower_id, path, ends, secrets.token_urlsafe(12)])
    return f"{config.settings().public_url}/m/open/{token}"


def use(token: str) -> tuple[Follower, str]:
    """Whom the link lets in and the path to show. A second use raises LinkUsed.

    Raises LinkBroken, LinkExpired, or NotFound when the follower is gone.
    """
    follower_id, path, nonce = _read(token)
    follower = Follower.get_or_none(Follower.id == follower_id)
    if follower is None:
        raise NotFound()
    if not spend(f"link:{nonce}", follower):
        raise LinkUsed(follower_id=follower_id, path=path)
    return follower, path


def spend(nonce: str, follower: Follower | None = None) -> bool:
    """Use `nonce` up; False when it was used before. Of two at once one gets True."""
    try:
        with db.atomic():
            UsedLink.create(nonce=nonce, follower=follower, used_at=clock.utc_now())
    except IntegrityError:
        return False
    return True


def spent_by(nonce: str) -> Follower | None:
    """Whom a used nonce let in; None when it was not used or let nobody in."""
    used = UsedLink.get_or_none(UsedLink.nonce == nonce)
    return used.follower if used is not None else None


def forget_used(before: datetime) -> int:
    """Drop what was used before a moment; a nonce is worth nothing once its link has expired."""
    return int(UsedLink.delete().where(UsedLink.used_at < before).execute())


def is_page(path: str) -> bool:
    """Whether a path is one of ours for members: no other host, no way out of /m/."""
    parts = urlsplit(path)
    inside = parts.path.startswith(PAGES) and "\\" not in path and ".." not in parts.path.split("/")
    return inside and not parts.scheme and not parts.netloc and path.isprintable()


def _read(token: str) -> tuple[int, str, str]:
    try:
        follower_id, path, ends, nonce = _serializer().loads(token)
    except (BadData, ValueError, TypeError) as error:
        raise LinkBroken() from error
    if clock.timestamp() > ends:
        raise LinkExpired(follower_id=follower_id, path=path)
    return follower_id, path, nonce


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(config.settings().secret_key, salt="member-link")
