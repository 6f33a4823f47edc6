"""Lists as people keep them: a name for filters, search and sort; the columns each account shows."""

from __future__ import annotations

from peewee import BooleanField, CharField, ForeignKeyField, TextField

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel


class SavedView(BaseModel):
    """A view of a list under a name. `member_unit` is whose accounts see it while it is shared."""

    list_name = CharField(max_length=40, help_text="the Listing's name")
    name = CharField(max_length=30)
    account = ForeignKeyField(Account, backref="saved_views", on_delete="CASCADE")
    member_unit = ForeignKeyField(MemberUnit, backref="saved_views", on_delete="CASCADE")
    is_shared = BooleanField(default=False)
    query = TextField(default="", help_text="filters, search and sort as an address carries them")

    class Meta:
        indexes = ((("account", "list_name", "name"), True), (("member_unit", "list_name"), False))


class ListSetting(BaseModel):
    """How an account likes a list: its columns, and the view it opens with."""

    account = ForeignKeyField(Account, backref="list_settings", on_delete="CASCADE")
    list_name = CharField(max_length=40)
    columns = TextField(default="", help_text="titles, one a line; empty: as declared")
    default_view = ForeignKeyField(SavedView, null=True, backref="default_of", on_delete="SET NULL")

    class Meta:
        indexes = ((("account", "list_name"), True),)
