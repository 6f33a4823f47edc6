"""Print the second engines that tests may use, as shell exports; say on stderr what was found.

TEST_DATABASE_URL and TEST_REDIS_URL win; without them this machine's own are tried.
"""

from __future__ import annotations

import getpass
import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
import redis

import config

OWN_REDIS = "redis://127.0.0.1:6379/15"


def own_databases() -> list[str]:
    """The places where a developer's PostgreSQL usually is, as this user and as postgres."""
    return [f"postgresql://{user}@127.0.0.1:5432/test" for user in (getpass.getuser(), "postgres")]


def postgresql_version(url: str) -> str:
    """The server's version, or an empty string when it does not answer."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError:
        return ""
    return f"{number // 10000}.{number % 10000}"


def redis_version(url: str) -> str:
    """The server's version, or an empty string when it does not answer."""
    client = redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3)
    try:
        return str(client.info("server")["redis_version"])
    except redis.RedisError:
        return ""
    finally:
        client.close()


def main() -> None:
    chosen = config.settings()
    database_urls = [chosen.test_database_url] if chosen.test_database_url else own_databases()
    redis_url = chosen.test_redis_url or OWN_REDIS
    postgresql = next(((u, v) for u in database_urls if (v := postgresql_version(u))), ("", ""))
    redis_found = redis_version(redis_url)

    for name, asked, found in (
        ("TEST_DATABASE_URL", chosen.test_database_url, postgresql[1]),
        ("TEST_REDIS_URL", chosen.test_redis_url, redis_found),
    ):
        if asked and not found:
            sys.exit(f"{name} 无法连接：请检查地址，或清空它。\n{name} does not answer: mend it or empty it.")
    used = [
        "SQLite",
        f"PostgreSQL {postgresql[1]}" if postgresql[1] else "PostgreSQL 未找到 / not found",
        f"Redis {redis_found}" if redis_found else "Redis 未找到 / not found",
    ]
    print("数据引擎 / engines: " + ", ".join(used), file=sys.stderr)
    print(f"export TEST_DATABASE_URL={shlex.quote(postgresql[0])}")
    print(f"export TEST_REDIS_URL={shlex.quote(redis_url if redis_found else '')}")
    print(f"export TEST_ENGINES={shlex.quote(', '.join(used))}")


if __name__ == "__main__":
    main()
