"""Bulk writes to the ledger, by the driver's own executemany (six times an insert_many).

Callers keep the rule of the ledger: batches of 200 or more in one transaction, a breather of
20 ms between two, so that a callback's short write never waits (measured, docs/decisions/0001).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from models.base import db, is_sqlite

BATCH = 200
BREATHER_SECONDS = 0.02


def many(sql: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run one statement for each row of parameters, inside the caller's transaction.

    Placeholders are `?` on either engine.
    """
    rows = list(rows)
    if not rows:
        return
    if not db.in_transaction():
        raise RuntimeError("bulk writes belong inside a transaction")
    cursor = db.connection().cursor()
    try:
        cursor.executemany(sql if is_sqlite() else sql.replace("?", "%s"), rows)
    finally:
        cursor.close()
