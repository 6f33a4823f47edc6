"""Leases: one owner at a time for a name, until a time; taken and renewed by one UPDATE.

Another takes over when the owner stops renewing. Time is real time, not `clock.py`'s: a moved
clock must not end the lease of a living process.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.base import db
from models.operations import Lease


@dataclass(frozen=True, slots=True)
class Held:
    """A lease of ours."""

    name: str
    owner: str


def new_owner() -> str:
    """A name for this holder that no other has."""
    return f"{os.getpid()}-{secrets.token_hex(8)}"


def take(name: str, *, seconds: float, owner: str | None = None) -> Held | None:
    """The lease if it is free, over, or already this owner's; None while another holds it."""
    owner = owner or new_owner()
    now = _real_now()
    until = now + timedelta(seconds=seconds)
    with db.atomic():
        taken = (
            Lease.update(owner=owner, until=until)
            .where(Lease.name == name, (Lease.until < now) | (Lease.owner == owner))
            .execute()
        )
        if not taken:
            row = Lease.insert(name=name, owner=owner, until=until, created_at=now)
            taken = row.on_conflict_ignore().as_rowcount().execute()
    return Held(name, owner) if taken else None


def renew(held: Held, *, seconds: float) -> bool:
    """Hold on for another while; False when the lease was lost to another."""
    until = _real_now() + timedelta(seconds=seconds)
    where = (Lease.name == held.name, Lease.owner == held.owner)
    return bool(Lease.update(until=until).where(*where).execute())


def release(held: Held) -> None:
    """Give it up, if it is still ours."""
    Lease.delete().where(Lease.name == held.name, Lease.owner == held.owner).execute()


@contextmanager
def held(name: str, *, seconds: float) -> Iterator[Held | None]:
    """The lease while inside, or None when another holds it. It is given up at the end."""
    mine = take(name, seconds=seconds)
    try:
        yield mine
    finally:
        if mine is not None:
            release(mine)


def _real_now() -> datetime:
    return datetime(1970, 1, 1) + timedelta(seconds=time.time())
