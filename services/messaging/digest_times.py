"""When the next digest goes, and which campaigns can wait for it.

A verified service account sends one a week (a person gets four mass sends a month at most), a
subscription account one each workday (it has one call a day). A day that is no workday gives way
to the next workday; the quiet hours hold.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import clock
from models.digests import Digest, DigestSetting
from models.messaging import Campaign, CampaignStatus
from services import workdays
from services.messaging import audiences, deadlines, mass_targets

AHEAD_DAYS = 28
MARGIN = timedelta(hours=12)  # a reader must have this long to act on what the digest says


def setting() -> DigestSetting:
    """The setting as it stands; off, with the defaults, until it is first saved."""
    return DigestSetting.select().order_by(DigestSetting.id).first() or DigestSetting()


def is_daily() -> bool:
    return mass_targets.is_by_tag()


def next_at(after: datetime) -> datetime | None:
    """The first digest after a (naive UTC) moment; None while digests are off."""
    said = setting()
    return _next(said, after) if said.is_on else None


def next_open(after: datetime) -> datetime | None:
    """The first digest after a moment that still takes items: none is made yet, or it is a draft."""
    at = next_at(after)
    while at is not None and _is_closed(at):
        at = next_at(at)
    return at


def is_carried(campaign: Campaign) -> bool:
    """Whether digests are on and the campaign is an announcement to the whole alliance."""
    if campaign.is_automatic or campaign.is_digest or not setting().is_on:
        return False
    return campaign.audience == {"everyone": True} and audiences.bound(campaign.author) is None


def slot_for(campaign: Campaign, now: datetime) -> datetime | None:
    """The digest that the campaign can wait for, by its deadline; None where it must go by itself."""
    at = next_open(now) if is_carried(campaign) else None
    return at if at is not None and at + MARGIN <= deadlines.to_act(campaign) else None


def _next(said: DigestSetting, after: datetime) -> datetime:
    today = clock.to_local(after).date()
    # a week back: this week's day may have given way to a workday that is still ahead
    days = workdays.of_days(today - timedelta(days=7), today + timedelta(days=AHEAD_DAYS))
    wanted = [day for day in days if is_daily() or day.weekday() == said.weekday]
    for day in wanted:
        falls_on = next((each for each in days if each >= day and days[each].is_workday), None)
        if falls_on is not None and (at := _moment(falls_on, said.hour)) > after:
            return at
    raise ValueError(f"no workday within {AHEAD_DAYS} days of {today}")


def _moment(day: date, hour: int) -> datetime:
    return clock.from_local(datetime.combine(day, time(hour)))


def _is_closed(at: datetime) -> bool:
    made = Digest.select().join(Campaign).where(Digest.goes_at == at, Campaign.status != CampaignStatus.DRAFT)
    return bool(made.exists())
