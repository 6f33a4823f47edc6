"""The sandbox's own HTTP: pipelining, bad requests, long bodies, its end, and TLS with its authority."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from sandbox.testing import Sandbox, running_sandbox


def raw(sandbox: Sandbox, *parts: bytes, until: bytes = b"") -> bytes:
    """What comes back for these bytes on one connection."""
    where = urlsplit(sandbox.url)
    with socket.create_connection((where.hostname, where.port), 10) as wire:
        for part in parts:
            wire.sendall(part)
        told = b""
        while (until not in told if until else True) and (data := wire.recv(65536)):
            told += data
    return told


GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n%b\r\n"
CLOSE = b"Connection: close\r\n"


def test_requests_in_a_row_are_answered_in_their_order(sandbox: Sandbox) -> None:
    told = raw(sandbox, GET % b"", b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + GET % CLOSE)

    assert [part[:3] for part in told.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]


def test_a_body_in_pieces_and_chunks_is_put_together(sandbox: Sandbox) -> None:
    head = (
        b"POST /cgi-bin/stable_token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"\r\n"
    )

    told = raw(sandbox, head, b'2\r\n{"\r\n', b'5\r\na":1}\r\n0\r\n\r\n')

    assert b'"errcode":40002' in told


def test_what_is_no_http_is_refused(sandbox: Sandbox) -> None:
    assert raw(sandbox, b"\x16\x03\x01 nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    long = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n"
    assert raw(sandbox, long).startswith(b"HTTP/1.1 400 ")


def test_whoever_waits_for_continue_is_told_to(sandbox: Sandbox) -> None:
    head = (
        b"POST /cgi-bin/stable_token HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    )

    told = raw(sandbox, head, b"{}", until=b"errcode")

    assert told.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_a_head_has_no_body(sandbox: Sandbox) -> None:
    told = raw(sandbox, b"HEAD / HTTP/1.1\r\nHost: x\r\n" + CLOSE + b"\r\n")

    assert told.endswith(b"\r\n\r\n")
    assert b"Content-Length: 0" not in told


def test_the_stream_of_news_ends_with_the_process() -> None:
    with running_sandbox() as sandbox:
        where = urlsplit(sandbox.url)
        wire = socket.create_connection((where.hostname, where.port), 10)
        wire.sendall(b"GET /_sandbox/events?phones=o1 HTTP/1.1\r\nHost: x\r\n\r\n")
        told = b""
        while b": hello" not in told and (more := wire.recv(65536)):
            told += more
        assert b": hello" in told

    with wire:
        assert wire.recv(65536) == b""


def test_tls_is_believed_with_its_own_authority(tmp_path: Path) -> None:
    with running_sandbox(tls=True, tls_folder=str(tmp_path)) as sandbox:
        assert sandbox.url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
        with urlopen(sandbox.url + "/healthz", context=context) as answer:
            assert answer.status == 200
        where = urlsplit(sandbox.url)
        with (
            socket.create_connection((where.hostname, where.port), 10) as wire,
            context.wrap_socket(wire, server_hostname="api.weixin.qq.com") as tls,
        ):
            assert tls.version() in ("TLSv1.2", "TLSv1.3")
        with pytest.raises(OSError, match="certificate verify failed"):
            urlopen(sandbox.url + "/healthz")
        kept = (tmp_path / "authority.pem").read_bytes()

    assert (tmp_path / "authority.key").stat().st_mode & 0o077 == 0
    with running_sandbox(tls=True, tls_folder=str(tmp_path)):
        assert (tmp_path / "authority.pem").read_bytes() == kept
