"""Voice, place, picture and link from a phone, menu buttons that bring something along, the wire page."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

from sandbox.testing import Sandbox, running_sandbox
from tests.sandbox.conftest import Callback

PICTURE = base64.b64encode(b"\x89PNG picture").decode()
PLACE = {"latitude": 31.8756, "longitude": 120.5556, "label": "市委党校"}


def test_a_voice_carries_its_words(sandbox: Sandbox, callback: Callback) -> None:
    openid = sandbox.add()

    sandbox.act(openid, "voice", recognition="数据治理", seconds=4)

    (message,) = callback.received
    assert (message["MsgType"], message["Format"], message["Recognition"]) == ("voice", "amr", "数据治理")
    assert sandbox.call("/cgi-bin/media/get", media_id=message["MediaId"]).startswith(b"#!AMR")
    assert sandbox.person(openid)["windows"]["message"]["messages_left"] == 5


def test_without_recognition_a_voice_has_no_words(callback: Callback) -> None:
    with running_sandbox(callback=callback, voice_recognition=False) as sandbox:
        sandbox.act(sandbox.add(), "voice", recognition="数据治理")

    assert "Recognition" not in callback.received[0]


def test_places_pictures_and_links_arrive(sandbox: Sandbox, callback: Callback) -> None:
    openid = sandbox.add()

    sandbox.act(openid, "location", **PLACE)
    sandbox.act(openid, "picture", data=f"data:image/png;base64,{PICTURE}", name="a.png")
    sandbox.act(openid, "shared", title="一堂课", url="https://m.example.org/l/7", description="好")
    sandbox.act(openid, "position", latitude=31.9, longitude=120.5)

    place, picture, link, position = callback.received
    assert (place["Location_X"], place["Label"]) == ("31.875600", "市委党校")
    assert sandbox.call("/cgi-bin/media/get", media_id=picture["MediaId"]) == b"\x89PNG picture"
    assert link["Url"] == "https://m.example.org/l/7"
    assert position["Event"] == "LOCATION"
    assert [message["kind"] for message in sandbox.chat(openid)] == ["location", "image", "link"]
    assert "latitude" in sandbox.act(openid, "location", latitude=91, longitude=0)["error"]
    assert "base64" in sandbox.act(openid, "picture", data="?")["error"]


def test_menu_buttons_bring_codes_pictures_and_places(sandbox: Sandbox, callback: Callback) -> None:
    openid = sandbox.add()
    kinds = ("scancode_push", "scancode_waitmsg", "pic_weixin", "location_select")
    subs = [{"type": kind, "name": kind[:10], "key": f"K{number}"} for number, kind in enumerate(kinds)]
    sandbox.call("/cgi-bin/menu/create", {"button": [{"name": "工具", "sub_button": subs}]})

    opened = sandbox.act(openid, "press", key="K0", scanned="https://m.example.org/c/7")
    sandbox.act(openid, "press", key="K1", scanned="123456")
    sandbox.act(openid, "press", key="K2", data=PICTURE)
    sandbox.act(openid, "press", key="K3", **PLACE)

    assert opened["url"] == "https://m.example.org/c/7"
    told = [message.get("Event") or message["MsgType"] for message in callback.received]
    assert told == ["scancode_push", "scancode_waitmsg", "pic_weixin", "image", "location_select", "location"]
    assert callback.received[1]["ScanCodeInfo"]["ScanResult"] == ["123456"]
    assert sandbox.person(openid)["windows"]["click"]["messages_left"] == 3
    assert "scanned" in sandbox.act(openid, "press", key="K0")["error"]


def rows(sandbox: Sandbox, **query: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = sandbox.get(f"/_sandbox/wire?{urlencode(query)}")["wire"]
    return told


def test_the_wire_tells_why_and_hides_secrets(sandbox: Sandbox) -> None:
    openid = sandbox.add("方庆")
    sandbox.say(openid, "你好")
    token = sandbox.token()
    sandbox.get("/cgi-bin/user/info", access_token=token, openid="oNobody")

    (refused,) = rows(sandbox, bad="1")
    assert (refused["errcode"], refused["left"]) == (40003, 4_999_999)
    assert refused["reason"]
    (minted,) = rows(sandbox, path="stable_token")
    assert sandbox.platform.options.app_secret not in minted["body"]
    assert token not in minted["answer"] + refused["query"]["access_token"]
    (push,) = rows(sandbox, what="push", q="你好")
    assert (push["person"], push["state"]) == ("方庆", "empty")
    assert rows(sandbox, after=str(refused["id"])) == []
    sandbox.request("DELETE", "/_sandbox/wire")
    assert rows(sandbox) == []


def test_a_rid_can_be_looked_up(sandbox: Sandbox) -> None:
    told = sandbox.call("/cgi-bin/user/info", openid="oNobody")
    rid = told["errmsg"].rpartition("rid: ")[2]
    look = "/cgi-bin/openapi/rid/get"

    assert sandbox.call(look, {"rid": rid})["request"]["request_url"] == "/cgi-bin/user/info"
    assert sandbox.mini_call(look, {"rid": rid})["errcode"] == 76003
    assert sandbox.call(look, {"rid": "x"})["errcode"] == 76002
    assert sandbox.call(look, {})["errcode"] == 76001
    sandbox.advance(7 * 86400 + 1)
    assert sandbox.call(look, {"rid": rid})["errcode"] == 76004
