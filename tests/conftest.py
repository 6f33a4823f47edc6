"""What every test shares: settings, a database whose changes are rolled back, a held clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

os.environ["APP_ENV"] = "test"
os.environ.setdefault("CLOCK_FILE", "")

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from peewee import Database

import clock
import config
import models
from models.base import db as database_proxy

# The same examples each time: a run tells about the change, not about luck. New ones are looked
# for with HYPOTHESIS_PROFILE=explore. No example has a time limit: the machine may be busy.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

NOON = datetime(2026, 11, 23, 4, 0)  # 12:00 in Shanghai, a Monday


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The session's database with all tables. `TEST_ENGINE_URL` puts the same tests on PostgreSQL."""
    url = os.environ.get("TEST_ENGINE_URL") or f"sqlite:///{tmp_path_factory.mktemp('db') / 'test.db'}"
    database = models.connect(url)
    database.connect()
    database.drop_tables(list(reversed(models.TABLES)), safe=True)
    database.create_tables(models.TABLES)
    database.close()
    return database


@pytest.fixture
def db(engine: Database) -> Iterator[Database]:
    """The open database; everything written is rolled back.

    Closed between tests: one that forgot this fixture fails, and leaves no rows for the next.
    """
    if database_proxy.obj is not engine:
        database_proxy.initialize(engine)
    engine.connect(reuse_if_open=True)
    with engine.atomic() as transaction:
        yield engine
        transaction.rollback()
    engine.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.engines)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table, not open, bound for the test and dropped after it.

    Its `url` opens it in another process. PostgreSQL only where the settings name one.
    """
    if request.param == "sqlite":
        yield from _bound(f"sqlite:///{tmp_path / 'own.db'}")
        return
    server = config.settings().test_database_url
    if not server:
        pytest.skip("TEST_DATABASE_URL is not set: PostgreSQL is not tried")
    name = f"own_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True, connect_timeout=3) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        try:
            yield from _bound(urlunsplit(urlsplit(server)._replace(path=f"/{name}")))
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_database(empty_database: Database) -> Database:
    """All tables, empty and open: for tests that commit, from several threads or processes."""
    empty_database.connect()
    empty_database.create_tables(models.TABLES)
    return empty_database


def _bound(url: str) -> Iterator[Database]:
    before = database_proxy.obj
    database = models.connect(url)
    database.url = url  # type: ignore[attr-defined]
    try:
        yield database
    finally:
        if not database.is_closed():
            database.close()
        if before is not None:
            database_proxy.initialize(before)


@pytest.fixture
def noon() -> Iterator[datetime]:
    """The clock held at noon of a Monday in Shanghai."""
    clock.set_fixed(NOON)
    yield NOON
    clock.set_fixed(None)


@pytest.fixture
def app(db: Database) -> Flask:
    from server import create_app

    app = create_app()
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
