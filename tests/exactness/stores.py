"""Where a run keeps its data: a copied SQLite file, or a database and a Redis number of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

import config
import models


def template_name() -> str:
    """This process's own, also after a fork."""
    return f"exactness_{os.getpid()}"


@contextmanager
def store(engine: str, folder: Path) -> Iterator[tuple[str, str]]:
    """DATABASE_URL and REDIS_URL of a store with all tables and no rows; gone afterwards."""
    if engine == "sqlite":
        shutil.copy(_prepared_file(), folder / "run.db")
        yield f"sqlite:///{folder / 'run.db'}", ""
        return
    admin, template = _prepared_database()
    with psycopg.connect(admin, autocommit=True) as connection, _redis_number() as redis_url:
        run = f"{template}_run"
        connection.execute(f"DROP DATABASE IF EXISTS {run} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {run} TEMPLATE {template}")
        try:
            yield urlunsplit(urlsplit(admin)._replace(path=f"/{run}")), redis_url
        finally:
            connection.execute(f"DROP DATABASE {run} WITH (FORCE)")


def answers() -> bool:
    """Whether PostgreSQL and Redis are there for the runs."""
    told = config.settings()
    try:
        with psycopg.connect(told.test_database_url or "", connect_timeout=3):
            pass
        with redis.Redis.from_url(told.test_redis_url or "redis://127.0.0.1:6379/0") as client:
            client.ping()
    except (psycopg.Error, redis.RedisError):
        return False
    return bool(told.test_database_url)


@contextmanager
def _redis_number() -> Iterator[str]:
    """An empty number of the tests' Redis, emptied afterwards. Raises RuntimeError when all are in use."""
    base = urlsplit(config.settings().test_redis_url or "redis://127.0.0.1:6379/0")
    for number in range(13, 0, -1):
        url = urlunsplit(base._replace(path=f"/{number}"))
        with redis.Redis.from_url(url) as client:
            if client.dbsize() or not client.set("taken", os.getpid(), nx=True, ex=900):
                continue
            try:
                yield url
            finally:
                client.flushdb()
            return
    raise RuntimeError("every number of Redis is in use")


@cache
def _prepared_file() -> Path:
    """A database file with all tables, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="exactness-prepared-"))
    _make_tables(f"sqlite:///{folder / 'empty.db'}")
    return folder / "empty.db"


@cache
def _prepared_database() -> tuple[str, str]:
    """The server's address and a template database with all tables, made once a process."""
    admin, name = config.settings().test_database_url or "", template_name()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    _make_tables(urlunsplit(urlsplit(admin)._replace(path=f"/{name}")))
    return admin, name


def forget() -> None:
    """Drop the template database, where one was made."""
    if _prepared_database.cache_info().currsize:
        admin, template = _prepared_database()
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {template} WITH (FORCE)")
        _prepared_database.cache_clear()


def _make_tables(url: str) -> None:
    bound = models.db.obj
    database = models.connect(url)
    with database.connection_context():
        database.create_tables(models.TABLES)
    if bound is not None:
        models.db.initialize(bound)
