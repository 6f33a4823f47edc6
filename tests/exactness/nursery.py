"""Where the workers and clocks of a killing run come from: one process that imported all, and forks.

`python -m tests.exactness.nursery` reads a line of JSON for each child, {"what": worker or clock,
"environment": {…}, "log": file}, and answers its process id. A fork costs milliseconds where a
start costs seconds; from there on the child is what `flask worker run` and `flask clock run` are.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from typing import Any

import config
import jobs.clock
import jobs.worker
import models
from services import wechat_account
from tests.exactness.world import READ_SECONDS
from wechat.client import Timeouts

BEAT_SECONDS, LEASE_SECONDS = 0.25, 2.0  # a clock's, in place of 1 and 20: a run lasts seconds


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(told)
        print(child, flush=True)


def _live(told: dict[str, Any]) -> None:
    """Be this worker or clock until killed."""
    log = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(log, number)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    logging.basicConfig(level=logging.INFO, force=True, format="%(asctime)s %(process)d %(name)s %(message)s")
    code = 1
    try:
        os.environ.update(told["environment"])
        config.settings.cache_clear()
        models.connect()
        wechat_account.use_timeouts(Timeouts(1.0, READ_SECONDS))
        if told["what"] == "clock":
            jobs.clock.BEAT_SECONDS = BEAT_SECONDS  # type: ignore[assignment]
            jobs.clock.LEASE_SECONDS = LEASE_SECONDS
            jobs.clock.run()
        else:
            jobs.worker.run(threads=2)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
