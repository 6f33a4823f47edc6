"""What a person sends besides words: voice, place, picture, link; and menu buttons that ask for them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from . import phones
from .people import Person
from .phone_routes import find
from .web import BadRequest, Request, route
from .xml import element

if TYPE_CHECKING:
    from .platform import Platform

Told = dict[str, Any]

AMR = b"#!AMR\n" + bytes([0x3C]) + bytes(31)  # one silent frame
BIGGEST_PICTURE = 10 * 1024 * 1024
PICTURE_MENUS = ("pic_sysphoto", "pic_photo_or_album", "pic_weixin")
SCAN_MENUS = ("scancode_push", "scancode_waitmsg")


def _number(body: Told, name: str, least: float, most: float) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BadRequest(f"{name} must be a number from {least:g} to {most:g}")
    return float(value)


def _place(body: Told) -> Told:
    """Latitude, longitude and name, as the map sends them. Raises BadRequest."""
    return {
        "latitude": _number(body, "latitude", -90, 90),
        "longitude": _number(body, "longitude", -180, 180),
        "label": str(body.get("label", ""))[:200],
        "scale": int(_number({"scale": body.get("scale", 15)}, "scale", 1, 30)),
    }


def _picture(body: Told) -> bytes:
    try:
        data = base64.b64decode(str(body.get("data", "")).rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("data must be the picture in base64") from error
    if not data or len(data) > BIGGEST_PICTURE:
        raise BadRequest("the picture must have 1 byte to 10 MB")
    return data


async def _message(platform: Platform, person: Person, kind: str, shown: Told, fields: str) -> Told:
    phones.must_follow(person)
    person.open_window("message", platform.clock.now())
    phones.write(platform, person, "person", kind, shown)
    platform.datacube.said(platform.clock, kind, person.openid)
    xml = platform.pushes.message(person.openid, kind, fields)
    return await phones.push(platform, person, xml, "message")


async def say_voice(platform: Platform, person: Person, recognition: str, seconds: int) -> Told:
    """A voice message. The recognised words come along only where the account has that switched on."""
    kept = platform.materials.keep_temporary("voice", "voice.amr", AMR, platform.clock.now())
    fields = element("MediaId", kept.id) + element("Format", "amr") + element("MediaId16K", kept.id + "_16k")
    if platform.options.voice_recognition:
        fields += element("Recognition", recognition)
    return await _message(platform, person, "voice", {"recognition": recognition, "seconds": seconds}, fields)


async def send_place(platform: Platform, person: Person, place: Told) -> Told:
    fields = (
        element("Location_X", f"{place['latitude']:.6f}")
        + element("Location_Y", f"{place['longitude']:.6f}")
        + element("Scale", place["scale"])
        + element("Label", place["label"])
    )
    return await _message(platform, person, "location", place, fields)


async def send_picture(platform: Platform, person: Person, data: bytes, name: str) -> Told:
    kept = platform.materials.keep_temporary("image", name, data, platform.clock.now())
    fields = element("PicUrl", f"{platform.base_url}/mmbiz/{kept.id}") + element("MediaId", kept.id)
    return await _message(platform, person, "image", {"media_id": kept.id}, fields)


async def send_link(platform: Platform, person: Person, title: str, about: str, url: str) -> Told:
    shown = {"title": title, "digest": about, "url": url}
    fields = element("Title", title) + element("Description", about) + element("Url", url)
    return await _message(platform, person, "link", shown, fields)


async def press(platform: Platform, person: Person, key: str, body: Told) -> Told:
    """A menu button of a kind that brings something along; what it brought follows as a message."""
    phones.must_follow(person)
    button = platform.menus.find(person, key)
    kind = button["type"] if button else ""
    if kind in SCAN_MENUS:
        person.open_window("click", platform.clock.now())
        result = str(body.get("scanned", ""))[:2000]
        if not result:
            raise BadRequest("scanned must be the text of the code")
        info = element("ScanType", "qrcode") + element("ScanResult", result)
        told = await _event(platform, person, kind, key, f"<ScanCodeInfo>{info}</ScanCodeInfo>")
        return {**told, **(await _opened(platform, person, result) if kind == "scancode_push" else {})}
    if kind in PICTURE_MENUS:
        data = _picture(body)
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        items = f"<PicList><item>{element('PicMd5Sum', digest)}</item></PicList>"
        await _event(
            platform, person, kind, key, f"<SendPicsInfo>{element('Count', 1)}{items}</SendPicsInfo>"
        )
        return await send_picture(platform, person, data, "picture.jpg")
    if kind == "location_select":
        place = _place(body)
        info = (
            element("Location_X", f"{place['latitude']:.6f}")
            + element("Location_Y", f"{place['longitude']:.6f}")
            + element("Scale", str(place["scale"]))
            + element("Label", place["label"])
            + element("Poiname", place["label"])
        )
        await _event(platform, person, kind, key, f"<SendLocationInfo>{info}</SendLocationInfo>")
        return await send_place(platform, person, place)
    raise BadRequest("this menu button brings nothing along")


async def _event(platform: Platform, person: Person, kind: str, key: str, fields: str) -> Told:
    xml = platform.pushes.event(person.openid, kind, element("EventKey", key) + fields)
    return await phones.push(platform, person, xml, kind)


async def _opened(platform: Platform, person: Person, text: str) -> Told:
    """scancode_push also does what the scanner does: it opens addresses."""
    if text.startswith(("http://", "https://")):
        return {"url": text}
    opening = platform.mini_codes.scanned(text, platform.clock.now())
    return {"mini": {"page": opening.page, "query": opening.query}} if opening else {}


# routes -------------------------------------------------------------------------------


@route("POST", "/_sandbox/people/{openid}/voice")
async def voice(platform: Any, request: Request) -> Any:
    """{recognition, seconds}"""
    seconds = int(_number({"seconds": request.body.get("seconds", 3)}, "seconds", 1, 60))
    person = find(platform, request)
    return await say_voice(platform, person, str(request.body.get("recognition", ""))[:500], seconds)


@route("POST", "/_sandbox/people/{openid}/location")
async def location(platform: Any, request: Request) -> Any:
    """{latitude, longitude, label, scale}"""
    return await send_place(platform, find(platform, request), _place(request.body))


@route("POST", "/_sandbox/people/{openid}/position")
async def position(platform: Any, request: Request) -> Any:
    """{latitude, longitude}: the LOCATION event of somebody who opens the chat (service accounts)"""
    person, place = find(platform, request), _place(request.body)
    phones.must_follow(person)
    if platform.options.kind != "service":
        raise BadRequest("only service accounts are told positions")
    fields = (
        element("Latitude", f"{place['latitude']:.6f}")
        + element("Longitude", f"{place['longitude']:.6f}")
        + element("Precision", "30.000000")
    )
    xml = platform.pushes.event(person.openid, "LOCATION", fields)
    return await phones.push(platform, person, xml, "LOCATION")


@route("POST", "/_sandbox/people/{openid}/picture")
async def picture(platform: Any, request: Request) -> Any:
    """{data: base64 or data address, name}"""
    name = str(request.body.get("name", "picture.jpg"))[:100]
    return await send_picture(platform, find(platform, request), _picture(request.body), name)


@route("POST", "/_sandbox/people/{openid}/shared")
async def shared(platform: Any, request: Request) -> Any:
    """{title, description, url}: a link that the person forwards to the account"""
    title, url = request.text("title")[:200], request.text("url")[:1024]
    about = str(request.body.get("description", ""))[:500]
    return await send_link(platform, find(platform, request), title, about, url)


@route("POST", "/_sandbox/people/{openid}/press")
async def press_button(platform: Any, request: Request) -> Any:
    """{key, scanned | data | latitude, longitude, label}: a menu button that brings something along"""
    return await press(platform, find(platform, request), request.text("key"), request.body)
