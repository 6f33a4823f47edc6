"""Many messages at once: each to one person, outcomes as they arrive.

A `Sender` carries requests over N connections in its own thread(s); `send_all`, in the
caller's thread, feeds it, reads the answers, renews a dead token once for all, slows down
when the platform says so, and stops starting new calls when every further one would fail.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from wechat.client import errcode_of, read_answer, status_error
from wechat.credentials import Credentials
from wechat.errors import (
    ErrorClass,
    OutcomeUnknown,
    Refused,
    TryLater,
    WeChatError,
    classify,
    split_errmsg,
)
from wechat.pace import TOO_OFTEN, Pace

TOKEN_LOOK_SECONDS = 5.0  # how long a flight trusts the token it read
HALTING = frozenset({ErrorClass.D, ErrorClass.E})


class Outcome(StrEnum):
    ACCEPTED = "accepted"  # the platform took it; the result comes by event, if at all
    REFUSED = "refused"  # it will not be taken; `error_class` says for whom
    TRY_LATER = "try_later"  # nothing was sent
    UNKNOWN = "unknown"  # it left, and no answer came: never send again blindly


OUTCOME_OF: dict[type[WeChatError], Outcome] = {
    Refused: Outcome.REFUSED,
    TryLater: Outcome.TRY_LATER,
    OutcomeUnknown: Outcome.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What became of one message. `key` is the caller's own, e.g. a delivery's id.

    `error_class` of a refusal: F1 ends this person, F2 this channel for this person; D, E and G
    (`stops_campaign`) say nothing about the person.
    """

    key: Any
    outcome: Outcome
    errcode: int | None = None
    errmsg: str = ""
    msgid: str = ""
    rid: str = ""
    error_class: ErrorClass | None = None

    @property
    def stops_campaign(self) -> bool:
        return self.error_class in (ErrorClass.D, ErrorClass.E, ErrorClass.G)


@dataclass(slots=True)
class Post:
    """One JSON request. The body is ready for the wire."""

    key: Any
    body: bytes = field(repr=False)
    token: str = field(default="", repr=False)
    is_retry: bool = False


class Failure(StrEnum):
    """Why there is no answer."""

    NEVER_SENT = "never_sent"
    LOST = "lost"


@dataclass(slots=True)
class Answer:
    """What came back for a post: a body, or a failure with its reason in words.

    `seconds`: how long the call took; 0 where it was not measured.
    """

    post: Post
    status: int = 0
    content: bytes = field(default=b"", repr=False)
    failure: Failure | None = None
    reason: str = ""
    seconds: float = 0.0


class Inbox:
    """Where the answers of one `send_all` arrive. A sender starts nothing more once it is closed."""

    def __init__(self) -> None:
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.put = self._answers.put
        self.get = self._answers.get
        self.is_closed = False


class Sender(Protocol):
    """Carries posts. Safe to share between threads; one per process keeps the cap of connections."""

    connections: int

    def start(self, url: str, post: Post, inbox: Inbox) -> None:
        """Send when a connection is free; exactly one answer is put into the inbox.

        A post whose inbox was closed before its turn is answered as never sent.
        """
        ...

    def close(self) -> None:
        """Drop the connections; posts under way are answered as lost."""
        ...


def send_all(
    sender: Sender,
    credentials: Credentials,
    *,
    url: str,
    path: str,
    posts: Iterable[Post],
    stop: Callable[[], bool] = lambda: False,
    pace: Pace | None = None,
) -> Iterator[SendOutcome]:
    """One outcome for every post, in the order in which answers arrive.

    `posts` is read in the caller's thread, a little ahead of the connections. When `stop()`
    turns true, or after an outcome of class D or E, no new call is started: what was read but
    not started comes out as TRY_LATER, the rest of `posts` is left unread. `pace`: how many may be
    under way on this interface, shared with whoever else sends there.
    """
    pace = pace or Pace(sender.connections)
    flight = _Flight(sender, credentials, url=url, path=path, pace=pace)
    waiting = iter(posts)
    pace.join()
    try:
        while True:
            if stop():
                flight.halt("已停止发送")
            while flight.has_room and (post := next(waiting, None)) is not None:
                flight.start(post)
            outcome = flight.next_outcome()
            if outcome is None:
                return
            yield outcome
    finally:
        pace.leave()
        flight.halt("已停止发送")  # also when the caller leaves early: nothing new starts


class _Flight:
    """The posts of one `send_all` that are under way."""

    def __init__(self, sender: Sender, credentials: Credentials, *, url: str, path: str, pace: Pace) -> None:
        self._sender = sender
        self._credentials = credentials
        self._url = url
        self._path = path
        self._inbox = Inbox()
        self._under_way = 0
        self._pace = pace
        self._halted = ""
        self._not_started: deque[SendOutcome] = deque()
        self._token = ""
        self._token_until = 0.0

    @property
    def has_room(self) -> bool:
        return not self._halted and self._under_way < self._pace.room

    def halt(self, why: str) -> None:
        """Start nothing more; what waits for a connection comes back as never sent."""
        self._halted = self._halted or why
        self._inbox.is_closed = True

    def start(self, post: Post) -> None:
        """Hand a post to the sender, or note its outcome when there is no token to send it with."""
        if not self._token or time.monotonic() >= self._token_until:
            try:
                self._take(self._credentials.access_token())
            except WeChatError as error:
                self._not_started.append(self._failed(post.key, error, halts=True))
                return
        self._start(post)

    def next_outcome(self) -> SendOutcome | None:
        """The next outcome; None when nothing is under way."""
        while not self._not_started and self._under_way:
            answer = self._inbox.get()
            self._under_way -= 1
            outcome = self._judge(answer)
            if outcome is not None:
                return outcome
        return self._not_started.popleft() if self._not_started else None

    def _take(self, token: str) -> None:
        self._token = token
        self._token_until = time.monotonic() + TOKEN_LOOK_SECONDS

    def _start(self, post: Post) -> None:
        post.token = self._token
        self._under_way += 1
        self._sender.start(f"{self._url}?access_token={post.token}", post, self._inbox)

    def _judge(self, answer: Answer) -> SendOutcome | None:
        """The outcome of an answer; None when the post was started again with a new token."""
        key = answer.post.key
        if answer.failure is Failure.NEVER_SENT:
            reason = answer.reason or self._halted
            return SendOutcome(key, Outcome.TRY_LATER, errmsg=reason, error_class=ErrorClass.A)
        if answer.failure is Failure.LOST:
            self._pace.answered(answer.seconds)
            return SendOutcome(key, Outcome.UNKNOWN, errmsg=answer.reason)
        said = read_answer(answer.content)
        if said is None:
            error = status_error(self._path, answer.status, is_reading=False)
            return self._failed(key, error, halts=isinstance(error, Refused))
        errcode = errcode_of(said)
        if errcode == 0:
            self._pace.answered(answer.seconds)
            return SendOutcome(key, Outcome.ACCEPTED, 0, msgid=str(said.get("msgid", "")))
        error_class = classify(errcode, self._path)
        if error_class is ErrorClass.C:
            if not answer.post.is_retry:
                return self._again(answer.post)
            error_class = ErrorClass.E
        return self._said_no(key, errcode, said, error_class)

    def _again(self, post: Post) -> SendOutcome | None:
        """Start a post once more whose token was rejected: nothing of it was sent."""
        try:
            if post.token == self._token:  # else another answer has renewed it already
                self._take(self._credentials.renew(post.token))
        except WeChatError as error:
            return self._failed(post.key, error, halts=True)
        post.is_retry = True
        self._start(post)
        return None

    def _failed(self, key: Any, error: WeChatError, *, halts: bool) -> SendOutcome:
        if halts:
            self.halt(str(error))
        outcome = OUTCOME_OF.get(type(error), Outcome.REFUSED)
        return SendOutcome(
            key, outcome, error.errcode, error.errmsg, rid=error.rid, error_class=error.error_class
        )

    def _said_no(self, key: Any, errcode: int, said: dict[str, Any], error_class: ErrorClass) -> SendOutcome:
        errmsg, rid = split_errmsg(said.get("errmsg"))
        if errcode == TOO_OFTEN:
            self._pace.too_often()
        if error_class in HALTING:
            self.halt(f"{errcode} {errmsg}")
        outcome = Outcome.REFUSED
        if error_class is ErrorClass.H:
            outcome = Outcome.ACCEPTED
        elif error_class in (ErrorClass.A, ErrorClass.B):
            outcome = Outcome.TRY_LATER
        return SendOutcome(key, outcome, errcode, errmsg, str(said.get("msgid", "")), rid, error_class)
