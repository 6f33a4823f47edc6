"""Posts over libcurl: one thread, one epoll, handles and connections used again and again.

A fraction of the CPU of requests per call, and several times its rate (docs/decisions/0006).
libcurl's habits that matter here:
- it repeats a request by itself when a reused connection closes before any answer, which would
  send a message twice; a body read by a callback that cannot be wound back forbids it;
- `select` knows file numbers below 1024 only, so sockets are watched by epoll;
- its wheel looks for certificates where Debian has none: CAINFO comes from certifi;
- connections of a parent process must not be shared: a fork gets a thread of its own.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from io import BytesIO
from typing import Any

import certifi
import pycurl

from wechat.client import Timeouts
from wechat.sender import Answer, Failure, Inbox, Post

_REASONS = {
    pycurl.E_COULDNT_RESOLVE_PROXY: "无法解析代理地址",
    pycurl.E_COULDNT_RESOLVE_HOST: "无法解析主机名",
    pycurl.E_COULDNT_CONNECT: "连接失败",
    pycurl.E_SSL_CONNECT_ERROR: "TLS 握手失败",
    pycurl.E_PEER_FAILED_VERIFICATION: "TLS 证书无效",
    pycurl.E_SSL_CACERT_BADFILE: "找不到 CA 证书文件",
    pycurl.E_OPERATION_TIMEDOUT: "超时",
}
_HEADERS = ["Content-Type: application/json; charset=utf-8", "Expect:"]


class CurlSender:
    """At most `connections` requests at once over kept connections; one thread, started when needed."""

    def __init__(self, connections: int, *, timeouts: Timeouts = Timeouts()) -> None:  # noqa: B008 - immutable
        self.connections = connections
        self._timeouts = timeouts
        self._pump: _Pump | None = None
        self._lock = threading.Lock()

    def start(self, url: str, post: Post, inbox: Inbox) -> None:
        pump = self._pump
        if pump is None or pump.is_over or pump.pid != os.getpid():
            pump = self._new_pump()
        pump.add(url, post, inbox)

    def close(self) -> None:
        with self._lock:
            pump, self._pump = self._pump, None
        if pump is not None and pump.pid == os.getpid():
            pump.finish()

    def _new_pump(self) -> _Pump:
        with self._lock:
            pump = self._pump
            if pump is None or pump.is_over or pump.pid != os.getpid():
                if pump is not None and pump.pid != os.getpid():
                    _of_parents.append(pump)
                pump = self._pump = _Pump(self.connections, self._timeouts)
            return pump


_Job = tuple[str, Post, Inbox]
_of_parents: list[_Pump] = []  # never freed: libcurl would say goodbye on the parent's connections


class _Pump:
    """The thread that owns the multi handle."""

    def __init__(self, connections: int, timeouts: Timeouts) -> None:
        self.pid = os.getpid()
        self.is_over = False
        self._jobs: deque[_Job] = deque()
        self._is_awake = False
        self._is_finishing = False
        self._under_way: dict[Any, tuple[Post, Inbox, BytesIO]] = {}
        self._idle = [_handle(timeouts) for _ in range(connections)]
        self._urls: dict[Any, str] = {}
        self._deadline: float | None = None
        self._selector = selectors.DefaultSelector()
        self._bell, self._ring = socket.socketpair()
        self._bell.setblocking(False)
        self._ring.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._thread = threading.Thread(target=self._run, name="wechat-sender", daemon=True)
        self._thread.start()

    def add(self, url: str, post: Post, inbox: Inbox) -> None:
        self._jobs.append((url, post, inbox))
        self._wake()
        if self.is_over:  # it ended between the look and the append
            self._drop_jobs()

    def finish(self) -> None:
        self._is_finishing = True
        self._is_awake = False
        self._wake()
        self._thread.join()

    def _wake(self) -> None:
        if not self._is_awake:
            self._is_awake = True
            with suppress(BlockingIOError, OSError):  # a full pipe rings already; a closed one is over
                self._ring.send(b"!")

    def _run(self) -> None:
        try:
            while not self._is_finishing:
                self._turn()
        finally:
            self.is_over = True
            for curl, (post, inbox, _) in self._under_way.items():
                self._multi.remove_handle(curl)
                inbox.put(Answer(post, failure=Failure.LOST, reason="发送被中断"))
            self._drop_jobs()
            self._multi.close()
            self._selector.close()
            self._bell.close()
            self._ring.close()

    def _turn(self) -> None:
        self._start_jobs()
        timeout = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        for key, events in self._selector.select(timeout):
            if key.fileobj is self._bell:
                with suppress(BlockingIOError):
                    self._bell.recv(4096)
                self._is_awake = False  # after the reading: jobs added before it are seen next
                continue
            ready = (pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0) | (
                pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
            )
            self._multi.socket_action(key.fd, ready)
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._deadline = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()

    def _start_jobs(self) -> None:
        while self._idle and self._jobs:
            url, post, inbox = self._jobs.popleft()
            if inbox.is_closed:
                inbox.put(Answer(post, failure=Failure.NEVER_SENT))
                continue
            curl = self._idle.pop()
            if self._urls.get(curl) != url:
                curl.setopt(pycurl.URL, url)
                self._urls[curl] = url
            received = BytesIO()
            curl.setopt(pycurl.POSTFIELDSIZE, len(post.body))
            curl.setopt(pycurl.READFUNCTION, BytesIO(post.body).read)  # cannot be wound back: see above
            curl.setopt(pycurl.WRITEFUNCTION, received.write)
            self._under_way[curl] = (post, inbox, received)
            self._multi.add_handle(curl)

    def _collect(self) -> None:
        while True:
            left, succeeded, failed = self._multi.info_read(64)
            for curl in succeeded:
                post, inbox, received = self._release(curl)
                seconds = curl.getinfo(pycurl.TOTAL_TIME)
                status = curl.getinfo(pycurl.RESPONSE_CODE)
                inbox.put(Answer(post, status, received.getvalue(), seconds=seconds))
            for curl, errno, _ in failed:  # libcurl's own sentence may hold the URL: not used
                post, inbox, _received = self._release(curl)
                failure, reason = _failure(curl, errno)
                inbox.put(
                    Answer(post, failure=failure, reason=reason, seconds=curl.getinfo(pycurl.TOTAL_TIME))
                )
            if not left:
                return

    def _release(self, curl: Any) -> tuple[Post, Inbox, BytesIO]:
        self._multi.remove_handle(curl)
        self._idle.append(curl)
        return self._under_way.pop(curl)

    def _drop_jobs(self) -> None:
        while self._jobs:
            _, post, inbox = self._jobs.popleft()
            inbox.put(Answer(post, failure=Failure.NEVER_SENT, reason="发送已关闭"))

    def _set_timer(self, milliseconds: int) -> None:
        self._deadline = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _watch(self, what: int, fd: int, *_: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            with suppress(KeyError, ValueError):  # libcurl may speak of a socket twice
                self._selector.unregister(fd)
            return
        events = (selectors.EVENT_READ if what & pycurl.POLL_IN else 0) | (
            selectors.EVENT_WRITE if what & pycurl.POLL_OUT else 0
        )
        if fd in self._selector.get_map():
            self._selector.modify(fd, events)
        else:
            self._selector.register(fd, events)


def _handle(timeouts: Timeouts) -> Any:
    curl = pycurl.Curl()
    curl.setopt(pycurl.POST, 1)
    curl.setopt(pycurl.HTTPHEADER, _HEADERS)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.CAINFO, certifi.where())
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(timeouts.connect * 1000))
    curl.setopt(pycurl.TIMEOUT_MS, int((timeouts.connect + timeouts.read) * 1000))
    curl.setopt(pycurl.TCP_NODELAY, 1)
    return curl


def _failure(curl: Any, errno: int) -> tuple[Failure, str]:
    reason = _REASONS.get(errno, "连接中断") + f"（libcurl {errno}）"
    # not a byte of the request left; PRETRANSFER_TIME tells otherwise: it is set on failure too
    if curl.getinfo(pycurl.REQUEST_SIZE) == 0:
        return Failure.NEVER_SENT, reason
    return Failure.LOST, reason
