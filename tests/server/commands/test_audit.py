"""`flask audit verify` in the running command line."""

from __future__ import annotations

from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from peewee import Database

from models.audit import AuditEntry
from server.commands.audit import verify as command
from services import audit
from tests.factories import make_account, make_activity


def write_lines() -> int:
    """Three lines; the id of the second."""
    account, activity = make_account(), make_activity()
    lines = [audit.record("activity.changed", activity, actor=account, title=title) for title in "一二三"]
    return int(lines[1].id)


def verify() -> Result:
    bare = ScriptInfo(create_app=lambda: Flask("commands"))
    return CliRunner().invoke(command, obj=bare)


def test_a_whole_chain_is_proved(database: Database) -> None:
    with database.connection_context():
        write_lines()

    told = verify()

    assert told.exit_code == 0
    assert "共 3 条" in told.output


def test_a_changed_line_is_named(database: Database) -> None:
    with database.connection_context():
        second = write_lines()
        AuditEntry.update(details='{"title": "改"}').where(AuditEntry.id == second).execute()

    told = verify()

    assert told.exit_code == 1
    assert f"第 {second} 条：内容被修改" in told.output


def test_a_removed_line_breaks_the_chain(database: Database) -> None:
    with database.connection_context():
        second = write_lines()
        AuditEntry.delete().where(AuditEntry.id == second).execute()

    told = verify()

    assert "衔接被破坏" in told.output
