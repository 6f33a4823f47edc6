"""The page that runs the mini program in a phone: its files, the folder's tree, the carrying of requests."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlsplit

from .apps import MINI
from .http_client import HttpClient, NoAnswer
from .page import STATIC, file_response
from .web import BadRequest, Missing, Request, route

# The compiler's output is run as text, so this page alone may do so.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob: http: https:; media-src 'self' data: blob: http: https:; "
    "connect-src 'self'; frame-src http: https:; frame-ancestors 'self'; object-src 'none'; base-uri 'none'"
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SECONDS = 60.0
OWN_HEADERS = ("host", "content-length", "connection", "referer", "user-agent", "transfer-encoding", "cookie")
DROPPED_HEADERS = ("connection", "transfer-encoding", "keep-alive")
USER_AGENT = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.60 NetType/WIFI MiniProgramEnv/sandbox"


@route("GET", "/_sandbox/mini")
async def index(platform: Any, request: Request) -> Any:
    """?phone=openid&page=pages/…&query=a=1&scene=1047"""
    return file_response(STATIC / "mini" / "index.html", POLICY)


@route("GET", "/static/mini/{name}")
async def static(platform: Any, request: Request) -> Any:
    return file_response(STATIC / "mini" / request.arguments["name"])


@route("GET", "/static/vendor/{name}")
async def vendor(platform: Any, request: Request) -> Any:
    return file_response(STATIC / "vendor" / request.arguments["name"])


@route("GET", "/_sandbox/mini/tree")
async def tree(platform: Any, request: Request) -> Any:
    """{path: text, or a data address for a picture} of the whole folder"""
    told = platform.mini_tree()
    if told is None:
        raise Missing("沙盒没有小程序：用 --mini 指一个有 app.json 的文件夹再启动")
    return told


@route("GET", "/_sandbox/mini/start")
async def start(platform: Any, request: Request) -> Any:
    """?phone=openid: what the page needs to know of the person and the program."""
    person = platform.people.by_openid.get(request.query.get("phone", ""))
    if person is None:
        raise Missing("没有这部手机")
    user = platform.mini.user_of(person)
    user.active_at = platform.clock.now()
    options = platform.options
    return {
        "name": options.account_name,
        "mini": options.mini_name,
        "mini_app_id": options.mini_app_id,
        "web": options.web,
        "clock": platform.clock.told(),
        "phone": person.phone_number,
        "person": {"scopes": user.scopes, "kept_answers": user.kept_answers, "session_key": user.session_key},
        "templates": {
            template.id: {"title": template.title, "labels": list(template.labels.values())}
            for template in platform.subscriptions.of[MINI].values()
        },
    }


@route("POST", "/_sandbox/mini/request")
async def carry(platform: Any, request: Request) -> Any:
    """{method, url, headers, body in base64}: wx.request, carried to the product."""
    body = request.body
    url, method = urlsplit(request.text("url")), str(body.get("method", "GET")).upper()
    if url.scheme not in ("http", "https") or not url.netloc:
        raise BadRequest("url must be an http address")
    if method not in METHODS:
        raise BadRequest(f"invalid method {method}")
    domains = [word.strip() for word in platform.options.mini_domains.split(",") if word.strip()]
    if domains and url.netloc not in domains:
        raise BadRequest("url not in domain list")
    try:
        raw = base64.b64decode(body.get("body") or "", validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise BadRequest("body must be base64") from error
    headers = _headers(platform, body.get("headers"))
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    client = _client(platform)
    try:
        answer = await client.request(method, target, raw, headers, SECONDS)
    except (NoAnswer, TimeoutError) as error:
        raise BadRequest(f"net::ERR_CONNECTION_FAILED {error}") from error
    return {
        "status": answer.status,
        "headers": {name: value for name, value in answer.headers.items() if name not in DROPPED_HEADERS},
        "body": base64.b64encode(answer.body).decode(),
    }


def _client(platform: Any) -> HttpClient:
    if not platform.options.web:
        raise BadRequest("the sandbox was started without a product (--web)")
    if platform.mini_client is None:
        platform.mini_client = HttpClient(platform.options.web)
    found: HttpClient = platform.mini_client
    return found


def _headers(platform: Any, told: Any) -> dict[str, str]:
    """The program's own headers and those the client adds. Raises BadRequest."""
    if not isinstance(told or {}, dict):
        raise BadRequest("headers must be an object")
    kept = {}
    for name, value in (told or {}).items():
        is_plain = all(31 < ord(letter) < 256 for letter in f"{name}{value}")
        if not is_plain or not name or ":" in name or " " in name:
            raise BadRequest(f"invalid header {name!r}")
        if name.lower() not in OWN_HEADERS:
            kept[name.lower()] = str(value)
    kept["user-agent"] = USER_AGENT
    kept["referer"] = f"https://servicewechat.com/{platform.options.mini_app_id}/devtools/page-frame.html"
    return kept
