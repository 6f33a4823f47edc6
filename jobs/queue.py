"""The queue: a SQLite file beside the database, or Redis; tasks are signed with SECRET_KEY.

Neither keeps a task whose worker was killed. That is no loss: tasks are pokes, and what is due
stays due in the database until it is done.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from huey import MemoryHuey, PriorityRedisHuey, SqliteHuey
from huey.api import Huey
from huey.serializer import SignedSerializer

import config
from jobs import tasks

log = logging.getLogger(__name__)

NAME = "weidangxiao"
MOST_WAITING = 256
STRANGE_SECONDS = 3.0


class _Signed:
    """A huey that drops what is not signed with our SECRET_KEY, and steps back a while: it may be us
    who have the wrong one, and the next task then is for somebody else. What is due is poked again.
    """

    def dequeue(self) -> Any:
        try:
            return super().dequeue()  # type: ignore[misc]  # huey's, to the right of this class
        except ValueError as error:
            log.error("a task was dropped: %s Have all processes the same SECRET_KEY?", error)
            time.sleep(random.uniform(0, STRANGE_SECONDS))  # noqa: S311 - no secret: out of step with others
            return None


class _SqliteQueue(_Signed, SqliteHuey):  # type: ignore[misc]  # huey is untyped
    """Tasks in a file beside the database."""


class _RedisQueue(_Signed, PriorityRedisHuey):  # type: ignore[misc]  # huey is untyped
    """Tasks in Redis."""


class Queue:
    """Pokes on their way to a worker."""

    def __init__(self, huey: Huey) -> None:
        self.huey = huey
        self._tasks: dict[str, Any] = {
            act.__name__: huey.task(name=act.__name__, priority=priority)(tasks.connected(act))
            for act, priority in tasks.ALL.items()
        }

    def poke(self, act: Callable[..., None], *ids: int) -> None:
        """Ask a worker to run one of `tasks.ALL`; with an immediate queue it has run on return."""
        self._tasks[act.__name__](*ids)

    def room(self) -> int:
        """How many more pokes make sense: a full queue is not poked again."""
        return max(0, MOST_WAITING - int(self.huey.pending_count()))


def make_queue() -> Queue:
    """The queue of the settings."""
    settings = config.settings()
    # the default pickle would let whoever writes to the broker run code here
    serializer = SignedSerializer(secret=settings.secret_key, salt=NAME)
    common: dict[str, Any] = {"results": False, "serializer": serializer}
    if settings.redis_url:
        return Queue(_RedisQueue(NAME, url=settings.redis_url, **common))
    folder = settings.sqlite_path.parent if settings.is_sqlite else config.ROOT / "var"
    folder.mkdir(parents=True, exist_ok=True)
    # a file of its own: the queue locks it wholly when it takes a task
    return Queue(_SqliteQueue(NAME, filename=str(folder / "queue.db"), **common))


def immediate_queue() -> Queue:
    """A queue that runs every task at once, in the caller's thread (tests, replays)."""
    return Queue(MemoryHuey(NAME, immediate=True, results=False))


_lock = threading.Lock()
_queue: Queue | None = None


def queue() -> Queue:
    """The process's queue, made at the first call."""
    global _queue
    with _lock:
        if _queue is None:
            _queue = make_queue()
        return _queue


def set_queue(other: Queue | None) -> None:
    """Use another queue; None: make one anew at the next call."""
    global _queue
    with _lock:
        _queue = other
