"""Wrong tries at binding: counted for each WeChat, whatever was tried; the fifth locks for an hour.

They are answered in words, not raised: the chat edge rolls a handler's error back, and the count must stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import clock
from models.base import locked
from models.people import Follower
from services.errors import Conflict

MOST_WRONG_TRIES = 5
LOCKED_FOR = timedelta(hours=1)


def locked_follower(follower: Follower) -> Follower:
    """The follower's row, locked until the transaction ends. Raises Conflict when it is gone."""
    row = locked(Follower.select().where(Follower.id == follower.id)).first()
    if row is None:
        raise Conflict()
    return row


def set_values(follower: Follower, **values: object) -> None:
    """Write these columns and no others; the instance at hand follows."""
    Follower.update(**values).where(Follower.id == follower.id).execute()
    for name, value in values.items():
        setattr(follower, name, value)


def refusal(row: Follower, now: datetime) -> str:
    """Why nothing may be tried now; "" when it may."""
    until = row.binding_locked_until
    return _locked_words(until, now) if until is not None and until > now else ""


def count_wrong(follower: Follower, row: Follower, now: datetime, *, what: str, hint: str) -> str:
    """Count a wrong try and say how many are left; `what` names what was wrong, `hint` how to mend it."""
    lock_is_over = row.binding_locked_until is not None
    wrong = 1 if lock_is_over else row.failed_bindings + 1
    if wrong < MOST_WRONG_TRIES:
        set_values(follower, failed_bindings=wrong, binding_locked_until=None)
        return f"{what}，还可以再试 {MOST_WRONG_TRIES - wrong} 次。{hint}"
    until = now + LOCKED_FOR
    set_values(follower, failed_bindings=wrong, binding_locked_until=until, pending_invite_code=None)
    return _locked_words(until, now)


def _locked_words(until: datetime, now: datetime) -> str:
    minutes = max(1, -int((now - until).total_seconds() // 60))
    at = clock.to_local(until)
    wait = f"请约 {minutes} 分钟后（{at:%H:%M}）再试"
    return f"连续输错 {MOST_WRONG_TRIES} 次，{wait}，或联系本单位联络员。"
