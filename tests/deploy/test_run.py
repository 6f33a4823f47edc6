"""`make run`, as a person meets it: it starts, says so, keeps the data, and Ctrl-C ends all of it."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READY = "微党校已就绪"
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Installation:
    folder: Path
    web_port: int
    sandbox_port: int

    @property
    def database(self) -> Path:
        return self.folder / "alliance.db"

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "APP_ENV": "development",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "REDIS_URL": "",
            "STORAGE_URL": f"file://{self.folder / 'files'}",
            "CLOCK_FILE": str(self.folder / "clock.json"),
            "SANDBOX_STATE": str(self.folder / "sandbox.json"),
            "WEB_PORT": str(self.web_port),
            "SANDBOX_PORT": str(self.sandbox_port),
        }


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        ports = one.getsockname()[1], two.getsockname()[1]
    return Installation(tmp_path_factory.mktemp("run"), *ports)


@contextmanager
def running(installation: Installation) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """`make run` in a session of its own, as a terminal gives it."""
    log = installation.folder / "log"
    with log.open("w", encoding="utf-8") as sink:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=ROOT,
            env=installation.environment(),
            stdout=sink,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        yield process, log
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def seconds_until(words: str, process: subprocess.Popen[str], log: Path) -> float:
    """Seconds until it said the words; fails with all it said when it ended or took a minute."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        if words in log.read_text(encoding="utf-8"):
            return time.monotonic() - began
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8"))


def status_of(port: int, path: str) -> int:
    with direct.open(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
        return int(response.status)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def count(installation: Installation, what: str) -> int:
    with closing(sqlite3.connect(installation.database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0])


@pytest.mark.serial
@pytest.mark.timeout(200)
def test_it_starts_twice_keeps_the_data_and_ends_with_ctrl_c(installation: Installation):
    with running(installation) as (process, log):
        seconds_until(READY, process, log)
        assert status_of(installation.web_port, "/healthz") == 200
        assert status_of(installation.web_port, "/readyz") == 200
        assert status_of(installation.sandbox_port, "/healthz") == 200
        seconds_until("菜单已发布", process, log)
        seconds_until("里的手机：", process, log)
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
    assert count(installation, "follower WHERE person_id IS NOT NULL") == 6
    loaded, units = count(installation, "person"), count(installation, "member_unit")
    assert loaded >= 60
    assert not is_listening(installation.web_port)
    assert not is_listening(installation.sandbox_port)
    with closing(sqlite3.connect(installation.database)) as connection:
        connection.execute("UPDATE member_unit SET name = '改过的名称' WHERE short_name = '乐余'")
        connection.commit()

    with running(installation) as (process, log):
        seconds = seconds_until(READY, process, log)
        seconds_until("菜单没有变化", process, log)  # the local WeChat kept its menu, and its phones
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)

    assert seconds < 10
    assert count(installation, "person") == loaded
    assert count(installation, "member_unit WHERE name = '改过的名称'") == 1
    assert count(installation, "member_unit") == units


@pytest.mark.serial
def test_a_taken_port_is_one_clear_sentence(installation: Installation):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", installation.web_port))
        other.listen()

        told = subprocess.run(
            ["make", "run"],
            cwd=ROOT,
            env=installation.environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert told.returncode != 0
    assert f"端口 {installation.web_port} 已被占用" in told.stderr
    assert "WEB_PORT" in told.stderr
    assert "Traceback" not in told.stderr
