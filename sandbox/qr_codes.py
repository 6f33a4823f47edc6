"""Parametric QR codes, their pictures, and short keys (contract §11)."""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass
from typing import Any

import segno
from PIL import Image

from .endpoints import Answer, Call, Rights, endpoint, object_in, ok, text_in, whole_in
from .errors import PlatformError
from .web import Missing, Request, Response, route

LONGEST = 2_592_000
SHORTEST_DEFAULT = 30
PERMANENT = 100_000
TEMPORARY_ACTIONS = ("QR_SCENE", "QR_STR_SCENE")
PERMANENT_ACTIONS = ("QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE")
PICTURE_PIXELS = 430
ADDRESS = "http://weixin.qq.com/q/"


@dataclass(slots=True)
class Code:
    """A code of the account; `dies_at` is None for a permanent one."""

    ticket: str
    key: str
    scene: str
    dies_at: float | None

    @property
    def url(self) -> str:
        return ADDRESS + self.key


class QrCodes:
    def __init__(self) -> None:
        self.by_key: dict[str, Code] = {}
        self.by_ticket: dict[str, Code] = {}
        self.permanent = 0
        self.short_keys: dict[str, tuple[str, float, float]] = {}  # key -> text, made at, dies at

    def make(self, scene: str, dies_at: float | None) -> Code:
        key = "02" + secrets.token_urlsafe(18)
        code = Code("gQ" + secrets.token_urlsafe(60), key, scene, dies_at)
        self.by_key[key] = self.by_ticket[code.ticket] = code
        self.permanent += dies_at is None
        return code

    def scanned(self, text: str, now: float) -> Code | None:
        """The code behind a scanned address; None when there is none or it is too old."""
        code = self.by_key.get(text.removeprefix(ADDRESS)) if text.startswith(ADDRESS) else None
        return code if code and (code.dies_at is None or code.dies_at > now) else None

    def dump(self) -> dict[str, Any]:
        return {"codes": list(self.by_key.values()), "short_keys": self.short_keys}

    def load(self, kept: dict[str, Any]) -> None:
        for row in kept["codes"]:
            code = Code(**row)
            self.by_key[code.key] = self.by_ticket[code.ticket] = code
            self.permanent += code.dies_at is None
        self.short_keys = {key: (row[0], row[1], row[2]) for key, row in kept["short_keys"].items()}


def _scene(body: dict[str, Any], action: str) -> str:
    """The scene as it will be pushed. Raises 40053."""
    scene = object_in(object_in(body, "action_info", 40053), "scene", 40053)
    if action.endswith("STR_SCENE"):
        text = text_in(scene, "scene_str", 40053)
        if len(text) > 64:
            raise PlatformError(40053)
        return text
    most = PERMANENT if action == "QR_LIMIT_SCENE" else 2**32 - 1
    return str(whole_in(scene, "scene_id", least=1, most=most, errcode=40053))


@endpoint("POST", "/cgi-bin/qrcode/create", rights=Rights.SERVICE, daily=100_000)
def create(platform: Any, call: Call) -> Answer:
    action = call.body.get("action_name")
    if action not in TEMPORARY_ACTIONS + PERMANENT_ACTIONS:
        raise PlatformError(40052)
    scene = _scene(call.body, action)
    codes: QrCodes = platform.qr_codes
    if action in PERMANENT_ACTIONS:
        same = next((c for c in codes.by_key.values() if c.dies_at is None and c.scene == scene), None)
        if same is None and codes.permanent >= PERMANENT:
            raise PlatformError(45029)
        code = same or codes.make(scene, None)
        return {"ticket": code.ticket, "url": code.url}
    seconds = whole_in(call.body, "expire_seconds", least=1, most=LONGEST, default=SHORTEST_DEFAULT)
    code = codes.make(scene, platform.clock.now() + seconds)
    return {"ticket": code.ticket, "expire_seconds": seconds, "url": code.url}


def picture(text: str, pixels: int = PICTURE_PIXELS, kind: str = "JPEG") -> bytes:
    """A QR code as a picture of exactly this width, with the quiet zone a camera needs."""
    raw = io.BytesIO()
    segno.make(text, error="m", micro=False).save(raw, kind="png", scale=8, border=4)
    shown = io.BytesIO()
    Image.open(raw).convert("L").resize((pixels, pixels), Image.Resampling.NEAREST).save(shown, kind)
    return shown.getvalue()


@route("GET", "/cgi-bin/showqrcode")
async def show(platform: Any, request: Request) -> Any:
    """The picture of a ticket, without a token, as mp.weixin.qq.com serves it."""
    code = platform.qr_codes.by_ticket.get(request.query.get("ticket", ""))
    if code is None:
        raise Missing("there is no such ticket")
    return Response(picture(code.url), 200, "image/jpg", [("Cache-Control", "max-age=600")])


@endpoint("POST", "/cgi-bin/shorten/gen")
def shorten(platform: Any, call: Call) -> Answer:
    text = text_in(call.body, "long_data", 9410010)
    if len(text.encode()) > 4096:
        raise PlatformError(9410010)
    seconds = whole_in(call.body, "expire_seconds", least=1, most=LONGEST, default=LONGEST)
    now, key = platform.clock.now(), secrets.token_urlsafe(11)
    platform.qr_codes.short_keys[key] = (text, now, now + seconds)
    return ok(short_key=key)


@endpoint("POST", "/cgi-bin/shorten/fetch")
def lengthen(platform: Any, call: Call) -> Answer:
    kept = platform.qr_codes.short_keys.get(text_in(call.body, "short_key", 9410011))
    if kept is None:
        raise PlatformError(9410011)
    text, made_at, dies_at = kept
    left = int(dies_at - platform.clock.now())
    if left <= 0:
        raise PlatformError(9410012)
    return ok(long_data=text, create_time=int(made_at), expire_seconds=left)
