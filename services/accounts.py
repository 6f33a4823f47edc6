"""Console accounts (用户): made by the system administrator, given rights by the security
administrator, watched by the audit administrator. Nobody is two of the three (三员分立).

`actor` None is the command line, which makes the first accounts.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import timedelta

from peewee import ModelSelect

import clock
from models.accounts import EXCLUSIVE_ROLES, Account, AccountRole, AccountRoleKind
from models.alliance import MemberUnit
from models.base import db, locked
from models.people import Person
from services import access, audit, passwords
from services.errors import Conflict, Invalid, Locked, NotAllowed, NotFound, StaleState

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)

_USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,39}")
_log = logging.getLogger(__name__)


class WrongCredentials(NotAllowed):
    code, message = "wrong_credentials", "用户名或密码不正确"


def create(
    *,
    username: str,
    display_name: str,
    password: str,
    member_unit: MemberUnit | int,
    roles: Iterable[AccountRoleKind] = (),
    person: Person | None = None,
    actor: Account | None,
) -> Account:
    """A new account, without rights unless whoever makes it may grant them.

    A password given by somebody else has to be changed at the first sign-in
    (`must_change_password`). Raises Invalid with the fields, NotAllowed.
    """
    wanted = set(roles)
    if actor is not None:
        access.require(actor, "accounts.manage")
        if wanted:
            access.require(actor, "roles.grant")
    username = username.strip().lower()
    unit = _unit(member_unit)
    _check_new(username, display_name.strip(), password, unit)
    access.check_role_set(wanted)
    with db.atomic():
        if Account.select().where(Account.username == username).exists():
            raise Invalid(fields={"username": "这个用户名已经有人使用，请换一个"})
        account = Account.create(
            username=username,
            display_name=display_name.strip(),
            password_hash=passwords.hash_password(password),
            member_unit=unit,
            person=person,
            password_changed_at=None if actor is not None else clock.utc_now(),
        )
        audit.record("account.created", account, actor=actor, username=username)
        if wanted:
            _check_one_person(account, wanted)
            _write_roles(account, set(), wanted, actor)
        return account


def update(
    account: Account,
    *,
    display_name: str,
    member_unit: MemberUnit | int,
    version: int | None = None,
    actor: Account,
) -> None:
    """Change the shown name and the unit. Raises Invalid, NotAllowed, and StaleState where
    somebody changed it since `version` (None: whatever it was)."""
    access.require(actor, "accounts.manage")
    name, unit = display_name.strip(), _unit(member_unit)
    fields = _name_errors(name) | _unit_errors(unit)
    if fields or unit is None:
        raise Invalid(fields=fields)
    with db.atomic():
        fresh = locked(Account.select().where(Account.id == account.id)).get()
        if version is not None and fresh.version != version:
            raise StaleState("这个账号刚刚被别人修改过，您的修改没有保存", version=fresh.version)
        was = {"display_name": fresh.display_name, "member_unit_id": fresh.member_unit_id}
        account.display_name, account.member_unit, account.version = name, unit, fresh.version + 1
        account.save(only=[Account.display_name, Account.member_unit, Account.version])
        audit.record("account.updated", account, actor=actor, was=was)


def sign_in(username: str, password: str, *, address: str = "") -> Account:
    """The account whose name and password these are.

    Raises WrongCredentials, Locked (details `until`, naive UTC) from the fifth failure on,
    NotAllowed for an account that was deactivated. The count of failures stays
    whatever is raised: call it outside of any transaction.
    """
    account = Account.get_or_none(Account.username == username.strip().lower())
    if account is None:
        passwords.matches(password, "")
        _log.warning("sign-in with an unknown user name from %s", address)
        raise WrongCredentials()
    _refuse_locked(account)
    if not passwords.matches(password, account.password_hash):  # slow: no transaction is open meanwhile
        _count_failure(account)
        raise WrongCredentials()
    if not account.is_active:
        raise NotAllowed("账号已停用，请联系系统管理员")
    with db.atomic():
        account.failed_sign_ins, account.locked_until = 0, None
        account.last_sign_in_at = clock.utc_now()
        if passwords.is_outdated(account.password_hash):
            account.password_hash = passwords.hash_password(password)
        account.save(
            only=[
                Account.failed_sign_ins,
                Account.locked_until,
                Account.last_sign_in_at,
                Account.password_hash,
            ]
        )
        audit.record("account.signed_in", account, actor=account)
    return account


def must_change_password(account: Account) -> bool:
    """Whether the password was set by somebody else and not yet by its owner."""
    return account.password_changed_at is None


def change_password(account: Account, *, current: str, password: str) -> None:
    """The owner sets a new password; every session ends. Raises Invalid with the field."""
    _refuse_locked(account)
    if not passwords.matches(current, account.password_hash):
        _count_failure(account)
        raise Invalid(fields={"current": "当前密码不正确"})
    if current == password:
        raise Invalid(fields={"password": "新密码不能与当前密码相同"})
    set_password(account, password, actor=account)


def set_password(account: Account, password: str, *, actor: Account | None) -> None:
    """Set a password: 10 characters of 3 kinds at least; unlocks, and ends every session.

    Raises Invalid with the reason, NotAllowed.
    """
    is_owner = actor is not None and actor.id == account.id
    if actor is not None and not is_owner:
        access.require(actor, "accounts.manage")
    reason = passwords.weakness(password, username=account.username)
    if reason:
        raise Invalid(fields={"password": reason})
    with db.atomic():
        account.password_hash = passwords.hash_password(password)
        account.password_changed_at = clock.utc_now() if is_owner or actor is None else None
        account.failed_sign_ins, account.locked_until = 0, None
        account.save(
            only=[
                Account.password_hash,
                Account.password_changed_at,
                Account.failed_sign_ins,
                Account.locked_until,
            ]
        )
        _raise_session_version(account)
        audit.record("account.password_set", account, actor=actor, by_owner=is_owner)


def reset_password(account: Account, *, actor: Account | None) -> str:
    """A new strong password, to be handed over once and changed at the first sign-in."""
    password = passwords.make_password()
    set_password(account, password, actor=actor)
    return password


def grant(account: Account, roles: Iterable[AccountRoleKind], *, actor: Account | None) -> None:
    """Make `roles` the roles of the account, no more and no less.

    Raises NotAllowed for one's own account and without the right, Invalid when one of
    the three administrators would hold another role or nobody would be left to grant.
    """
    wanted = set(roles)
    if actor is not None:
        access.require(actor, "roles.grant")
        if actor.id == account.id:
            raise NotAllowed("不能给自己授权，请由另一位安全管理员办理")
    access.check_role_set(wanted)
    with db.atomic():
        locked(Account.select().where(Account.id == account.id)).get()
        before = access.roles_of(account)
        if before == wanted:
            return
        _check_one_person(account, wanted)
        if actor is not None:
            _keep_one_left(account, before - wanted)
        _write_roles(account, before, wanted, actor)


def deactivate(account: Account, *, actor: Account | None) -> None:
    """Close the account and end its sessions; its history stays. Raises NotAllowed, Invalid."""
    _manage_other(account, actor)
    with db.atomic():
        if actor is not None:
            _keep_one_left(account, access.roles_of(account))
        _switch(account, is_active=False)
        _raise_session_version(account)
        audit.record("account.deactivated", account, actor=actor)


def reactivate(account: Account, *, actor: Account | None) -> None:
    """Open a closed account again, with the roles it had. Raises NotAllowed, Conflict, and Invalid
    when the person behind it has become another of the three administrators meanwhile."""
    _manage_other(account, actor)
    with db.atomic():
        _check_one_person(account, access.roles_of(account))
        _switch(account, is_active=True)
        audit.record("account.reactivated", account, actor=actor)


def unlock(account: Account, *, actor: Account | None) -> None:
    """Forget the failed sign-ins. Raises NotAllowed."""
    _manage_other(account, actor)
    with db.atomic():
        account.failed_sign_ins, account.locked_until = 0, None
        account.save(only=[Account.failed_sign_ins, Account.locked_until])
        audit.record("account.unlocked", account, actor=actor)


def end_sessions(account: Account, *, actor: Account | None) -> None:
    """End every session of the account, this one too. One's own, or as system administrator."""
    if actor is not None and actor.id != account.id:
        access.require(actor, "accounts.manage")
    with db.atomic():
        _raise_session_version(account)
        audit.record("account.sessions_ended", account, actor=actor)


def set_large_type(account: Account, is_on: bool) -> None:
    """How the own console looks; it concerns nobody else and leaves no audit line."""
    Account.update(is_large_type=is_on).where(Account.id == account.id).execute()
    account.is_large_type = is_on


def find(account_id: int) -> Account:
    """Raises NotFound."""
    account = Account.get_or_none(Account.id == account_id)
    if account is None:
        raise NotFound()
    return account


def listed(*, actor: Account) -> ModelSelect[Account]:
    """Every account with its unit. Raises NotAllowed."""
    access.require(actor, "accounts.view")
    return Account.select(Account, MemberUnit).join(MemberUnit)


def _check_new(username: str, display_name: str, password: str, unit: MemberUnit | None) -> None:
    fields = _name_errors(display_name) | _unit_errors(unit)
    if not _USERNAME.fullmatch(username):
        fields["username"] = "用户名须为 3–40 位小写字母、数字、点、横线，以字母开头"
    reason = passwords.weakness(password, username=username)
    if reason:
        fields["password"] = reason
    if fields:
        raise Invalid(fields=fields)


def _name_errors(name: str) -> dict[str, str]:
    return {} if 0 < len(name) <= 40 else {"display_name": "请填写显示名称（40 字以内）"}


def _unit_errors(unit: MemberUnit | None) -> dict[str, str]:
    return {} if unit is not None else {"member_unit": "请选择所属单位"}


def _unit(member_unit: MemberUnit | int) -> MemberUnit | None:
    if isinstance(member_unit, MemberUnit):
        return member_unit
    return MemberUnit.get_or_none(MemberUnit.id == member_unit)


def _write_roles(
    account: Account, before: set[AccountRoleKind], wanted: set[AccountRoleKind], actor: Account | None
) -> None:
    gone = before - wanted
    if gone:
        AccountRole.delete().where(AccountRole.account == account, AccountRole.role.in_(gone)).execute()
    for role in sorted(wanted - before):
        AccountRole.create(account=account, role=role)
    audit.record(
        "account.roles_set",
        account,
        actor=actor,
        was=sorted(role.value for role in before),
        to=sorted(role.value for role in wanted),
    )


def _check_one_person(account: Account, wanted: set[AccountRoleKind]) -> None:
    """The three are kept apart by person, too: two accounts of one person count together."""
    if account.person_id is None or not wanted:
        return
    others = (
        AccountRole.select(AccountRole.role)
        .join(Account)
        .where(Account.person == account.person_id, Account.id != account.id, Account.is_active == True)  # noqa: E712
    )
    access.check_role_set(wanted | {row.role for row in others})


def _keep_one_left(account: Account, losing: set[AccountRoleKind]) -> None:
    for role in sorted(losing & EXCLUSIVE_ROLES):
        others = (
            AccountRole.select()
            .join(Account)
            .where(AccountRole.role == role, Account.id != account.id, Account.is_active == True)  # noqa: E712
        )
        if not others.exists():
            raise Invalid(fields={"roles": "这是最后一位此类管理员，请先设立另一位再操作"})


def _manage_other(account: Account, actor: Account | None) -> None:
    if actor is None:
        return
    access.require(actor, "accounts.manage")
    if actor.id == account.id:
        raise NotAllowed("不能对自己的账号做这项操作")


def _switch(account: Account, *, is_active: bool) -> None:
    was = Account.is_active != is_active
    if not Account.update(is_active=is_active).where(Account.id == account.id, was).execute():
        raise Conflict("账号已经是启用状态" if is_active else "账号已经是停用状态")
    account.is_active = is_active


def _refuse_locked(account: Account) -> None:
    if account.locked_until is not None and account.locked_until > clock.utc_now():
        at = clock.to_local(account.locked_until)
        words = f"密码连续输错 {MOST_FAILURES} 次，账号已锁定，请 {at:%H:%M} 后再试"
        raise Locked(words, until=account.locked_until)


def _count_failure(account: Account) -> None:
    """Count a failure in its own transaction; raises Locked when it was one too many."""
    with db.atomic():
        row = locked(Account.select().where(Account.id == account.id)).get()
        lock_is_over = row.locked_until is not None
        failures = 1 if lock_is_over else row.failed_sign_ins + 1
        until = clock.utc_now() + LOCKED_FOR if failures >= MOST_FAILURES else None
        Account.update(failed_sign_ins=failures, locked_until=until).where(Account.id == row.id).execute()
        account.failed_sign_ins, account.locked_until = failures, until
        audit.record("account.sign_in_failed", account, actor=account, failures=failures)
        if until is not None:
            audit.record("account.locked", account, actor=account, until=until)
    _refuse_locked(account)


def _raise_session_version(account: Account) -> None:
    (Account.update(session_version=Account.session_version + 1).where(Account.id == account.id).execute())
    account.session_version = Account.get_by_id(account.id).session_version
