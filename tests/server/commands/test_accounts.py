"""`flask accounts …`, on a database of its own: a command opens and closes its connection."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from peewee import Database

from models.accounts import Account, AccountRoleKind
from models.alliance import MemberUnit
from models.audit import AuditEntry
from server.commands.accounts import commands
from services import access, accounts
from services.errors import DomainError

GOOD = "Diyi-2026-ge"


def _run(*arguments: str, typed: str = "") -> Result:
    bare = ScriptInfo(create_app=lambda: Flask("commands"))
    return CliRunner().invoke(commands, arguments, input=typed, obj=bare)


def _create(**changes: str) -> Result:
    values = {
        "username": "sysadmin",
        "name": "系统管理员",
        "unit": "张家港市委党校",
        "role": "system_admin",
        "password": GOOD,
    } | changes
    return _run("create", *(part for name, value in values.items() for part in (f"--{name}", value)))


def test_the_first_account_is_asked_for_and_makes_the_first_unit(database: Database) -> None:
    typed = "\n".join(["secadmin", "安全管理员", GOOD, GOOD, "张家港市委党校", "security_admin", ""])

    result = _run("create", typed=typed)

    assert result.exit_code == 0, result.output
    assert "已创建账号 secadmin（张家港市委党校，安全管理员）" in result.output
    assert GOOD not in result.output
    with database.connection_context():
        assert access.roles_of(Account.get()) == {AccountRoleKind.SECURITY_ADMIN}
        assert {line.account_name for line in AuditEntry.select()} == {"命令行"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"password": "weak"}, "密码至少 10 位"),
        ({"password": "Sysadmin-2026"}, "不能包含用户名"),
        ({"username": "系统"}, "用户名须为"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    changes: dict[str, str], reason: str, database: Database
) -> None:
    result = _create(**changes)

    assert result.exit_code == 1
    assert reason in result.output
    with database.connection_context():
        assert Account.select().count() == 0
        assert MemberUnit.select().count() == 0


def test_a_misspelt_unit_is_not_made_once_there_are_units(database: Database) -> None:
    made = _create()
    assert made.exit_code == 0, made.output

    result = _create(username="other", unit="张家港市伟党校")

    assert (result.exit_code, "现有：张家港市委党校" in result.output) == (1, True)


def test_unlocking_listing_and_a_new_password(database: Database) -> None:
    _create()
    with database.connection_context():
        for _ in range(5):
            with pytest.raises(DomainError):
                accounts.sign_in("sysadmin", "wrong")

    assert "锁定中" in _run("list").output
    assert _run("unlock", "sysadmin").exit_code == 0
    assert _run("set-password", "sysadmin", "--password", "Xinde-2027-mi").exit_code == 0
    assert _run("set-password", "sysadmin", "--password", "weak").exit_code == 1
    assert "没有账号 nobody" in _run("unlock", "nobody").output
    with database.connection_context():
        assert accounts.sign_in("sysadmin", "Xinde-2027-mi").session_version == 2
