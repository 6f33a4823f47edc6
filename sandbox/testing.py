"""The sandbox inside a test: a thread on a free port, and what a test asks of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import orjson
import uvloop

from .options import Options
from .platform import Platform
from .pushes import InProcess
from .server import Server
from .xml import element

START_SECONDS = 10


class Sandbox:
    """A running sandbox. `platform` is its state; everything else goes by HTTP as from outside."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.url = platform.base_url

    # calls --------------------------------------------------------------------

    def request(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The JSON answer, also of a refusal."""
        url = self.url + path + (f"?{urlencode(query)}" if query else "")
        raw = body if isinstance(body, bytes) else None if body is None else orjson.dumps(body)
        headers = {"Content-Type": "application/json"}
        try:
            with urlopen(Request(url, raw, headers, method=method), timeout=60) as answer:  # noqa: S310 - our own
                told = answer.read()
                is_json = answer.headers.get_content_type() == "application/json"
                return orjson.loads(told) if is_json else told
        except HTTPError as error:
            return orjson.loads(error.read())

    def get(self, path: str, **query: str) -> Any:
        return self.request("GET", path, None, **query)

    def post(self, path: str, body: Any = None, **query: str) -> Any:
        return self.request("POST", path, {} if body is None else body, **query)

    def token(self, app: str = "official") -> str:
        """The stable token of one app, official or mini."""
        chosen = self.platform.apps.mini if app == "mini" else self.platform.apps.official
        told = self.post(
            "/cgi-bin/stable_token",
            {"grant_type": "client_credential", "appid": chosen.app_id, "secret": chosen.secret},
        )
        return str(told["access_token"])

    def call(self, path: str, body: Any = None, **query: str) -> Any:
        """An API call with a valid token; GET without a body."""
        return self.request("GET" if body is None else "POST", path, body, access_token=self.token(), **query)

    def mini_call(self, path: str, body: Any = None, **query: str) -> Any:
        """The same with the mini program's token. A picture comes as bytes."""
        method = "GET" if body is None else "POST"
        return self.request(method, path, body, access_token=self.token("mini"), **query)

    # people -------------------------------------------------------------------

    def add(self, name: str = "李明", openid: str = "", follow: bool | str = "silently") -> str:
        """A person's openid; `follow` True pushes the event, "silently" does not."""
        told = self.post("/_sandbox/people", {"people": [{"name": name, "openid": openid}], "follow": follow})
        return str(told["people"][0]["openid"])

    def act(self, openid: str, what: str, **body: Any) -> Any:
        """follow, unfollow, block, text(content), menu(key), link(href | content, id), scan(scene), read."""
        return self.post(f"/_sandbox/people/{quote(openid)}/{what}", body)

    def say(self, openid: str, content: str) -> Any:
        return self.act(openid, "text", content=content)

    def person(self, openid: str) -> Any:
        return self.get(f"/_sandbox/people/{quote(openid)}")

    def chat(self, openid: str) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self.person(openid)["chat"]
        return told

    # the mini program ---------------------------------------------------------

    def mini_login(self, openid: str) -> str:
        """A code as wx.login gives it, to be exchanged by jscode2session."""
        return str(self.post(f"/_sandbox/people/{quote(openid)}/mini/login")["code"])

    def mini_openid(self, openid: str) -> str:
        """The same person's openid in the mini program."""
        return str(self.get(f"/_sandbox/people/{quote(openid)}/mini")["openid"])

    def mini_consent(self, openid: str, *template_ids: str, answer: str = "accept") -> Any:
        """requestSubscribeMessage, answered alike for each template."""
        body = {"template_ids": list(template_ids), "answers": dict.fromkeys(template_ids, answer)}
        return self.post(f"/_sandbox/people/{quote(openid)}/mini/consents", body)

    # the rest -----------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        self.post("/_sandbox/clock", {"advance_seconds": seconds})

    def fault(self, **fault: Any) -> Any:
        return self.post("/_sandbox/faults", fault)

    def stats(self, content: str = "") -> Any:
        return self.get("/_sandbox/stats", content=content)

    def settle(self, seconds: float = 10) -> None:
        """Wait until no job event is under way. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while self.platform.pushes.pending:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.platform.pushes.pending} job events are still under way")
            time.sleep(0.01)

    def signed_text(
        self, openid: str, content: str, menu_id: str | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Query and body of a text message, for a test that posts it to the callback itself."""
        fields = element("Content", content) + ("" if menu_id is None else element("bizmsgmenuid", menu_id))
        return self.signed(openid, self.platform.pushes.message(openid, "text", fields))

    def signed_event(self, openid: str, name: str, fields: str = "") -> tuple[dict[str, str], bytes]:
        return self.signed(openid, self.platform.pushes.event(openid, name, fields))

    def signed(self, openid: str, xml: str) -> tuple[dict[str, str], bytes]:
        return self.platform.pushes.seal(openid, xml)

    def read_reply(self, openid: str, raw: bytes) -> dict[str, Any] | None:
        """The passive reply read strictly; None for an empty one. Raises sandbox.replies.BadReply."""
        return self.platform.pushes.reader.read(raw, openid)


@contextmanager
def running_sandbox(
    *, callback: InProcess | None = None, mini_callback: InProcess | None = None, **options: Any
) -> Iterator[Sandbox]:
    """A sandbox on a free port. Options are those of sandbox.options; job events come at once.

    `callback(query, body) -> (status, body)` takes the pushes in place of HTTP, for instance
    through Flask's test client; without it and without `web` nothing is pushed. `mini_callback`
    is the same for the mini program's pushes.
    """
    chosen = {"port": 0, "web": "", "event_delay_ms": 0.0, "push_retry_gap": 0.05, **options}
    told = {"official": callback, "mini": mini_callback}
    server = Server(Platform(Options(**chosen), {app: taken for app, taken in told.items() if taken}))
    failures: list[BaseException] = []

    def run() -> None:
        try:
            uvloop.run(server.run_until_stopped())
        except BaseException as error:  # handed to the test below
            failures.append(error)

    thread = threading.Thread(target=run, name="sandbox", daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if failures or time.monotonic() > deadline:
            raise RuntimeError("the sandbox did not start") from (failures[0] if failures else None)
        time.sleep(0.005)
    try:
        yield Sandbox(server.platform)
    finally:
        server.stop()
        thread.join(START_SECONDS)
