"""Real processes over a store of their own: SQLite, and PostgreSQL with Redis where they answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis

import config
import models
from demo.engine import EngineMissing, prepared
from demo.local_wechat import LocalWeChat
from demo.processes import Processes
from demo.storyline import Storyline, close_database
from models.schema import runner

DATABASE = f"weidangxiao_process_{os.getpid()}"  # another checkout's tests may run beside ours
REDIS_NUMBERS = range(13, 0, -1)
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.engines)]

SENDS = ("message/custom/send", "message/template/send", "message/template/subscribe")


@pytest.fixture
def engine_name() -> str:
    """The engine of `store`; a test that wants both parametrizes it with ENGINES."""
    return "sqlite"


@pytest.fixture
def store(engine_name: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """DATABASE_URL and REDIS_URL of an empty store, which is gone afterwards."""
    try:
        number = REDIS_NUMBERS[0] if engine_name == "sqlite" else free_redis_number()
        urls = prepared(engine_name, tmp_path, database=DATABASE, redis_number=number)
    except EngineMissing as missing:
        pytest.skip(str(missing))
    if engine_name == "sqlite":
        yield urls
        return
    with redis.Redis.from_url(urls[1]) as client:
        client.set("taken", os.getpid(), ex=900)
        yield urls
        client.flushdb()
    with psycopg.connect(urls[0].replace(DATABASE, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def free_redis_number() -> int:
    """An empty number: nobody else's tests are at work in it. Raises EngineMissing."""
    base = urlsplit(config.settings().test_redis_url or "redis://127.0.0.1:6379/0")
    for number in REDIS_NUMBERS:
        with redis.Redis.from_url(urlunsplit(base._replace(path=f"/{number}"))) as client:
            try:
                if client.dbsize() == 0:
                    return number
            except redis.RedisError as error:
                raise EngineMissing(f"Redis 没有应答：{error}") from error
    raise EngineMissing(f"Redis 的 {REDIS_NUMBERS[-1]} 到 {REDIS_NUMBERS[0]} 号都有数据，没有可用的空库")


@pytest.fixture
def processes(store: tuple[str, str], tmp_path: Path) -> Iterator[Processes]:
    """A sandbox with its clock, and room for the rest; this process shares their settings."""
    database_url, redis_url = store
    bound, before = models.db.obj, dict(os.environ)
    try:
        with Processes(tmp_path, kind="service", database_url=database_url, redis_url=redis_url) as started:
            started.environment |= {
                "SEND_CONNECTIONS": "10",
                "SANDBOX_PUSH_RETRY_GAP": "4.5",  # WeChat gives a callback three times five seconds
            }
            started.adopt_environment()
            started.start_sandbox()
            yield started
    finally:
        os.environ.clear()
        os.environ.update(before)
        config.settings.cache_clear()
        if bound is not None:
            models.db.initialize(bound)


@pytest.fixture
def wechat(processes: Processes) -> LocalWeChat:
    return LocalWeChat(processes.sandbox_url)


@pytest.fixture
def story(processes: Processes, wechat: LocalWeChat, members: int) -> Iterator[Storyline]:
    """The demo's storyline, prepared: alliance and crowd are in the database, nothing runs yet."""
    told = Storyline(processes, wechat, members)
    try:
        told.prepare()
        yield told
    finally:
        close_database()


@pytest.fixture
def upgraded(store: tuple[str, str]) -> Iterator[str]:
    """DATABASE_URL of a store with all tables and no rows."""
    bound = models.db.obj
    database = models.connect(store[0])
    try:
        with database.connection_context():
            runner().up()
        yield store[0]
    finally:
        if bound is not None:
            models.db.initialize(bound)


def slow_sends(wechat: LocalWeChat, delay_ms: float) -> None:
    """From now on every message by the API takes this long."""
    for path in SENDS:
        fault = {"path": f"/cgi-bin/{path}", "delay_ms": delay_ms, "times": 1_000_000}
        wechat.post("/_sandbox/faults", fault)


def sends_made(wechat: LocalWeChat) -> int:
    """Messages by the API so far that were answered."""
    told = wechat.calls().items()
    return sum(sum(codes.values()) for path, codes in told if path.endswith(SENDS))
