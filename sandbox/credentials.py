"""One app's access tokens: the plain one, the stable one and how they die (contract §2)."""

from __future__ import annotations

import secrets
from typing import Any

Answer = dict[str, Any]
LIFE = 7200
OVERLAP = 300
FORCED_A_DAY = 20
FORCED_APART = 30


class Credentials:
    """Living tokens with the time each dies; killed ones are remembered as "not latest"."""

    def __init__(self) -> None:
        self.dies_at: dict[str, float] = {}
        self.killed: dict[str, float] = {}
        self.plain = ""
        self.stable = ""
        self.forced: dict[str, Any] = {"day": "", "count": 0, "at": 0.0}

    def mint_plain(self, now: float) -> Answer:
        """A new token at every call; the one before lives five minutes more."""
        if self.plain in self.dies_at:
            self.dies_at[self.plain] = min(self.dies_at[self.plain], now + OVERLAP)
        self.plain = self._new(now)
        return {"access_token": self.plain, "expires_in": LIFE}

    def mint_stable(self, now: float, day: str, is_forced: bool) -> Answer:
        """The same token until five minutes before its end; force kills it at once."""
        left = self.dies_at.get(self.stable, 0) - now
        if is_forced and self._may_force(now, day):
            if self.stable in self.dies_at:
                self.kill(self.stable, now)
            self.stable, left = self._new(now), LIFE
        elif left <= OVERLAP:
            self.stable, left = self._new(now), LIFE
        return {"access_token": self.stable, "expires_in": int(left)}

    def kill(self, token: str, now: float) -> None:
        del self.dies_at[token]
        self.killed[token] = now

    def kill_all(self, now: float) -> int:
        """Every token becomes "not latest", as when another client minted anew."""
        tokens = list(self.dies_at)
        for token in tokens:
            self.kill(token, now)
        return len(tokens)

    def _may_force(self, now: float, day: str) -> bool:
        forced = self.forced
        if forced["day"] != day:
            forced.update(day=day, count=0)
        if forced["count"] >= FORCED_A_DAY or 0 <= now - forced["at"] < FORCED_APART:
            return False
        forced.update(count=forced["count"] + 1, at=now)
        return True

    def _new(self, now: float) -> str:
        self.dies_at = {token: dies for token, dies in self.dies_at.items() if dies > now - 86400}
        token = "sbx_" + secrets.token_urlsafe(102)
        self.dies_at[token] = now + LIFE
        return token

    def dump(self) -> dict[str, Any]:
        return dict(vars(self))

    def load(self, kept: dict[str, Any]) -> None:
        vars(self).update(kept)
