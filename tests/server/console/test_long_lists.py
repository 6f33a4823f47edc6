"""Lists at 100,000 rows: as many queries as for one, the page found by its own table alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from peewee import Database

import clock
from models.accounts import Account, AccountRoleKind
from models.base import is_sqlite
from models.inbound import InboxItem
from models.messaging import CampaignStatus
from services import inbox
from tests.factories import make_account, make_follower, make_unit
from tests.server.console.campaign_rows import make_campaign

SignIn = Callable[[Account], FlaskClient]
Statements = list[tuple[str, Any]]
ROWS = 100_000
pytestmark = pytest.mark.usefixtures("noon")

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"


def _fill(db: Database, table: str, rows: int, **values: str) -> None:
    """`rows` rows made by the database itself; values are SQL over `i`."""
    columns = ", ".join(values)
    with_ = NUMBERS.format(rows=rows)
    db.execute_sql(f"INSERT INTO {table} ({columns}) {with_} SELECT {', '.join(values.values())} FROM n")


def _now() -> str:
    return f"'{clock.utc_now():%Y-%m-%d %H:%M:%S}'"


def _people(db: Database, rows: int, unit_id: int) -> None:
    made: dict[str, str] = {"name": "'甲' || i", "member_unit_id": str(unit_id), "position": "''"}
    false = "0" if is_sqlite() else "FALSE"
    _fill(db, "person", rows, created_at=_now(), is_sample=false, version="1", **made)


def _audit(db: Database, rows: int) -> None:
    made = {"account_name": "'甲'", "action": "'activity.changed'", "subject_kind": "'Activity'"}
    texts = {"subject_id": "CAST(i AS VARCHAR)", "address": "''", "details": "'{}'", "previous_hash": "''"}
    _fill(db, "audit_entry", rows, created_at=_now(), at=_now(), hash="'h' || i", **made, **texts)


def _copies(db: Database, letter: InboxItem, rows: int) -> None:
    columns = "created_at, follower_id, text, kind, status, version, is_sample"
    from_row = ", ".join(f"letter.{column}" for column in columns.split(", "))
    with_ = NUMBERS.format(rows=rows)
    db.execute_sql(
        f"INSERT INTO inbox_item ({columns}) {with_} SELECT {from_row} FROM inbox_item AS letter, n"
        f" WHERE letter.id = {letter.id}"
    )


def _deliveries(db: Database, campaign_id: int) -> None:
    db.execute_sql(
        "INSERT INTO delivery (created_at, campaign_id, person_id, status, basis, reason, chunk,"
        f" refused_channels) SELECT {_now()}, {campaign_id}, id, 'planned', 'none', '', 0, '' FROM person"
    )


@pytest.fixture
def watch(db: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, FlaskClient], Statements]:
    """The SELECTs that a page takes, with their values."""

    def watched(address: str, client: FlaskClient) -> Statements:
        seen: Statements = []
        execute = db.execute_sql

        def spy(sql: str, params: Any = None, *args: Any, **more: Any) -> Any:
            if sql.lstrip().startswith("SELECT"):
                seen.append((sql, params))
            return execute(sql, params, *args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(db, "execute_sql", spy)
            assert client.get(address).status_code == 200
        return seen

    return watched


def _joins_that_scan(db: Database, seen: Statements) -> list[str]:
    """Statements that read other tables beside their own and walk through one of them."""
    if not is_sqlite():
        return []  # PostgreSQL plans by its statistics, and these rows have none yet
    found = []
    for sql, params in seen:
        plan = [row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()]
        if " JOIN " in sql and any(step.startswith("SCAN") for step in plan):
            found.append(f"{sql}: {plan}")
    return found


def _is_sorted_by_index(db: Database, seen: Statements, table: str) -> bool:
    keys = [
        each for each in seen if each[0].startswith(f'SELECT "t1"."id" FROM "{table}"') and "LIMIT" in each[0]
    ]
    (sql, params) = keys[0]
    plan = [row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()]
    return not any("TEMP B-TREE" in step for step in plan)


@pytest.mark.parametrize("role", [AccountRoleKind.SECRETARIAT, AccountRoleKind.SCHOOL_ADMIN])
def test_people(db: Database, sign_in: SignIn, watch: Any, role: AccountRoleKind) -> None:
    unit = make_unit()
    client = sign_in(make_account(role, member_unit=unit))
    _people(db, 1, unit.id)
    few = watch("/console/people/", client)
    _people(db, ROWS, unit.id)

    many = watch("/console/people/", client)
    last = watch(f"/console/people/?page={ROWS // 20}", client)

    assert len(many) == len(last) == len(few)
    assert _joins_that_scan(db, many + last) == []
    if is_sqlite():
        assert _is_sorted_by_index(db, many, "person")


def test_deliveries(db: Database, sign_in: SignIn, watch: Any) -> None:
    unit = make_unit()
    campaign = make_campaign(member_unit=unit, status=CampaignStatus.DONE)
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    address = f"/console/campaigns/{campaign.id}/ledger"
    _people(db, 1, unit.id)
    few = watch(address, client)
    _people(db, ROWS, unit.id)
    _deliveries(db, campaign.id)

    many = watch(address, client)
    last = watch(f"{address}?page={ROWS // 50}", client)
    narrowed = watch(f"{address}?status=planned&sort=-4", client)

    assert abs(len(many) - len(few)) <= 1  # the rows themselves, which an empty ledger does not ask for
    assert len(last) == len(many)
    assert len(narrowed) == len(many) + 1  # counted, where the figures above do not say it
    assert _joins_that_scan(db, [each for each in many + last + narrowed if '"member_unit"' in each[0]]) == []


def test_the_audit_trail(db: Database, sign_in: SignIn, watch: Any) -> None:
    client = sign_in(make_account(AccountRoleKind.AUDIT_ADMIN))
    _audit(db, 1)
    few = watch("/console/audit/", client)
    db.execute_sql("DELETE FROM audit_entry")
    _audit(db, ROWS)

    many = watch("/console/audit/", client)
    by_action = watch("/console/audit/?sort=3", client)

    assert len(many) == len(by_action) == len(few)
    assert _joins_that_scan(db, many + by_action) == []


def test_letters(db: Database, sign_in: SignIn, watch: Any) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    letter = inbox.keep(make_follower(), "请问停车在哪里")
    few = watch("/console/inbox/", client)
    _copies(db, letter, ROWS)

    many = watch("/console/inbox/", client)
    narrowed = watch("/console/inbox/?window=shut&sort=-4", client)

    assert len(many) == len(narrowed) == len(few)
    assert _joins_that_scan(db, many + narrowed) == []
    if is_sqlite():
        assert _is_sorted_by_index(db, many, "inbox_item")
