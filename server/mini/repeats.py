"""A POST sent twice is one act: the reply is kept by its idempotency key and given again.

The key, the act and the reply are one transaction. Of two at once one inserts the key; the other
waits on the unique index and reads the reply of the first. A fault of ours keeps nothing, so that
a repeat may do it all.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from apiflask.exceptions import HTTPError
from flask import Response, current_app, request

import clock
from models.api_tokens import ApiReply
from models.base import db
from models.people import Follower
from server.mini import bearer, problems
from services.errors import Conflict, DomainError, Invalid

View = TypeVar("View", bound=Callable[..., Any])
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


class KeyMissing(Invalid):
    code, message = "idempotency_key", "请求缺少 Idempotency-Key，或格式不对（8–64 位字母、数字、- 或 _）"


class KeyReused(Conflict):
    code, message = "idempotency_key_reused", "同一个 Idempotency-Key 已用于另一个请求，请换一个"


def once(view: View) -> View:
    """Guard a POST; it stands inside the guard that knows who asks."""

    @wraps(view)
    def kept(*args: Any, **kwargs: Any) -> Response:
        key, asked, who = read_key(), _fingerprint(), bearer.follower()
        with db.atomic():
            if not _is_first(who, key, asked):
                return _again(who, key, asked)
            answer = _carried_out(view, args, kwargs)
            told = {"status": answer.status_code, "body": answer.get_data(as_text=True)}
            ApiReply.update(**told).where(ApiReply.follower == who.id, ApiReply.key == key).execute()
            return answer

    return kept  # type: ignore[return-value]


def read_key() -> str:
    """The request's key. Raises KeyMissing."""
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise KeyMissing()
    return key


def _is_first(who: Follower, key: str, asked: str) -> bool:
    row = {"follower": who.id, "key": key, "request_hash": asked, "created_at": clock.utc_now()}
    return bool(ApiReply.insert(**row).on_conflict_ignore().as_rowcount().execute())


def _carried_out(view: View, args: Any, kwargs: Any) -> Response:
    """The answer; a refusal undoes the act alone and is kept too. A wrong request is not: it is mended."""
    try:
        with db.atomic():
            return current_app.make_response(view(*args, **kwargs))
    except HTTPError:
        raise
    except DomainError as refusal:
        return problems.of_domain(refusal)


def _again(who: Follower, key: str, asked: str) -> Response:
    kept = ApiReply.get(ApiReply.follower == who.id, ApiReply.key == key)
    if kept.request_hash != asked:
        raise KeyReused()
    answer = Response(kept.body or "", status=kept.status or 200, mimetype="application/json")
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _fingerprint() -> str:
    body = request.get_data()
    told = f"{request.method} {request.path}\n".encode() + body
    return hashlib.sha256(told).hexdigest()
