"""The database and what every table has in common. SQLite by default, PostgreSQL by setting."""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from peewee import (
    AutoField,
    BigIntegerField,
    Database,
    DatabaseProxy,
    DateTimeField,
    Model,
    ModelSelect,
    OperationalError,
    PostgresqlDatabase,
    SqliteDatabase,
)
from playhouse.fields import EnumField

import clock
import config

db = DatabaseProxy()
log = logging.getLogger(__name__)

SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "normal",
    "busy_timeout": 8000,
    "foreign_keys": 1,
    "cache_size": -32000,
}

MOST_TRIES = 6
REPEAT_AFTER_SECONDS = 0.05

__all__ = [
    "BaseModel",
    "EnumField",
    "RandomIdModel",
    "Savepoint",
    "connect",
    "db",
    "is_sqlite",
    "locked",
    "make_database",
    "repeated",
]


def make_database(url: str) -> Database:
    """A database for `sqlite:///path` or `postgresql://user:password@host:port/name`.

    Raises ValueError for any other scheme. Connections are opened explicitly
    (`autoconnect=False`): a forgotten one fails loudly instead of leaking.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = url.removeprefix("sqlite:///")
        if path != ":memory:":
            file = Path(path) if Path(path).is_absolute() else config.ROOT / path
            file.parent.mkdir(parents=True, exist_ok=True)
            path = str(file)
        # Read-then-write in a deferred transaction fails at once when another process
        # wrote in between, whatever busy_timeout says; IMMEDIATE waits.
        return SqliteDatabase(path, pragmas=SQLITE_PRAGMAS, lock_type="IMMEDIATE", autoconnect=False)
    if parts.scheme in ("postgresql", "postgres"):
        options: dict[str, Any] = dict(parse_qsl(parts.query))
        return PostgresqlDatabase(
            parts.path.lstrip("/"),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            host=parts.hostname,
            port=parts.port,
            prefer_psycopg3=True,
            autoconnect=False,
            **options,
        )
    raise ValueError(f"DATABASE_URL: unknown scheme {parts.scheme!r}; use sqlite:/// or postgresql://")


def connect(url: str | None = None) -> Database:
    """Bind all models to the database of DATABASE_URL (or `url`) and return it, not yet open."""
    database = make_database(url or config.settings().database_url)
    db.initialize(database)
    return database


def is_sqlite() -> bool:
    return isinstance(db.obj, SqliteDatabase)


Row = TypeVar("Row", bound=Model)


def locked(query: ModelSelect[Row]) -> ModelSelect[Row]:
    """Lock the rows read until the transaction ends.

    SQLite has one writer at a time (IMMEDIATE), so nothing need be added there.
    """
    return query if is_sqlite() else query.for_update()


P = ParamSpec("P")
Told = TypeVar("Told")


def repeated(act: Callable[P, Told]) -> Callable[P, Told]:
    """An act in one transaction of its own, run again when the database broke it off for another's sake.

    PostgreSQL ends one of two transactions that wait for each other; SQLite gives up on a writer
    that waited too long. Nothing of such a transaction stays, so it is safe to run it anew. Inside
    a caller's transaction the error goes up: only the whole can be repeated.
    """

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> Told:
        if db.in_transaction():
            return act(*args, **kwargs)
        for tried in range(1, MOST_TRIES + 1):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                if tried == MOST_TRIES or not _was_broken_off(error):
                    raise
                log.warning("%s: broken off by the database, tried again (%d)", act.__name__, tried)
                time.sleep(REPEAT_AFTER_SECONDS * tried * random.uniform(0.5, 1.5))  # noqa: S311 - out of step
        raise AssertionError("the last try returns or raises")

    return run


def _was_broken_off(error: OperationalError) -> bool:
    if is_sqlite():
        return "locked" in str(error)
    said = (*error.args, error.__cause__, error.__context__)  # peewee's error wraps the driver's
    return any(
        getattr(each, "sqlstate", None) in ("40P01", "40001") for each in said
    )  # deadlock, serialization


class Savepoint:
    """What is done inside is undone alone when it raises; the transaction around it goes on.

    As `db.atomic()` inside a transaction, but under one name: an engine keeps the two statements
    prepared, where a random name makes it read them anew each time. It may not hold itself.
    """

    def __init__(self, name: str) -> None:
        self._begin, self._end = f"SAVEPOINT {name}", f"RELEASE SAVEPOINT {name}"
        self._undo = f"ROLLBACK TO SAVEPOINT {name}"

    def __enter__(self) -> None:
        db.execute_sql(self._begin)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            db.execute_sql(self._undo)
        db.execute_sql(self._end)


class BoundModel(Model):
    class Meta:
        database = db
        legacy_table_names = False

    if TYPE_CHECKING:
        # Peewee makes `<foreign key>_id` and backrefs at run time; its stubs do not know them.
        def __getattr__(self, name: str) -> Any: ...


class BaseModel(BoundModel):
    id = AutoField()
    created_at = DateTimeField(default=clock.utc_now, help_text="UTC")


def _random_id() -> int:
    return secrets.randbits(62) + 1


class RandomIdModel(BoundModel):
    """A table whose rows tell nothing about their order or the time they were made."""

    id = BigIntegerField(primary_key=True, default=_random_id)
