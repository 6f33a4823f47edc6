"""What `make run` says once everything answers, and when something does not."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import announce
import pytest

import config
from demo import alliance

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "http://127.0.0.1:1/healthz"  # nothing listens on port 1


@contextmanager
def listening(status: int) -> Iterator[str]:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_words):
            """Tests need no access log."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/healthz"
    server.shutdown()
    server.server_close()


def test_nobody_is_silent_when_all_answer():
    with listening(200) as one, listening(200) as other:
        assert announce.silent_after_waiting([one, other]) == []


def test_who_never_answers_is_named():
    with listening(200) as healthy, listening(500) as ill:
        assert announce.silent_after_waiting([healthy, ill, NOBODY], patience_seconds=0.2) == [ill, NOBODY]


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with listening(200) as healthy:
        assert announce.silent_after_waiting([healthy], patience_seconds=0.2) == []


def test_it_ends_with_the_processes_it_waits_for():
    code = f"import announce; announce.silent_after_waiting(['{NOBODY}'])"
    told = subprocess.run(
        ["bash", "-c", f'{sys.executable} -c "{code}" >/dev/null & echo $!; sleep 3'],
        env=os.environ | {"PYTHONPATH": str(ROOT / "deploy")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    waiter = int(told.stdout)

    deadline = time.monotonic() + 20
    while Path(f"/proc/{waiter}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not is_running(waiter)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]


def test_the_welcome_names_the_addresses_and_every_demo_account():
    chosen = config.Settings(_env_file=None, web_port=9000, sandbox_port=9100)

    text = announce.welcome(chosen, 3.21)

    assert "http://127.0.0.1:9000/console/" in text
    assert "http://127.0.0.1:9100/" in text
    assert alliance.PASSWORD in text
    assert "3.2" in text
    for account in alliance.ACCOUNTS:
        assert f" {account.username} " in text
