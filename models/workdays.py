"""Days that work differently from the published calendar: a shift not yet published, a local holiday."""

from __future__ import annotations

from peewee import BooleanField, CharField, DateField

from models.base import BaseModel


class WorkdayOverride(BaseModel):
    """What the alliance says of one day; it outranks the statutory calendar."""

    day = DateField(unique=True)
    is_workday = BooleanField()
    name = CharField(max_length=20, help_text="as the calendar shows it: 国庆调休, 校庆")
