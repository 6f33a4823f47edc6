"""The access token as a row, sealed, shared by all processes (wechat.credentials.TokenStore)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import clock
from models.base import db
from models.operations import Credential
from models.sealing import Unsealable, keyed_hash
from services import leases
from wechat.credentials import StoredToken

LEASE_SECONDS = 15.0


class RowTokenStore:
    """One row per app and kind; the holder of a lease fetches, everybody else reads."""

    def get(self, app_id: str, kind: str) -> StoredToken | None:
        """The stored token; None when there is none, or when it was sealed with another FIELD_KEY."""
        with _connected():
            try:
                row = Credential.get_or_none(Credential.app_id == app_id, Credential.kind == kind)
            except Unsealable:
                return None
        return None if row is None else StoredToken(row.value, clock.to_timestamp(row.expires_at))

    def put(self, app_id: str, kind: str, token: StoredToken) -> None:
        values: dict[str, Any] = {
            "value": token.value,
            "value_hash": keyed_hash(token.value),
            "expires_at": clock.from_timestamp(token.expires_at),
        }
        with _connected():
            (
                Credential.insert(app_id=app_id, kind=kind, created_at=clock.utc_now(), **values)
                .on_conflict(conflict_target=[Credential.app_id, Credential.kind], update=values)
                .execute()
            )

    def clear_if(self, app_id: str, kind: str, value: str) -> bool:
        with _connected():
            return bool(
                Credential.delete()
                .where(
                    Credential.app_id == app_id,
                    Credential.kind == kind,
                    Credential.value_hash == keyed_hash(value),
                )
                .execute()
            )

    @contextmanager
    def refreshing(self, app_id: str, kind: str) -> Iterator[bool]:
        name = f"token:{app_id}:{kind}"
        with _connected():
            mine = leases.take(name, seconds=LEASE_SECONDS)
        try:
            yield mine is not None
        finally:
            if mine is not None:
                with _connected():
                    leases.release(mine)


def _connected() -> AbstractContextManager[Any]:
    """This thread's connection, or one for the moment."""
    return db.connection_context() if db.is_closed() else nullcontext()
