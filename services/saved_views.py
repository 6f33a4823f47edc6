"""Views of lists under a name (视图), own or shared in the unit, and the columns an account shows."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from models.accounts import Account
from models.base import db
from models.saved_views import ListSetting, SavedView
from services import audit
from services.errors import Invalid, NotAllowed, NotFound
from services.phone_numbers import WrongPhone, clean_phone

MOST = 30  # of one account in one list
LONGEST_NAME = 30
LONGEST_QUERY = 1000


def visible(list_name: str, *, actor: Account) -> list[SavedView]:
    """The account's own views of a list, then those its unit shares; one query."""
    own = SavedView.account == actor.id
    shared = (SavedView.member_unit == actor.member_unit_id) & (SavedView.is_shared == True)  # noqa: E712
    rows = (
        SavedView.select(SavedView, Account)
        .join(Account)
        .where(SavedView.list_name == list_name, own | shared)
        .order_by(SavedView.name, SavedView.id)
    )
    return sorted(rows, key=lambda view: view.account_id != actor.id)


def setting_of(list_name: str, *, actor: Account) -> ListSetting | None:
    """The account's choice of columns and of the view to open with, if it made one."""
    return ListSetting.get_or_none((ListSetting.account == actor.id) & (ListSetting.list_name == list_name))


def save(list_name: str, name: str, query: str, *, is_shared: bool = False, actor: Account) -> SavedView:
    """Keep a view; one of the same name that is the account's own is replaced.

    Raises Invalid with the field: no name, too long, a phone number in the search, too many.
    """
    name = " ".join(name.split())
    if not name:
        raise Invalid(fields={"view_name": "请给视图起个名字，例如“待我审核”"})
    if len(name) > LONGEST_NAME:
        raise Invalid(fields={"view_name": f"视图名称不超过{LONGEST_NAME}个字，现在是{len(name)}个字"})
    if len(query) > LONGEST_QUERY:
        raise Invalid(fields={"view_name": "条件太多，存不下；请减少一些再存"})
    if _holds_phone(query):
        raise Invalid(fields={"view_name": "搜索里是手机号，不能存进视图；请先清除搜索再存"})
    with db.atomic():
        own = (SavedView.account == actor.id) & (SavedView.list_name == list_name)
        view = SavedView.get_or_none(own & (SavedView.name == name))
        if view is None and SavedView.select().where(own).count() >= MOST:
            raise Invalid(fields={"view_name": f"一个列表最多存{MOST}个视图，请先删除不用的"})
        if view is None:
            view = SavedView(list_name=list_name, name=name, account=actor)
        view.member_unit, view.is_shared, view.query = actor.member_unit_id, is_shared, query
        view.save()
        audit.record("saved_view.saved", view, actor=actor, list=list_name, name=name, is_shared=is_shared)
    return view


def delete(list_name: str, view_id: int, *, actor: Account) -> str:
    """Remove an own view; its name. Raises NotFound, NotAllowed for a colleague's."""
    view = _find(list_name, view_id, actor)
    if view.account_id != actor.id:
        raise NotAllowed("这是同事共享的视图，只有本人能删除")
    with db.atomic():
        view.delete_instance()
        audit.record("saved_view.deleted", view, actor=actor, list=list_name, name=view.name)
    return str(view.name)


def set_default(list_name: str, view_id: int | None, *, actor: Account) -> SavedView | None:
    """Open the list with this view from now on; None: with everything. Raises NotFound."""
    view = _find(list_name, view_id, actor) if view_id is not None else None
    _keep(list_name, {ListSetting.default_view: view}, actor)
    return view


def choose_columns(list_name: str, titles: Sequence[str], *, actor: Account) -> None:
    """Show these columns from now on; none: as the list declares them."""
    _keep(list_name, {ListSetting.columns: "\n".join(titles)}, actor)


def _keep(list_name: str, values: dict[object, object], actor: Account) -> None:
    """A choice of how the own screen looks: it concerns nobody else and leaves no audit line."""
    with db.atomic():
        (
            ListSetting.insert({ListSetting.account: actor.id, ListSetting.list_name: list_name, **values})
            .on_conflict(
                conflict_target=[ListSetting.account, ListSetting.list_name],
                update=values,
            )
            .execute()
        )


def _find(list_name: str, view_id: int, actor: Account) -> SavedView:
    for view in visible(list_name, actor=actor):
        if view.id == view_id:
            return view
    raise NotFound("没有这个视图，可能已被删除")


def _holds_phone(query: str) -> bool:
    sought = dict(parse_qsl(query)).get("q", "")
    try:
        return bool(clean_phone(sought))
    except WrongPhone:
        return False
