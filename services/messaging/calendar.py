"""The month of pushes: what goes out on which day, what else happens, what the day's quota will bear."""

from __future__ import annotations

import json
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
from models.schedules import CampaignSeries, RelativeTime, SeriesStatus
from models.surveys import Questionnaire
from services import access, workdays
from services.errors import IllegalMove, Invalid
from services.messaging import campaigns, mass, mass_targets, quiet_hours, quotas, results, series
from services.workdays import Day

NEAR = timedelta(minutes=30)  # two pushes closer than this read as one to their people
EVERYONE = "everyone"
PAST = "这一天的这个时间已经过去，请选以后的日期"


class EntryKind(StrEnum):
    CAMPAIGN = "campaign"
    ACTIVITY = "activity"
    ISSUE = "issue"
    SURVEY_CLOSES = "survey_closes"
    SERIES = "series"  # a firing to come of a recurring push


PUSHES = {EntryKind.CAMPAIGN, EntryKind.SERIES}


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
    follows: bool = False  # an activity's time
    audience: str = ""  # who is meant, comparable; "" for what is no push


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
        read(since, until, actor) for read in (_campaigns, _series, _activities, _surveys)
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
    scheduled = _scheduled(since, until, actor).where(Campaign.status == CampaignStatus.SCHEDULED)
    to_come = [row.campaign for row, _ in _firings(since, until, actor)]
    for campaign in [*scheduled, *to_come]:
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
        Load(channel, persons[channel], calls[channel], quotas.limit(channel))
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
    if RelativeTime.select().where(RelativeTime.campaign == campaign.id).exists():
        raise IllegalMove("这个推送的时间跟随活动，请改活动的时间，或先取消跟随")
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
    rows = list(_scheduled(since, until, actor))
    following = RelativeTime.select(RelativeTime.campaign).where(
        RelativeTime.campaign.in_([row.id for row in rows])
    )
    follows = {each.campaign_id for each in following}
    for row in rows:
        yield Entry(
            EntryKind.CAMPAIGN,
            row.id,
            row.title,
            row.scheduled_at,
            status=row.status,
            can_move=may_send and row.status is CampaignStatus.SCHEDULED and row.id not in follows,
            is_quiet=row.scheduled_at is not None and quiet_hours.is_quiet(row.scheduled_at),
            follows=row.id in follows,
            audience="" if row.is_automatic else _audience(row),
        )


def _series(since: datetime, until: datetime, actor: Account) -> Iterable[Entry]:
    for row, moment in _firings(since, until, actor):
        yield Entry(
            EntryKind.SERIES,
            row.id,
            row.campaign.title,
            moment,
            status=row.status,
            is_quiet=quiet_hours.is_quiet(moment),
            audience=_audience(row.campaign),
        )


def _firings(since: datetime, until: datetime, actor: Account) -> list[tuple[CampaignSeries, datetime]]:
    """The moments to come of the account's active series in a span; those skipped by hand are not."""
    query = (
        CampaignSeries.select(CampaignSeries, Campaign)
        .join(Campaign)
        .where(CampaignSeries.status == SeriesStatus.ACTIVE)
    )
    bound = access.unit_scope(actor)
    rows = query if bound is None else query.where(Campaign.member_unit == bound)
    after = max(since, clock.utc_now()) - timedelta(seconds=1)
    if after >= until:
        return []
    return [
        (row, each.at)
        for row in rows.order_by(CampaignSeries.id)
        for each in series.between(row, after, until - timedelta(seconds=1))
        if not each.is_skipped
    ]


def _audience(campaign: Campaign) -> str:
    told = campaign.audience or {}
    return EVERYONE if told.get("everyone") else json.dumps(told, sort_keys=True)


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
    if channel is not Channel.MASS_SEND:
        return persons
    return 1 if mass_targets.is_by_tag() else len(mass.sizes(persons))


def _same_people(pushes: list[Entry]) -> int:
    """How many pushes of the day the same people are meant by; 0 for fewer than two."""
    meant = Counter(entry.audience for entry in pushes if entry.audience)
    everyone = meant.pop(EVERYONE, 0)
    most = everyone + max(meant.values(), default=0)
    return most if most > 1 else 0


def _warnings(day: CalendarDay) -> list[str]:
    pushes = [entry for entry in day.entries if entry.kind in PUSHES and entry.at is not None]
    told = []
    if any(b.at - a.at < NEAR for a, b in pairwise(pushes) if a.at and b.at):
        told.append("两个推送相隔不到30分钟")
    if same := _same_people(pushes):
        told.append(f"同一批人这一天有 {same} 个推送")
    if any(entry.is_quiet for entry in pushes):
        told.append("有推送落在免打扰时段")
    if pushes and not day.day.is_workday:
        told.append(f"{day.day.name or '周末'}有推送")
    return told
