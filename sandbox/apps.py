"""The two apps of the house, official account and mini program: who they are, their tokens, their quotas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .credentials import Credentials
from .errors import PlatformError
from .options import Options
from .quotas import Limits, Quotas

OFFICIAL, MINI = "official", "mini"


@dataclass(slots=True)
class App:
    """`is_frozen`: its secret was frozen on the console, so nobody mints tokens with it."""

    kind: str
    app_id: str
    secret: str
    original_id: str
    credentials: Credentials
    quotas: Quotas
    is_frozen: bool = False

    def dump(self) -> dict[str, Any]:
        return {
            "credentials": self.credentials.dump(),
            "quotas": self.quotas.dump(),
            "is_frozen": self.is_frozen,
        }

    def load(self, kept: dict[str, Any]) -> None:
        self.credentials.load(kept["credentials"])
        self.quotas.load(kept["quotas"])
        self.is_frozen = kept["is_frozen"]


class Apps:
    """Both apps, found by token or by secret."""

    def __init__(self, options: Options) -> None:
        self.limits = Limits(dict(options.limits))
        self.ip_list = [word.strip() for word in options.ip_list.split(",") if word.strip()]
        self.official = App(
            OFFICIAL,
            options.app_id,
            options.app_secret,
            options.original_id,
            Credentials(),
            Quotas(self.limits),
        )
        self.mini = App(
            MINI,
            options.mini_app_id,
            options.mini_app_secret,
            options.mini_original_id,
            Credentials(),
            Quotas(self.limits),
        )
        self.both = (self.official, self.mini)

    def by_token(self, token: str | None, now: float) -> App:
        """Raises 41001, 42001 (too old), 40001 (was valid) or 40014 (never was)."""
        if not token:
            raise PlatformError(41001)
        for app in self.both:
            dies_at = app.credentials.dies_at.get(token)
            if dies_at is not None:
                if dies_at <= now:
                    raise PlatformError(42001)
                return app
        raise PlatformError(40001 if any(token in app.credentials.killed for app in self.both) else 40014)

    def by_id(self, app_id: Any) -> App:
        """Raises 41002 or 40013."""
        if not app_id:
            raise PlatformError(41002)
        for app in self.both:
            if app.app_id == app_id:
                return app
        raise PlatformError(40013)

    def by_secret(self, app_id: Any, secret: Any) -> App:
        """Raises 41002, 40013, 41004, 40243 (frozen) or 40125."""
        app = self.by_id(app_id)
        if not secret:
            raise PlatformError(41004)
        if app.is_frozen:
            raise PlatformError(40243)
        if secret != app.secret:
            raise PlatformError(40125)
        return app

    def check_address(self, client: str) -> None:
        """Who mints tokens must be on the list, when there is one: 40164."""
        if self.ip_list and client not in self.ip_list:
            raise PlatformError(40164, f"{client}, not in whitelist")

    def kill_tokens(self, now: float) -> int:
        return sum(app.credentials.kill_all(now) for app in self.both)

    def dump(self) -> dict[str, Any]:
        return {
            "limits": {"daily": self.limits.daily, "minute": self.limits.minute},
            **{app.kind: app.dump() for app in self.both},
        }

    def load(self, kept: dict[str, Any]) -> None:
        self.limits.daily = kept["limits"]["daily"] | self.limits.daily
        self.limits.minute = kept["limits"]["minute"] | self.limits.minute
        for app in self.both:
            app.load(kept[app.kind])
