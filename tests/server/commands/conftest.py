"""A database of its own for each test: a command opens and closes its connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import Database

import models
from models.base import make_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    bound = models.db.obj
    made = make_database(f"sqlite:///{tmp_path / 'commands.db'}")
    models.db.initialize(made)
    with made.connection_context():
        made.create_tables(models.TABLES)
    yield made
    if not made.is_closed():
        made.close()
    models.db.initialize(bound)
