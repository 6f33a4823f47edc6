"""`flask web|worker|clock run`: the processes of the product, started by the same code and settings."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

import click
from flask import current_app
from flask.cli import AppGroup

import config
from jobs import clock as clock_process
from jobs import worker as worker_process
from services import readiness, wechat_account

web = AppGroup("web", help="网站进程：回调、接口、页面、控制台")
worker = AppGroup("worker", help="任务进程：启动、发送、结算")
clock = AppGroup("clock", help="时钟进程：到点的事由它发起，多开时只有一个领头")
commands = (web, worker, clock)

WEB_THREADS = 16


@web.command("run")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=None, help="默认取 WEB_PORT")
@click.option(
    "--server",
    type=click.Choice(["waitress", "granian"]),
    default="waitress",
    show_default=True,
    help="waitress：单机直连；granian：在 nginx 之后",
)
@click.option("--workers", type=int, default=1, show_default=True, help="granian 的进程数")
def run_web(host: str, port: int | None, server: str, workers: int) -> None:
    """Serve until the process is ended."""
    port = port or config.settings().web_port
    _log_to_stderr()
    _refuse_unready()
    if server == "granian":
        arguments = ["-m", "granian", "--interface", "wsgi", "--factory", "server:create_web"]
        arguments += ["--host", host, "--port", str(port), "--workers", str(workers)]
        arguments += ["--blocking-threads", "4"]
        os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - our own interpreter, no shell
    import waitress

    signal.signal(signal.SIGTERM, _end)  # waitress then lets the requests at work end, for 5 s
    wechat_account.use_timeouts(wechat_account.WEB_TIMEOUTS)
    waitress.serve(current_app._get_current_object(), host=host, port=port, threads=WEB_THREADS)  # type: ignore[attr-defined]


@worker.command("run")
@click.option("--threads", type=int, default=worker_process.THREADS, show_default=True)
def run_worker(threads: int) -> None:
    """Run tasks until the process is ended; tasks at work are given a few seconds."""
    _log_to_stderr()
    _refuse_unready()
    worker_process.run(threads)


@clock.command("run")
def run_clock() -> None:
    """Beat each second; lead when no other clock does."""
    _log_to_stderr()
    _refuse_unready()
    clock_process.run()


def _refuse_unready() -> None:
    """One sentence in place of a traceback per beat, task or request."""
    if why := readiness.why_not_ready():
        raise click.ClickException(why)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("huey").setLevel(logging.WARNING)
    # a wait for another process's write is said once, by whoever waits too long
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
