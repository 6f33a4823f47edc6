"""The clock, the settings, the schema's history."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from peewee import Database
from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models
from pydantic import ValidationError

import clock
import config
import models
from models.alliance import MemberUnit
from models.base import Savepoint, make_database
from models.sealing import Unsealable, keyed_hash, seal, unseal
from tests.factories import make_unit


def test_local_midnight_is_in_shanghai(noon: datetime) -> None:
    assert clock.to_local(noon).hour == 12
    assert clock.start_of_local_day() == datetime(2026, 11, 22, 16, 0)


def test_production_names_every_unsafe_default() -> None:
    with pytest.raises(ValidationError) as told:
        config.Settings(_env_file=None, app_env="production", public_url="https://m.example.org")

    assert "SECRET_KEY, FIELD_KEY, BACKUP_KEY, WECHAT_APP_ID" in str(told.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("REDIS_URL", "foo", "REDIS_URL：地址应以 redis://、rediss://、unix:// 开头"),
        ("REDIS_URL", "redis://:secret@host:abc/0", "REDIS_URL：地址里的端口应是 1 到 65535 的数字"),
        ("DATABASE_URL", "mysql://root:secret@host/x", "DATABASE_URL：地址应以 sqlite://、postgresql://"),
        ("TIME_ZONE", "Mars/Base", "TIME_ZONE：没有这个时区"),
        ("WEB_PORT", "99999", "WEB_PORT：Input should be less than or equal to 65535"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as refusal:
            config.settings()
    finally:
        monkeypatch.undo()
        config.settings.cache_clear()

    assert told in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_a_changed_sealed_value_does_not_open() -> None:
    sealed = bytearray(seal(b"13800000000"))
    assert unseal(bytes(sealed)) == b"13800000000"
    sealed[-1] ^= 1

    with pytest.raises(Unsealable):
        unseal(bytes(sealed))
    assert keyed_hash("a") == keyed_hash("a") != keyed_hash("b")


def test_migrations_make_the_models_schema_and_go_back(tmp_path: Path) -> None:
    database = make_database(f"sqlite:///{tmp_path / 'm.db'}")
    bound = models.db.obj
    models.db.initialize(database)
    try:
        with database.connection_context():
            runner = Runner(database, str(config.ROOT / "migrations"))
            runner.up()
            diff = diff_models(database, list(models.TABLES))
            assert not diff, diff
            runner.down(runner.migrations()[0].name)
            assert set(database.get_tables()) <= {"schema_migration", "sqlite_sequence"}
    finally:
        models.db.initialize(bound) if bound is not None else None


def test_a_savepoint_undoes_what_it_holds_and_nothing_else(db: Database) -> None:
    inside = Savepoint("act")
    make_unit(short_name="留下")
    with pytest.raises(ZeroDivisionError), inside:  # noqa: PT012 - the act and its fault
        make_unit(short_name="撤销")
        raise ZeroDivisionError
    with inside:
        make_unit(short_name="再来")

    assert [unit.short_name for unit in MemberUnit.select().order_by(MemberUnit.id)] == ["留下", "再来"]
