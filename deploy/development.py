"""Print the settings that the Procfile needs, as shell exports; refuse what cannot run.

Exit 1 with one sentence when a setting is wrong, the mode is production or a port is taken.
With the word `prepare` it also migrates the database and loads the demo alliance: one process
does all, as each start of the interpreter costs a second of the ten that a start may take.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pydantic import ValidationError

import config


def refuse(chinese: str, english: str) -> NoReturn:
    sys.exit(f"{chinese}\n{english}")


def read_settings() -> config.Settings:
    try:
        return config.Settings()
    except ValidationError as error:
        told = (("".join(map(str, e["loc"])).upper(), e["msg"]) for e in error.errors())
        wrong = "; ".join(f"{name}: {message}" if name else message for name, message in told)
        refuse(
            f"设置有误（.env 或环境变量）：{wrong}", f"A setting is wrong (.env or the environment): {wrong}"
        )


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def refuse_taken_ports(chosen: config.Settings) -> None:
    if chosen.web_port == chosen.sandbox_port:
        refuse(
            f"WEB_PORT 与 SANDBOX_PORT 不能同为 {chosen.web_port}。",
            f"WEB_PORT and SANDBOX_PORT cannot both be {chosen.web_port}.",
        )
    for name, port in (("WEB_PORT", chosen.web_port), ("SANDBOX_PORT", chosen.sandbox_port)):
        if is_taken(port):
            refuse(
                f"端口 {port} 已被占用：请关闭占用它的程序，或另选端口（如 {name}={port + 10} make run）。",
                f"Port {port} is taken: stop what uses it, or choose another ({name}={port + 10} make run).",
            )


def exports(chosen: config.Settings) -> dict[str, str]:
    """What the Procfile names, and the sandbox's side of the account's settings."""
    return {
        "WEB_PORT": str(chosen.web_port),
        "SANDBOX_PORT": str(chosen.sandbox_port),
        "WECHAT_ACCOUNT_KIND": chosen.wechat_account_kind,
        "CLOCK_FILE": chosen.clock_file or "var/clock.json",
        "SANDBOX_STATE": os.environ.get("SANDBOX_STATE") or "var/sandbox.json",
        "SANDBOX_VERIFIED": str(chosen.wechat_verified).lower(),
        "SANDBOX_APP_ID": chosen.wechat_app_id,
        "SANDBOX_APP_SECRET": chosen.wechat_app_secret,
        "SANDBOX_TOKEN": chosen.wechat_token,
        "SANDBOX_AES_KEY": chosen.wechat_aes_key,
        "SANDBOX_CALLBACK_MODE": chosen.wechat_callback_mode,
        "SANDBOX_MINI_APP_ID": chosen.mini_app_id,
        "SANDBOX_MINI_APP_SECRET": chosen.mini_app_secret,
        "SANDBOX_MINI_TOKEN": chosen.mini_token,
        "SANDBOX_MINI_AES_KEY": chosen.mini_aes_key,
        "PYTHONUNBUFFERED": "1",
    }


def prepare() -> None:
    """`flask db upgrade` and `flask demo load`, in this process; what they say goes to stderr."""
    from click import ClickException
    from flask.cli import FlaskGroup, ScriptInfo

    from server import create_app

    info = ScriptInfo(create_app=create_app)
    with contextlib.redirect_stdout(sys.stderr):
        for words in (["db", "upgrade"], ["demo", "load"]):
            try:
                FlaskGroup(create_app=create_app).main(words, "flask", obj=info, standalone_mode=False)
            except ClickException as error:
                sys.exit(f"flask {' '.join(words)}: {error.format_message()}")


def main(words: list[str]) -> None:
    chosen = read_settings()
    if chosen.app_env == "production":
        refuse(
            "make run 只用于试用与开发；生产环境请看 docs/runbook.md。",
            "make run is for trial and development; for production see docs/runbook.md.",
        )
    refuse_taken_ports(chosen)
    names = exports(chosen)
    if words == ["prepare"]:
        os.environ.update(names)
        config.settings.cache_clear()
        prepare()
    for name, value in names.items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    main(sys.argv[1:])
