"""账号: made by the system administrator, given roles by the security administrator."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

import clock
from models.accounts import ACCOUNT_ROLE_WORDS, EXCLUSIVE_ROLES, Account, AccountRole, AccountRoleKind
from models.alliance import MemberUnit
from server.console import conflicts, forms, words
from server.console.areas import MenuEntry
from server.console.guard import can, me, requires
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, choices
from server.console.row_history import serve_history
from services import access, accounts, alliance
from services.errors import Invalid, NotAllowed, StaleState

bp = Blueprint("accounts", __name__, url_prefix="/console/accounts")
MENU = MenuEntry("系统", "账号", "accounts.index", "accounts.view", "user-cog", 10)
Answer = str | Response | tuple[str, int]
FIELDS = ("display_name", "member_unit", "version")
LABELS = {"display_name": "显示名称", "member_unit": "所属单位"}

serve_history(
    bp,
    "account_id",
    Account,
    "accounts.view",
    find=accounts.find,
    name=lambda row: row.username,
    owner=lambda row: None,
)


def _fill(rows: list[Any]) -> None:
    roles = access.roles_among(row.id for row in rows)
    for row in rows:
        row.role_words = _role_words(roles.get(row.id, set()))


def _name(row: Account) -> Markup:
    return Markup('{}<div class="text-secondary small">{}</div>').format(row.username, row.display_name)


def _badge(row: Account) -> Markup:
    return Markup('<span class="badge bg-{}-lt">{}</span>').format(*_state(row))


def _holds(role: str) -> Any:
    return Account.id.in_(AccountRole.select(AccountRole.account).where(AccountRole.role == role))


LIST = Listing(
    name="accounts",
    title="账号",
    permission="accounts.view",
    rows=lambda: accounts.listed(actor=me()),
    prepare=_fill,
    columns=(
        Column("账号", _name, sort=Account.username, link=lambda row: url_for(".show", account_id=row.id)),
        Column("角色", lambda row: row.role_words or "未授予"),
        Column("单位", lambda row: row.member_unit.short_name, on_phone=False),
        Column("状态", _badge),
        Column(
            "上次登录",
            lambda row: words.ago(row.last_sign_in_at),
            sort=Account.last_sign_in_at,
            on_phone=False,
            css="nowrap",
        ),
    ),
    filters=(
        Filter("role", "角色", choices(ACCOUNT_ROLE_WORDS), _holds),
        Filter(
            "unit",
            "单位",
            lambda: [(str(unit.id), unit.short_name) for unit in alliance.listed()],
            lambda value: Account.member_unit == int(value),
        ),
        Filter(
            "state",
            "状态",
            (("active", "启用"), ("closed", "停用")),
            lambda value: Account.is_active == (value == "active"),
        ),
    ),
    search=(Account.username, Account.display_name),
    search_hint="账号、显示名称",
    order=(Account.is_active.desc(), MemberUnit.order_no, Account.username),
    empty="还没有账号。点“新建账号”建第一个。",
)
serve(bp, LIST)


@bp.get("/")
@requires("accounts.view")
def index() -> Answer:
    return render_template("console/accounts/index.html", page=LIST.page())


@bp.get("/new")
@requires("accounts.manage")
def new() -> Answer:
    return _form(forms.Form())


@bp.post("/new")
@requires("accounts.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        account = accounts.create(
            username=form.text("username"),
            display_name=form.text("display_name"),
            password=form.raw("password"),
            member_unit=form.integer("member_unit") or 0,
            actor=me(),
        )
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form), 422
    flash("账号已建好，还没有角色。请安全管理员授予角色；本人首次登录须修改密码", "success")
    return redirect(url_for(".show", account_id=account.id))


@bp.get("/<int:account_id>")
@requires("accounts.view")
def show(account_id: int) -> Answer:
    return _page(accounts.find(account_id))


@bp.get("/<int:account_id>/edit")
@requires("accounts.manage")
def edit(account_id: int) -> Answer:
    account = accounts.find(account_id)
    return _form(forms.of(account, *FIELDS), account)


@bp.post("/<int:account_id>/edit")
@requires("accounts.manage")
def update(account_id: int) -> Answer:
    account, form = accounts.find(account_id), forms.submitted()
    try:
        unit = form.integer("member_unit") or 0
        name, version = form.text("display_name"), form.integer("version")
        accounts.update(account, display_name=name, member_unit=unit, version=version, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form, account), 422
    except StaleState as stale:
        form.fail(stale)
        fresh, units = accounts.find(account_id), {"member_unit": _units()}
        conflicts.tell(form, account, forms.of(fresh, *FIELDS), LABELS, choices=units)
        return _form(form, fresh), 409
    flash("已保存", "success")
    return redirect(url_for(".show", account_id=account_id))


@bp.post("/<int:account_id>/roles")
@requires("roles.grant")
def grant(account_id: int) -> Answer:
    account, form = accounts.find(account_id), forms.submitted()
    known = {role.value for role in AccountRoleKind}
    try:
        roles = {AccountRoleKind(value) for value in form.many("roles") if value in known}
        accounts.grant(account, roles, actor=me())
    except (Invalid, NotAllowed) as wrong:
        form.fail(wrong)
        return _page(account, form=form), 422
    flash("角色已更新，立即生效", "success")
    return redirect(url_for(".show", account_id=account_id))


@bp.post("/<int:account_id>/password")
@requires("accounts.manage")
def reset_password(account_id: int) -> Answer:
    """The password is shown once, in the answer to the act."""
    account = accounts.find(account_id)
    if account.id == me().id:
        raise NotAllowed("自己的密码请在右上角“修改密码”里改")
    return _page(account, password=accounts.reset_password(account, actor=me()))


@bp.post("/<int:account_id>/sessions/end")
@requires("accounts.manage")
def end_sessions(account_id: int) -> Answer:
    accounts.end_sessions(accounts.find(account_id), actor=me())
    return _done(account_id, "已结束该账号的全部登录")


@bp.post("/<int:account_id>/unlock")
@requires("accounts.manage")
def unlock(account_id: int) -> Answer:
    accounts.unlock(accounts.find(account_id), actor=me())
    return _done(account_id, "已解除锁定")


@bp.post("/<int:account_id>/deactivate")
@requires("accounts.manage")
def deactivate(account_id: int) -> Answer:
    accounts.deactivate(accounts.find(account_id), actor=me())
    return _done(account_id, "账号已停用，登录已全部结束")


@bp.post("/<int:account_id>/reactivate")
@requires("accounts.manage")
def reactivate(account_id: int) -> Answer:
    accounts.reactivate(accounts.find(account_id), actor=me())
    return _done(account_id, "账号已重新启用")


def _done(account_id: int, told: str) -> Response:
    flash(told, "success")
    return redirect(url_for(".show", account_id=account_id))


def _form(form: forms.Form, account: Account | None = None) -> str:
    return render_template("console/accounts/form.html", form=form, account=account, units=_units())


def _units() -> list[tuple[str, str]]:
    return [(str(unit.id), unit.name) for unit in alliance.listed()]


def _page(account: Account, *, form: forms.Form | None = None, **shown: Any) -> str:
    roles = access.roles_of(account)
    is_me = account.id == me().id
    return render_template(
        "console/accounts/show.html",
        account=account,
        form=form or forms.filled({"roles": roles}),
        role_words=_role_words(roles),
        ordinary=[_choice(role) for role in AccountRoleKind if role not in EXCLUSIVE_ROLES],
        exclusive=[_choice(role) for role in AccountRoleKind if role in EXCLUSIVE_ROLES],
        state=_state(account),
        is_locked=_is_locked(account),
        is_me=is_me,
        may_manage=can("accounts.manage") and not is_me,
        may_grant=can("roles.grant") and not is_me,
        must_change=accounts.must_change_password(account),
        **shown,
    )


def _choice(role: AccountRoleKind) -> tuple[str, str]:
    return role.value, ACCOUNT_ROLE_WORDS[role]


def _role_words(roles: set[AccountRoleKind]) -> str:
    return "、".join(word for role, word in ACCOUNT_ROLE_WORDS.items() if role in roles)


def _is_locked(account: Account) -> bool:
    return account.locked_until is not None and account.locked_until > clock.utc_now()


def _state(account: Account) -> tuple[str, str]:
    """Colour and word."""
    if not account.is_active:
        return "secondary", "停用"
    return ("orange", "锁定中") if _is_locked(account) else ("green", "启用")
