"""账号: three administrators, each with his own part."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from peewee import Database

from models.accounts import Account, AccountRoleKind
from services import access, accounts
from tests.factories import make_account, make_unit

SignIn = Callable[[Account], FlaskClient]
Role = AccountRoleKind
pytestmark = pytest.mark.usefixtures("noon")

GOOD = "Chuqi-2026-mima"


@pytest.fixture
def system(db: Database) -> Account:
    return make_account(Role.SYSTEM_ADMIN)


@pytest.fixture
def security(db: Database) -> Account:
    return make_account(Role.SECURITY_ADMIN)


def test_one_makes_the_account_another_gives_it_roles(
    sign_in: SignIn, system: Account, security: Account
) -> None:
    values = {"username": "li.ming", "display_name": "李明", "password": GOOD, "member_unit": make_unit().id}
    made = sign_in(system).post("/console/accounts/new", data=values | {"roles": "secretariat"})
    account = Account.get(Account.username == "li.ming")
    assert made.location == f"/console/accounts/{account.id}"
    assert access.roles_of(account) == set()

    address = f"/console/accounts/{account.id}"
    assert sign_in(system).post(f"{address}/roles", data={"roles": "editor"}).status_code == 403
    sign_in(security).post(f"{address}/roles", data={"roles": ["editor", "liaison"]})
    assert access.roles_of(account) == {Role.EDITOR, Role.LIAISON}
    assert sign_in(security).post("/console/accounts/new", data=values).status_code == 403
    assert "编辑" in sign_in(system).get("/console/accounts/").text


def test_a_wrong_form_keeps_all_but_the_password(sign_in: SignIn, system: Account) -> None:
    values = {"username": "li.ming", "display_name": "李明", "password": "short-1", "member_unit": ""}

    answer = sign_in(system).post("/console/accounts/new", data=values)

    assert answer.status_code == 422
    assert 'value="li.ming"' in answer.text
    assert "short-1" not in answer.text
    assert "至少 10 位" in answer.text
    assert "请选择所属单位" in answer.text


def test_roles_that_exclude_each_other_are_refused_on_the_page(sign_in: SignIn, security: Account) -> None:
    account = make_account(Role.EDITOR)

    answer = sign_in(security).post(
        f"/console/accounts/{account.id}/roles", data={"roles": ["editor", "audit_admin"]}
    )

    assert (answer.status_code, "必须各自独立" in answer.text) == (422, True)
    assert answer.text.count('id="roles-error"') == 1
    assert access.roles_of(account) == {Role.EDITOR}


def test_nobody_raises_himself(sign_in: SignIn, system: Account, security: Account) -> None:
    answer = sign_in(security).post(f"/console/accounts/{security.id}/roles", data={"roles": ["secretariat"]})

    assert (answer.status_code, "不能给自己授权" in answer.text) == (422, True)
    for act in ("deactivate", "password", "unlock"):
        assert sign_in(system).post(f"/console/accounts/{system.id}/{act}").status_code == 403


def test_a_reset_password_is_shown_once_and_works(sign_in: SignIn, system: Account) -> None:
    account = make_account(Role.EDITOR)
    client = sign_in(system)

    page = client.post(f"/console/accounts/{account.id}/password").text

    found = re.search(r'<strong class="fs-2">([^<]+)</strong>', page)
    assert found is not None
    assert accounts.must_change_password(accounts.sign_in(account.username, found[1]))
    assert found[1] not in client.get(f"/console/accounts/{account.id}").text


def test_ending_deactivating_and_reactivating(sign_in: SignIn, system: Account) -> None:
    account = make_account(Role.EDITOR)
    theirs, client = sign_in(account), sign_in(system)
    address = f"/console/accounts/{account.id}"

    client.post(f"{address}/sessions/end")
    assert theirs.get("/console/").status_code == 302
    client.post(f"{address}/deactivate")
    assert not Account.get_by_id(account.id).is_active
    assert client.post(f"{address}/deactivate").status_code == 409
    client.post(f"{address}/reactivate")
    assert Account.get_by_id(account.id).is_active
    client.post(f"{address}/edit", data={"display_name": "改名", "member_unit": account.member_unit_id})
    assert Account.get_by_id(account.id).display_name == "改名"


def test_others_do_not_see_accounts(sign_in: SignIn, db: Database) -> None:
    for role in (Role.SECRETARIAT, Role.SCHOOL_ADMIN, Role.AUDIT_ADMIN, Role.EDITOR):
        client = sign_in(make_account(role))
        assert client.get("/console/accounts/").status_code == 403
        assert "/console/accounts/" not in client.get("/console/").text
