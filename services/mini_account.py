"""The mini program of the settings: one client per process."""

from __future__ import annotations

import threading

import config
from services import wechat_account
from wechat.mini_program import MiniProgram, make_mini_program

_lock = threading.Lock()
_program: MiniProgram | None = None


def program() -> MiniProgram:
    """The process's mini program, made at the first call; it waits for WeChat as the gateway does."""
    global _program
    with _lock:
        if _program is None:
            _program = make_mini_program(
                config.settings(), wechat_account.token_store(), timeouts=wechat_account.timeouts()
            )
        return _program


def set_program(other: MiniProgram | None) -> None:
    """Use another one (tests); None: make one anew at the next call."""
    global _program
    with _lock:
        _program = other
