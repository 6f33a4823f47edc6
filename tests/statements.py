"""How many statements a call sends; import `count_statements` into a conftest to use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from peewee import Database

__all__ = ["count_statements"]


@pytest.fixture
def count_statements(db: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], int]:
    """How many statements a call sends, beside those that begin and end transactions."""

    def counted(call: Callable[[], object]) -> int:
        seen: list[str] = []
        execute = db.execute_sql

        def spy(sql: str, *args: Any, **more: Any) -> Any:
            if sql.split()[0].upper() in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
                seen.append(sql)
            return execute(sql, *args, **more)

        # on the database itself: a test that patched it there leaves its method behind, which a
        # patch of the class would not reach
        with monkeypatch.context() as patch:
            patch.setattr(db, "execute_sql", spy)
            call()
        return len(seen)

    return counted
