"""Recurring pushes (定期推送): a pattern reviewed once, and at each moment a campaign of its own.

The pattern is a campaign that is never sent itself. While its text is the reviewed one, each
firing copies it, with the content of that day (the newest issue, the next activity of a series)
and its variables; an edit of the pattern voids its reviews, and nothing fires until they are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import clock
from models.accounts import Account
from models.activities import Activity, ActivityStatus
from models.base import db, locked
from models.messaging import Campaign, CampaignStatus, ContentKind
from models.publishing import EJournalIssue, IssueStatus
from models.schedules import (
    SERIES_MOVES,
    SERIES_SOURCE_WORDS,
    CampaignSeries,
    FiringStatus,
    RestDay,
    SeriesFiring,
    SeriesSource,
    SeriesStatus,
)
from services import access, audit, recurrence
from services.errors import Conflict, IllegalMove, Invalid, NotFound, StaleState
from services.messaging import campaigns, contents, quiet_hours
from services.messaging.campaign_values import CONTENT_MODELS
from services.recurrence import Recurrence

GRACE = timedelta(hours=6)  # a moment this long past is made up for; an older one was missed
FIELDS = ("rule", "time_of_day", "starts_on", "on_rest_day", "ends_on", "times", "source")
SOURCES = {
    ContentKind.E_JOURNAL_ISSUE: (SeriesSource.NEWEST_ISSUE, SeriesSource.FIXED),
    ContentKind.ACTIVITY: (SeriesSource.NEXT_ACTIVITY, SeriesSource.FIXED),
}
COPIED = (
    "title", "topic", "content_kind", "activity", "issue", "questionnaire", "published_notice", "summary",
    "member_unit", "author", "audience", "channels", "quiet_hours_override", "is_sample", "cover_token",
)  # fmt: skip
NOT_PASSED = "定期推送的内容还没有审定"
TEXT_CHANGED = "定期推送的内容在审定后有变化"


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of a series to come; `is_skipped` by hand."""

    at: datetime
    is_skipped: bool = False


def find(series_id: int, *, actor: Account) -> CampaignSeries:
    """Raises NotFound, also for another school's."""
    series: CampaignSeries | None = (
        CampaignSeries.select(CampaignSeries, Campaign)
        .join(Campaign)
        .where(CampaignSeries.id == series_id)
        .first()
    )
    if series is None:
        raise NotFound("没有找到这个定期推送")
    access.require_unit(actor, series.campaign.member_unit_id)
    return series


def of_campaign(campaign: Campaign) -> CampaignSeries | None:
    """The series of which this campaign is the pattern."""
    found: CampaignSeries | None = CampaignSeries.get_or_none(CampaignSeries.campaign == campaign.id)
    return found


def firing_of(campaign: Campaign) -> SeriesFiring | None:
    """The firing that made this campaign."""
    found: SeriesFiring | None = (
        SeriesFiring.select(SeriesFiring, CampaignSeries)
        .join(CampaignSeries)
        .where(SeriesFiring.campaign == campaign.id)
        .first()
    )
    return found


def recurrence_of(series: CampaignSeries) -> Recurrence:
    return Recurrence(
        series.rule,
        time.fromisoformat(series.time_of_day),
        series.starts_on,
        series.on_rest_day,
        series.ends_on,
        series.times,
    )


def in_words(series: CampaignSeries) -> str:
    return recurrence.in_words(recurrence_of(series))


def approved_words(campaign: Campaign) -> str:
    """What the reviewers of a pattern approve with its text: it then goes out by itself, at these
    moments, with what. "" where it does not recur."""
    series = of_campaign(campaign)
    if series is None or series.status is SeriesStatus.ENDED:
        return ""
    content = "" if series.source is SeriesSource.FIXED else f"，{SERIES_SOURCE_WORDS[series.source]}"
    return f"{in_words(series)}{content}；三审通过后到时自动发送，不用再点发送"


def upcoming(series: CampaignSeries, count: int = 5) -> list[Moment]:
    """The next moments, those that are skipped by hand as well; none once it has ended."""
    return between(series, clock.utc_now(), None)[:count] if series.status is SeriesStatus.ACTIVE else []


def between(series: CampaignSeries, after: datetime, until: datetime | None) -> list[Moment]:
    """The moments in a span (naive UTC), at most 100."""
    firings = SeriesFiring.select(SeriesFiring.fire_at).where(SeriesFiring.series == series)
    done = {row.fire_at for row in firings.where(SeriesFiring.fire_at > after)}
    found = []
    for at in recurrence.moments(recurrence_of(series), after=after, until=until):
        found.append(Moment(at, at in done))
        if len(found) >= 100:
            break
    return found


def checked(campaign: Campaign, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are kept. Raises Invalid naming every field that is wrong."""
    fields: dict[str, str] = {}
    starts_on: date | None = values.get("starts_on")
    if starts_on is None:
        fields["starts_on"] = "请选择开始日期"
    try:
        at = time.fromisoformat(str(values.get("time_of_day") or ""))
    except ValueError:
        fields["time_of_day"] = "请填写发送时刻，如 09:00"
    source = values.get("source") or SeriesSource.FIXED
    if source not in sources(campaign):
        fields["source"] = "这类内容不能这样替换"
    if fields or starts_on is None:
        raise Invalid(fields=fields)
    told = Recurrence(
        str(values.get("rule") or "").strip().upper(),
        at,
        starts_on,
        RestDay(values.get("on_rest_day") or RestDay.NEXT),
        values.get("ends_on"),
        values.get("times"),
    )
    recurrence.check(told)
    some_day = clock.from_local(datetime.combine(starts_on, at))
    if quiet_hours.is_quiet(some_day) and not campaign.quiet_hours_override:
        raise Invalid(fields={"time_of_day": campaigns.QUIET_WORDS})
    issue, activity = campaign.issue, campaign.activity
    return {
        "rule": told.rule,
        "time_of_day": f"{at:%H:%M}",
        "starts_on": starts_on,
        "on_rest_day": told.on_rest_day,
        "ends_on": told.ends_on,
        "times": told.times,
        "source": source,
        "e_journal": issue.e_journal if issue and source is SeriesSource.NEWEST_ISSUE else None,
        "activity_series": activity.series if activity and source is SeriesSource.NEXT_ACTIVITY else None,
    }


def sources(campaign: Campaign) -> tuple[SeriesSource, ...]:
    """What a firing of this campaign may be about."""
    return SOURCES.get(campaign.content_kind, (SeriesSource.FIXED,))


def _check_start(series: CampaignSeries) -> None:
    """A number of times is counted from the first moment, which must not be past."""
    told = recurrence_of(series)
    first = next(recurrence.dates(told), None)
    is_past = first is not None and clock.from_local(datetime.combine(first, told.at)) <= clock.utc_now()
    if series.times and is_past:
        raise Invalid(fields={"starts_on": "限定次数时，第一次的时刻应在现在之后；请把开始日期往后改"})


def create(campaign: Campaign, values: Mapping[str, Any], *, actor: Account) -> CampaignSeries:
    """Make a draft the pattern of a recurring push. Raises Invalid, IllegalMove unless it is a draft."""
    access.require_unit(actor, campaign.member_unit_id)
    kept = checked(campaign, values)
    with db.atomic():
        fresh = locked(Campaign.select().where(Campaign.id == campaign.id)).get()
        if fresh.content_kind not in CONTENT_MODELS or fresh.status is not CampaignStatus.DRAFT:
            raise IllegalMove("只有草稿可以改为定期发送", was=fresh.status.value)
        if of_campaign(fresh) is not None or fresh.relative_times.exists():
            raise IllegalMove("这个推送已经有了自己的时间安排")
        Campaign.update(scheduled_at=None).where(Campaign.id == fresh.id).execute()
        series = CampaignSeries.create(campaign=fresh, fired_until=clock.utc_now(), **kept)
        _check_start(series)
        audit.record("campaign.recurring", fresh, actor=actor, rule=series.rule, told=in_words(series))
    return series


def update(
    series: CampaignSeries, values: Mapping[str, Any], *, version: int, actor: Account
) -> CampaignSeries:
    """Change when it is sent (voids a review under way) or what it is about (voids the reviews).

    Raises Invalid, Conflict when it is no longer at `version`, IllegalMove once it has ended.
    """
    kept = checked(series.campaign, values)
    with db.atomic():
        fresh = locked(CampaignSeries.select().where(CampaignSeries.id == series.id)).get()
        if fresh.version != version:
            raise Conflict(version=fresh.version)
        if fresh.status is SeriesStatus.ENDED:
            raise IllegalMove("已结束的定期推送不能修改", was=fresh.status.value)
        if fresh.campaign.status is CampaignStatus.APPROVED:
            access.require(actor, "campaigns.send")  # this moves when it is sent
        is_other_content = fresh.source is not kept["source"]
        is_changed = any(getattr(fresh, name) != kept[name] for name in FIELDS)
        was = in_words(fresh)
        for name, value in kept.items():
            setattr(fresh, name, value)
        fresh.version, fresh.fired_until = version + 1, clock.utc_now()
        fresh.save()
        audit.record("campaign.recurring_changed", fresh.campaign, actor=actor, was=was, to=in_words(fresh))
        voided_by = {CampaignStatus.APPROVED: is_other_content, CampaignStatus.IN_REVIEW: is_changed}
        if voided_by.get(fresh.campaign.status):
            campaigns.void(fresh.campaign, "定期推送的安排或每次的内容有变化，须重新送审")
    return CampaignSeries.get_by_id(fresh.id)


def pause(series: CampaignSeries, *, actor: Account, reason: str = "") -> None:
    """Make no more campaigns until it is resumed; what was made goes on."""
    _move(series, SeriesStatus.PAUSED, actor=actor, reason=reason or "人工暂停")


def resume(series: CampaignSeries, *, actor: Account) -> None:
    """Go on with the next moment; those of the meantime are not made up for."""
    _move(series, SeriesStatus.ACTIVE, actor=actor, fired_until=clock.utc_now())


def end(series: CampaignSeries, *, actor: Account | None, reason: str = "") -> None:
    _move(series, SeriesStatus.ENDED, actor=actor, reason=reason or "人工结束")


def skip(series: CampaignSeries, at: datetime, *, actor: Account) -> None:
    """Leave one moment out. Raises Invalid where the series has none then, or it was dealt with."""
    access.require_unit(actor, series.campaign.member_unit_id)
    if at <= clock.utc_now() or at not in {
        each.at for each in between(series, at - timedelta(seconds=1), at) if not each.is_skipped
    }:
        raise Invalid(fields={"at": "这一次已经发起或跳过，或不在安排里"})
    with db.atomic():
        if not _claim(series, at, FiringStatus.SKIPPED, "人工跳过"):
            raise StaleState()
        audit.record("campaign.firing_skipped", series.campaign, actor=actor, at=at.isoformat())


def unskip(series: CampaignSeries, at: datetime, *, actor: Account) -> None:
    """Take a skip back while its moment is still to come. Raises NotFound."""
    access.require_unit(actor, series.campaign.member_unit_id)
    with db.atomic():
        taken = SeriesFiring.delete().where(
            SeriesFiring.series == series,
            SeriesFiring.fire_at == at,
            SeriesFiring.status == FiringStatus.SKIPPED,
            SeriesFiring.fire_at > clock.utc_now(),
        )
        if not taken.execute():
            raise NotFound("这一次没有被跳过")
        audit.record("campaign.firing_restored", series.campaign, actor=actor, at=at.isoformat())


def fire_due() -> int:
    """Make the campaigns of the moments that have come; how many. Run twice or by two, each once."""
    now = clock.utc_now()
    return sum(
        _fire_series(series, now)
        for series in CampaignSeries.select(CampaignSeries, Campaign)
        .join(Campaign)
        .where(CampaignSeries.status == SeriesStatus.ACTIVE)
    )


def next_moment(after: datetime) -> datetime | None:
    """The next moment of any active series; None when there is none."""
    active = CampaignSeries.select().where(CampaignSeries.status == SeriesStatus.ACTIVE)
    found = [next(recurrence.moments(recurrence_of(each), after=after), None) for each in active]
    return min((at for at in found if at is not None), default=None)


def _fire_series(series: CampaignSeries, now: datetime) -> int:
    if series.campaign.status is CampaignStatus.CANCELLED:
        _move(series, SeriesStatus.ENDED, actor=None, reason="推送已取消")
        return 0
    made = 0
    told = recurrence_of(series)
    for at in recurrence.moments(told, after=series.fired_until, until=now):
        made += _fire(series, at, now)
    is_over = next(recurrence.moments(told, after=now), None) is None
    with db.atomic():
        CampaignSeries.update(fired_until=now).where(
            CampaignSeries.id == series.id, CampaignSeries.fired_until < now
        ).execute()
        if is_over and SeriesStatus.ENDED in SERIES_MOVES[series.status]:
            _move(series, SeriesStatus.ENDED, actor=None, reason="次数已满或已到截止日期")
    return made


def _fire(series: CampaignSeries, at: datetime, now: datetime) -> int:
    """One moment: the row that claims it and the campaign stand or fall together."""
    with db.atomic():
        why = "系统当时没有运行" if at < now - GRACE else _why_not_passed(series.campaign)
        firing = _claim(series, at, FiringStatus.MISSED if why else FiringStatus.MADE, why)
        if firing is None or why:
            return 0
        content, why = _content(series, now)
        if why:
            SeriesFiring.update(status=FiringStatus.SKIPPED, reason=why).where(
                SeriesFiring.id == firing.id
            ).execute()
            return 0
        made = _copy(series.campaign, content, at=now)
        SeriesFiring.update(campaign=made).where(SeriesFiring.id == firing.id).execute()
    return 1


def _claim(series: CampaignSeries, at: datetime, status: FiringStatus, reason: str) -> SeriesFiring | None:
    """The row of a moment; None when another made it, or it was skipped."""
    row = SeriesFiring.insert(
        series=series, fire_at=at, status=status, reason=reason, created_at=clock.utc_now()
    )
    if not row.on_conflict_ignore().as_rowcount().execute():
        return None
    firing: SeriesFiring = SeriesFiring.get(SeriesFiring.series == series, SeriesFiring.fire_at == at)
    return firing


def _why_not_passed(pattern: Campaign) -> str:
    if pattern.status is not CampaignStatus.APPROVED:
        return NOT_PASSED
    return "" if contents.content_hash(pattern) == pattern.content_hash else TEXT_CHANGED


def _content(series: CampaignSeries, now: datetime) -> tuple[dict[str, Any], str]:
    """The columns that a firing's content takes, and why it has none."""
    told: dict[str, Any] = {}
    told_before = SeriesFiring.select(SeriesFiring.campaign).where(
        SeriesFiring.series == series, SeriesFiring.campaign.is_null(False)
    )
    earlier = Campaign.select().where(Campaign.id.in_(told_before))
    if series.source is SeriesSource.NEWEST_ISSUE:
        newest = (
            EJournalIssue.select()
            .where(
                EJournalIssue.e_journal == series.e_journal_id, EJournalIssue.status == IssueStatus.PUBLISHED
            )
            .order_by(EJournalIssue.published_at.desc(), EJournalIssue.id.desc())
            .first()
        )
        if newest is None or earlier.where(Campaign.issue == newest).exists():
            return told, "没有新的一期，这次不发"
        told["issue"] = newest
    if series.source is SeriesSource.NEXT_ACTIVITY:
        upcoming = Activity.select().where(
            Activity.series == series.activity_series_id,
            Activity.status == ActivityStatus.PUBLISHED,
            Activity.starts_at > now,
            (Activity.member_unit == series.campaign.member_unit_id) | Activity.is_shared,
        )
        following = upcoming.order_by(Activity.starts_at, Activity.id).first()
        if following is None or earlier.where(Campaign.activity == following).exists():
            return told, "没有新的活动，这次不发"
        told["activity"] = following
    return told, ""


def _copy(pattern: Campaign, content: dict[str, Any], *, at: datetime) -> Campaign:
    """A campaign of its own, scheduled: the text was reviewed with its pattern, only variables change."""
    values = {name: getattr(pattern, name) for name in COPIED} | content
    with db.atomic():
        made = Campaign.create(
            **values, status=CampaignStatus.SCHEDULED, scheduled_at=at, status_reason="定期推送，三审见其样本"
        )
        made.content_hash = contents.content_hash(made)
        made.save(only=[Campaign.content_hash])
    return made


def _move(
    series: CampaignSeries, to: SeriesStatus, *, actor: Account | None, reason: str = "", **changes: Any
) -> None:
    was = series.status
    if actor is not None:
        access.require_unit(actor, series.campaign.member_unit_id)
    if to not in SERIES_MOVES[was]:
        raise IllegalMove(was=was.value, to=to.value)
    changes |= {"status": to, "status_reason": reason[:200]}
    with db.atomic():
        where = (CampaignSeries.id == series.id, CampaignSeries.status == was)
        if not CampaignSeries.update(**changes).where(*where).execute():
            raise StaleState(was=was.value, to=to.value)
        if actor is not None:
            audit.record(f"campaign.recurring_{to.value}", series.campaign, actor=actor, reason=reason)
    for name, value in changes.items():
        setattr(series, name, value)
