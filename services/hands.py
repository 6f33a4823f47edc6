"""In whose hands a matter is: a unit's staff, or (no unit) the secretariat; perhaps one account's."""

from __future__ import annotations

from models.accounts import ALLIANCE_ROLES, Account, AccountRole, AccountRoleKind
from models.alliance import MemberUnit
from services import access
from services.errors import Invalid, NotAllowed


def of(unit_id: int | None, *, permission: str) -> list[Account]:
    """The active accounts with the permission that see what a unit has in hand; one query."""
    return [account for account, reaches in holders(permission) if reaches is None or reaches == unit_id]


def check(unit_id: int | None, account_id: int | None, *, permission: str, actor: Account) -> None:
    """Whether the actor may give to this unit, and this account can deal with it there.

    A school gives to its own people or to the secretariat. Raises Invalid (`unit`, `account`), NotAllowed.
    """
    scope = access.unit_scope(actor)
    if scope is not None and unit_id not in (scope, None):
        raise NotAllowed("只能转给本单位的人或联盟秘书处；要转给其他单位，请先转秘书处")
    if unit_id is not None and not MemberUnit.select().where(MemberUnit.id == unit_id).exists():
        raise Invalid(fields={"unit": "没有这个单位，请重新选择"})
    if account_id is not None and account_id not in {each.id for each in of(unit_id, permission=permission)}:
        raise Invalid(fields={"account": "此人不在所选单位，或没有处理权限，请重新选择"})


def holders(permission: str) -> list[tuple[Account, int | None]]:
    """Each active account with the permission, its unit joined, and the unit that bounds what it sees
    (None: the whole alliance); one query."""
    held: dict[int, set[AccountRoleKind]] = {}
    found: dict[int, Account] = {}
    rows = (
        AccountRole.select(AccountRole, Account, MemberUnit)
        .join(Account)
        .join(MemberUnit)
        .where(Account.is_active == True)  # noqa: E712 - SQL
        .order_by(MemberUnit.order_no, Account.display_name, Account.id)
    )
    for row in rows:
        found.setdefault(row.account.id, row.account)
        held.setdefault(row.account.id, set()).add(row.role)
    may = [
        account
        for account in found.values()
        if any(permission in access.PERMISSIONS[role] for role in held[account.id])
    ]
    return [
        (account, None if held[account.id] & ALLIANCE_ROLES else account.member_unit_id) for account in may
    ]
