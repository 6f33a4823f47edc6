"""The access token: kept once for all processes, fetched by one of them (contract §2).

Look, lock, look again, fetch. The token comes from `stable_token`, which returns the same
token until five minutes before its end, so that no process kills another's. It is renewed
300 s before its end while the old one still serves.
https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import clock
from wechat.errors import ErrorClass, Refused, TryLater, WeChatError

ACCESS_TOKEN = "access_token"  # noqa: S105 - the kind, not the value
REFRESH_AHEAD_SECONDS = 300
REFRESH_PAUSE_SECONDS = 30  # between two early renewals by one process
REFUSAL_PAUSE_SECONDS = 30  # a refused mint is not repeated within this time
WAIT_SECONDS = 10.0  # for another process that is fetching
POLL_SECONDS = 0.05
MINT_PATH = "/cgi-bin/stable_token"


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token and its end in Unix seconds by `clock.timestamp()`."""

    value: str = field(repr=False)
    expires_at: float


class TokenStore(Protocol):
    """Where tokens are kept, shared by all processes. `kind` is `access_token` or `jsapi_ticket`.

    Values are up to 512 characters and are secrets: seal them at rest.
    """

    def get(self, app_id: str, kind: str) -> StoredToken | None:
        """The stored token, expired or not; None when there is none."""
        ...

    def put(self, app_id: str, kind: str, token: StoredToken) -> None:
        """Replace the stored token."""
        ...

    def clear_if(self, app_id: str, kind: str, value: str) -> bool:
        """Remove the token only if it still has this value (one atomic step); True if it did."""
        ...

    def refreshing(self, app_id: str, kind: str) -> AbstractContextManager[bool]:
        """A lease to fetch a new token: True for one holder among all processes, at once.

        False, without waiting, while another holds it. A holder that dies loses it within
        about 15 s of real time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Minted:
    """What the platform gave: the token and its life in seconds."""

    value: str = field(repr=False)
    expires_in: int


class Credentials:
    """The access token of one app. Safe to share between threads.

    `mint` asks the platform for the token and raises WeChatError.
    """

    def __init__(self, app_id: str, store: TokenStore, mint: Callable[[], Minted]) -> None:
        self.app_id = app_id
        self._store = store
        self._mint = mint
        self._guard = threading.Lock()
        self._refresh_not_before = 0.0
        self._refusal: tuple[float, Refused] | None = None
        self._dead: tuple[float, str] | None = None

    def access_token(self) -> str:
        """A token that serves now.

        Raises Refused (class E) at once when the platform will not give one (wrong secret, IP
        not listed …), TryLater when it cannot be reached.
        """
        token = self._store.get(self.app_id, ACCESS_TOKEN)
        if token is not None and not self._is_due(token):
            return token.value
        return self._fetch_or_wait()

    def renew(self, rejected: str) -> str:
        """A token to try once more with, after the platform rejected this one (class C).

        The stored token is removed only if it is still the rejected one. Raises Refused (E)
        without a call when the platform gave back the rejected token a moment ago.
        """
        if self._dead is not None and self._dead[1] == rejected and time.monotonic() < self._dead[0]:
            raise Refused(
                MINT_PATH,
                errmsg="the platform keeps giving a token that it rejects",
                error_class=ErrorClass.E,
            )
        self._store.clear_if(self.app_id, ACCESS_TOKEN, rejected)
        token = self.access_token()
        if token == rejected:
            self._dead = (time.monotonic() + REFUSAL_PAUSE_SECONDS, rejected)
        return token

    def _is_due(self, token: StoredToken) -> bool:
        now = clock.timestamp()
        if now >= token.expires_at:
            return True
        is_near = token.expires_at - now <= REFRESH_AHEAD_SECONDS
        return is_near and now >= self._refresh_not_before

    def _fetch_or_wait(self) -> str:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            with self._store.refreshing(self.app_id, ACCESS_TOKEN) as is_mine:
                token = self._store.get(self.app_id, ACCESS_TOKEN)  # look again: another may have been first
                if token is not None and not self._is_due(token):
                    return token.value
                if is_mine:
                    return self._fetch(old=token)
            if token is not None and clock.timestamp() < token.expires_at:
                return token.value  # another renews it; the old one serves meanwhile
            if time.monotonic() >= deadline:
                raise TryLater(
                    MINT_PATH, errmsg="another process is fetching the token", error_class=ErrorClass.A
                )
            time.sleep(POLL_SECONDS)

    def _fetch(self, *, old: StoredToken | None) -> str:
        with self._guard:
            if self._refusal is not None and time.monotonic() < self._refusal[0]:
                raise self._refusal[1].with_traceback(None)
            self._refresh_not_before = clock.timestamp() + REFRESH_PAUSE_SECONDS
        try:
            minted = self._mint()
        except Refused as refusal:
            self._refusal = (time.monotonic() + REFUSAL_PAUSE_SECONDS, refusal)
            raise
        except WeChatError:
            if old is not None and clock.timestamp() < old.expires_at:
                return old.value
            raise
        self._refusal = None
        stored = StoredToken(minted.value, clock.timestamp() + minted.expires_in)
        self._store.put(self.app_id, ACCESS_TOKEN, stored)
        return stored.value
