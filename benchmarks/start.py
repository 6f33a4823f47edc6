"""start: how soon the web process answers on a prepared database; and `make run` the second time.

Baseline: an empty Flask application under the same server.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import requests

import config
from benchmarks.figures import Figure
from benchmarks.processes import Measured, close_database, open_database
from benchmarks.sizes import Sizes
from demo import alliance
from demo.processes import free_ports

PEOPLE = 60
PATIENCE_SECONDS = 300.0
EMPTY = (
    "import waitress, benchmarks.web as w; waitress.serve(w.create_bare_app(), host='127.0.0.1', port={port})"
)


def measure(sizes: Sizes) -> list[Figure]:
    """Seconds from the command to the first answer."""
    with tempfile.TemporaryDirectory() as name, Measured(Path(name)) as processes:
        open_database()
        alliance.load(people=PEOPLE)
        close_database()
        flask = str(Path(sys.executable).with_name("flask"))
        ours, empty = [], []
        for _ in range(sizes.rounds):
            ours.append(_until_answered([flask, "web", "run"], processes.environment, processes.web_port))
            port = free_ports(1)[0]
            script = EMPTY.format(port=port)
            empty.append(_until_answered([sys.executable, "-c", script], processes.environment, port))
        more = {"empty_s": statistics.median(empty)}
        if sizes.has_make_run:
            more |= _make_run(Path(name), processes.environment)
    value = statistics.median(ours)
    return [
        Figure(
            "start",
            value,
            "s",
            "an empty Flask app under waitress",
            value / more["empty_s"],
            "sqlite",
            "CPU: importing the packages, on one core",
            more,
        )
    ]


def _make_run(folder: Path, environment: dict[str, str]) -> dict[str, float]:
    """`make run` twice on a database of its own: the first prepares, the second is the figure."""
    web, sandbox = free_ports(2)
    own = {
        **environment,
        "DATABASE_URL": f"sqlite:///{folder / 'run.db'}",
        "WEB_PORT": str(web),
        "SANDBOX_PORT": str(sandbox),
        "PUBLIC_URL": "",
        "CLOCK_FILE": str(folder / "run-clock.json"),
        "SANDBOX_STATE": str(folder / "run-sandbox.json"),
    }
    own |= {name: "" for name in ("WECHAT_API_URL", "WECHAT_OPEN_URL", "WECHAT_MP_URL")}
    seconds = [_until_answered(["make", "run"], own, web, "/console/") for _ in range(2)]
    return {"make_run_first_s": seconds[0], "make_run_s": seconds[1]}


def _until_answered(
    command: Sequence[str], environment: dict[str, str], port: int, path: str = "/healthz"
) -> float:
    """Start, wait for the first 200, end it with all it started."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=config.ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _answers(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None:
                raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
            if time.perf_counter() - began > PATIENCE_SECONDS:
                raise TimeoutError(f"{' '.join(command)} does not answer")
            time.sleep(0.01)
        return time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        _wait_until_free(port)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _wait_until_free(port: int) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and _answers(f"http://127.0.0.1:{port}/healthz"):
        time.sleep(0.1)
