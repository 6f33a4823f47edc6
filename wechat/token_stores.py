"""Token stores: in memory (tests, one process) and in Redis. The row store is the models'."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from wechat.credentials import StoredToken

LEASE_MILLISECONDS = 15_000
KEEP_SECONDS = 3 * 3600

_CLEAR_IF = """
if redis.call('HGET', KEYS[1], 'digest') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class MemoryTokenStore:
    """Tokens of this process alone."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], StoredToken] = {}
        self._leases: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def get(self, app_id: str, kind: str) -> StoredToken | None:
        return self._tokens.get((app_id, kind))

    def put(self, app_id: str, kind: str, token: StoredToken) -> None:
        with self._lock:
            self._tokens[app_id, kind] = token

    def clear_if(self, app_id: str, kind: str, value: str) -> bool:
        with self._lock:
            token = self._tokens.get((app_id, kind))
            if token is None or token.value != value:
                return False
            del self._tokens[app_id, kind]
            return True

    @contextmanager
    def refreshing(self, app_id: str, kind: str) -> Iterator[bool]:
        with self._lock:
            is_mine = (app_id, kind) not in self._leases
            self._leases.add((app_id, kind))
        try:
            yield is_mine
        finally:
            if is_mine:
                with self._lock:
                    self._leases.discard((app_id, kind))


class RedisTokenStore:
    """Tokens in Redis, sealed by `seal` and opened by `open_sealed` (bytes to bytes).

    A sealed value differs each time, so a digest beside it answers `clear_if`. The client must
    give bytes (`decode_responses=False`, its default).
    """

    def __init__(
        self,
        redis: Any,
        *,
        seal: Callable[[bytes], bytes] = bytes,
        open_sealed: Callable[[bytes], bytes] = bytes,
        prefix: str = "wechat:token",
    ) -> None:
        self._redis = redis
        self._seal = seal
        self._open = open_sealed
        self._prefix = prefix

    def get(self, app_id: str, kind: str) -> StoredToken | None:
        sealed, expires_at = self._redis.hmget(self._key(app_id, kind), "value", "expires_at")
        if sealed is None or expires_at is None:
            return None
        return StoredToken(self._open(sealed).decode(), float(expires_at))

    def put(self, app_id: str, kind: str, token: StoredToken) -> None:
        key = self._key(app_id, kind)
        fields = {
            "value": self._seal(token.value.encode()),
            "digest": _digest(token.value),
            "expires_at": repr(token.expires_at),
        }
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            pipe.hset(key, mapping=fields)
            pipe.expire(key, KEEP_SECONDS)
            pipe.execute()

    def clear_if(self, app_id: str, kind: str, value: str) -> bool:
        return bool(self._redis.eval(_CLEAR_IF, 1, self._key(app_id, kind), _digest(value)))

    @contextmanager
    def refreshing(self, app_id: str, kind: str) -> Iterator[bool]:
        key, owner = self._key(app_id, kind) + ":lease", uuid.uuid4().hex
        is_mine = bool(self._redis.set(key, owner, nx=True, px=LEASE_MILLISECONDS))
        try:
            yield is_mine
        finally:
            if is_mine:
                self._redis.eval(_RELEASE, 1, key, owner)

    def _key(self, app_id: str, kind: str) -> str:
        return f"{self._prefix}:{app_id}:{kind}"


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
