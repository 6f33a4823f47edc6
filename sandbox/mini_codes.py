"""Mini-program codes and links that open a page of it (contract §12)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from .endpoints import (
    ONLY_MINI,
    Answer,
    Binary,
    Call,
    endpoint,
    object_in,
    ok,
    optional_text,
    text_in,
    whole_in,
)
from .errors import PlatformError
from .qr_codes import picture

SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]*")
VERSIONS = ("release", "trial", "develop")
PERMANENT = 100_000
DEFAULT_WIDTH = 430
LINK_DAYS = 30
CODE, SCHEME, LINK = "weixin://dl/wxacode/", "weixin://dl/business/?t=", "https://wxaurl.cn/"


@dataclass(slots=True)
class Opening:
    """A page of the mini program with its query, behind a code or a link."""

    key: str
    page: str
    query: str
    dies_at: float | None = None


class MiniCodes:
    """`made` counts the permanent codes, of which there may be 100,000 in all."""

    def __init__(self) -> None:
        self.by_key: dict[str, Opening] = {}
        self.made = 0
        self._known: dict[tuple[str, str], str] = {}

    def keep(self, page: str, query: str, dies_at: float | None = None) -> Opening:
        known = self._known.get((page, query)) if dies_at is None else None
        if known is not None:
            return self.by_key[known]
        opening = Opening(secrets.token_urlsafe(9), page.lstrip("/"), query, dies_at)
        self.by_key[opening.key] = opening
        if dies_at is None:
            self._known[page, query] = opening.key
        return opening

    def scanned(self, text: str, now: float) -> Opening | None:
        """What a scanned code or a tapped link opens; None when it is none, or too old."""
        for start in (CODE, SCHEME, LINK):
            if text.startswith(start):
                opening = self.by_key.get(text.removeprefix(start))
                is_alive = opening and (opening.dies_at is None or opening.dies_at > now)
                return opening if is_alive else None
        return None

    def dump(self) -> dict[str, Any]:
        return {"rows": list(self.by_key.values()), "made": self.made}

    def load(self, kept: dict[str, Any]) -> None:
        self.made = kept["made"]
        for row in kept["rows"]:
            opening = Opening(**row)
            self.by_key[opening.key] = opening
            if opening.dies_at is None:
                self._known[opening.page, opening.query] = opening.key


def pages_of(platform: Any) -> list[str] | None:
    """The pages of the mini program's folder; None when there is none to compare with."""
    tree = platform.mini_tree()
    if tree is None:
        return None
    try:
        told = orjson.loads(tree.get("app.json", "{}"))
    except orjson.JSONDecodeError:
        return []
    pages = list(told.get("pages", []))
    for package in told.get("subPackages", told.get("subpackages", [])):
        pages += [f"{package['root'].strip('/')}/{page}" for page in package.get("pages", [])]
    return pages


def check_page(platform: Any, page: str) -> None:
    """41030 for a page that the released program does not have."""
    pages = pages_of(platform)
    if page.startswith("/") or "?" in page or (pages is not None and page not in pages):
        raise PlatformError(41030, f"page {page!r}"[:100])


def _shown(body: dict[str, Any], opening: Opening) -> Binary:
    width = whole_in(body, "width", least=280, most=1280, default=DEFAULT_WIDTH, errcode=40097)
    kind = "PNG" if body.get("is_hyaline") else "JPEG"
    return Binary(picture(CODE + opening.key, width, kind), f"image/{kind.lower()}")


@endpoint("POST", "/wxa/getwxacodeunlimit", apps=ONLY_MINI, minute=5000)
def unlimited(platform: Any, call: Call) -> Binary:
    scene = text_in(call.body, "scene", 40129)
    if len(scene) > 32:
        raise PlatformError(40169)
    if not SCENE.fullmatch(scene):
        raise PlatformError(40129)
    if "scancode_time" in scene:
        raise PlatformError(85096)
    page = optional_text(call.body, "page", 41030)
    checks_path = call.body.get("check_path", True)
    if not isinstance(checks_path, bool):
        raise PlatformError(40097, "check_path")
    if call.body.get("env_version", "release") not in VERSIONS:
        raise PlatformError(40097, "env_version")
    if page and (checks_path or page.startswith("/") or "?" in page):
        check_page(platform, page)
    return _shown(call.body, platform.mini_codes.keep(page, f"scene={quote(scene, safe='')}"))


def _permanent(platform: Any, call: Call, longest: int) -> Binary:
    path = text_in(call.body, "path", 40165 if longest == 128 else 40159)
    if len(path) > longest:
        raise PlatformError(40159)
    codes: MiniCodes = platform.mini_codes
    if codes.made >= PERMANENT:
        raise PlatformError(45029)
    page, _, query = path.partition("?")
    shown = _shown(call.body, codes.keep(page, query))
    codes.made += 1
    return shown


@endpoint("POST", "/wxa/getwxacode", apps=ONLY_MINI)
def code(platform: Any, call: Call) -> Binary:
    return _permanent(platform, call, 1024)


@endpoint("POST", "/cgi-bin/wxaapp/createwxaqrcode", apps=ONLY_MINI)
def qr_code(platform: Any, call: Call) -> Binary:
    return _permanent(platform, call, 128)


# links ------------------------------------------------------------------------------


def _opening(platform: Any, target: dict[str, Any], told: dict[str, Any]) -> Opening:
    """Raises 40165, 40212, 85401, 85406, 85079."""
    page = optional_text(target, "path", 40165).lstrip("/")
    pages = pages_of(platform)
    if pages is not None and page and page not in pages:
        raise PlatformError(40165 if pages else 85079)
    query = optional_text(target, "query", 40212)
    if len(query) > 1024:
        raise PlatformError(40212)
    now = platform.clock.now()
    if told.get("expire_type", 0) == 1:
        days = whole_in(told, "expire_interval", least=1, most=LINK_DAYS, errcode=85401)
        return platform.mini_codes.keep(page, query, now + days * 86400)  # type: ignore[no-any-return]
    until = told.get("expire_time", now + LINK_DAYS * 86400)
    if isinstance(until, bool) or not isinstance(until, int | float):
        raise PlatformError(85406)
    if not now + 60 <= until <= now + LINK_DAYS * 86400 + 60:
        raise PlatformError(85401)
    return platform.mini_codes.keep(page, query, float(until))  # type: ignore[no-any-return]


@endpoint("POST", "/wxa/generate_urllink", apps=ONLY_MINI)
def url_link(platform: Any, call: Call) -> Answer:
    _use_link(platform, call)
    return ok(url_link=LINK + _opening(platform, call.body, call.body).key)


@endpoint("POST", "/wxa/generatescheme", apps=ONLY_MINI)
def scheme(platform: Any, call: Call) -> Answer:
    _use_link(platform, call)
    target = object_in(call.body, "jump_wxa") if "jump_wxa" in call.body else {}
    return ok(openlink=SCHEME + _opening(platform, target, call.body).key)


def _use_link(platform: Any, call: Call) -> None:
    """500,000 links a day, both kinds together; 44993 then."""
    try:
        call.app.quotas.use("links", 500_000, platform.clock.day())
    except PlatformError as error:
        raise PlatformError(44993) from error
