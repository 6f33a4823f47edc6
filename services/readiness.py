"""Whether a process can start: its database answers and is upgraded, its Redis answers."""

from __future__ import annotations

from urllib.parse import urlsplit

from peewee import PeeweeException

import config
from models.base import db
from models.schema import runner

REDIS_SECONDS = 3.0


def why_not_ready() -> str:
    """What is missing and what to do about it, in a sentence; "" when nothing is.

    Addresses are told without user and password.
    """
    return _database() or why_no_redis()


def _database() -> str:
    try:
        with db.connection_context():
            waiting = [row.name for row in runner().status() if row.path is not None and not row.applied]
    except PeeweeException as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        return f"数据库没有应答，请启动它，或改正 DATABASE_URL：{said}"
    if waiting:
        return f"数据库的结构还不是最新（缺 {'、'.join(waiting)}），请先执行：flask db upgrade"
    return ""


def why_no_redis() -> str:
    """Why the queue's Redis cannot be used; "" when it answers or none is set."""
    url = config.settings().redis_url
    if not url:
        return ""
    import redis

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=REDIS_SECONDS) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        parts = urlsplit(url)
        where = f"{parts.hostname}:{parts.port or 6379}"
        return f"Redis（{where}）没有应答，请启动它，或改正 REDIS_URL：{type(error).__name__}"
    return ""
