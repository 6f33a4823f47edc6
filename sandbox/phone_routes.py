"""/_sandbox/people: make people, let them act, look at their phones."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import phones
from .people import Person, shown
from .web import BadRequest, Missing, Request, route

MOST = 100_000


def find(platform: Any, request: Request) -> Person:
    person = platform.people.by_openid.get(request.arguments["openid"])
    if person is None:
        raise Missing(f"nobody has the openid {request.arguments['openid']}")
    found: Person = person
    return found


@route("POST", "/_sandbox/people")
async def make(platform: Any, request: Request) -> Any:
    """{names: […] | people: [{name, openid?}], follow: false | true | "silently"}"""
    body = request.body
    rows = body.get("people") or [{"name": name} for name in body.get("names", [])]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST:
        raise BadRequest(f"name 1 to {MOST} people")
    made, replies = [], []
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("name"), str) or not row["name"].strip():
            raise BadRequest("each person needs a name")
        openid = row.get("openid") or ""
        if not isinstance(openid, str) or len(openid) > 64 or any(letter in openid for letter in "/?# "):
            raise BadRequest(f"{openid!r} is no openid")
        person = platform.people.add(row["name"].strip()[:40], openid)
        if row.get("phone"):
            person.phone = str(row["phone"])[:20]
        made.append(person)
    for person in made:
        if body.get("follow") == "silently":
            phones.start_following(platform, person)
        elif body.get("follow"):
            replies.append(await phones.follow(platform, person))
    return {"people": [shown(person, platform.clock.now(), False) for person in made], "replies": replies}


@route("GET", "/_sandbox/people")
async def search(platform: Any, request: Request) -> Any:
    """?q=name or openid&limit=50&offset=0"""
    wanted = request.query.get("q", "").strip().lower()
    offset, limit = _whole(request, "offset", 0), min(_whole(request, "limit", 50), 1000)
    everyone = platform.people.by_openid.values()
    found = (
        [p for p in everyone if wanted in p.name.lower() or wanted in p.openid.lower()]
        if wanted
        else list(everyone)
    )
    part = found[offset : offset + limit]
    return {"total": len(found), "people": [shown(person, platform.clock.now(), False) for person in part]}


def _whole(request: Request, name: str, default: int) -> int:
    told = request.query.get(name, str(default))
    if not told.isdecimal() or len(told) > 9:
        raise BadRequest(f"{name} must be a whole number")
    return int(told)


@route("GET", "/_sandbox/people/{openid}")
async def show(platform: Any, request: Request) -> Any:
    person = find(platform, request)
    return {**shown(person, platform.clock.now()), "menu": platform.menus.of(person)}


@route("POST", "/_sandbox/people/{openid}/read")
async def read(platform: Any, request: Request) -> Any:
    person = find(platform, request)
    person.unread = 0
    platform.live.tell(person.openid, {"unread": 0})
    return {"unread": 0}


@route("POST", "/_sandbox/people/{openid}/follow")
async def follow(platform: Any, request: Request) -> Any:
    return await phones.follow(platform, find(platform, request), str(request.body.get("scene", "")))


@route("POST", "/_sandbox/people/{openid}/unfollow")
async def unfollow(platform: Any, request: Request) -> Any:
    return await phones.unfollow(platform, find(platform, request))


@route("POST", "/_sandbox/people/{openid}/block")
async def block(platform: Any, request: Request) -> Any:
    return await phones.block(platform, find(platform, request), bool(request.body.get("blocking", True)))


@route("POST", "/_sandbox/people/{openid}/share")
async def share(platform: Any, request: Request) -> Any:
    """{url: of an article, scene: 1 a friend, 2 Moments}"""
    scene = request.body.get("scene", 1)
    return phones.share(platform, find(platform, request), request.text("url"), scene)


@route("POST", "/_sandbox/people/{openid}/text")
async def text(platform: Any, request: Request) -> Any:
    """{content, double?}"""
    is_doubled = bool(request.body.get("double"))
    return await phones.text(platform, find(platform, request), request.text("content"), None, is_doubled)


@route("POST", "/_sandbox/people/{openid}/menu")
async def menu(platform: Any, request: Request) -> Any:
    """{key}: a button's key, or its url"""
    is_doubled = bool(request.body.get("double"))
    return await phones.tap_menu(platform, find(platform, request), request.text("key"), is_doubled)


@route("POST", "/_sandbox/people/{openid}/link")
async def link(platform: Any, request: Request) -> Any:
    """{href: weixin://bizmsgmenu?…} or {content, id}"""
    body = request.body
    content, menu_id = body.get("content"), body.get("id")
    if "href" in body:
        content, menu_id = menu_link(request.text("href"))
    if not isinstance(content, str) or not content or not isinstance(menu_id, str | int):
        raise BadRequest("send a weixin://bizmsgmenu href, or content and id")
    is_doubled = bool(body.get("double"))
    return await phones.text(platform, find(platform, request), content, str(menu_id), is_doubled)


@route("POST", "/_sandbox/people/{openid}/scan")
async def scan(platform: Any, request: Request) -> Any:
    """{scene} of a code of ours, or {text}: whatever a code says"""
    person = find(platform, request)
    if "text" in request.body:
        return await phones.scan_text(platform, person, request.text("text"))
    return await phones.scan(platform, person, request.text("scene"))


def menu_link(href: str) -> tuple[str, str]:
    """Content and id of a weixin://bizmsgmenu link. Raises BadRequest for another link."""
    parts = urlsplit(href)
    told = parse_qs(parts.query)
    if parts.scheme != "weixin" or parts.netloc != "bizmsgmenu" or not told.get("msgmenucontent"):
        raise BadRequest(f"{href!r} is no weixin://bizmsgmenu link")
    return told["msgmenucontent"][0], told.get("msgmenuid", [""])[0]
