"""A server that answers as told, for what the sandbox cannot do: hang, cut a connection, babble.

`replies[path]` is a list used up one by one, its last entry for ever: a dict (JSON), bytes (raw
body), a `Raw`, `CUT` (close the connection without an answer) or a callable of the request.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CUT = object()


@dataclass
class Raw:
    body: bytes = b"{}"
    status: int = 200
    delay: float = 0.0


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class StandIn:
    url: str
    replies: dict[str, list[Any]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, *replies: Any) -> None:
        self.replies[path] = list(replies)

    def calls(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def tokens(self, *values: str, expires_in: int = 7200) -> None:
        """What stable_token gives: each value once, the last for ever."""
        self.answer("/cgi-bin/stable_token", *[{"access_token": v, "expires_in": expires_in} for v in values])

    def next_reply(self, path: str) -> Any:
        with self.lock:
            waiting = self.replies.get(path, [{"errcode": 40066, "errmsg": "invalid url"}])
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def running() -> Iterator[StandIn]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            seen = Seen(self.command, parts.path, query, body, self.client_address[1])
            with stand_in.lock:
                stand_in.seen.append(seen)
            reply = stand_in.next_reply(parts.path)
            if isinstance(reply, Callable):  # type: ignore[arg-type]
                reply = reply(seen)
            if reply is CUT:
                self.close_connection = True
                return
            raw = reply if isinstance(reply, Raw) else Raw(_encoded(reply))
            time.sleep(raw.delay)
            self.send_response(raw.status)
            self.send_header("Content-Length", str(len(raw.body)))
            self.end_headers()
            self.wfile.write(raw.body)

        do_GET = do_POST = handle_any

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: Any) -> None:
            pass  # a client that hangs up is part of the tests

    server = Server(("127.0.0.1", 0), Handler)
    stand_in = StandIn(f"http://127.0.0.1:{server.server_port}")
    stand_in.tokens("token-1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _encoded(reply: Any) -> bytes:
    return reply if isinstance(reply, bytes) else json.dumps(reply, ensure_ascii=False).encode()
