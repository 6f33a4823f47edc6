"""`flask accounts …`: the first accounts, and the way back in when nobody can sign in."""

from __future__ import annotations

import click
from flask.cli import AppGroup

import clock
from models.accounts import ACCOUNT_ROLE_WORDS, Account, AccountRoleKind
from models.alliance import MemberUnit, UnitKind, UnitTier
from models.base import db
from services import access, accounts, passwords
from services.errors import DomainError, Invalid

commands = AppGroup("accounts", help="后台账号：新建、解锁、改密码、查看")

ROLE_CHOICE = click.Choice([role.value for role in AccountRoleKind])


@commands.command("create")
@click.option("--username", prompt="用户名（小写字母、数字）", help="登录用的名字")
@click.option("--name", "display_name", prompt="显示名称", help="页面上显示的姓名或职务")
@click.option("--unit", "unit_name", default="", help="所属单位的名称或简称；没有任何单位时新建为市委党校")
@click.option("--role", "roles", multiple=True, type=ROLE_CHOICE, help="可以重复；不写则逐一询问")
@click.password_option(
    "--password", prompt="密码（至少10位，含三种字符）", confirmation_prompt="再输一次密码", help="不写则询问"
)
def create(username: str, display_name: str, unit_name: str, roles: tuple[str, ...], password: str) -> None:
    """Create an account, asking for what is missing."""
    _refuse_weak(password, username)
    with db.connection_context():
        unit = _unit(unit_name)
        kinds = {AccountRoleKind(role) for role in roles or _ask_roles()}
        try:
            with db.atomic():
                unit.save()
                account = accounts.create(
                    username=username,
                    display_name=display_name,
                    password=password,
                    member_unit=unit,
                    roles=kinds,
                    actor=None,
                )
        except DomainError as error:
            raise click.ClickException(_words(error)) from error
    click.echo(f"已创建账号 {account.username}（{unit.name}，{_role_words(kinds)}）")


@commands.command("list")
def list_accounts() -> None:
    """Each account: name, unit, roles, state."""
    with db.connection_context():
        rows = Account.select(Account, MemberUnit).join(MemberUnit).order_by(Account.username)
        for account in rows:
            state = "启用" if account.is_active else "停用"
            if account.locked_until is not None and account.locked_until > clock.utc_now():
                state += "、锁定中"
            roles = _role_words(access.roles_of(account))
            click.echo(
                f"{account.username}\t{account.display_name}\t{account.member_unit.name}\t{roles}\t{state}"
            )


@commands.command("unlock")
@click.argument("username")
def unlock(username: str) -> None:
    """Forget the failed sign-ins of USERNAME."""
    with db.connection_context():
        accounts.unlock(_find(username), actor=None)
    click.echo(f"已解锁 {username}")


@commands.command("set-password")
@click.argument("username")
@click.password_option("--password", prompt="新密码", confirmation_prompt="再输一次新密码")
def set_password(username: str, password: str) -> None:
    """Set the password of USERNAME and end its sessions."""
    _refuse_weak(password, username)
    with db.connection_context():
        accounts.set_password(_find(username), password, actor=None)
    click.echo(f"已设置 {username} 的密码，原有登录已全部退出")


def _refuse_weak(password: str, username: str) -> None:
    reason = passwords.weakness(password, username=username.strip())
    if reason:
        raise click.ClickException(reason)


def _find(username: str) -> Account:
    account = Account.get_or_none(Account.username == username.strip().lower())
    if account is None:
        raise click.ClickException(f"没有账号 {username}；用 flask accounts list 查看")
    return account


def _unit(name: str) -> MemberUnit:
    """The unit of that name; the first one of an empty alliance is made, not yet saved."""
    units = list(MemberUnit.select().order_by(MemberUnit.order_no, MemberUnit.id))
    name = name or click.prompt("所属单位", default=units[0].name if units else None)
    for unit in units:
        if name in (unit.name, unit.short_name):
            return unit
    if units:
        raise click.ClickException(f"没有单位“{name}”；现有：" + "、".join(unit.name for unit in units))
    return MemberUnit(
        name=name,
        short_name=name[:20],
        tier=UnitTier.ONE,
        kind=UnitKind.CITY_SCHOOL,
        valid_from=clock.local_today(),
        order_no=1,
    )


def _ask_roles() -> list[str]:
    for role, words in ACCOUNT_ROLE_WORDS.items():
        click.echo(f"  {role.value}\t{words}")
    typed = click.prompt("角色（多个用逗号分开）", default=AccountRoleKind.SYSTEM_ADMIN.value)
    wanted = [part.strip() for part in typed.replace("，", ",").split(",") if part.strip()]
    known = {role.value for role in AccountRoleKind}
    unknown = [role for role in wanted if role not in known]
    if unknown:
        raise click.ClickException("没有这样的角色：" + "、".join(unknown))
    return wanted


def _role_words(roles: set[AccountRoleKind]) -> str:
    return "、".join(ACCOUNT_ROLE_WORDS[role] for role in sorted(roles)) or "无角色"


def _words(error: DomainError) -> str:
    return "；".join(error.fields.values()) if isinstance(error, Invalid) and error.fields else error.message
