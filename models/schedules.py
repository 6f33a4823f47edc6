"""When campaigns go out again and again (定期推送), or so long before or after an activity."""

from __future__ import annotations

from enum import StrEnum

from peewee import CharField, DateField, DateTimeField, ForeignKeyField, IntegerField

from models.activities import Activity, ActivitySeries
from models.base import BaseModel, EnumField
from models.messaging import Campaign
from models.publishing import EJournal


class RestDay(StrEnum):
    """What becomes of a date on which nobody works."""

    SEND = "send"
    SKIP = "skip"
    NEXT = "next"
    PREVIOUS = "previous"


REST_DAY_WORDS = {
    RestDay.SEND: "照常发送",
    RestDay.SKIP: "不发",
    RestDay.NEXT: "顺延到下一个工作日",
    RestDay.PREVIOUS: "提前到上一个工作日",
}


class SeriesSource(StrEnum):
    """What each firing is about."""

    FIXED = "fixed"
    NEWEST_ISSUE = "newest_issue"
    NEXT_ACTIVITY = "next_activity"


SERIES_SOURCE_WORDS = {
    SeriesSource.FIXED: "每次都是同一内容",
    SeriesSource.NEWEST_ISSUE: "每次换成这份期刊最新的一期",
    SeriesSource.NEXT_ACTIVITY: "每次换成这个系列的下一场活动",
}


class SeriesStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


SERIES_STATUS_WORDS = {
    SeriesStatus.ACTIVE: "进行中",
    SeriesStatus.PAUSED: "已暂停",
    SeriesStatus.ENDED: "已结束",
}

SERIES_MOVES = {
    SeriesStatus.ACTIVE: {SeriesStatus.PAUSED, SeriesStatus.ENDED},
    SeriesStatus.PAUSED: {SeriesStatus.ACTIVE, SeriesStatus.ENDED},
    SeriesStatus.ENDED: set(),
}


class CampaignSeries(BaseModel):
    """A recurring push. `campaign` is its pattern: the text, audience and channels that were reviewed.

    The pattern itself is never sent; each firing is a campaign of its own. `rule` is RFC 5545
    without COUNT and UNTIL, evaluated in Asia/Shanghai.
    """

    campaign = ForeignKeyField(Campaign, unique=True, backref="series", on_delete="CASCADE")
    rule = CharField(max_length=120)
    time_of_day = CharField(max_length=5, help_text="HH:MM in Asia/Shanghai")
    starts_on = DateField()
    on_rest_day = EnumField(RestDay, max_length=10, default=RestDay.NEXT)
    ends_on = DateField(null=True, help_text="the last day on which it may be sent; null: none")
    times = IntegerField(null=True, help_text="how often in all; null: no limit")
    source = EnumField(SeriesSource, max_length=16, default=SeriesSource.FIXED)
    e_journal = ForeignKeyField(EJournal, null=True, on_delete="RESTRICT")
    activity_series = ForeignKeyField(ActivitySeries, null=True, on_delete="RESTRICT")
    status = EnumField(SeriesStatus, max_length=10, default=SeriesStatus.ACTIVE)
    status_reason = CharField(max_length=200, default="")
    fired_until = DateTimeField(help_text="UTC; moments up to here are done with")
    version = IntegerField(default=1)


class FiringStatus(StrEnum):
    MADE = "made"
    SKIPPED = "skipped"
    MISSED = "missed"


FIRING_STATUS_WORDS = {
    FiringStatus.MADE: "已发起",
    FiringStatus.SKIPPED: "跳过",
    FiringStatus.MISSED: "错过",
}


class SeriesFiring(BaseModel):
    """One moment of a series, and what became of it. Unique: two clocks make one campaign."""

    series = ForeignKeyField(CampaignSeries, backref="firings", on_delete="CASCADE")
    fire_at = DateTimeField(help_text="UTC")
    status = EnumField(FiringStatus, max_length=10)
    reason = CharField(max_length=200, default="")
    campaign = ForeignKeyField(Campaign, null=True, unique=True, backref="firing", on_delete="SET NULL")

    class Meta:
        indexes = ((("series", "fire_at"), True),)


class Anchor(StrEnum):
    START = "start"
    END = "end"


ANCHOR_WORDS = {Anchor.START: "开始", Anchor.END: "结束"}


class RelativeTime(BaseModel):
    """A campaign goes out `minutes` after (negative: before) an activity's start or end, as it moves."""

    campaign = ForeignKeyField(Campaign, unique=True, backref="relative_times", on_delete="CASCADE")
    activity = ForeignKeyField(Activity, backref="relative_times", on_delete="CASCADE")
    anchor = EnumField(Anchor, max_length=6)
    minutes = IntegerField()
    time_of_day = CharField(max_length=5, default="", help_text="HH:MM on that day; empty: to the minute")
