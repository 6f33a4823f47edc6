"""Wait until the web process and the sandbox answer; say where they are and who may sign in.

Started by `make run` beside the processes and ended with them. After a minute of silence it says
which address does not answer. At the end the menu is published and the sample people's phones are
bound: both are talks with WeChat, so they need the sandbox and the web process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import config
from demo import alliance

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.1
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # 127.0.0.1 is behind no proxy


def answers(url: str) -> bool:
    try:
        with direct.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def silent_after_waiting(urls: list[str], patience_seconds: float = PATIENCE_SECONDS) -> list[str]:
    """The addresses that never answered; empty as soon as each has answered once.

    Ends the process in silence when its parent is gone: Ctrl-C does not reach a background job.
    """
    silent, parent = urls, os.getppid()
    deadline = time.monotonic() + patience_seconds
    while True:
        silent = [url for url in silent if not answers(url)]
        if not silent or time.monotonic() > deadline:
            return silent
        if os.getppid() != parent:
            sys.exit(0)
        time.sleep(PAUSE_SECONDS)


def welcome(chosen: config.Settings, seconds: float) -> str:
    """Addresses and demo accounts, as printed once everything answers."""
    lines = [
        f"微党校已就绪（{seconds:.1f} 秒） / ready in {seconds:.1f} s",
        f"  管理后台 / console   {chosen.public_url}/console/",
        f"  沙盒手机 / phones    http://127.0.0.1:{chosen.sandbox_port}/",
        f"  示范账号 / accounts  密码都是 / password {alliance.PASSWORD}",
    ]
    lines += [f"    {account.username:<14}{account.display_name}" for account in alliance.ACCOUNTS]
    lines.append("  停止：Ctrl-C / stop: Ctrl-C")
    rule = "-" * 64
    return "\n".join(["", rule, *lines, rule, ""])


# what a new account has to be given, by the product's own commands; a second run changes nothing
FIRST_STEPS = (("menu", "publish"), ("demo", "phones"))


def take_first_step(words: tuple[str, str]) -> str:
    """Run `flask <words>`; what it said, or the last line of why it failed."""
    told = subprocess.run(
        [config.ROOT / ".venv/bin/flask", *words],
        cwd=config.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode == 0:
        return told.stdout.strip()
    lines = (told.stderr or told.stdout).strip().splitlines()
    return lines[-1] if lines else ""


def main() -> None:
    began = float(os.environ.get("RUN_BEGAN_AT") or time.time())
    parent = os.getppid()
    chosen = config.settings()
    web = f"http://127.0.0.1:{chosen.web_port}/healthz"
    sandbox = f"http://127.0.0.1:{chosen.sandbox_port}/healthz"
    silent = silent_after_waiting([web, sandbox])
    if silent:
        sys.exit(f"没有应答，原因见上面的日志 / no answer, see the log above: {' '.join(silent)}")
    print(welcome(chosen, time.time() - began), flush=True)
    for words in FIRST_STEPS:
        told = take_first_step(words)
        if os.getppid() != parent:
            return  # stopped meanwhile: the failure is no news
        print(told, flush=True)


if __name__ == "__main__":
    main()
