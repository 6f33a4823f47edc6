"""What a person does on the phone, each act with its push and the passive reply."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .customer_service import content_of
from .mini_codes import CODE, LINK, SCHEME
from .people import Person
from .pushes import Outcome
from .qr_codes import ADDRESS as QR_ADDRESS
from .web import BadRequest
from .xml import element

if TYPE_CHECKING:
    from .platform import Platform

OUT_OF_SERVICE = "该公众号暂时无法提供服务，请稍后再试"
MENU_EVENTS = {"click": "CLICK", "view": "VIEW", "miniprogram": "view_miniprogram"}

Told = dict[str, Any]


async def push(platform: Platform, person: Person, xml: str, name: str, is_doubled: bool = False) -> Told:
    """Send the push; a doubled one goes out twice at once. Gives {state, reply, reason}."""
    fault = platform.faults.for_push("message" if name == "message" else name)
    if fault is not None and fault.how == "missing":
        return {"state": "missing", "reply": None, "reason": "lost by a fault"}
    if fault is not None and fault.how == "late":
        await asyncio.sleep(fault.delay_ms / 1000)
    if is_doubled or (fault is not None and fault.how == "doubled"):
        first, second = await asyncio.gather(
            platform.pushes.push(person.openid, xml, name), platform.pushes.push(person.openid, xml, name)
        )
        shown = first if first.state == "replied" else second
        told = _shown(platform, person, shown, name)
        return {**told, "repeat": {"state": second.state, "same": first.reply == second.reply}}
    return _shown(platform, person, await platform.pushes.push(person.openid, xml, name), name)


def _shown(platform: Platform, person: Person, outcome: Outcome, name: str) -> Told:
    """Put what came back into the chat; after unfollowing nothing can be shown."""
    now = platform.clock.now()
    if (
        person.is_following
        and outcome.reply is not None
        and outcome.reply["kind"] != "transfer_customer_service"
    ):
        body = {key: value for key, value in outcome.reply.items() if key != "kind"}
        kind = outcome.reply["kind"]
        platform.deliver(person, kind, {**body, "is_reply": True}, f"reply|{content_of(kind, body)}", now)
    elif person.is_following and outcome.state in ("failed", "malformed"):
        say(platform, person, OUT_OF_SERVICE)
    return {"state": outcome.state, "reply": outcome.reply, "reason": outcome.reason}


def say(platform: Platform, person: Person, text: str) -> None:
    """A grey line in the chat that WeChat itself writes."""
    write(platform, person, "system", "text", {"text": text})


def write(platform: Platform, person: Person, by: str, kind: str, body: Told) -> None:
    message = platform.people.write(person, by, kind, body, platform.clock.now())
    platform.live.tell(person.openid, {"message": asdict(message), "unread": person.unread})


def _changed(platform: Platform, person: Person) -> None:
    platform.live.tell(person.openid, {"following": person.is_following, "blocking": person.is_blocking})


def must_follow(person: Person) -> None:
    if not person.is_following:
        raise BadRequest(f"{person.name} does not follow the account")


def start_following(platform: Platform, person: Person, scene: str = "") -> None:
    """Follow without telling the product: what a crowd's past is made of."""
    now = platform.clock.now()
    person.is_following, person.is_blocking = True, False
    person.followed_at = int(now)
    person.scene = "ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH"
    person.qr_scene = scene
    platform.datacube.followed(platform.clock.day(), person.scene)


async def follow(platform: Platform, person: Person, scene: str = "", ticket: str = "") -> Told:
    if person.is_following:
        return await scan(platform, person, scene, ticket) if scene else {"state": "nothing", "reply": None}
    start_following(platform, person, scene)
    person.open_window("scan" if scene else "follow", platform.clock.now())
    _changed(platform, person)
    fields = element("EventKey", f"qrscene_{scene}" if scene else "")
    fields += element("Ticket", ticket) if scene else ""
    return await push(
        platform, person, platform.pushes.event(person.openid, "subscribe", fields), "subscribe"
    )


async def unfollow(platform: Platform, person: Person) -> Told:
    if not person.is_following:
        return {"state": "nothing", "reply": None}
    person.is_following = False
    person.windows.clear()
    person.tags.clear()
    person.remark = ""
    platform.datacube.day(platform.clock.day()).cancelled += 1
    _changed(platform, person)
    xml = platform.pushes.event(person.openid, "unsubscribe", element("EventKey", ""))
    return await push(platform, person, xml, "unsubscribe")


def share(platform: Platform, person: Person, url: str, scene: int) -> Told:
    """Pass on an article of the account: to a friend (1), to Moments (2). Raises BadRequest."""
    number = url.partition("?")[0].rpartition("/")[2]
    page = platform.drafts.pages.get(number)
    if page is None or page.get("is_deleted"):
        raise BadRequest("only an article of the account that is still there can be passed on")
    if scene not in (1, 2):
        raise BadRequest("scene is 1 (a friend) or 2 (Moments)")
    platform.datacube.shared(platform.clock, number, scene, person.openid)
    return {"state": "done", "title": page["title"]}


async def block(platform: Platform, person: Person, is_blocking: bool = True) -> Told:
    """Refuse (or take again) the account's messages in the settings; the product is not told."""
    person.is_blocking = is_blocking
    _changed(platform, person)
    return {"state": "done", "reply": None}


async def text(
    platform: Platform, person: Person, content: str, menu_id: str | None = None, is_doubled: bool = False
) -> Told:
    """Send a text. With a menu id it was tapped, which opens the one-minute window only (contract §5)."""
    must_follow(person)
    person.open_window("message" if menu_id is None else "click", platform.clock.now())
    write(platform, person, "person", "text", {"text": content})
    platform.datacube.said(platform.clock, "text", person.openid)
    fields = element("Content", content)
    if menu_id is not None:
        fields += element("bizmsgmenuid", menu_id)
    xml = platform.pushes.message(person.openid, "text", fields)
    return await push(platform, person, xml, "message", is_doubled)


async def tap_menu(platform: Platform, person: Person, key: str, is_doubled: bool = False) -> Told:
    """Tap a menu button, named by its key or url."""
    must_follow(person)
    button = platform.menus.find(person, key)
    kind = button["type"] if button else "click"
    if kind not in ("click", "view", "miniprogram"):
        raise BadRequest(f"a menu button of type {kind} needs what was scanned, chosen or taken")
    if kind == "click":
        person.open_window("click", platform.clock.now())
    name, event_key = MENU_EVENTS[kind], key
    if button is not None and kind == "miniprogram":
        event_key = button["pagepath"]
    fields = element("EventKey", event_key)
    if kind != "click":
        fields += element("MenuId", str(platform.menus.menu_id))
    xml = platform.pushes.event(person.openid, name, fields)
    told = await push(platform, person, xml, name, is_doubled)
    if button is not None and kind == "miniprogram":
        return {**told, "mini": mini_target(button["pagepath"])}
    return {**told, "url": key} if name == "VIEW" else told


def mini_target(path: str) -> Told:
    """A page of the mini program with its query, as the phone opens it."""
    page, _, query = path.lstrip("/").partition("?")
    return {"page": page, "query": query}


async def scan_text(platform: Platform, person: Person, text: str) -> Told:
    """What WeChat's own scanner does with the text of a code."""
    now = platform.clock.now()
    code = platform.qr_codes.scanned(text, now)
    if code is not None:
        return {**await scan(platform, person, code.scene, code.ticket), "kind": "scene"}
    opening = platform.mini_codes.scanned(text, now)
    if opening is not None:
        return {"kind": "mini", "mini": {"page": opening.page, "query": opening.query}}
    if text.startswith((QR_ADDRESS, CODE, SCHEME, LINK)):
        return {"kind": "dead", "text": "二维码已过期或不存在"}
    if text.startswith(("http://", "https://")):
        return {"kind": "url", "url": text}
    return {"kind": "text", "text": text}


async def scan(platform: Platform, person: Person, scene: str, ticket: str = "") -> Told:
    """Scan a parametric code: follows when the person does not yet."""
    if not scene:
        raise BadRequest("scene must be a text")
    ticket = ticket or "gQ_sandbox"
    if not person.is_following:
        return await follow(platform, person, scene, ticket)
    person.open_window("scan", platform.clock.now())
    fields = element("EventKey", scene) + element("Ticket", ticket)
    return await push(platform, person, platform.pushes.event(person.openid, "SCAN", fields), "SCAN")
