"""A clock without the lead: fires a recorded job each second, as the worst of two clocks would.

Run as `python -m tests.process.ticking_clock FILE SECONDS`; each firing is a line in FILE.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import clock
import models
from jobs.schedule import Job, every
from jobs.timetable import Timetable


def main(file: Path, seconds: float) -> None:
    database = models.connect()

    def fired() -> None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(f"{os.getpid()}\n")

    timetable = Timetable([Job("count", fired, every(1))])
    print("ready", flush=True)
    sys.stdin.readline()
    ends = time.monotonic() + seconds
    with database.connection_context():
        while time.monotonic() < ends:
            timetable.run_due(clock.utc_now())
            time.sleep(0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
