"""Web OAuth: one-time codes and the person's own tokens (contract §10)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from .endpoints import Answer, Call, Rights, endpoint
from .errors import PlatformError
from .people import Person

CODE_LIFE = 300
TOKEN_LIFE = 7200
REFRESH_LIFE = 30 * 86400
SCOPES = ("snsapi_base", "snsapi_userinfo")


@dataclass(slots=True)
class Grant:
    openid: str
    scope: str
    dies_at: float
    is_used: bool = False


class OAuth:
    def __init__(self) -> None:
        self.codes: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}
        self.refreshers: dict[str, Grant] = {}

    def new_code(self, person: Person, scope: str, now: float) -> str:
        self.codes = {code: grant for code, grant in self.codes.items() if grant.dies_at > now - CODE_LIFE}
        code = "0" + secrets.token_urlsafe(23)
        self.codes[code] = Grant(person.openid, scope, now + CODE_LIFE)
        return code

    def use_code(self, code: str, now: float) -> Grant:
        """Raises 40029, 40163 (used) or 42003 (too old)."""
        grant = self.codes.get(code)
        if grant is None:
            raise PlatformError(40029)
        if grant.is_used:
            raise PlatformError(40163)
        if grant.dies_at <= now:
            raise PlatformError(42003)
        grant.is_used = True
        return grant

    def new_token(self, openid: str, scope: str, now: float) -> str:
        self.tokens = {token: grant for token, grant in self.tokens.items() if grant.dies_at > now}
        token = "ua_" + secrets.token_urlsafe(60)
        self.tokens[token] = Grant(openid, scope, now + TOKEN_LIFE)
        return token

    def new_refresher(self, openid: str, scope: str, now: float) -> str:
        self.refreshers = {token: grant for token, grant in self.refreshers.items() if grant.dies_at > now}
        token = "ur_" + secrets.token_urlsafe(60)
        self.refreshers[token] = Grant(openid, scope, now + REFRESH_LIFE)
        return token

    def find(self, call: Call, now: float) -> Grant:
        """The grant behind a person's token. Raises 41001, 40001, 42001 or 40003."""
        token = call.query.get("access_token")
        if not token:
            raise PlatformError(41001)
        grant = self.tokens.get(token)
        if grant is None:
            raise PlatformError(40001)
        if grant.dies_at <= now:
            raise PlatformError(42001)
        if grant.openid != call.query.get("openid"):
            raise PlatformError(40003)
        return grant

    def dump(self) -> dict[str, Any]:
        return dict(vars(self))

    def load(self, kept: dict[str, Any]) -> None:
        for name, rows in kept.items():
            setattr(self, name, {token: Grant(**row) for token, row in rows.items()})


def _granted(platform: Any, openid: str, scope: str, refresher: str) -> Answer:
    now = platform.clock.now()
    told: Answer = {
        "access_token": platform.oauth.new_token(openid, scope, now),
        "expires_in": TOKEN_LIFE,
        "refresh_token": refresher or platform.oauth.new_refresher(openid, scope, now),
        "openid": openid,
        "scope": scope,
    }
    if scope == "snsapi_userinfo":
        told |= platform.unionid_of(platform.people.find(openid))
    return told


@endpoint("GET", "/sns/oauth2/access_token", rights=Rights.SERVICE, needs_token=False, minute=50_000)
def access_token(platform: Any, call: Call) -> Answer:
    app = platform.apps.by_secret(call.query.get("appid"), call.query.get("secret"))
    platform.admit(app, call)
    if call.query.get("grant_type") != "authorization_code":
        raise PlatformError(40002)
    if not call.query.get("code"):
        raise PlatformError(41008)
    grant = platform.oauth.use_code(call.query["code"], platform.clock.now())
    return _granted(platform, grant.openid, grant.scope, "")


@endpoint("GET", "/sns/oauth2/refresh_token", rights=Rights.SERVICE, needs_token=False, minute=50_000)
def refresh_token(platform: Any, call: Call) -> Answer:
    platform.admit(platform.apps.by_id(call.query.get("appid")), call)
    if call.query.get("grant_type") != "refresh_token":
        raise PlatformError(40002)
    refresher = call.query.get("refresh_token", "")
    grant = platform.oauth.refreshers.get(refresher)
    if grant is None:
        raise PlatformError(40030)
    if grant.dies_at <= platform.clock.now():
        raise PlatformError(42002)
    return _granted(platform, grant.openid, grant.scope, refresher)


@endpoint("GET", "/sns/auth", rights=Rights.SERVICE, needs_token=False, minute=50_000)
def check(platform: Any, call: Call) -> Answer:
    platform.admit(platform.apps.official, call)
    platform.oauth.find(call, platform.clock.now())
    return {"errcode": 0, "errmsg": "ok"}


@endpoint("GET", "/sns/userinfo", rights=Rights.SERVICE, needs_token=False, minute=50_000)
def userinfo(platform: Any, call: Call) -> Answer:
    platform.admit(platform.apps.official, call)
    grant = platform.oauth.find(call, platform.clock.now())
    if grant.scope != "snsapi_userinfo":
        raise PlatformError(48001)
    person = platform.people.find(grant.openid)
    return {
        "openid": person.openid,
        "nickname": person.name,
        "sex": 0,
        "province": "",
        "city": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
        **platform.unionid_of(person),
    }
