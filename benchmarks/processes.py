"""The processes a figure needs: those of the demo, with granian, WeRoBot, and a sandbox as set."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Self

import config
import models
from demo.local_wechat import wait_until
from demo.processes import PATIENCE_SECONDS, Processes, free_ports
from models.base import db
from models.schema import runner

GRANIAN = ["--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--workers", "1"]
THREADS = "4"


class Measured(Processes):
    """Over a database of its own in `folder`; a context manager that ends them all."""

    def __init__(self, folder: Path, *, database_url: str = "", **settings: str) -> None:
        os.environ.update(settings)
        url = database_url or f"sqlite:///{folder / 'bench.db'}"
        super().__init__(folder, kind="service", database_url=url)
        self.environment["CLOCK_FILE"] = ""  # the machine's own clock
        self.environment["LOG_LEVEL"] = "WARNING"
        self.adopt_environment()

    def __enter__(self) -> Self:
        return self

    def start_sandbox_with(self, *, latency_ms: int = 0, pushes: bool = False) -> None:
        """A sandbox whose calls take `latency_ms` and which pushes events, or does not."""
        command = [sys.executable, "-m", "sandbox", "--port", str(self.sandbox_port)]
        command += ["--web", self.web_url if pushes else "", "--latency-ms", str(latency_ms)]
        self._start("sandbox", command)
        self.wait_until_answers("sandbox", f"{self.sandbox_url}/_sandbox/clock")

    def start_granian(self, name: str, factory: str, *, port: int = 0, ready: str = "/healthz") -> int:
        """granian as production runs it (1 worker, 4 blocking threads); its port.

        `ready` is a path that answers 200 once it is up; "" waits until somebody listens.
        """
        port = port or free_ports(1)[0]
        command = [sys.executable, "-m", "granian", *GRANIAN, "--blocking-threads", THREADS]
        self._start(name, [*command, "--log-level", "warning", "--port", str(port), factory])
        if ready:
            self.wait_until_answers(name, f"http://127.0.0.1:{port}{ready}")
        else:
            wait_until(lambda: self._listens(port), PATIENCE_SECONDS, f"{name}: nobody listens")
        return port

    def _listens(self, port: int) -> bool:
        self.alive()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def cpu_seconds(self, name: str) -> float:
        """CPU time of a process and of its children so far."""
        pids = [self.pid(name)]
        for pid in pids:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            pids += [int(child) for child in children]
        ticks = 0
        for pid in pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def open_database() -> None:
    """The database of the settings, with the tables of today, open in this process."""
    models.connect(config.settings().database_url).connect()
    runner().up()


def close_database() -> None:
    if not db.is_closed():
        db.close()
