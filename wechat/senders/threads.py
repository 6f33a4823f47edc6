"""Posts over requests in threads: the fallback where pycurl cannot be installed."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

from wechat.client import Timeouts, never_left
from wechat.sender import Answer, Failure, Inbox, Post

_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


class RequestsSender:
    """At most `connections` threads, each with one request under way."""

    def __init__(self, connections: int, *, timeouts: Timeouts = Timeouts()) -> None:  # noqa: B008 - immutable
        self.connections = connections
        self._timeouts = timeouts
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="wechat-sender")
        self._local = threading.local()

    def start(self, url: str, post: Post, inbox: Inbox) -> None:
        try:
            carried = self._threads.submit(self._carry, url, post, inbox)
        except RuntimeError:  # closed
            inbox.put(Answer(post, failure=Failure.NEVER_SENT, reason="发送已关闭"))
            return
        carried.add_done_callback(lambda done: inbox.put(_answer(done, post)))

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _carry(self, url: str, post: Post, inbox: Inbox) -> Answer:
        if inbox.is_closed:
            return Answer(post, failure=Failure.NEVER_SENT)
        try:
            response = self._session().post(
                url,
                data=post.body,
                headers=_HEADERS,
                timeout=(self._timeouts.connect, self._timeouts.read),
                allow_redirects=False,
            )
        except requests.RequestException as failure:
            if never_left(failure):
                return Answer(post, failure=Failure.NEVER_SENT, reason="连接失败")
            return Answer(post, failure=Failure.LOST, reason="连接中断或等待答复超时")
        return Answer(post, response.status_code, response.content, seconds=response.elapsed.total_seconds())

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.mount("https://", HTTPAdapter(pool_connections=1, pool_maxsize=1))
            session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1))
            self._local.session = session
        return session


def _answer(done: Future[Answer], post: Post) -> Answer:
    """Exactly one answer for a post, whatever became of its thread."""
    if done.cancelled():
        return Answer(post, failure=Failure.NEVER_SENT, reason="发送已关闭")
    failure = done.exception()
    if failure is not None:
        return Answer(post, failure=Failure.LOST, reason=f"发送线程出错：{type(failure).__name__}")
    return done.result()
