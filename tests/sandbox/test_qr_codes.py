"""Parametric QR codes: scenes, life, pictures, and what a scan sends."""

from __future__ import annotations

import io
from typing import Any
from urllib.request import urlopen

import pytest
from PIL import Image

from sandbox.testing import Sandbox, running_sandbox
from tests.sandbox.conftest import Callback

CREATE = "/cgi-bin/qrcode/create"


def code(sandbox: Sandbox, scene: str = "lecture_7", **more: Any) -> dict[str, Any]:
    body = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}, **more}
    told: dict[str, Any] = sandbox.call(CREATE, body)
    return told


def test_a_scan_by_a_stranger_follows_with_the_scene(sandbox: Sandbox, callback: Callback) -> None:
    openid = sandbox.add(follow=False)
    made = code(sandbox, expire_seconds=604_800)

    sandbox.act(openid, "scan", text=made["url"])

    (event,) = callback.events("subscribe")
    assert (event["EventKey"], event["Ticket"]) == ("qrscene_lecture_7", made["ticket"])
    assert sandbox.call("/cgi-bin/user/info", openid=openid)["qr_scene_str"] == "lecture_7"


def test_a_scan_by_a_follower_sends_the_bare_scene(sandbox: Sandbox, callback: Callback) -> None:
    openid = sandbox.add()
    made = sandbox.call(CREATE, {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 9}}})

    sandbox.act(openid, "scan", text=made["url"])

    assert "expire_seconds" not in made
    assert callback.events("SCAN")[0]["EventKey"] == "9"


def test_an_old_code_says_so_and_sends_nothing(sandbox: Sandbox, callback: Callback) -> None:
    openid, made = sandbox.add(), code(sandbox)
    assert made["expire_seconds"] == 30
    sandbox.advance(31)

    assert sandbox.act(openid, "scan", text=made["url"])["kind"] == "dead"
    assert callback.received == []


def test_the_picture_needs_no_token(sandbox: Sandbox) -> None:
    made = code(sandbox)

    picture = sandbox.get("/cgi-bin/showqrcode", ticket=made["ticket"])

    assert Image.open(io.BytesIO(picture)).size == (430, 430)
    with urlopen(f"{sandbox.url}/cgi-bin/showqrcode?ticket={made['ticket']}") as answer:
        assert answer.headers["Content-Type"] == "image/jpg"
    assert "error" in sandbox.get("/cgi-bin/showqrcode", ticket="gQnone")


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"action_name": "QR"}, 40052),
        ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 0}}}, 40053),
        ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 2**32}}}, 40053),
        ({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_001}}}, 40053),
        ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "x" * 65}}}, 40053),
        (
            {
                "action_name": "QR_STR_SCENE",
                "action_info": {"scene": {"scene_str": "x"}},
                "expire_seconds": 2_592_001,
            },
            40035,
        ),
    ],
)
def test_codes_are_checked(sandbox: Sandbox, body: dict[str, Any], errcode: int) -> None:
    assert sandbox.call(CREATE, body)["errcode"] == errcode


def test_a_subscription_account_has_no_codes() -> None:
    with running_sandbox(kind="subscription") as sandbox:
        assert code(sandbox)["errcode"] == 48001


def test_short_keys_hold_a_text_until_they_end(sandbox: Sandbox) -> None:
    key = sandbox.call("/cgi-bin/shorten/gen", {"long_data": '{"l":7}', "expire_seconds": 100})["short_key"]
    fetch = "/cgi-bin/shorten/fetch"

    assert sandbox.call(fetch, {"short_key": key})["long_data"] == '{"l":7}'
    sandbox.advance(101)
    assert sandbox.call(fetch, {"short_key": key})["errcode"] == 9410012
    assert sandbox.call(fetch, {"short_key": "no"})["errcode"] == 9410011
    assert sandbox.call("/cgi-bin/shorten/gen", {"long_data": "x" * 4097})["errcode"] == 9410010


def test_other_texts_are_opened_shown_or_refused(sandbox: Sandbox) -> None:
    openid = sandbox.add()

    assert sandbox.act(openid, "scan", text="https://m.example.org/c/7")["kind"] == "url"
    assert sandbox.act(openid, "scan", text="六位码 123456")["kind"] == "text"
    assert sandbox.act(openid, "scan", text="weixin://dl/wxacode/none")["kind"] == "dead"
