"""The worker process: threads that run the queue's tasks. As many processes as wanted."""

from __future__ import annotations

import logging

from huey.consumer import Consumer

from jobs.queue import queue
from services import stopping, wechat_account

log = logging.getLogger(__name__)

THREADS = 4
STOP_SECONDS = 8  # a container is killed ten seconds after SIGTERM
POLL_SECONDS = 0.5


class _Consumer(Consumer):  # type: ignore[misc]  # huey is untyped
    """Huey's, which tells the tasks at work that they are to end."""

    def stop(self, graceful: bool = False) -> None:
        stopping.ask()
        super().stop(graceful)


def run(threads: int = THREADS) -> None:
    """Run tasks until SIGTERM; those at work end where nothing is half-done, within 8 s.

    Huey's defaults would poll ever more slowly (10 s) and kill running tasks at SIGTERM; its
    own periodic tasks are off, the clock is the only one.
    """
    consumer = _Consumer(
        queue().huey,
        workers=threads,
        worker_type="thread",
        periodic=False,
        initial_delay=0.1,
        max_delay=POLL_SECONDS,
        shutdown_timeout=STOP_SECONDS,
        graceful_signal="TERM",
    )
    log.info("worker: %d threads", threads)
    try:
        consumer.run()
    finally:
        wechat_account.gateway().close()
