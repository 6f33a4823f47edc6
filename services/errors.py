"""What can go wrong in an act.

DomainError                 code, message (Chinese, says what to do), details
  NotFound                  the row is not there, or not yours to see
  NotAllowed                your role or your school may not
    SignedOut               nobody is signed in, or not any more
  Invalid                   some input is wrong; `fields` names each and why
  Conflict                  it changed meanwhile, or does not fit its state
    IllegalMove             the state machine forbids it
    StaleState              somebody else was faster
  Locked                    too many wrong tries; wait until `until`
  Unavailable               something we need does not answer; the same may work soon

A machine reads `code`, a person reads `message`, a log keeps `details`.
"""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    code = "refused"
    message = "暂时无法完成"

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or type(self).message
        self.details = details
        super().__init__(self.message)


class NotFound(DomainError):
    code, message = "not_found", "没有找到，可能已被删除"


class NotAllowed(DomainError):
    code, message = "not_allowed", "您没有这项权限，请联系管理员"


class SignedOut(NotAllowed):
    code, message = "signed_out", "登录已过期，请重新登录"


class Invalid(DomainError):
    """`fields` maps a field's name to what is wrong with it and how to mend it."""

    code, message = "invalid", "填写有误，请按提示修改"

    def __init__(
        self, message: str | None = None, *, fields: dict[str, str] | None = None, **details: Any
    ) -> None:
        self.fields = fields or {}
        if message is None and self.fields:
            message = "；".join(self.fields.values())
        super().__init__(message, **details)


class Conflict(DomainError):
    code, message = "conflict", "内容已被他人修改，请刷新后重试"


class IllegalMove(Conflict):
    code, message = "illegal_move", "当前状态不能这样操作"


class StaleState(Conflict):
    code, message = "stale_state", "刚刚有人操作过，请刷新后再看"


class Locked(DomainError):
    code, message = "locked", "错误次数过多，请稍后再试"


class Unavailable(DomainError):
    code, message = "unavailable", "系统正忙，请稍后再试"
