"""The audit trail: acts of accounts, chained by hashes so that a change anywhere shows.

`hash` = SHA-256 over the previous row's hash and the canonical JSON of this row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import clock
from models.accounts import Account
from models.audit import AuditEntry
from models.base import BaseModel, db, is_sqlite

GENESIS = "0" * 64
ADVISORY_LOCK = 0x57445841  # one writer of the chain at a time on PostgreSQL

# The client's address of the request at hand; the web edge sets it.
client_address: ContextVar[str] = ContextVar("client_address", default="")


@dataclass(frozen=True)
class Broken:
    entry_id: int
    reason: str


def record(action: str, subject: BaseModel | None, *, actor: Account | None, **details: Any) -> AuditEntry:
    """Add one line for an act of an account; `actor` None means the command line.

    Call it inside the act's own transaction. Details must hold no secret,
    phone number or openid.
    """
    with db.atomic():
        if not is_sqlite():
            db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (ADVISORY_LOCK,))
        last = AuditEntry.select(AuditEntry.hash).order_by(AuditEntry.id.desc()).first()
        unit = getattr(subject, "member_unit_id", None)
        entry = AuditEntry(
            at=clock.utc_now(),
            account_id=actor.id if actor else None,
            account_name=actor.username if actor else "命令行",
            action=action,
            subject_kind=type(subject).__name__ if subject is not None else "",
            subject_id=str(subject.get_id()) if subject is not None else "",
            member_unit_id=unit if unit is not None else (actor.member_unit_id if actor else None),
            address=client_address.get(),
            details=json.dumps(details, ensure_ascii=False, sort_keys=True, default=str),
            previous_hash=last.hash if last else GENESIS,
        )
        entry.hash = _hash(entry)
        entry.save(force_insert=True)
        return entry


def actions() -> list[str]:
    """The kinds of acts there are, each found by one step along the index, however long the trail."""
    steps = db.execute_sql(
        "WITH RECURSIVE step(action) AS (SELECT MIN(action) FROM audit_entry UNION ALL"
        " SELECT (SELECT MIN(action) FROM audit_entry WHERE action > step.action) FROM step"
        " WHERE step.action IS NOT NULL) SELECT action FROM step WHERE action IS NOT NULL"
    )
    return [action for (action,) in steps.fetchall()]


def verify() -> Iterator[Broken]:
    """Each row whose content or place in the chain was changed; nothing when it is whole."""
    previous = GENESIS
    for entry in AuditEntry.select().order_by(AuditEntry.id).iterator():
        if entry.previous_hash != previous:
            yield Broken(entry.id, "与上一条的衔接被破坏（有记录被删除或插入）")
        if entry.hash != _hash(entry):
            yield Broken(entry.id, "内容被修改")
        previous = entry.hash


def _hash(entry: AuditEntry) -> str:
    at: datetime = entry.at
    content = json.dumps(
        [
            at.isoformat(timespec="microseconds"),
            entry.account_id,
            entry.account_name,
            entry.action,
            entry.subject_kind,
            entry.subject_id,
            entry.member_unit_id,
            entry.address,
            entry.details,
            entry.previous_hash,
        ],
        ensure_ascii=False,
    )
    return hashlib.sha256(content.encode()).hexdigest()
