"""The migration, on both engines: up over content that is there, the models' schema, down again."""

from __future__ import annotations

import re

from peewee import Database

import clock
import models
from models.base import db as database_proxy
from models.base import is_sqlite
from models.schema import runner
from server import create_app
from services.search import finding
from services.search.index import Kind, index
from tests.factories import make_activity, make_issue, make_person


def run(*words: str) -> str:
    done = create_app().test_cli_runner().invoke(args=words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def schema_of_search() -> list[tuple[str, str]]:
    """What the engine says of the index's tables, indexes and triggers."""
    if is_sqlite():
        rows = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'search%'"
    else:
        rows = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'search_entry' UNION ALL "
            "SELECT column_name, data_type || is_nullable FROM information_schema.columns "
            "WHERE table_name = 'search_entry'"
        )
    found = database_proxy.execute_sql(rows).fetchall()
    return sorted((name, re.sub(r"IF NOT EXISTS |\s+", " ", sql or "")) for name, sql in found)


def test_up_and_down_make_the_models_schema_and_take_it_back(empty_database: Database) -> None:
    with empty_database.connection_context():
        runner().up()
        migrated = schema_of_search()
        index(Kind.ACTIVITY, 1, "基层治理", [])
        runner().down("0002_search")
        assert schema_of_search() == []
        assert empty_database.table_exists("activity")
        runner().down(runner().migrations()[0].name)
        empty_database.create_tables(models.TABLES)
        assert schema_of_search() == migrated != []


def test_an_upgrade_fills_the_index_from_what_is_there(empty_database: Database) -> None:
    """The factories write no index: the rows are as a database of before the index holds them."""
    with empty_database.connection_context():
        runner().up()
        person = make_person()
        make_activity(title="基层治理讲座", starts_at=clock.utc_now())
        make_issue(issue_no="治理专刊")

    def hits() -> int:
        with empty_database.connection_context():
            return len(finding.for_member("治理", person, 5))

    assert hits() == 0
    with empty_database.connection_context():
        runner().down("0002_search")
    run("db", "upgrade")
    assert hits() == 2
    assert "活动 1 项，期刊 1 期" in run("search", "rebuild")
    assert hits() == 2
