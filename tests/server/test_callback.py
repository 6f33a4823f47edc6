"""The callback: three modes, the same reply to a repeat, and every kind of bad input."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from peewee import OperationalError
from werkzeug.test import EnvironBuilder, run_wsgi_app

import clock
import config
from bot import dispatcher
from models.complaints import Complaint
from models.inbound import InboundMessage, InboundOutcome, InboxItem, PlatformEvent
from models.people import Follower
from server import callback
from tests.factories import make_member
from tests.server.wechat_posts import ADDRESS, callbacks, event_xml, opened, post, query, text_xml

MODES = ("plain", "compatible", "safe")


@pytest.fixture
def in_mode(db: object, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], FlaskClient]:
    def make(mode: str) -> FlaskClient:
        settings = config.settings().model_copy(update={"wechat_callback_mode": mode})
        monkeypatch.setattr(config, "settings", lambda: settings)
        app = Flask(__name__)
        app.testing = True
        callback.init_app(app)
        return app.test_client()

    return make


@pytest.fixture
def client(in_mode: Callable[[str], FlaskClient]) -> FlaskClient:
    return in_mode("safe")


@pytest.mark.parametrize("mode", MODES)
def test_the_address_is_verified_by_its_echo(in_mode: Callable[[str], FlaskClient], mode: str) -> None:
    response = in_mode(mode).get(ADDRESS, query_string=query() | {"echostr": "8462739871234"})

    assert (response.status_code, response.data) == (200, b"8462739871234")
    assert response.content_type.startswith("text/plain")


@pytest.mark.parametrize("mode", MODES)
def test_a_keyword_is_answered_in_each_mode(in_mode: Callable[[str], FlaskClient], mode: str) -> None:
    member = make_member()

    response = post(in_mode(mode), text_xml(member.openid, "帮助"), mode=mode)

    fields = opened(response)
    assert (b"<Encrypt>" in response.data) == (mode != "plain")
    assert (fields["ToUserName"], fields["FromUserName"], fields["MsgType"]) == (
        member.openid,
        "gh_sandbox00001",
        "text",
    )
    assert fields["Content"].startswith("点文字或直接发送")


def test_a_repeat_is_encrypted_anew_with_the_same_words(client: FlaskClient) -> None:
    xml = text_xml(make_member().openid, "帮助")

    first, second = post(client, xml), post(client, xml)

    assert first.data != second.data
    assert opened(first)["Content"] == opened(second)["Content"]
    assert InboundMessage.select().count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"signature": "0" * 40},
        {"signature": ""},
        {"timestamp": ""},
        {"nonce": "other"},
        {"msg_signature": "0" * 40},
        {"signature": "é"},
    ],
)
def test_a_wrong_signature_is_refused_and_nothing_is_stored(
    client: FlaskClient, change: dict[str, str]
) -> None:
    encrypt = callbacks().encrypt(text_xml("oStranger", "帮助"))

    response = client.post(
        ADDRESS, query_string=query(None, encrypt) | change, data=f"<xml><Encrypt>{encrypt}</Encrypt></xml>"
    )

    assert response.status_code == 403
    assert InboundMessage.select().count() == Follower.select().count() == 0
    assert client.get(ADDRESS, query_string=query() | {"signature": "x"}).status_code == 403


@pytest.mark.parametrize("seconds", [-601, 601])
def test_a_stale_message_is_refused_and_nothing_is_stored(client: FlaskClient, seconds: int) -> None:
    encrypt = callbacks().encrypt(text_xml("oStranger", "帮助"))
    signed = query(int(clock.timestamp()) + seconds, encrypt)

    response = client.post(ADDRESS, query_string=signed, data=f"<xml><Encrypt>{encrypt}</Encrypt></xml>")

    assert response.status_code == 403
    assert InboundMessage.select().count() == 0


def test_a_plain_body_is_refused_in_safe_mode(client: FlaskClient) -> None:
    assert post(client, text_xml("oStranger", "帮助"), mode="plain").status_code == 403


def _environ(stream: object, **more: object) -> dict[str, object]:
    environ = EnvironBuilder(path=ADDRESS, method="POST", query_string=query()).get_environ()
    environ.pop("CONTENT_LENGTH", None)
    return environ | {"wsgi.input": stream} | more


def test_an_oversized_body_is_refused_unread(client: FlaskClient) -> None:
    class Unreadable:
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

    _, status, _ = run_wsgi_app(client.application, _environ(Unreadable(), CONTENT_LENGTH=str(64 * 1024 + 1)))

    assert status.startswith("413")
    assert InboundMessage.select().count() == 0


def test_an_oversized_body_of_unknown_length_is_cut_off(client: FlaskClient) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            self.given += len(buffer)
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    endless = Endless()
    more = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}

    _, status, _ = run_wsgi_app(client.application, _environ(endless, **more))

    assert status.startswith("413")
    assert endless.given <= 1024 * 1024


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<xml>",
        b"<xml><MsgType>text</MsgType></xml>",
        b"<xml><FromUserName>o</FromUserName><CreateTime>x</CreateTime><MsgType>text</MsgType></xml>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml><Content>&b;</Content></xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><Content>x</Content></xml>',
        b"<xml>" + b"<a>" * 2000 + b"</a>" * 2000 + b"</xml>",
    ],
)
def test_what_cannot_be_parsed_is_kept_raw_once_and_answered_success(client: FlaskClient, xml: bytes) -> None:
    first, second = post(client, xml), post(client, xml)

    assert first.data == second.data == b"success"
    row = InboundMessage.get()
    assert (row.outcome, row.follower_id, row.reply) == (InboundOutcome.UNPARSED, None, None)
    assert row.raw == xml.decode()
    assert InboundMessage.select().count() == 1


def test_a_body_that_is_not_encrypted_xml_is_kept_raw(client: FlaskClient) -> None:
    response = client.post(
        ADDRESS, query_string=query(None, "x"), data=b"<xml><Encrypt>\xff\xfe", content_type="text/xml"
    )

    assert response.data == b"success"
    assert InboundMessage.get().outcome is InboundOutcome.UNPARSED


@pytest.mark.parametrize(
    "text",
    [
        "]]>",
        "]]><MsgType>event</MsgType><![CDATA[",
        "a\x00b\x1fc",
        "😀" * 600,
        "<a href='weixin://bizmsgmenu?msgmenucontent=x&msgmenuid=1'>点我</a>",
        "&lt;!ENTITY x&gt; \ufffe ' OR 1=1 --",
        "反馈 ]]><Content>假</Content>\x0b😀",
    ],
)
def test_wild_text_is_stored_as_it_is_and_answered_in_valid_xml(client: FlaskClient, text: str) -> None:
    member = make_member()

    fields = opened(post(client, text_xml(member.openid, text)))

    assert fields["ToUserName"] == member.openid
    assert fields["Content"]
    assert len(fields["Content"].encode()) <= 2048
    kept = Complaint.get_or_none() or InboxItem.get()
    assert "\x00" not in kept.text


def test_a_job_event_is_stored_at_once_and_not_answered_by_the_bot(client: FlaskClient) -> None:
    member = make_member()
    xml = event_xml(member.openid, "TEMPLATESENDJOBFINISH", "<MsgID>987</MsgID><Status>success</Status>")

    assert post(client, xml).data == post(client, xml).data == b"success"

    assert [row.msg_id for row in PlatformEvent.select()] == ["987"]
    assert InboundMessage.select().count() == 0


def test_an_event_without_words_is_answered_success(client: FlaskClient) -> None:
    response = post(client, event_xml(make_member().openid, "VIEW", "<EventKey>https://x</EventKey>"))

    assert (response.data, response.status_code) == (b"success", 200)


def test_a_database_that_does_not_answer_makes_wechat_try_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(message: object) -> str:
        raise OperationalError("database is locked")

    monkeypatch.setattr(dispatcher, "answer", breaks)
    monkeypatch.setattr(callback.db.obj, "close", lambda: None)

    assert post(client, text_xml("oStranger", "帮助")).status_code == 503


def test_an_unforeseen_error_is_told_by_its_place_and_never_by_its_words(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    words = "o" + "Stranger"

    def breaks(message: object) -> str:
        raise RuntimeError(words)

    monkeypatch.setattr(dispatcher, "answer", breaks)

    assert post(client, text_xml("oStranger", "帮助")).status_code == 500
    assert "RuntimeError" in caplog.text
    assert "test_callback.py" in caplog.text
    assert words not in caplog.text


def test_the_callback_takes_no_other_method_and_no_other_address(app: Flask) -> None:
    client = app.test_client()

    assert client.put(ADDRESS).status_code == 405
    assert client.get(f"{ADDRESS}/").status_code == 404
    assert client.get("/healthz").status_code == 200


def test_the_whole_application_answers_a_keyword_without_a_session(app: Flask) -> None:
    member = make_member()

    response = post(app.test_client(), text_xml(member.openid, "帮助"), mode="safe")

    assert "点文字或直接发送" in opened(response)["Content"]
    assert set(response.headers.keys()) == {"Content-Type", "Content-Length"}
