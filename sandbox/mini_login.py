"""The mini program's people: login, phone number, sessions (contract §12)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any

from .endpoints import ONLY_MINI, Answer, Call, endpoint, ok, text_in
from .errors import PlatformError
from .people import HasWindows, Person

CODE_LIFE = 300
SESSION_LIFE = 3 * 86400
LOGINS_A_MINUTE = 100
RISK_SCENES = (0, 1, 2)


@dataclass(slots=True)
class MiniUser(HasWindows):
    """A person in the mini program. `owner` is the same person's openid with the official account."""

    openid: str
    owner: str
    session_key: str = ""
    session_at: float = 0.0
    active_at: float = 0.0
    consents: dict[str, int] = field(default_factory=dict)  # template -> messages left
    kept_answers: dict[str, str] = field(default_factory=dict)  # template -> accept or reject, "always"
    scopes: dict[str, bool] = field(default_factory=dict)  # scope.userLocation … -> allowed
    windows: dict[str, list[float]] = field(default_factory=dict)
    risk_rank: int = 0
    is_refused: bool = False  # too risky to log in


@dataclass(slots=True)
class OneTimeCode:
    openid: str
    use: str  # login or phone
    dies_at: float
    is_used: bool = False


class MiniProgram:
    """Who opened the mini program, and their one-time codes."""

    def __init__(self) -> None:
        self.by_openid: dict[str, MiniUser] = {}
        self.by_owner: dict[str, MiniUser] = {}
        self.codes: dict[str, OneTimeCode] = {}

    def user_of(self, person: Person) -> MiniUser:
        """The person's side in the mini program, made at the first look."""
        user = self.by_owner.get(person.openid)
        if user is None:
            openid = "m" + "Sbx" + hashlib.sha256(f"mini {person.openid}".encode()).hexdigest()[:24]
            user = self.by_owner[person.openid] = self.by_openid[openid] = MiniUser(openid, person.openid)
        return user

    def find(self, openid: Any) -> MiniUser:
        """The user, or 40003."""
        user = self.by_openid.get(openid) if isinstance(openid, str) else None
        if user is None:
            raise PlatformError(40003)
        return user

    def new_code(self, user: MiniUser, use: str, now: float) -> str:
        self.codes = {code: row for code, row in self.codes.items() if row.dies_at > now - CODE_LIFE}
        code = ("0" if use == "login" else "p") + secrets.token_urlsafe(23)
        self.codes[code] = OneTimeCode(user.openid, use, now + CODE_LIFE)
        user.active_at = now
        return code

    def use_code(self, code: str, use: str, now: float) -> MiniUser:
        """Raises 40029 (unknown, too old, of another kind) or 40163 (used)."""
        row = self.codes.get(code)
        if row is None or row.use != use or row.dies_at <= now:
            raise PlatformError(40029)
        if row.is_used:
            raise PlatformError(40163)
        row.is_used = True
        return self.find(row.openid)

    def dump(self) -> dict[str, Any]:
        return {"users": list(self.by_openid.values()), "codes": self.codes}

    def load(self, kept: dict[str, Any]) -> None:
        for row in kept["users"]:
            user = MiniUser(**row)
            self.by_openid[user.openid] = self.by_owner[user.owner] = user
        self.codes = {code: OneTimeCode(**row) for code, row in kept["codes"].items()}


@endpoint("GET", "/sns/jscode2session", needs_token=False, apps=ONLY_MINI)
def code_to_session(platform: Any, call: Call) -> Answer:
    app = platform.apps.by_secret(call.query.get("appid"), call.query.get("secret"))
    platform.admit(app, call)
    if call.query.get("grant_type") != "authorization_code":
        raise PlatformError(40002)
    code = call.query.get("js_code")
    if not code:
        raise PlatformError(41008)
    now, mini = platform.clock.now(), platform.mini
    user: MiniUser = mini.use_code(code, "login", now)
    app.quotas.pace(f"login {user.openid}", LOGINS_A_MINUTE, 45011, now)
    if user.is_refused:
        raise PlatformError(40226)
    user.session_key, user.session_at = base64.b64encode(secrets.token_bytes(16)).decode(), now
    person = platform.people.find(user.owner)
    return {"session_key": user.session_key, "openid": user.openid, **platform.unionid_of(person)}


@endpoint("POST", "/wxa/business/getuserphonenumber", apps=ONLY_MINI)
def phone_number(platform: Any, call: Call) -> Answer:
    """The number behind a code of the getPhoneNumber button; the code goes once, five minutes long."""
    now = platform.clock.now()
    user = platform.mini.use_code(text_in(call.body, "code", 40029), "phone", now)
    number = platform.people.find(user.owner).phone_number
    return ok(
        phone_info={
            "phoneNumber": number,
            "purePhoneNumber": number,
            "countryCode": "86",
            "watermark": {"timestamp": int(now), "appid": call.app.app_id},
        }
    )


@endpoint("GET", "/wxa/checksession", apps=ONLY_MINI)
def check_session(platform: Any, call: Call) -> Answer:
    user = platform.mini.find(call.query.get("openid"))
    if call.query.get("sig_method") != "hmac_sha256":
        raise PlatformError(40097, "sig_method")
    if not user.session_key or platform.clock.now() - user.session_at > SESSION_LIFE:
        raise PlatformError(87007)
    right = hmac.new(user.session_key.encode(), b"", hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), call.query.get("signature", "").encode()):
        raise PlatformError(87009)
    return ok()


@endpoint("POST", "/wxa/getuserriskrank", apps=ONLY_MINI)
def risk_rank(platform: Any, call: Call) -> Answer:
    """`unoin_id` is spelt so by the platform."""
    if call.body.get("appid") != call.app.app_id:
        raise PlatformError(40013)
    user = platform.mini.find(call.body.get("openid"))
    scene = call.body.get("scene")
    if isinstance(scene, bool) or scene not in RISK_SCENES:
        raise PlatformError(40097, "scene")
    text_in(call.body, "client_ip", 40097)
    return ok(risk_rank=user.risk_rank, unoin_id=platform.wire.next_number())
