"""What the demo asks of the sandbox: people, crowds, the clock, counts. HTTP only."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import requests


class LocalWeChat:
    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, path: str, **query: str) -> Any:
        """The JSON answer. Raises requests.HTTPError with the sandbox's sentence."""
        return self._told(self._session.get(self.url + path, params=query, timeout=120))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._told(self._session.post(self.url + path, json=body, timeout=600))

    def act(self, openid: str, what: str, **body: Any) -> Any:
        return self.post(f"/_sandbox/people/{quote(openid)}/{what}", body)

    def set_time(self, seconds: float) -> None:
        self.post("/_sandbox/clock", {"time": seconds, "rate": 1})

    def calls(self) -> dict[str, dict[str, int]]:
        """API calls so far by path and errcode."""
        return dict(self.get("/_sandbox/stats", content="\0")["calls"])

    def wait_for_events(self, seconds: float = 600) -> None:
        """Until no job event is under way. Raises TimeoutError."""
        wait_until(lambda: not self._pending(), seconds, "事件没有推送完")

    def _pending(self) -> int:
        return int(self.get("/_sandbox/stats", content="\0")["pushes"]["pending"])

    @staticmethod
    def _told(response: requests.Response) -> Any:
        if not response.ok:
            raise requests.HTTPError(f"{response.status_code}: {response.text[:300]}", response=response)
        return response.json()


def wait_until(is_done: Callable[[], bool], seconds: float, why_not: str, every: float = 0.2) -> None:
    """Ask again and again. Raises TimeoutError with the sentence."""
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{why_not}（等了 {seconds:.0f} 秒）")
        time.sleep(every)
