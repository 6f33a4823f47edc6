"""Pushes over real HTTP: the three modes, the deadline, retries, strict replies, many events."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sandbox.callback_crypto import signature
from sandbox.phones import OUT_OF_SERVICE
from sandbox.testing import running_sandbox
from tests.sandbox.conftest import Callback, text_reply


@contextmanager
def served(callback: Callback, before: Any = None) -> Iterator[str]:
    """The callback behind a real socket; `before(number)` may delay a request."""
    counted = iter(range(10**9))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            query = dict(parse_qsl(urlsplit(self.path).query))
            if before is not None:
                before(next(counted))
            status, answer = callback(query, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_text_goes_out_and_its_reply_comes_back(callback: Callback, mode: str) -> None:
    callback.reply = lambda message: text_reply(message, "您好")
    with served(callback) as web, running_sandbox(web=web, callback_mode=mode) as sandbox:
        openid = sandbox.add()
        told = sandbox.say(openid, "你好")

    assert told == {"state": "replied", "reply": {"kind": "text", "text": "您好"}, "reason": ""}
    (message,) = callback.received
    assert (message["FromUserName"], message["Content"], message["MsgType"]) == (openid, "你好", "text")
    assert ("Encrypt" in message) is False or mode == "compatible"


def test_the_query_is_signed(callback: Callback) -> None:
    seen: list[dict[str, str]] = []

    def take(query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        seen.append(query)
        return 200, b"success"

    with running_sandbox(callback=take) as sandbox:
        sandbox.say(sandbox.add(), "你好")

    query = seen[0]
    assert query["signature"] == signature("sandboxToken2024", query["timestamp"], query["nonce"])
    assert set(query) == {"signature", "timestamp", "nonce", "openid", "encrypt_type", "msg_signature"}


def test_a_slow_answer_is_repeated_with_the_same_msgid(callback: Callback) -> None:
    callback.reply = lambda message: text_reply(message, "您好")

    def slow_once(number: int) -> None:
        if number == 0:
            time.sleep(0.6)

    with served(callback, slow_once) as web, running_sandbox(web=web, push_deadline=0.3) as sandbox:
        openid = sandbox.add()
        told = sandbox.say(openid, "你好")
        time.sleep(0.5)

    assert told["state"] == "replied"
    assert len({message["MsgId"] for message in callback.received}) == 1
    assert len(callback.received) == 2


def test_after_three_failures_the_person_sees_it() -> None:
    with running_sandbox(web="http://127.0.0.1:9") as sandbox:
        openid = sandbox.add()
        told = sandbox.say(openid, "你好")
        counts = sandbox.stats()["pushes"]

        assert told["state"] == "failed"
        assert sandbox.chat(openid)[-1]["body"]["text"] == OUT_OF_SERVICE
        assert (counts["attempts"], counts["retried"], counts["failed"]) == (3, 2, 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"hello",
        b"<xml><Content>broken",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><xml><A>1</A></xml>",
        b"<xml><ToUserName>oOther</ToUserName><MsgType>text</MsgType></xml>",
    ],
)
def test_a_malformed_answer_is_shown_as_out_of_service(callback: Callback, answer: bytes) -> None:
    callback.reply = lambda message: answer
    with running_sandbox(callback=callback) as sandbox:
        openid = sandbox.add()

        assert sandbox.say(openid, "你好")["state"] == "malformed"
        assert sandbox.chat(openid)[-1]["body"]["text"] == OUT_OF_SERVICE
        assert len(callback.received) == 1


@pytest.mark.parametrize(("length", "state"), [(2048, "replied"), (2049, "malformed")])
def test_a_text_reply_holds_2048_bytes(callback: Callback, length: int, state: str) -> None:
    callback.reply = lambda message: text_reply(message, "a" * length)
    with running_sandbox(callback=callback) as sandbox:
        assert sandbox.say(sandbox.add(), "你好")["state"] == state


def test_an_unencrypted_reply_is_malformed_in_safe_mode() -> None:
    def bare(query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        return 200, text_reply(
            {"FromUserName": query["openid"], "ToUserName": "gh_sandbox00001"}, "您好"
        ).encode()

    with running_sandbox(callback=bare) as sandbox:
        assert sandbox.say(sandbox.add(), "你好")["state"] == "malformed"


def test_events_flow_with_bounded_concurrency(callback: Callback) -> None:
    lock, at_once = threading.Lock(), {"now": 0, "most": 0}

    def count(number: int) -> None:
        with lock:
            at_once["now"] += 1
            at_once["most"] = max(at_once["most"], at_once["now"])
        time.sleep(0.005)
        with lock:
            at_once["now"] -= 1

    with served(callback, count) as web, running_sandbox(web=web, event_concurrency=8) as sandbox:
        openids = sandbox.post("/_sandbox/crowd", {"members": 200})["openids"]
        token = sandbox.token()
        for openid in openids:
            body = {
                "touser": openid,
                "template_id": "TPL_SALON",
                "data": {"thing1": {"value": "甲"}, "time2": {"value": "14:00"}, "thing3": {"value": "乙"}},
            }
            told = sandbox.post("/cgi-bin/message/template/send", body, access_token=token)
            assert told["errcode"] == 0
        sandbox.settle(30)

    assert len({event["MsgID"] for event in callback.received}) == 200
    assert 2 <= at_once["most"] <= 8


def test_a_doubled_push_goes_out_twice_at_once(callback: Callback) -> None:
    callback.reply = lambda message: text_reply(message, "您好")
    with running_sandbox(callback=callback) as sandbox:
        openid = sandbox.add()
        told = sandbox.act(openid, "text", content="你好", double=True)

        assert told["repeat"] == {"state": "replied", "same": True}
        assert len(callback.received) == 2
        assert len(sandbox.chat(openid)) == 2
