"""Console accounts (用户) and their roles."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, DateTimeField, ForeignKeyField, IntegerField

from models.alliance import MemberUnit
from models.base import BaseModel, EnumField
from models.people import Person


class AccountRoleKind(StrEnum):
    LIAISON = "liaison"
    SCHOOL_ADMIN = "school_admin"
    EDITOR = "editor"
    SECRETARIAT = "secretariat"
    COUNCIL_MEMBER = "council_member"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


ACCOUNT_ROLE_WORDS = {
    AccountRoleKind.LIAISON: "联络员",
    AccountRoleKind.SCHOOL_ADMIN: "学校管理员",
    AccountRoleKind.EDITOR: "编辑",
    AccountRoleKind.SECRETARIAT: "秘书处",
    AccountRoleKind.COUNCIL_MEMBER: "理事",
    AccountRoleKind.SYSTEM_ADMIN: "系统管理员",
    AccountRoleKind.SECURITY_ADMIN: "安全管理员",
    AccountRoleKind.AUDIT_ADMIN: "审计管理员",
}

# 三员分立: whoever holds one of these holds no other role.
EXCLUSIVE_ROLES = {AccountRoleKind.SYSTEM_ADMIN, AccountRoleKind.SECURITY_ADMIN, AccountRoleKind.AUDIT_ADMIN}
# Roles that see the whole alliance; the others see their own unit and what is shared.
ALLIANCE_ROLES = {AccountRoleKind.SECRETARIAT, AccountRoleKind.COUNCIL_MEMBER}


class Account(BaseModel):
    """A login. `member_unit` bounds what it sees unless a role of the alliance widens it."""

    username = CharField(max_length=40, unique=True)
    display_name = CharField(max_length=40)
    password_hash = CharField(max_length=200)
    member_unit = ForeignKeyField(MemberUnit, backref="accounts", on_delete="RESTRICT")
    person = ForeignKeyField(Person, null=True, backref="accounts", on_delete="SET NULL")
    is_active = BooleanField(default=True)
    failed_sign_ins = IntegerField(default=0)
    locked_until = DateTimeField(null=True)
    last_sign_in_at = DateTimeField(null=True)
    password_changed_at = DateTimeField(null=True)
    session_version = IntegerField(default=1, help_text="raising it ends every session")
    version = IntegerField(default=1, help_text="rises with each edit")
    is_large_type = BooleanField(default=False, help_text="large type in the console")


class AccountRole(BaseModel):
    account = ForeignKeyField(Account, backref="roles", on_delete="CASCADE")
    role = EnumField(AccountRoleKind, max_length=20)

    class Meta:
        indexes = ((("account", "role"), True),)
