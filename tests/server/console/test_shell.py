"""The shell: who gets in, how long, and what the menu shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

import clock
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from server.console import protection
from server.counting import CountedMemory
from services import access, accounts
from tests.factories import make_account, make_unit

PASSWORD = "Red-lecture-2026"
SignIn = Callable[[Account], FlaskClient]


def make_real_account(*roles: AccountRoleKind) -> Account:
    return accounts.create(
        username="editor.li",
        display_name="李编辑",
        password=PASSWORD,
        member_unit=make_unit(),
        roles=roles,
        actor=None,
    )


def token(client: FlaskClient, path: str = "/console/sign-in") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def enter(client: FlaskClient, password: str = PASSWORD, **query: str):
    data = {"username": "editor.li", "password": password, "csrf_token": token(client)}
    return client.post("/console/sign-in", data=data, query_string=query)


def test_nothing_that_is_sent_passes_without_the_forms_token(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    app.config["WTF_CSRF_METHODS"] = {"POST", "PUT", "PATCH", "DELETE"}
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/console")]
    ways = [
        (rule, method) for rule in rules for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]

    passed = []
    for rule, method in ways:
        _, path = rule.build(dict.fromkeys(rule.arguments, 1), append_unknown=False) or ("", "")
        answer = client.open(path, method=method)
        if answer.status_code != 400 or "表单已失效" not in answer.text:
            passed.append((method, rule.rule, answer.status_code))

    assert len(ways) > 100
    assert passed == []


def test_every_route_of_the_console_names_its_permission(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/console")]
    named = {rule.endpoint: getattr(app.view_functions[rule.endpoint], "permission", None) for rule in rules}

    assert [endpoint for endpoint, permission in named.items() if permission is None] == []
    assert {endpoint for endpoint, permission in named.items() if permission == "open_to_all"} == {
        "console.session.sign_in",
        "console.session.open_session",
    }
    assert {endpoint for endpoint, permission in named.items() if permission == "signed_in"} == {
        "console.session.sign_out",
        "console.session.password",
        "console.session.change_password",
        "console.session.nowhere",
    }
    assert set(named.values()) - {"open_to_all", "signed_in"} <= access.ALL_PERMISSIONS


def test_signing_in_leads_to_the_page_that_was_asked_for(app: Flask, client: FlaskClient) -> None:
    make_real_account(AccountRoleKind.EDITOR)

    asked = client.get("/console/?a=1")
    entered = enter(client, next="/console/?a=1")

    assert asked.location == "/console/sign-in?next=/console/?a%3D1"
    assert (entered.status_code, entered.location) == (302, "/console/?a=1")
    assert client.get("/console/").status_code == 200


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example/console/", "/console/\\evil", "/m/1"]
)
def test_signing_in_never_leads_outside_the_console(client: FlaskClient, next_page: str) -> None:
    make_real_account(AccountRoleKind.EDITOR)

    assert enter(client, next=next_page).location == "/console/"


def test_five_wrong_passwords_lock_and_say_so(client: FlaskClient, noon: datetime) -> None:
    make_real_account(AccountRoleKind.EDITOR)

    codes = [enter(client, "Wrong-guess-2026").status_code for _ in range(5)]
    right = enter(client)

    assert codes == [403, 403, 403, 403, 429]
    assert right.status_code == 429
    assert "账号已锁定" in right.text
    assert client.get("/console/").status_code == 302


def test_too_many_tries_from_one_address_are_slowed(client: FlaskClient) -> None:
    data = {"username": "nobody", "password": "", "csrf_token": token(client)}

    codes = {client.post("/console/sign-in", data=data).status_code for _ in range(31)}

    assert codes == {403, 429}
    assert isinstance(protection.limiter.storage, CountedMemory)  # no thread for each request


def test_the_cookie_is_the_consoles_own_and_strict(client: FlaskClient) -> None:
    make_real_account(AccountRoleKind.EDITOR)

    cookie = enter(client).headers["Set-Cookie"]

    assert cookie.startswith("console_session=")
    assert {"HttpOnly", "Path=/console", "SameSite=Strict"} <= set(cookie.split("; "))


def test_ten_idle_minutes_end_the_session_and_are_logged(sign_in: SignIn, noon: datetime) -> None:
    account = make_account(AccountRoleKind.EDITOR)
    client = sign_in(account)

    clock.advance(timedelta(minutes=9))
    assert client.get("/console/").status_code == 200
    clock.advance(timedelta(minutes=9))
    assert client.get("/console/").status_code == 200
    clock.advance(timedelta(minutes=10, seconds=1))
    late = client.get("/console/", follow_redirects=True)

    assert "十分钟没有操作" in late.text
    assert client.get("/console/").status_code == 302
    assert AuditEntry.select().where(AuditEntry.action == "account.idle_sign_out").count() == 1


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("/console/activities/new?a=1", "/console/activities/new?a%3D1"),
        ("/console/activities/7/publish", None),
        ("/console/no-such-page", None),
        ("/m/activities/7", None),
        ("", None),
    ],
)
def test_an_act_after_the_session_ended_leads_back_to_its_page(
    sign_in: SignIn, noon: datetime, came_from: str, leads_to: str | None
) -> None:
    client = sign_in(make_account(AccountRoleKind.EDITOR))
    clock.advance(timedelta(minutes=11))

    answer = client.post("/console/activities/new", headers={"Referer": f"http://localhost{came_from}"})

    assert answer.location == "/console/sign-in" + (f"?next={leads_to}" if leads_to else "")
    assert "刚才的操作没有完成" in client.get(answer.location).text


def test_a_form_sent_after_signing_out_elsewhere_leads_to_signing_in(client: FlaskClient) -> None:
    page = "http://localhost/console/activities/new"

    answer = client.post("/console/activities/new", data={"title": "讲座"}, headers={"Referer": page})

    assert answer.location == "/console/sign-in?next=/console/activities/new"
    assert "您已退出。刚才的操作没有完成" in client.get(answer.location).text


def test_ended_sessions_stay_ended(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.EDITOR)
    client = sign_in(account)

    accounts.end_sessions(account, actor=None)

    assert client.get("/console/").status_code == 302


def test_a_deactivated_account_is_out_at_once(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.EDITOR)
    client = sign_in(account)

    accounts.deactivate(account, actor=None)

    assert client.get("/console/").status_code == 302


def test_a_form_without_token_is_refused(client: FlaskClient) -> None:
    make_real_account(AccountRoleKind.EDITOR)
    enter(client)

    refused = client.post("/console/sign-out")

    assert refused.status_code == 400
    assert "表单已失效" in refused.text
    assert client.get("/console/").status_code == 200


def test_a_password_set_by_another_must_be_changed_first(client: FlaskClient) -> None:
    account = make_real_account(AccountRoleKind.EDITOR)
    accounts.set_password(account, PASSWORD, actor=make_account(AccountRoleKind.SYSTEM_ADMIN))

    assert enter(client).location == "/console/password"
    assert client.get("/console/").location == "/console/password"


def test_changing_the_password_keeps_this_session_and_ends_the_others(
    app: Flask, client: FlaskClient
) -> None:
    make_real_account(AccountRoleKind.EDITOR)
    elsewhere = app.test_client()
    enter(elsewhere)
    enter(client)

    form = {"current": PASSWORD, "password": "New-lecture-2027", "again": "New-lecture-2027"}
    changed = client.post("/console/password", data=form | {"csrf_token": token(client, "/console/password")})

    assert changed.location == "/console/"
    assert client.get("/console/").status_code == 200
    assert elsewhere.get("/console/").status_code == 302


def test_signing_out_forgets_the_session(client: FlaskClient) -> None:
    make_real_account(AccountRoleKind.EDITOR)
    enter(client)

    client.post("/console/sign-out", data={"csrf_token": token(client, "/console/password")})

    assert client.get("/console/").status_code == 302


def test_an_unknown_address_is_a_page_in_words(sign_in: SignIn) -> None:
    answer = sign_in(make_account(AccountRoleKind.EDITOR)).get("/console/no/such/page")

    assert answer.status_code == 404
    assert "这个页面不存在" in answer.text


def test_a_fragment_of_a_dead_session_sends_the_page_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/console/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/console/sign-in")


def test_nothing_inline_is_allowed_and_nothing_is_kept(client: FlaskClient) -> None:
    answer = client.get("/console/sign-in")

    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", answer.text) == []
