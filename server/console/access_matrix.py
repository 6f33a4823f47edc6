"""权限: roles × permissions in words for those who grant roles; for everybody what the own account may do."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, render_template

from models.accounts import ACCOUNT_ROLE_WORDS, ALLIANCE_ROLES, EXCLUSIVE_ROLES, AccountRoleKind
from server.console import access_words
from server.console.areas import MenuEntry
from server.console.guard import me, permissions, requires, scope
from services import access

bp = Blueprint("access_matrix", __name__, url_prefix="/console/access")
MENU = MenuEntry("系统", "权限一览", "access_matrix.index", "roles.grant", "table", 20)

Group = tuple[str, list[tuple[str, str]]]


@bp.get("/")
@requires("roles.grant")
def index() -> str:
    return render_template(
        "console/access/index.html",
        groups=_groups(access.ALL_PERMISSIONS),
        roles=[(role, ACCOUNT_ROLE_WORDS[role]) for role in AccountRoleKind],
        held=access.PERMISSIONS,
        alliance_roles=ALLIANCE_ROLES,
        exclusive_roles=EXCLUSIVE_ROLES,
    )


@bp.get("/mine")
@requires("home.view")
def mine() -> str:
    roles = access.roles_of(me())
    return render_template(
        "console/access/mine.html",
        groups=_groups(permissions()),
        roles=[word for role, word in ACCOUNT_ROLE_WORDS.items() if role in roles],
        is_bound=scope() is not None,
    )


def _groups(among: Iterable[str]) -> list[Group]:
    """Permissions in words, under the words of their areas, in the order of access_words.py."""
    found: dict[str, list[tuple[str, str]]] = {}
    for permission in access_words.in_order(among):
        found.setdefault(access_words.area_word(permission), []).append(
            (permission, access_words.word(permission))
        )
    return list(found.items())
