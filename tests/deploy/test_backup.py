"""The sealed backup: a round trip while somebody writes, and every way in which it must refuse."""

from __future__ import annotations

import base64
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import backup
import pytest

import config


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'alliance.db'}")
    monkeypatch.setenv("STORAGE_URL", f"file://{tmp_path / 'files'}")
    config.settings.cache_clear()
    with closing(sqlite3.connect(tmp_path / "alliance.db")) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("CREATE TABLE note (body BLOB)")
        connection.executemany("INSERT INTO note VALUES (?)", [(os.urandom(100_000),) for _ in range(30)])
        connection.commit()
    (tmp_path / "files" / "covers").mkdir(parents=True)
    (tmp_path / "files" / "covers" / "一.png").write_bytes(b"picture")
    yield tmp_path
    config.settings.cache_clear()


def notes(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM note").fetchone()[0]


def test_a_round_trip_brings_back_rows_and_files_and_keeps_what_was_there(home: Path):
    backup.save(home / "a.wdx")
    with closing(sqlite3.connect(home / "alliance.db")) as connection:
        connection.execute("DELETE FROM note")
        connection.commit()
    (home / "files" / "covers" / "一.png").unlink()

    backup.restore(home / "a.wdx")

    assert notes(home / "alliance.db") == 30
    assert (home / "files" / "covers" / "一.png").read_bytes() == b"picture"
    assert notes(home / "alliance.db.before") == 0


def test_rows_still_in_the_log_are_kept_in_what_was_there(home: Path):
    backup.save(home / "a.wdx")
    with closing(sqlite3.connect(home / "alliance.db")) as killed:
        killed.execute("PRAGMA wal_autocheckpoint=0")
        killed.execute("INSERT INTO note VALUES ('late')")
        killed.commit()

        backup.restore(home / "a.wdx")  # the log was never folded in: the writer still holds it

        assert notes(home / "alliance.db.before") == 31
    assert notes(home / "alliance.db") == 30


def test_a_backup_holds_what_was_committed_when_a_writer_is_half_way(home: Path):
    with closing(sqlite3.connect(home / "alliance.db")) as writer:
        writer.execute("INSERT INTO note VALUES ('not yet')")
        backup.save(home / "a.wdx")
        writer.rollback()

    backup.restore(home / "a.wdx")

    assert notes(home / "alliance.db") == 30


def test_nothing_readable_is_in_the_file(home: Path):
    (home / "files" / "plain.txt").write_bytes(b"13800138000" * 1000)

    backup.save(home / "a.wdx")

    sealed = (home / "a.wdx").read_bytes()
    assert b"13800138000" not in sealed
    assert b"SQLite format" not in sealed


def damaged(sealed: bytes, how: str) -> bytes:
    head = len(backup.MAGIC) + backup.PREFIX_BYTES
    piece = backup.PIECE_BYTES + backup.TAG_BYTES
    assert len(sealed) > head + 2 * piece, "the test needs three pieces"
    first, second, rest = sealed[head:][:piece], sealed[head + piece :][:piece], sealed[head + 2 * piece :]
    return {
        "flipped": sealed[:-5] + bytes([sealed[-5] ^ 1]) + sealed[-4:],
        "cut at a piece": sealed[:head] + first,
        "cut inside": sealed[: head + 1000],
        "swapped": sealed[:head] + second + first + rest,
        "another file": b"PK\x03\x04" + sealed,
        "empty": b"",
    }[how]


@pytest.mark.parametrize(
    "how", ["flipped", "cut at a piece", "cut inside", "swapped", "another file", "empty"]
)
def test_a_damaged_file_is_refused_and_changes_nothing(home: Path, how: str):
    backup.save(home / "a.wdx")
    (home / "a.wdx").write_bytes(damaged((home / "a.wdx").read_bytes(), how))
    was = sorted(home.rglob("*"))

    with pytest.raises(backup.Refused):
        backup.restore(home / "a.wdx")

    assert notes(home / "alliance.db") == 30
    assert sorted(home.rglob("*")) == was


def test_another_key_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch):
    backup.save(home / "a.wdx")
    monkeypatch.setenv("BACKUP_KEY", base64.b64encode(os.urandom(32)).decode())
    config.settings.cache_clear()

    with pytest.raises(backup.Refused, match="BACKUP_KEY"):
        backup.restore(home / "a.wdx")


def test_an_earlier_before_is_never_overwritten(home: Path):
    backup.save(home / "a.wdx")
    backup.restore(home / "a.wdx")

    with pytest.raises(backup.Refused, match="before"):
        backup.restore(home / "a.wdx")

    assert notes(home / "alliance.db") == 30


def test_postgresql_is_sent_to_its_own_tools(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/alliance")
    config.settings.cache_clear()

    with pytest.raises(backup.Refused, match="pg_dump"):
        backup.save(home / "a.wdx")
