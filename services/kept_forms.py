"""What was typed into a member page after the sign-in had ended: kept an hour, for the same member.

The browser holds a token; the row holds its hash and a mark made from token and follower, so that
the database alone tells of nobody whose answers these are.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import clock
from models.base import db
from models.bindings import KeptForm
from models.sealing import keyed_hash

KEPT_FOR = timedelta(hours=1)
MOST_BYTES = 64 * 1024


def keep(fields: Iterable[tuple[str, str]], *, path: str, follower_id: int) -> str:
    """Keep what was typed for the page at `path`; the token, or "" for nothing or too much."""
    typed = list(fields)
    text = json.dumps(typed, ensure_ascii=False)
    if not typed or len(text.encode()) > MOST_BYTES:
        return ""
    token = secrets.token_urlsafe(24)
    now = clock.utc_now()
    with db.atomic():
        forget_old(now)
        KeptForm.create(
            token_hash=keyed_hash(token),
            owner_hash=_owner(token, follower_id),
            path=path[:255],
            fields=text,
            # to the hour: the time of an answer is not told either
            kept_until=(now + KEPT_FOR).replace(second=0, microsecond=0),
            created_at=now.replace(minute=0, second=0, microsecond=0),
        )
    return token


def take(token: str, *, path: str, follower_id: int) -> list[tuple[str, str]] | None:
    """What was kept for this page and this follower, once; None for anything else."""
    if not token:
        return None
    with db.atomic():
        row = KeptForm.get_or_none(KeptForm.token_hash == keyed_hash(token))
        if row is None or row.path != path or row.kept_until <= clock.utc_now():
            return None
        if not hmac.compare_digest(row.owner_hash, _owner(token, follower_id)):
            return None
        if not KeptForm.delete().where(KeptForm.id == row.id).execute():
            return None  # taken at the same moment
        return [(name, value) for name, value in json.loads(row.fields)]


def waiting_at(token: str, *, follower_id: int) -> str:
    """The page that something of this follower's is kept for; "" for none."""
    row = KeptForm.get_or_none(KeptForm.token_hash == keyed_hash(token)) if token else None
    if row is None or row.kept_until <= clock.utc_now():
        return ""
    return str(row.path) if hmac.compare_digest(row.owner_hash, _owner(token, follower_id)) else ""


def forget_old(now: datetime) -> int:
    return int(KeptForm.delete().where(KeptForm.kept_until <= now).execute())


def _owner(token: str, follower_id: int) -> str:
    return hmac.new(token.encode(), str(follower_id).encode(), hashlib.sha256).hexdigest()
