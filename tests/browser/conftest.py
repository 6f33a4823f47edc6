"""The running site and a browser that fails on console errors and on requests that leave the host.

`site` serves the app from threads on a database file of its own; `open_page` gives pages.
"""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from peewee import Database
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from werkzeug.serving import make_server

import clock
import models
from models.base import make_database
from tests.conftest import NOON

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = (1440, 900)
PHONE = (390, 844)
# Chromium refuses some ports (ERR_UNSAFE_PORT), all of them below this.
SAFE_PORTS_FROM = 20_000

OpenPage = Callable[..., Page]

expect.set_options(timeout=20_000)  # a page waits for its turn where two cores run everything


@dataclass(frozen=True)
class Site:
    url: str
    app: Flask
    database: Database


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, headless."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("没有 chromium，请先执行：apt-get install -y chromium fonts-wqy-microhei")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The web process in threads, at noon of a Monday, on an empty database with all tables."""
    from server import create_app

    before = models.db.obj
    database = make_database(f"sqlite:///{tmp_path / 'site.db'}")
    models.db.initialize(database)
    database.connect()
    database.create_tables(models.TABLES)
    clock.set_fixed(NOON)
    app = create_app()
    server = make_server("127.0.0.1", _free_port(), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", app, database)
    server.shutdown()
    thread.join()
    server.server_close()
    clock.set_fixed(None)
    database.close()
    if before is not None:
        models.db.initialize(before)


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[OpenPage]:
    """`open_page()` or `open_page(PHONE)`: a page of its own, without cookies of the others."""
    faults: list[str] = []
    contexts = []

    def note_message(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(f"console {message.type}: {message.text}")

    def note_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != site.url:
            faults.append(f"request left the host: {request.url}")

    def opened(size: tuple[int, int] = WIDE) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=site.url,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note_message)
        page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
        page.on("request", note_request)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def _free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port >= SAFE_PORTS_FROM:
            return port
