"""Web pages inside a phone: one cookie jar per phone, the consent screens, sent articles.

Cookies ignore ports, so all phones of one browser would share the product's cookies. Opening
a page for another phone therefore puts the cookies that came in back into the jar of the
phone that had them and takes out those of the new one.
"""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .oauth import SCOPES
from .people import Person
from .web import BadRequest, Missing, Request, Response, redirect, route, set_cookie

PHONE = "sandbox_phone"
CLIENT_ONLY = "请在微信客户端打开链接"

PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/static/page.css"></head><body>{body}</body></html>"""
POLICY = "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; form-action *"


def page(title: str, body: str, status: int = 200) -> Response:
    raw = PAGE.format(title=html.escape(title), body=body).encode()
    return Response(raw, status, "text/html; charset=utf-8", [("Content-Security-Policy", POLICY)])


def notice(title: str, more: str = "", status: int = 200) -> Response:
    return page(
        title, f'<div class="notice"><h1>{html.escape(title)}</h1><p>{html.escape(more)}</p></div>', status
    )


@route("GET", "/_sandbox/open")
async def open_page(platform: Any, request: Request) -> Any:
    """?phone=openid&url=address: swap the jars, then go there."""
    url = request.query.get("url", "")
    if urlsplit(url).scheme not in ("http", "https"):
        raise BadRequest("url must be an http address")
    person = platform.people.by_openid.get(request.query.get("phone", ""))
    if person is None:
        raise Missing("there is no such phone")
    sent = request.cookies
    before = platform.people.by_openid.get(sent.pop(PHONE, ""))
    if before is person:
        return redirect(url)
    if before is not None:
        before.cookies = dict(sent)
    changes = [set_cookie(PHONE, person.openid)]
    changes += [set_cookie(name, None) for name in sent if name not in person.cookies]
    changes += [set_cookie(name, value) for name, value in person.cookies.items()]
    return redirect(url, changes)


def phone_of(platform: Any, request: Request) -> Person | None:
    found: Person | None = platform.people.by_openid.get(request.cookies.get(PHONE, ""))
    return found


def with_query(url: str, more: dict[str, str]) -> str:
    """The address with these parameters in place of its own of the same names."""
    parts = urlsplit(url)
    query = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in more
    ]
    return urlunsplit(parts._replace(query=urlencode([*query, *more.items()])))


def _asked(platform: Any, request: Request, needed: tuple[str, ...]) -> str:
    """What is wrong with the parameters of a consent page, "" when nothing is."""
    query = request.query
    for name in needed:
        if not query.get(name):
            return f"{name} 参数错误"
    if query["appid"] != platform.options.app_id:
        return "appid 参数错误"
    if urlsplit(query["redirect_uri" if "redirect_uri" in needed else "redirect_url"]).scheme not in (
        "http",
        "https",
    ):
        return "redirect_uri 参数错误"
    return ""


@route("GET", "/connect/oauth2/authorize")
async def authorize(platform: Any, request: Request) -> Any:
    query = request.query
    wrong = _asked(platform, request, ("appid", "redirect_uri", "response_type", "scope"))
    if not wrong and query["response_type"] != "code":
        wrong = "response_type 参数错误"
    if not wrong and query["scope"] not in SCOPES:
        wrong = "Scope 参数错误或没有 Scope 权限"
    if not wrong and (platform.options.kind != "service" or not platform.options.verified):
        wrong = "Scope 参数错误或没有 Scope 权限（此账号没有网页授权）"
    if not wrong and len(query.get("state", "")) > 128:
        wrong = "state 参数错误"
    if wrong:
        return notice(wrong)
    person = phone_of(platform, request)
    if person is None:
        return notice(CLIENT_ONLY)
    answer = query.get("answer", "")
    if query["scope"] == "snsapi_userinfo" and not person.allows_profile:
        if answer == "deny":
            return redirect(with_query(query["redirect_uri"], {"state": query.get("state", "")}))
        if answer != "allow":
            return _consent(platform, request, "申请获取以下权限", "获得你的昵称、头像")
        person.allows_profile = True
    code = platform.oauth.new_code(person, query["scope"], platform.clock.now())
    return redirect(with_query(query["redirect_uri"], {"code": code, "state": query.get("state", "")}))


def _consent(platform: Any, request: Request, title: str, what: str) -> Response:
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in request.query.items()
    )
    name = html.escape(platform.options.account_name)
    body = (
        f'<form class="consent" action="{html.escape(request.path)}"><h1>{name}</h1>'
        f"<h2>{html.escape(title)}</h2><p>{html.escape(what)}</p>{fields}"
        '<button class="yes" name="answer" value="allow">允许</button>'
        '<button class="no" name="answer" value="deny">拒绝</button></form>'
    )
    return page(title, body)


@route("GET", "/mp/subscribemsg")
async def one_time_consent(platform: Any, request: Request) -> Any:
    """One-time subscription: one "允许" is one message of this template and scene (contract §6)."""
    query = request.query
    wrong = _asked(platform, request, ("action", "appid", "scene", "template_id", "redirect_url"))
    template_id, scene = query.get("template_id", ""), query.get("scene", "")
    if not wrong and template_id not in platform.templates.one_time:
        wrong = "template_id 参数错误"
    if not wrong and (not scene.isdecimal() or int(scene) > 10_000):
        wrong = "scene 参数错误"
    if not wrong and not platform.options.verified:
        wrong = "此账号没有一次性订阅"
    if wrong:
        return notice(wrong)
    person = phone_of(platform, request)
    if person is None:
        return notice(CLIENT_ONLY)
    answer = query.get("answer", "")
    if answer not in ("allow", "deny"):
        return _consent(platform, request, "申请向你发送一条消息", platform.templates.one_time[template_id])
    if answer == "allow":
        key = f"{template_id}|{int(scene)}"
        person.consents[key] = person.consents.get(key, 0) + 1
    told = {
        "openid": person.openid,
        "template_id": template_id,
        "action": "confirm" if answer == "allow" else "cancel",
        "scene": scene,
        "reserved": query.get("reserved", ""),
    }
    return redirect(with_query(query["redirect_url"], told))


@route("GET", "/s/{number}")
async def article(platform: Any, request: Request) -> Any:
    """An article as its reader sees it. What is inside was written by the account: no script runs."""
    found = platform.drafts.pages.get(request.arguments["number"])
    if found is None:
        raise Missing("there is no such article")
    if found.get("is_deleted"):
        return notice("该内容已被发布者删除")
    reader = phone_of(platform, request)
    platform.datacube.read(
        platform.clock, request.arguments["number"], reader.openid if reader else "somebody"
    )
    source = found["content_source_url"]
    more = (
        f'<p><a href="{html.escape(source)}">阅读原文</a></p>'
        if source.startswith(("http://", "https://"))
        else ""
    )
    body = (
        f'<article><h1>{html.escape(found["title"])}</h1><p class="by">{html.escape(found["author"])} '
        f"{html.escape(platform.options.account_name)}</p><div>{found['content']}</div>{more}</article>"
    )
    return page(found["title"], body)


@route("GET", "/mmbiz/{number}")
async def picture(platform: Any, request: Request) -> Any:
    found = platform.materials.picture(request.arguments["number"])
    if found is None:
        raise Missing("there is no such picture")
    return Response(found.data, 200, found.content_type, [("Cache-Control", "max-age=3600")])
