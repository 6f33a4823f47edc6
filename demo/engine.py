"""The engine of a demo run: a SQLite file of its own, or a PostgreSQL database and a Redis number."""

from __future__ import annotations

import getpass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

import config

DATABASE = "weidangxiao_demo"
REDIS_NUMBER = 14


class EngineMissing(RuntimeError):
    """The engine asked for does not answer; the text says what to do."""


def prepared(
    engine: str, folder: Path, *, database: str = DATABASE, redis_number: int = REDIS_NUMBER
) -> tuple[str, str]:
    """DATABASE_URL and REDIS_URL of an empty store. Raises EngineMissing.

    A PostgreSQL database of that name, and what is in that Redis number, are dropped.
    """
    if engine == "sqlite":
        return f"sqlite:///{folder / 'demo.db'}", ""
    if engine != "postgresql":
        raise EngineMissing("ENGINE 须是 sqlite 或 postgresql")
    return _postgresql(database), _redis(redis_number)


def _postgresql(database: str) -> str:
    given = config.settings().test_database_url
    tried = (
        [given]
        if given
        else [f"postgresql://{u}@127.0.0.1:5432/test" for u in (getpass.getuser(), "postgres")]
    )
    for url in tried:
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=3) as connection:
                name = sql.Identifier(database)
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
                connection.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name)
                )
        except psycopg.OperationalError:
            continue
        return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
    raise EngineMissing("PostgreSQL 没有应答；请启动它，或用 TEST_DATABASE_URL 指出一个可建库的地址")


def _redis(number: int) -> str:
    parts = urlsplit(config.settings().test_redis_url or "redis://127.0.0.1:6379/0")
    url = urlunsplit(parts._replace(path=f"/{number}"))
    try:
        redis.Redis.from_url(url, socket_connect_timeout=3).flushdb()
    except redis.RedisError as error:
        raise EngineMissing("Redis 没有应答；请启动它，或用 TEST_REDIS_URL 指出地址") from error
    return url
