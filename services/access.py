"""Who may do what: the one place that decides. Every route names a permission of this table."""

from __future__ import annotations

from collections.abc import Iterable

import clock
from models.accounts import ALLIANCE_ROLES, EXCLUSIVE_ROLES, Account, AccountRole, AccountRoleKind
from models.people import Person, PersonRole, PersonRoleKind
from services.errors import Invalid, NotAllowed, NotFound

_LOOK = {
    "home.view",
    "units.view",
    "people.view",
    "activities.view",
    "e_journals.view",
    "campaigns.view",
    "surveys.view",
    "notices.view",
}
_WRITE = {"composer.use", "pictures.manage", "notices.manage"}
_SCHOOL = (
    _LOOK
    | _WRITE
    | {
        "bindings.manage",
        "people.manage",
        "people.import",
        "people.unmask",
        "activities.manage",
        "activities.answer",
        "campaigns.manage",
        "campaigns.review",
        "campaigns.send",
        "e_journals.review",
        "surveys.manage",
        "inbox.manage",
        "complaints.manage",
        "check_ins.manage",
    }
)

PERMISSIONS: dict[AccountRoleKind, set[str]] = {
    AccountRoleKind.LIAISON: _LOOK
    | {"activities.answer", "bindings.manage", "inbox.manage", "complaints.manage", "check_ins.manage"},
    AccountRoleKind.SCHOOL_ADMIN: _SCHOOL,
    AccountRoleKind.EDITOR: _LOOK
    | _WRITE
    | {"activities.manage", "e_journals.manage", "campaigns.manage", "surveys.manage"},
    AccountRoleKind.SECRETARIAT: _SCHOOL
    | {
        "units.manage",
        "e_journals.manage",
        "templates.manage",
        "workdays.manage",
        "notice_wordings.manage",
        "error_words.manage",
        "digests.manage",
    },
    AccountRoleKind.COUNCIL_MEMBER: _LOOK,
    AccountRoleKind.SYSTEM_ADMIN: {"home.view", "accounts.view", "accounts.manage", "system.view"},
    AccountRoleKind.SECURITY_ADMIN: {"home.view", "accounts.view", "roles.grant"},
    AccountRoleKind.AUDIT_ADMIN: {"home.view", "audit.view"},
}

# A person with one of these roles runs the check-in of that unit's activities.
CHECK_IN_ROLES = {PersonRoleKind.INSTRUCTOR, PersonRoleKind.CLASS_TEACHER, PersonRoleKind.LIAISON}

ALL_PERMISSIONS = frozenset().union(*PERMISSIONS.values())


def roles_of(account: Account) -> set[AccountRoleKind]:
    return {row.role for row in AccountRole.select().where(AccountRole.account == account)}


def roles_among(account_ids: Iterable[int]) -> dict[int, set[AccountRoleKind]]:
    """The roles of several accounts, by account id; one query."""
    roles: dict[int, set[AccountRoleKind]] = {}
    for row in AccountRole.select().where(AccountRole.account.in_(list(account_ids))):
        roles.setdefault(row.account_id, set()).add(row.role)
    return roles


def permissions_of(account: Account) -> set[str]:
    """All permissions of an account's roles; none when it is not active."""
    if not account.is_active:
        return set()
    return set().union(*(PERMISSIONS[role] for role in roles_of(account)))


def may(account: Account, permission: str) -> bool:
    """Raises KeyError for a permission that no role has (a misspelt route)."""
    if permission not in ALL_PERMISSIONS:
        raise KeyError(permission)
    return permission in permissions_of(account)


def require(account: Account, permission: str) -> None:
    """Raises NotAllowed."""
    if not may(account, permission):
        raise NotAllowed(permission=permission)


def unit_scope(account: Account) -> int | None:
    """The unit whose rows the account sees; None for those who see the whole alliance.

    Every query of a school's data is bound by it.
    """
    if roles_of(account) & ALLIANCE_ROLES:
        return None
    return int(account.member_unit_id)


def require_unit(account: Account, member_unit_id: int) -> None:
    """Raises NotFound for another school's row: its existence is not told either."""
    scope = unit_scope(account)
    if scope is not None and scope != member_unit_id:
        raise NotFound()


def check_in_units(person: Person) -> set[int]:
    """The units whose activities the person may run the check-in of, by a role held today."""
    today = clock.local_today()
    rows = PersonRole.select(PersonRole.member_unit).where(
        PersonRole.person == person.id,
        PersonRole.role.in_(CHECK_IN_ROLES),
        PersonRole.valid_from <= today,
        PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
    )
    return {row.member_unit_id for row in rows}


def runs_check_ins(person: Person, member_unit_id: int) -> bool:
    return member_unit_id in check_in_units(person)


def check_role_set(roles: set[AccountRoleKind]) -> None:
    """Raises Invalid when one of the three separate administrators holds another role (三员分立)."""
    exclusive = roles & EXCLUSIVE_ROLES
    if exclusive and len(roles) > 1:
        raise Invalid(fields={"roles": "系统、安全、审计管理员必须各自独立，不能兼任其他角色"})
