"""Pictures (图片) that texts show: where each comes from, and by what right it may be shown."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField

from models.accounts import Account
from models.alliance import MemberUnit
from models.base import BaseModel, EnumField


class PictureLicence(StrEnum):
    OWN_WORK = "own_work"
    LICENSED = "licensed"
    OPEN_LICENCE = "open_licence"
    PUBLIC_DOMAIN = "public_domain"
    UNCLEAR = "unclear"


PICTURE_LICENCE_WORDS = {
    PictureLicence.OWN_WORK: "自有作品",
    PictureLicence.LICENSED: "已获授权",
    PictureLicence.OPEN_LICENCE: "开放许可",
    PictureLicence.PUBLIC_DOMAIN: "公有领域",
    PictureLicence.UNCLEAR: "授权待核",
}

# What says by which right the picture is shown must say where that right is found.
NEEDS_SOURCE = {PictureLicence.LICENSED, PictureLicence.OPEN_LICENCE, PictureLicence.PUBLIC_DOMAIN}


class Picture(BaseModel):
    """One picture of a unit. Its files lie in the store under its token, never under its name.

    `shows_people` and `people_agreed` are about portraits: who can be recognised must have agreed.
    """

    token = CharField(max_length=32, unique=True)
    member_unit = ForeignKeyField(MemberUnit, backref="pictures", on_delete="RESTRICT")
    uploaded_by = ForeignKeyField(Account, null=True, backref="pictures", on_delete="SET NULL")
    file_name = CharField(max_length=120, help_text="as it was called; shown, never opened")
    alt = CharField(max_length=120)
    licence = EnumField(PictureLicence, max_length=16)
    source = CharField(max_length=200, default="", help_text="author, agreement or address")
    shows_people = BooleanField(default=False)
    people_agreed = BooleanField(default=False)
    is_shared = BooleanField(default=False)
    content_type = CharField(max_length=20, help_text="of the version that pages show")
    width = IntegerField()
    height = IntegerField()
    size = IntegerField(help_text="bytes of the version that pages show")
    digest = CharField(max_length=64, help_text="SHA-256 of what was uploaded")
    version = IntegerField(default=1)
    is_sample = BooleanField(default=False)

    class Meta:
        indexes = ((("member_unit", "digest"), True),)

    @property
    def is_licensed(self) -> bool:
        """Whether it may go out: its right is known, and the people on it agreed."""
        return self.licence is not PictureLicence.UNCLEAR and (self.people_agreed or not self.shows_people)


class PictureMaterial(BaseModel):
    """A picture as an account of the platform holds it; uploaded once for each use."""

    picture = ForeignKeyField(Picture, backref="materials", on_delete="CASCADE")
    app_id = CharField(max_length=32)
    article_url = CharField(max_length=500, default="", help_text="for the text of an article")
    media_id = CharField(max_length=128, default="", help_text="for the cover of an article")

    class Meta:
        indexes = ((("picture", "app_id"), True),)
