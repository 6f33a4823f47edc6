"""The four processes on free ports with a data folder of their own, and their end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import requests

import config

PATIENCE_SECONDS = 60


class NotStarted(RuntimeError):
    """A process ended or stayed silent; the text names its log."""


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now; Chromium's refused ones lie below and are never given."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Processes:
    """web, worker, clock and sandbox over one database; a context manager that ends them all."""

    def __init__(self, folder: Path, *, kind: str, database_url: str, redis_url: str = "") -> None:
        self.folder = folder
        self.web_port, self.sandbox_port = free_ports(2)
        self.clock_file = folder / "clock.json"
        self.environment = {
            **os.environ,
            "APP_ENV": "development",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "STORAGE_URL": f"file://{folder / 'files'}",
            "WEB_PORT": str(self.web_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "PUBLIC_URL": self.web_url,
            "WECHAT_API_URL": self.sandbox_url,
            "WECHAT_OPEN_URL": self.sandbox_url,
            "WECHAT_MP_URL": self.sandbox_url,
            "WECHAT_ACCOUNT_KIND": kind,
            "CLOCK_FILE": str(self.clock_file),
            "PYTHONUNBUFFERED": "1",
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    def adopt_environment(self) -> None:
        """Make this process read the same settings as the four."""
        os.environ.update(self.environment)
        config.settings.cache_clear()

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_sandbox(self) -> None:
        kind = self.environment["WECHAT_ACCOUNT_KIND"]
        self._start(
            "sandbox",
            [
                sys.executable,
                "-m",
                "sandbox",
                "--port",
                str(self.sandbox_port),
                "--web",
                self.web_url,
                "--kind",
                kind,
                "--state",
                str(self.folder / "sandbox.json"),
                "--clock-file",
                str(self.clock_file),
            ],
        )
        self.wait_until_answers("sandbox", f"{self.sandbox_url}/_sandbox/clock")

    def start_product(self) -> None:
        for what in ("web", "worker", "clock"):
            self.start(what)
        self.wait_until_answers("web", f"{self.web_url}/readyz")

    def start(self, what: str, name: str = "", **environment: str) -> None:
        """Start a web, worker or clock process. `name` tells it from another of its kind."""
        flask = str(Path(sys.executable).with_name("flask"))
        self._start(name or what, [flask, what, "run"], environment)

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        self._running[name].kill()
        self._running.pop(name).wait()

    def end(self, name: str, seconds: float = 10) -> int:
        """End a process as an operator would (SIGTERM); its exit code. Raises TimeoutExpired."""
        self._running[name].send_signal(signal.SIGTERM)
        code = self._running[name].wait(seconds)
        del self._running[name]
        return code

    def log(self, name: str) -> str:
        """What a process has said so far."""
        return self._log(name).read_text(encoding="utf-8", errors="replace")

    def alive(self) -> None:
        """Raises NotStarted when one of them has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                told = f"{name} 已退出（{process.returncode}），日志：{self._log(name)}"
                raise NotStarted(f"{told}\n{self._tail(name)}")

    def wait_until_answers(self, name: str, url: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self.alive()
            try:
                if requests.get(url, timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
        raise NotStarted(f"{name} 没有应答 {url}，日志：{self._log(name)}\n{self._tail(name)}")

    def stop(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 15
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _start(self, name: str, command: list[str], environment: dict[str, str] | None = None) -> None:
        with open(self._log(name), "ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                cwd=config.ROOT,
                env=self.environment | (environment or {}),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _tail(self, name: str) -> str:
        return self.log(name)[-2000:]
