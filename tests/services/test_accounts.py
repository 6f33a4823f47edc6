from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from models.people import Person
from services import access, accounts, passwords
from services.errors import Conflict, Invalid, Locked, NotAllowed
from tests.factories import make_account, make_person, make_unit

pytestmark = pytest.mark.usefixtures("db", "noon")

GOOD = "Demo-2026-xian"
Role = AccountRoleKind


def _make(
    username: str = "wanglin", *, roles: set[Role] | None = None, person: Person | None = None
) -> Account:
    return accounts.create(
        username=username,
        display_name="王琳",
        password=GOOD,
        member_unit=make_unit(),
        roles=roles or set(),
        person=person,
        actor=None,
    )


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Ab1-", "至少 10 位"),
        ("abcdefghij1", "至少三种"),
        ("Wanglin-2026", "不能包含用户名"),
        ("aA1aA1aA1aA1", "重复"),
        ("Password123", "太常见"),
        ("aB1-" + "x" * 200, "最多"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(password: str, reason: str) -> None:
    assert reason in passwords.weakness(password, username="wanglin")


def test_made_passwords_are_strong_and_differ() -> None:
    made = {passwords.make_password() for _ in range(20)}

    assert len(made) == 20
    assert not any(map(passwords.weakness, made))


def test_create_names_every_wrong_field() -> None:
    with pytest.raises(Invalid) as told:
        accounts.create(username="1王", display_name=" ", password="short", member_unit=0, actor=None)

    assert set(told.value.fields) == {"username", "display_name", "password", "member_unit"}


def test_user_names_are_unique_whatever_the_case() -> None:
    _make("wanglin")

    with pytest.raises(Invalid) as told:
        _make("WangLin")

    assert set(told.value.fields) == {"username"}


def test_sign_in_gives_the_account_and_leaves_a_line() -> None:
    account = _make()
    assert account.password_hash.startswith("$argon2id$")

    assert accounts.sign_in(" WangLin ", GOOD).id == account.id

    assert Account.get_by_id(account.id).last_sign_in_at == clock.utc_now()
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().action == "account.signed_in"


def test_unknown_names_and_wrong_passwords_are_answered_alike() -> None:
    _make()
    with pytest.raises(accounts.WrongCredentials) as unknown:
        accounts.sign_in("nobody", GOOD)
    with pytest.raises(accounts.WrongCredentials) as wrong:
        accounts.sign_in("wanglin", "Other-2026-pass")

    assert str(unknown.value) == str(wrong.value)


def test_five_failures_lock_and_the_lock_ends() -> None:
    _make()
    for _ in range(4):
        with pytest.raises(accounts.WrongCredentials):
            accounts.sign_in("wanglin", "wrong")
    with pytest.raises(Locked):
        accounts.sign_in("wanglin", "wrong")
    with pytest.raises(Locked) as told:
        accounts.sign_in("wanglin", GOOD)
    assert told.value.details["until"] == clock.utc_now() + accounts.LOCKED_FOR
    assert "account.locked" in {line.action for line in AuditEntry.select()}

    clock.advance(accounts.LOCKED_FOR + timedelta(seconds=1))
    with pytest.raises(accounts.WrongCredentials):
        accounts.sign_in("wanglin", "wrong")
    assert accounts.sign_in("wanglin", GOOD).failed_sign_ins == 0


def test_unlocking_lets_in_at_once() -> None:
    account = _make()
    for _ in range(5):
        with pytest.raises((accounts.WrongCredentials, Locked)):
            accounts.sign_in("wanglin", "wrong")

    accounts.unlock(Account.get_by_id(account.id), actor=make_account(Role.SYSTEM_ADMIN))

    assert accounts.sign_in("wanglin", GOOD)


def test_the_three_administrators_exclude_every_other_role() -> None:
    for exclusive in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
        with pytest.raises(Invalid):
            _make(f"a-{exclusive.value}".replace("_", "-"), roles={exclusive, Role.EDITOR})

    assert Account.select().count() == 0


def test_one_person_is_not_two_administrators_in_two_accounts() -> None:
    person = make_person()
    _make("first", roles={Role.SYSTEM_ADMIN}, person=person)
    second = _make("second", person=person)

    with pytest.raises(Invalid):
        accounts.grant(second, {Role.AUDIT_ADMIN}, actor=None)
    with pytest.raises(Invalid):
        _make("third", roles={Role.AUDIT_ADMIN}, person=person)


def test_an_account_is_not_opened_again_beside_another_administrator_of_the_person() -> None:
    person = make_person()
    first = _make("first", roles={Role.SYSTEM_ADMIN}, person=person)
    accounts.deactivate(first, actor=None)
    _make("second", roles={Role.AUDIT_ADMIN}, person=person)

    with pytest.raises(Invalid):
        accounts.reactivate(first, actor=None)


def test_the_system_administrator_makes_accounts_but_grants_nothing() -> None:
    system, security = make_account(Role.SYSTEM_ADMIN), make_account(Role.SECURITY_ADMIN)
    values = {"display_name": "李编辑", "password": GOOD, "member_unit": make_unit(), "actor": system}

    account = accounts.create(username="li-bianji", **values)
    assert access.permissions_of(account) == set()
    assert accounts.must_change_password(account)
    with pytest.raises(NotAllowed):
        accounts.create(username="sneaky", roles={Role.EDITOR}, **values)
    with pytest.raises(NotAllowed):
        accounts.grant(account, {Role.EDITOR}, actor=system)
    with pytest.raises(NotAllowed):
        accounts.grant(system, {Role.SECRETARIAT}, actor=system)

    accounts.grant(account, {Role.EDITOR}, actor=security)
    assert access.roles_of(account) == {Role.EDITOR}


def test_nobody_grants_to_himself_nor_leaves_no_one_to_grant() -> None:
    security, second = make_account(Role.SECURITY_ADMIN), make_account(Role.SECURITY_ADMIN)
    audit_admin = make_account(Role.AUDIT_ADMIN)

    with pytest.raises(NotAllowed):
        accounts.grant(security, {Role.SECRETARIAT}, actor=security)
    with pytest.raises(Invalid):
        accounts.grant(audit_admin, set(), actor=security)
    accounts.grant(second, {Role.EDITOR}, actor=security)
    with pytest.raises(Invalid):
        accounts.deactivate(security, actor=make_account(Role.SYSTEM_ADMIN))


def test_granting_replaces_the_roles_and_tells_the_audit() -> None:
    security = make_account(Role.SECURITY_ADMIN)
    account = make_account(Role.EDITOR, Role.LIAISON)

    accounts.grant(account, {Role.LIAISON, Role.SCHOOL_ADMIN}, actor=security)

    assert access.roles_of(account) == {Role.LIAISON, Role.SCHOOL_ADMIN}
    line = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (line.action, line.account_id) == ("account.roles_set", security.id)
    assert '"to": ["liaison", "school_admin"]' in line.details


def test_a_deactivated_account_is_out_at_once() -> None:
    account, system = _make(roles={Role.EDITOR}), make_account(Role.SYSTEM_ADMIN)
    before = account.session_version

    accounts.deactivate(account, actor=system)

    assert Account.get_by_id(account.id).session_version == before + 1
    assert access.permissions_of(account) == set()
    with pytest.raises(NotAllowed) as told:
        accounts.sign_in("wanglin", GOOD)
    assert "停用" in told.value.message
    with pytest.raises(Conflict):
        accounts.deactivate(account, actor=system)
    accounts.reactivate(account, actor=system)
    assert accounts.sign_in("wanglin", GOOD)


def test_own_password_needs_the_present_one_and_ends_sessions() -> None:
    account = _make()
    with pytest.raises(Invalid) as told:
        accounts.change_password(account, current="wrong", password="Other-2026-pass")
    assert set(told.value.fields) == {"current"}
    with pytest.raises(Invalid):
        accounts.change_password(account, current=GOOD, password=GOOD)

    accounts.change_password(account, current=GOOD, password="Other-2026-mima")

    assert account.session_version == 2
    assert accounts.sign_in("wanglin", "Other-2026-mima")


def test_a_reset_password_works_once_handed_over_and_must_be_changed() -> None:
    account = _make()

    password = accounts.reset_password(account, actor=make_account(Role.SYSTEM_ADMIN))

    signed_in = accounts.sign_in("wanglin", password)
    assert accounts.must_change_password(signed_in)
    accounts.change_password(signed_in, current=password, password=GOOD)
    assert not accounts.must_change_password(signed_in)
    with pytest.raises(NotAllowed):
        accounts.reset_password(account, actor=make_account(Role.SECURITY_ADMIN))


def test_the_list_needs_a_right() -> None:
    system = make_account(Role.SYSTEM_ADMIN)
    make_account(Role.EDITOR, Role.LIAISON)

    rows = access.roles_among(account.id for account in accounts.listed(actor=system))

    assert rows[system.id] == {Role.SYSTEM_ADMIN}
    assert len(rows) == 2
    with pytest.raises(NotAllowed):
        accounts.listed(actor=make_account(Role.AUDIT_ADMIN))
