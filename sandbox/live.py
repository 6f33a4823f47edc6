"""What happens now, told to open pages (Server-Sent Events)."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

BACKLOG = 1000
END = b""


class Live:
    """Listeners with the phones each watches; a slow page loses its oldest news, never blocks."""

    def __init__(self) -> None:
        self._listeners: list[tuple[set[str], asyncio.Queue[bytes]]] = []

    def listen(self, phones: set[str]) -> asyncio.Queue[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue(BACKLOG)
        self._listeners.append((phones, queue))
        return queue

    def leave(self, queue: asyncio.Queue[bytes]) -> None:
        self._listeners = [row for row in self._listeners if row[1] is not queue]

    def close(self) -> None:
        """End every stream: the process stops."""
        for _, queue in self._listeners:
            _put(queue, END)

    def is_watched(self, openid: str) -> bool:
        return any(openid in phones for phones, _ in self._listeners)

    def watched(self) -> set[str]:
        return {openid for phones, _ in self._listeners for openid in phones}

    def tell(self, openid: str, news: dict[str, Any]) -> None:
        for phones, queue in self._listeners:
            if openid in phones:
                _put(queue, {"openid": openid, **news})

    def tell_all(self, news: dict[str, Any]) -> None:
        for _, queue in self._listeners:
            _put(queue, news)


def _put(queue: asyncio.Queue[bytes], news: dict[str, Any] | bytes) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(news if isinstance(news, bytes) else b"data: " + orjson.dumps(news) + b"\n\n")
