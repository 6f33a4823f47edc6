"""Clicks: how often a campaign's links were opened, as one total per unit. Nobody's name, no time."""

from __future__ import annotations

from peewee import ForeignKeyField, IntegerField

from models.alliance import MemberUnit
from models.base import BoundModel
from models.messaging import Campaign


class ClickTotal(BoundModel):
    campaign = ForeignKeyField(Campaign, backref="click_totals", on_delete="CASCADE", index=False)
    member_unit = ForeignKeyField(MemberUnit, on_delete="CASCADE", index=False)
    clicks = IntegerField(default=0)

    class Meta:
        indexes = ((("campaign", "member_unit"), True),)
