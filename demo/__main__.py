"""`make demo`: MEMBERS, ACCOUNT (service, subscription), ENGINE (sqlite, postgresql)."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import requests

import config
from demo import report
from demo.console_client import Refused
from demo.engine import EngineMissing, prepared
from demo.local_wechat import LocalWeChat
from demo.processes import NotStarted, Processes
from demo.storyline import Storyline, close_database


def main() -> int:
    members = os.environ.get("MEMBERS", "500")
    account = os.environ.get("ACCOUNT", "service")
    engine = os.environ.get("ENGINE", "sqlite")
    if not members.isdecimal() or not 20 <= int(members) <= 100_000:
        return _refused("MEMBERS 须是 20 到 100000 的整数")
    if account not in ("service", "subscription"):
        return _refused("ACCOUNT 须是 service（服务号）或 subscription（订阅号）")
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=_var()))
    try:
        database_url, redis_url = prepared(engine, folder)
        told = _run(folder, int(members), account, database_url, redis_url)
    except (EngineMissing, NotStarted, Refused, TimeoutError, requests.RequestException) as error:
        print(f"演示没有完成：{error}\n日志在 {folder}", file=sys.stderr)
        return 1
    if told == 0:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"日志在 {folder}", file=sys.stderr)
    return told


def _run(folder: Path, members: int, account: str, database_url: str, redis_url: str) -> int:
    began = time.monotonic()
    with Processes(folder, kind=account, database_url=database_url, redis_url=redis_url) as processes:
        processes.adopt_environment()
        processes.start_sandbox()
        story = Storyline(processes, LocalWeChat(processes.sandbox_url), members)
        try:
            story.run()
            _print(story, account, time.monotonic() - began)
        finally:
            close_database()
    return 1 if story.problems else 0


def _print(story: Storyline, account: str, seconds: float) -> None:
    kind = {"service": "认证服务号", "subscription": "认证订阅号"}[account]
    engine = "SQLite" if config.settings().is_sqlite else "PostgreSQL + Redis"
    print(f"示范联盟：{story.members:,} 名会员，{kind}，{engine}\n\n投递")
    print(report.ledger(story.campaigns))
    rows = story.answers()
    print("\n问卷：存下的回答与会员的本意")
    print(report.table(["题目", "回答", "存下", "本意"], rows))
    print("\n用时（秒）")
    print(report.table(["步骤", "秒"], [[what, f"{took:.1f}"] for what, took in story.timings]))
    print(f"  合计 {seconds:.1f} 秒")
    if story.problems:
        print("\n不符之处：\n  " + "\n  ".join(story.problems))
    else:
        print("\n各项合计与受众一致；没有遗漏，没有重复；问卷没有调用任何接口。")


def _var() -> Path:
    var = config.ROOT / "var"
    var.mkdir(exist_ok=True)
    return var


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
