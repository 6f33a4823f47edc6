"""The month of pushes: what goes out on which day, what else happens, what the day's quota will bear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain, pairwise
from typing import cast

from peewee import ModelSelect

import clock
from models.accounts import Account
from models.activities import Activity, ActivityStatus
from models.messaging import Campaign, CampaignStatus, Channel
from models.publishing import EJournal, EJournalIssue
from models.schedules import CampaignSeries
from models.surveys import Questionnaire
from services import access, workdays
from services.errors import IllegalMove, Invalid
from services.messaging import campaigns, mass, quiet_hours, quotas, results
from services.workdays import Day

NEAR = timedelta(minutes=30)  # two pushes closer than this read as one to their people
PAST = "这一天的这个时间已经过去，请选以后的日期"


class EntryKind(StrEnum):
    CAMPAIGN = "campaign"
    ACTIVITY = "activity"
    ISSUE = "issue"
    SURVEY_CLOSES = "survey_closes"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on one day. `at` is naive UTC, None where only the day is known."""

    kind: EntryKind
    row_id: int
    title: str
    at: datetime | None
    status: StrEnum | None = None
    can_move: bool = False
    is_quiet: bool = False


@dataclass(slots=True)
class CalendarDay:
    day: Day
    entries: list[Entry] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Load:
    """Calls that the campaigns of a day will make by a channel, beside the channel's day limit."""

    channel: Channel
    persons: int
    calls: int
    limit: int

    @property
    def is_over(self) -> bool:
        return self.calls > self.limit


def days(first: date, last: date, *, actor: Account) -> list[CalendarDay]:
    """Every local day from `first` to `last` with what the account may see of it."""
    found = {day: CalendarDay(told) for day, told in workdays.of_days(first, last).items()}
    since = clock.start_of_local_day(first)
    until = clock.start_of_local_day(last + timedelta(days=1))
    for entry in chain.from_iterable(
        read(since, until, actor) for read in (_campaigns, _activities, _surveys)
    ):
        if entry.at is not None:
            found[clock.to_local(entry.at).date()].entries.append(entry)
    issues = EJournalIssue.select(EJournalIssue, EJournal).join(EJournal)
    for issue in issues.where(EJournalIssue.publish_on.between(first, last)):
        title = f"《{issue.e_journal.name}》{issue.issue_no}"
        found[cast(date, issue.publish_on)].entries.append(
            Entry(EntryKind.ISSUE, issue.id, title, None, status=issue.status)
        )
    for each in found.values():
        each.entries.sort(key=lambda entry: (entry.at is not None, entry.at or since, entry.title))
        each.warnings = _warnings(each)
    return list(found.values())


def forecast(day: date, *, actor: Account) -> list[Load]:
    """What the scheduled campaigns of a day will call, planned as of now; empty when there are none.

    Only the account's own campaigns are counted where it is bound to a unit; the limits are the alliance's.
    """
    since, until = clock.start_of_local_day(day), clock.start_of_local_day(day + timedelta(days=1))
    persons: Counter[Channel] = Counter()
    calls: Counter[Channel] = Counter()
    for campaign in _scheduled(since, until, actor).where(Campaign.status == CampaignStatus.SCHEDULED):
        try:
            planned = results.preview(campaign)
        except Invalid:  # its audience is gone: it will be cancelled at its launch, not sent
            continue
        by_channel: Counter[Channel] = Counter()
        for each in planned:
            if each.channel is not None:
                by_channel[each.channel] += each.persons
        persons += by_channel
        calls += Counter({channel: _calls(channel, count) for channel, count in by_channel.items()})
    return [
        Load(channel, persons[channel], calls[channel], quotas.DAILY_LIMITS[channel])
        for channel in Channel
        if persons[channel] and channel in quotas.DAILY_LIMITS
    ]


def waiting(*, actor: Account) -> list[Campaign]:
    """Approved campaigns that have no time yet."""
    query = Campaign.select().where(Campaign.status == CampaignStatus.APPROVED).order_by(Campaign.id)
    query = query.where(Campaign.id.not_in(CampaignSeries.select(CampaignSeries.campaign)))
    bound = access.unit_scope(actor)
    return list(query if bound is None else query.where(Campaign.member_unit == bound))


def move(campaign: Campaign, day: date | None, *, actor: Account) -> datetime:
    """Put a scheduled campaign on another day at the same time of day; the new moment, naive UTC.

    Raises Invalid for a day that is past or shuts the campaign's own deadline, IllegalMove for a
    campaign that is not waiting for its time.
    """
    if campaign.status is not CampaignStatus.SCHEDULED or campaign.scheduled_at is None:
        raise IllegalMove("只有已排期、还没有发送的推送可以改日期")
    if day is None:
        raise Invalid(fields={"day": "请选择日期"})
    time_of_day = clock.to_local(campaign.scheduled_at).time().replace(tzinfo=None)
    at = clock.from_local(datetime.combine(day, time_of_day))
    if at <= clock.utc_now():
        raise Invalid(fields={"day": PAST})
    campaigns.schedule(campaign, at, actor=actor)
    return at


def _campaigns(since: datetime, until: datetime, actor: Account) -> Iterable[Entry]:
    may_send = access.may(actor, "campaigns.send")
    for row in _scheduled(since, until, actor):
        yield Entry(
            EntryKind.CAMPAIGN,
            row.id,
            row.title,
            row.scheduled_at,
            status=row.status,
            can_move=may_send and row.status is CampaignStatus.SCHEDULED,
            is_quiet=row.scheduled_at is not None and quiet_hours.is_quiet(row.scheduled_at),
        )


def _scheduled(since: datetime, until: datetime, actor: Account) -> ModelSelect[Campaign]:
    query = (
        Campaign.select()
        .where(Campaign.scheduled_at >= since, Campaign.scheduled_at < until)
        .where(Campaign.status != CampaignStatus.CANCELLED)
        .order_by(Campaign.scheduled_at, Campaign.id)
    )
    bound = access.unit_scope(actor)
    return query if bound is None else query.where(Campaign.member_unit == bound)


def _activities(since: datetime, until: datetime, actor: Account) -> Iterable[Entry]:
    query = Activity.select().where(Activity.starts_at >= since, Activity.starts_at < until)
    query = query.where(Activity.status != ActivityStatus.CANCELLED)
    bound = access.unit_scope(actor)
    if bound is not None:
        query = query.where(
            (Activity.member_unit == bound)
            | (Activity.is_shared & (Activity.status == ActivityStatus.PUBLISHED))
        )
    for row in query:
        yield Entry(EntryKind.ACTIVITY, row.id, row.title, row.starts_at, status=row.status)


def _surveys(since: datetime, until: datetime, actor: Account) -> Iterable[Entry]:
    query = Questionnaire.select().where(Questionnaire.closes_at >= since, Questionnaire.closes_at < until)
    bound = access.unit_scope(actor)
    if bound is not None:
        query = query.where(Questionnaire.member_unit == bound)
    for row in query:
        yield Entry(EntryKind.SURVEY_CLOSES, row.id, row.title, row.closes_at, status=row.status)


def _calls(channel: Channel, persons: int) -> int:
    return len(mass.sizes(persons)) if channel is Channel.MASS_SEND else persons


def _warnings(day: CalendarDay) -> list[str]:
    pushes = [entry for entry in day.entries if entry.kind is EntryKind.CAMPAIGN and entry.at is not None]
    told = []
    if any(b.at - a.at < NEAR for a, b in pairwise(pushes) if a.at and b.at):
        told.append("两个推送相隔不到30分钟")
    if any(entry.is_quiet for entry in pushes):
        told.append("有推送落在免打扰时段")
    if pushes and not day.day.is_workday:
        told.append(f"{day.day.name or '周末'}有推送")
    return told
