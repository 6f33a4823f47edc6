"""The alliance's member units (成员单位): one city school, nine town schools, X others."""

from __future__ import annotations

from enum import StrEnum

from peewee import BooleanField, CharField, DateField, IntegerField

from models.base import BaseModel, EnumField


class UnitTier(StrEnum):
    ONE = "1"
    NINE = "9"
    X = "X"


TIER_WORDS = {
    UnitTier.ONE: "市委党校（1）",
    UnitTier.NINE: "区镇党校（9）",
    UnitTier.X: "系统、企业、村级党校（X）",
}


class UnitKind(StrEnum):
    CITY_SCHOOL = "city_school"
    TOWN_SCHOOL = "town_school"
    SYSTEM_SCHOOL = "system_school"
    ENTERPRISE_SCHOOL = "enterprise_school"
    VILLAGE_SCHOOL = "village_school"


UNIT_KIND_WORDS = {
    UnitKind.CITY_SCHOOL: "市委党校",
    UnitKind.TOWN_SCHOOL: "区镇党校",
    UnitKind.SYSTEM_SCHOOL: "系统党校",
    UnitKind.ENTERPRISE_SCHOOL: "企业党校",
    UnitKind.VILLAGE_SCHOOL: "村级党校",
}


class MemberUnit(BaseModel):
    """An organisation, never a person. It stays after it leaves, with `valid_to`."""

    name = CharField(max_length=80, unique=True)
    short_name = CharField(max_length=20)
    tier = EnumField(UnitTier, max_length=4)
    kind = EnumField(UnitKind, max_length=20)
    division_code = CharField(max_length=12, null=True, help_text="行政区划代码")
    valid_from = DateField()
    valid_to = DateField(null=True, help_text="last day of membership; null while it lasts")
    order_no = IntegerField(default=0, help_text="机构序: the fixed order units are shown in")
    is_sample = BooleanField(default=False, help_text="样例: demo data")
    version = IntegerField(default=1, help_text="rises with each edit")
