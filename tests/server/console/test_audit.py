"""The audit trail on screen: read, proved, exported; never changed."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from io import BytesIO

from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

import config
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from server.console import audit_words
from server.console.audit_details import DETAIL_WORDS
from server.console.audit_words import details
from services import audit
from tests.factories import make_account, make_unit

SignIn = Callable[[Account], FlaskClient]


def act(action: str = "activity.created", **details: object) -> AuditEntry:
    return audit.record(action, make_unit(), actor=None, **details)


def test_acts_are_listed_in_words_and_filtered(sign_in: SignIn) -> None:
    act("activity.created")
    act("campaign.paused", reason="核对名单")
    client = sign_in(make_account(AccountRoleKind.AUDIT_ADMIN))

    everything = client.get("/console/audit/").text
    paused = client.get("/console/audit/?action=campaign.paused").text

    assert "新建活动</td>" in everything
    assert "理由：核对名单" in paused
    assert "新建活动</td>" not in paused


def test_a_whole_chain_is_proved(sign_in: SignIn) -> None:
    for _ in range(3):
        act()

    page = sign_in(make_account(AccountRoleKind.AUDIT_ADMIN)).post("/console/audit/verify").text

    assert "全部 3 条记录完整" in page


def test_a_changed_and_a_removed_line_are_named(sign_in: SignIn) -> None:
    changed, removed, after = act(), act(), act()
    AuditEntry.update(account_name="别人").where(AuditEntry.id == changed.id).execute()
    AuditEntry.delete().where(AuditEntry.id == removed.id).execute()

    page = sign_in(make_account(AccountRoleKind.AUDIT_ADMIN)).post("/console/audit/verify").text

    assert f"<td>{changed.id}</td><td>内容被修改</td>" in page
    assert f"<td>{after.id}</td><td>与上一条的衔接被破坏" in page


def test_the_export_holds_the_chosen_lines_and_columns(sign_in: SignIn) -> None:
    act("activity.created")
    act("campaign.paused")
    client = sign_in(make_account(AccountRoleKind.AUDIT_ADMIN))
    chosen = {"column": ["编号", "操作代码", "校验码"], "action": "campaign.paused"}

    here = client.post("/console/audit/columns", data=chosen).location
    answer = client.get(here.replace("/audit/?", "/audit/list.xlsx?"))

    rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    kept = AuditEntry.get(AuditEntry.action == "campaign.paused")
    assert rows == [["编号", "操作代码", "校验码"], [kept.id, "campaign.paused", kept.hash]]
    last = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (last.action, json.loads(last.details)["list"]) == ("list.exported", "审计记录")


def test_a_view_of_the_trail_is_kept_and_sorted(sign_in: SignIn) -> None:
    first, last = act("campaign.paused"), act("campaign.paused")
    client = sign_in(make_account(AccountRoleKind.AUDIT_ADMIN))
    view = {"view_name": "暂停", "action": "campaign.paused", "sort": "0", "is_default": "1"}

    client.post("/console/audit/views", data=view)

    page = client.get("/console/audit/").text
    assert "视图：暂停" in page
    assert (
        0 < page.index(f'<td class="number d-none d-md-table-cell">{first.id}<') < page.index(f">{last.id}<")
    )


def test_a_long_trail_takes_no_more_queries(
    sign_in: SignIn, count_statements: Callable[[Callable[[], object]], int]
) -> None:
    client = sign_in(make_account(AccountRoleKind.AUDIT_ADMIN))
    act()
    one = count_statements(lambda: client.get("/console/audit/"))
    for _ in range(49):
        act()

    assert count_statements(lambda: client.get("/console/audit/")) == one


def test_details_have_no_names_of_columns() -> None:
    recorded = {"changed": ["place", "starts_at"], "person_ids": [3, 4], "counts": {"new": 5, "wrong": 1}}

    told = details(json.dumps(recorded))

    assert told == "改动：地点、开始时间；人员编号：3、4；结果：新增 5，有问题 1"


def test_details_tell_the_time_of_the_clock_on_the_wall() -> None:
    assert details('{"until": "2026-11-24 00:50:50.540480"}') == "直到：2026-11-24 08:50"
    assert details('{"closes_at": "2026-11-24T16:00:00"}') == "截止时间：2026-11-25 00:00"


def test_every_act_and_detail_that_the_services_record_has_words() -> None:
    source = [path.read_text() for path in (config.ROOT / "services").rglob("*.py")]
    recorded = set(re.findall(r'audit\.record\(\s*"([a-z_.]+)"', "".join(source)))
    given = {
        keyword.arg
        for text in source
        if "audit.record(" in text
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit.record"
        for keyword in call.keywords
        if keyword.arg not in (None, "actor")
    }

    assert len(recorded) > 100
    assert len(given) > 50
    assert recorded - set(audit_words.ACTION_WORDS) == set()
    assert given - set(DETAIL_WORDS) == set()
