"""Several acts let go together, each in a thread with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from models.base import db

PATIENCE_SECONDS = 60


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each gave, in their order. An error of one is raised when all have ended."""
    barrier, results = threading.Barrier(len(calls)), [None] * len(calls)
    errors: list[BaseException] = []

    def run(no: int, call: Callable[[], Any]) -> None:
        with db.connection_context():
            barrier.wait(10)
            try:
                results[no] = call()
            except BaseException as error:  # handed to the test below
                errors.append(error)

    threads = [threading.Thread(target=run, args=(no, call)) for no, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    if errors:
        raise errors[0]
    return list(results)
