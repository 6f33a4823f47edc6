"""One call: how it travels, how its failures are told, and that nothing secret is shown."""

from __future__ import annotations

import logging
import socket
import traceback

import pytest

import clock
from tests.wechat.stand_in import CUT, Raw, StandIn
from wechat.client import Timeouts, json_bytes, read_answer
from wechat.errors import ErrorClass, OutcomeUnknown, Refused, TryLater, WeChatError
from wechat.gateway import Gateway, make_gateway
from wechat.token_stores import MemoryTokenStore

OPENID = "oSandboxUser0000000000000001"
SECRET = "the-secret-of-the-account"
SEND = "/cgi-bin/message/custom/send"
GET_MENU = "/cgi-bin/menu/get"
OK = {"errcode": 0, "errmsg": "ok"}


def failure(gateway: Gateway, *, reading: bool = False) -> WeChatError:
    try:
        if reading:
            gateway.menu_get()
        else:
            gateway.send_window_message(OPENID, "你好")
    except WeChatError as error:
        return error
    raise AssertionError("the call succeeded")


def test_a_call_is_utf8_json_with_a_token(gateway, platform: StandIn):
    platform.answer(SEND, OK)

    gateway.send_window_message(OPENID, '你好\x00<a href="https://a.example">x</a>')

    (seen,) = platform.calls(SEND)
    assert seen.query == {"access_token": "token-1"}
    assert "你好<a" in seen.body.decode()
    assert b"\\u" not in seen.body


def test_the_token_is_asked_for_as_the_platform_wants(gateway, platform: StandIn):
    assert gateway.access_token() == "token-1"

    (seen,) = platform.calls("/cgi-bin/stable_token")
    assert seen.query == {}
    assert seen.json == {
        "grant_type": "client_credential",
        "appid": "wx0123456789abcdef",
        "secret": SECRET,
        "force_refresh": False,
    }


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_dead_token_is_renewed_once(gateway, platform: StandIn, errcode):
    platform.tokens("old", "new")
    platform.answer(SEND, {"errcode": errcode, "errmsg": "dead"}, OK)

    gateway.send_window_message(OPENID, "好")

    assert [seen.query["access_token"] for seen in platform.calls(SEND)] == ["old", "new"]


def test_a_token_refused_twice_is_told_and_not_looped(gateway, platform: StandIn):
    platform.answer(SEND, {"errcode": 40001, "errmsg": "invalid credential"})

    error = failure(gateway)

    assert (type(error), error.error_class) == (Refused, ErrorClass.E)
    assert len(platform.calls(SEND)) == 2
    assert len(platform.calls("/cgi-bin/stable_token")) == 2


def test_a_wrong_secret_is_told_at_once(gateway, platform: StandIn):
    platform.answer("/cgi-bin/stable_token", {"errcode": 40125, "errmsg": "invalid appsecret"})

    error = failure(gateway)

    assert (error.errcode, error.error_class) == (40125, ErrorClass.E)
    assert platform.calls(SEND) == []


@pytest.mark.parametrize(
    ("said", "writing", "reading"),
    [
        (CUT, OutcomeUnknown, TryLater),
        (Raw(b"{}", delay=5), OutcomeUnknown, TryLater),
        (Raw(b"<html>", 502), OutcomeUnknown, TryLater),
        (Raw(b"[1]", 200), OutcomeUnknown, TryLater),
        (Raw(b"gone", 404), Refused, Refused),
        (Raw(b"moved", 302), Refused, Refused),
        (Raw(b"slow down", 429), TryLater, TryLater),
        ({"errcode": -1, "errmsg": "busy"}, TryLater, TryLater),
        ({"errcode": 45011, "errmsg": "too fast"}, TryLater, TryLater),
        ({"errcode": 48001, "errmsg": "no right"}, Refused, Refused),
        ({"errcode": "odd"}, TryLater, TryLater),
    ],
)
def test_each_failure_is_one_of_three(gateway, platform: StandIn, said, writing, reading):
    platform.answer(SEND, said)
    platform.answer(GET_MENU, said)

    assert type(failure(gateway)) is writing
    gateway.capabilities.turn_on("menu")
    assert type(failure(gateway, reading=True)) is reading


def test_no_connection_means_nothing_was_sent(settings, platform: StandIn):
    store = MemoryTokenStore()
    make_gateway(settings, store).access_token()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.wechat_api_url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        error = failure(make_gateway(settings, store, timeouts=Timeouts(0.5, 0.5)))

    assert type(error) is TryLater


def test_a_name_that_does_not_resolve_means_nothing_was_sent(settings, platform: StandIn):
    store = MemoryTokenStore()
    make_gateway(settings, store).access_token()
    settings.wechat_api_url = "http://no-such-host.invalid"

    assert type(failure(make_gateway(settings, store))) is TryLater


@pytest.mark.parametrize(
    "content",
    [b'{"errmsg":"a\x01b\nc","errcode":0}', b'{"errmsg":"\xe4\xbd","errcode":0}', b'{"errcode":0}'],
)
def test_stray_characters_in_answers_are_survived(content):
    assert read_answer(content) is not None


@pytest.mark.parametrize("content", [b"", b"[]", b"<html>", b'"x"', b"\xff\xd8\xff"])
def test_what_is_not_a_json_object_is_none(content):
    assert read_answer(content) is None


def test_a_body_has_no_escapes_and_keeps_its_backslashes():
    assert json_bytes({"a": "中\x01\x1f文\n", "b": r"C:\u0001", "c": "\ud800"}) == (
        '{"a": "中文\\n", "b": "C:\\\\u0001", "c": ""}'.encode()
    )


def test_nothing_secret_is_logged_or_shown(gateway, platform: StandIn, caplog):
    caplog.set_level(logging.DEBUG)
    shown, contexts, code = [], [], "code" + "-1"
    said = {"errcode": 43004, "errmsg": f"require subscribe {OPENID} token-1-token-1-token-1-token-1"}
    for reply in (said, CUT, Raw(b"<html>", 502), Raw(b"{}", delay=2), OK):
        platform.answer(SEND, reply)
        try:
            gateway.send_window_message(OPENID, "你好")
        except WeChatError as error:
            shown += traceback.format_exception(error)
            contexts.append(error.__context__)
    platform.answer("/cgi-bin/user/info", CUT)
    with pytest.raises(TryLater) as caught:
        gateway.user_info(OPENID)
    platform.answer("/sns/oauth2/access_token", CUT)
    with pytest.raises(TryLater) as oauth:
        gateway.oauth_identity(code)
    shown += traceback.format_exception(caught.value) + traceback.format_exception(oauth.value)

    assert contexts == [None] * 4  # the library's own exception shows the address with its token
    everything = caplog.text + "".join(shown) + repr(oauth.value)
    assert "urllib3" in caplog.text  # its lines are there, without their queries
    for secret in ("token-1", OPENID, SECRET, code, "access_token="):
        assert secret not in everything


def test_the_clock_of_the_product_ends_the_token(gateway, platform: StandIn, noon):
    platform.tokens("one", "two")
    gateway.access_token()

    with clock.fixed(clock.from_timestamp(clock.timestamp() + 7000)):
        assert gateway.access_token() == "two"
