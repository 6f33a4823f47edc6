"""`make run` before its processes: settings for the Procfile, and what it refuses."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(**settings: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"APP_ENV": "development", "CLOCK_FILE": "", "PYTHONUTF8": "1"} | settings
    return subprocess.run(
        [sys.executable, ROOT / "deploy/development.py"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def free_ports() -> tuple[str, str]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1]), str(two.getsockname()[1])


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


def exported(text: str) -> dict[str, str]:
    return dict(line.removeprefix("export ").split("=", 1) for line in text.splitlines())


def test_the_procfile_gets_every_name_it_uses(free_ports: tuple[str, str]):
    web, sandbox = free_ports

    told = run(
        WEB_PORT=web, SANDBOX_PORT=sandbox, WECHAT_ACCOUNT_KIND="subscription", WECHAT_TOKEN="my token"
    )

    names = exported(told.stdout)
    assert told.returncode == 0
    assert (names["WEB_PORT"], names["SANDBOX_PORT"]) == (web, sandbox)
    assert names["WECHAT_ACCOUNT_KIND"] == "subscription"
    assert names["CLOCK_FILE"] == "var/clock.json"
    assert names["SANDBOX_TOKEN"] == "'my token'"
    for name in ("WEB_PORT", "SANDBOX_PORT", "WECHAT_ACCOUNT_KIND", "CLOCK_FILE", "SANDBOX_STATE"):
        assert f"${name}" in (ROOT / "Procfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["WEB_PORT", "SANDBOX_PORT"])
def test_a_taken_port_is_named_with_its_setting(name: str, taken_port: str, free_ports: tuple[str, str]):
    other = "SANDBOX_PORT" if name == "WEB_PORT" else "WEB_PORT"

    told = run(**{name: taken_port, other: free_ports[0]})

    chinese, english = told.stderr.splitlines()
    assert told.returncode == 1
    assert told.stdout == ""
    assert f"端口 {taken_port} 已被占用" in chinese
    assert f"Port {taken_port} is taken" in english
    assert f"{name}=" in chinese
    assert f"{name}=" in english


def test_one_port_cannot_serve_both(free_ports: tuple[str, str]):
    told = run(WEB_PORT=free_ports[0], SANDBOX_PORT=free_ports[0])

    assert told.returncode == 1
    assert f"cannot both be {free_ports[0]}" in told.stderr


def test_a_wrong_setting_is_named(free_ports: tuple[str, str]):
    told = run(WEB_PORT="eighty", SANDBOX_PORT=free_ports[0])

    assert told.returncode == 1
    assert "WEB_PORT" in told.stderr
    assert "Traceback" not in told.stderr


def test_production_is_sent_to_the_runbook():
    told = run(
        APP_ENV="production",
        SECRET_KEY="a",
        FIELD_KEY="b",
        BACKUP_KEY="c",
        WECHAT_APP_ID="d",
        WECHAT_APP_SECRET="e",
        WECHAT_TOKEN="f",
        WECHAT_AES_KEY="g",
        MINI_APP_ID="h",
        PUBLIC_URL="https://weidangxiao.example",
    )

    assert told.returncode == 1
    assert "docs/runbook.md" in told.stderr
