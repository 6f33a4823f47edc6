"""Who is at the keyboard, what that account may do, and which rows it may touch.

Every view of the console stands under exactly one of

    @requires("campaigns.view")    signed in, with this permission
    @signed_in                     signed in, any role (own password, sign-out)
    @open_to_all                   the sign-in page

and a test walks all routes to see that it does. Inside a view `me()` is the
account, `find(Model, id)` a row of a school it may see.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, flash, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from peewee import Model
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException
from werkzeug.wrappers import Response

import clock
from models.accounts import Account
from models.base import db
from services import access, accounts, audit
from services.errors import NotAllowed, NotFound

IDLE_SECONDS = 10 * 60
# The cookie is written again only when this much has passed: not on every request.
RENEW_AFTER_SECONDS = 20

View = TypeVar("View", bound=Callable[..., Any])
Row = TypeVar("Row", bound=Model)
Refusal = tuple[str, int, dict[str, str]]

login_manager = LoginManager()


class SignedIn(UserMixin):
    """Flask-Login's view of an account. The session names the version it was opened under."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def is_active(self) -> bool:
        return bool(self.account.is_active)

    def get_id(self) -> str:
        return f"{self.account.id}:{self.account.session_version}"


def init_app(app: Flask) -> None:
    # A phone changes its address between two pages; the cookie's own limits are what protects it.
    login_manager.session_protection = None
    login_manager.init_app(app)


@login_manager.user_loader
def _load(token: str) -> SignedIn | None:
    """The account of a session that is neither idle too long nor ended elsewhere."""
    number, _, version = token.partition(":")
    account = Account.get_or_none(Account.id == int(number))
    if account is None or not account.is_active or str(account.session_version) != version:
        g.sign_out_reason = "登录已在别处结束，请重新登录"
        return None
    if clock.timestamp() - session.get("seen_at", 0) > IDLE_SECONDS:
        g.sign_out_reason = "十分钟没有操作，已自动退出，请重新登录"
        with db.atomic():
            audit.record("account.idle_sign_out", account, actor=account)
        return None
    return SignedIn(account)


def start_session(account: Account) -> None:
    """Open a session; nothing of an older one is carried over."""
    session.clear()
    session["seen_at"] = int(clock.timestamp())
    login_user(SignedIn(account))


def end_session() -> None:
    logout_user()
    session.clear()


def me_or_none() -> Account | None:
    return current_user.account if current_user.is_authenticated else None


def me() -> Account:
    """The account at the keyboard. Only inside a guarded view."""
    account = me_or_none()
    if account is None:
        raise NotAllowed("请先登录")
    return account


def permissions() -> frozenset[str]:
    """The permissions of the account at hand, read once for each request."""
    account = me_or_none()
    if account is None:
        return frozenset()
    if g.get("permissions_of") != account.id:
        g.permissions_of, g.permissions = account.id, frozenset(access.permissions_of(account))
    return g.permissions


def can(permission: str) -> bool:
    """Raises KeyError for a permission that no role has."""
    if permission not in access.ALL_PERMISSIONS:
        raise KeyError(permission)
    return permission in permissions()


def scope() -> int | None:
    """The unit that bounds what the account sees; None: the whole alliance. Read once for each request."""
    account = me()
    if g.get("scope_of") != account.id:
        g.scope_of, g.scope = account.id, access.unit_scope(account)
    return g.scope


def requires(permission: str, *, is_poll: bool = False) -> Callable[[View], View]:
    """Guard a view. A page that asks again by itself (`is_poll`) does not keep the session awake."""
    if permission not in access.ALL_PERMISSIONS:
        raise KeyError(permission)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if me_or_none() is None:
                return to_sign_in()
            if not is_poll:
                _renew()
            if accounts.must_change_password(me()):
                flash("这是他人为您设置的初始密码，请先改成自己的", "warning")
                return redirect(url_for("console.session.password"))
            if permission not in permissions():
                raise NotAllowed(permission=permission)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def signed_in(view: View) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if me_or_none() is None:
            return to_sign_in()
        _renew()
        return view(*args, **kwargs)

    guarded.permission = "signed_in"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def open_to_all(view: View) -> View:
    view.permission = "open_to_all"  # type: ignore[attr-defined]
    return view


def find(model: type[Row], row_id: int, *, unit_id: Callable[[Row], int | None] | None = None) -> Row:
    """The row, if it belongs to a school the account may see.

    `unit_id` tells a row's unit where it has no `member_unit` itself. A row shared
    with the alliance (`is_shared`) is found too: use `find_own` to change one.
    Raises NotFound, also for another school's row: its existence is not told.
    """
    row = _get(model, row_id)
    if getattr(row, "is_shared", False):
        return row
    return _in_scope(row, unit_id)


def find_own(model: type[Row], row_id: int, *, unit_id: Callable[[Row], int | None] | None = None) -> Row:
    """As `find`, but a row that another school shares is not enough."""
    return _in_scope(_get(model, row_id), unit_id)


def _get(model: type[Row], row_id: int) -> Row:
    row = model.get_or_none(model._meta.primary_key == row_id)
    if row is None:
        raise NotFound()
    return row


def _in_scope(row: Row, unit_id: Callable[[Row], int | None] | None) -> Row:
    bound = scope()
    if bound is None:
        return row
    owner = unit_id(row) if unit_id else row.member_unit_id  # type: ignore[attr-defined]
    if owner != bound:
        raise NotFound()
    return row


def _renew() -> None:
    now = int(clock.timestamp())
    if abs(now - session.get("seen_at", 0)) >= RENEW_AFTER_SECONDS:
        session["seen_at"] = now


def page_before() -> str | None:
    """The page from which an act or a fragment was asked for, if it can be opened again."""
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    pages = current_app.create_url_adapter(request)
    if pages is None:
        return None
    try:
        endpoint, _ = pages.match(came_from.path, method="GET")
    except (HTTPException, RoutingException):
        return None
    if not endpoint.startswith("console.") or endpoint == "console.session.nowhere":
        return None
    return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path


def to_sign_in() -> Response | Refusal:
    """The way to sign in again and back here, saying why."""
    reason = g.get("sign_out_reason", "您已退出" if request.method != "GET" else "")
    end_session()
    is_act = request.method != "GET"
    if reason:
        flash(f"{reason}。刚才的操作没有完成，登录后会回到原来的页面" if is_act else reason, "warning")
    is_fragment = request.headers.get("HX-Request") == "true"
    back = page_before() if is_act or is_fragment else request.full_path.rstrip("?")
    address = url_for("console.session.sign_in", next=back)
    if is_fragment:
        return "", 401, {"HX-Redirect": address}
    return redirect(address)
