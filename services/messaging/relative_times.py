"""Pushes whose time follows an activity: three days before its start, an hour after its end.

The time moves with the activity and ends with it, each told in the campaign's history. In the
quiet hours a push "before" goes out the evening before, one "after" the next morning. What
follows an activity has its times and place filled at sending: a move does not void its reviews.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta

import clock
from models.accounts import Account
from models.activities import Activity
from models.base import db
from models.messaging import EDITABLE, VOIDED_BY_EDIT, Campaign, CampaignStatus, ContentKind
from models.schedules import ANCHOR_WORDS, Anchor, CampaignSeries, RelativeTime
from services import access, audit
from services.errors import IllegalMove, Invalid, StaleState
from services.messaging import campaigns, contents, quiet_hours
from services.messaging.states import move

LONGEST = 60 * 24 * 60  # minutes
EVENING = time(20, 0)
NOT_LAUNCHED = EDITABLE | VOIDED_BY_EDIT
UNITS = {"days": 24 * 60, "hours": 60, "minutes": 1}
UNIT_WORDS = {"days": "天", "hours": "小时", "minutes": "分钟"}
ENDED = "活动结束后不能再推送这场活动；请把内容换成问卷或通知，受众选“报名了”这场活动"
CANCELLED_WITH = "活动已取消，这个推送随之取消"


def of(campaign: Campaign) -> RelativeTime | None:
    """How this campaign follows an activity; None when it does not."""
    found: RelativeTime | None = (
        RelativeTime.select(RelativeTime, Activity)
        .join(Activity)
        .where(RelativeTime.campaign == campaign.id)
        .first()
    )
    return found


def activity_of(campaign: Campaign) -> Activity | None:
    """The activity that a campaign may follow: its content, else the one its audience signed up for."""
    if campaign.content_kind is ContentKind.ACTIVITY:
        return campaign.activity
    wanted = (campaign.audience or {}).get("signed_up_for")
    found: Activity | None = Activity.get_or_none(Activity.id == wanted) if wanted else None
    return found


def moment(
    activity: Activity, anchor: Anchor, minutes: int, time_of_day: str = "", *, is_loud: bool = False
) -> datetime:
    """When it is sent, naive UTC; `is_loud`: the quiet hours are overridden."""
    at = (activity.starts_at if anchor is Anchor.START else activity.ends_at) + timedelta(minutes=minutes)
    if time_of_day:
        at = clock.from_local(datetime.combine(clock.to_local(at).date(), time.fromisoformat(time_of_day)))
    if is_loud or not quiet_hours.is_quiet(at):
        return at
    if minutes >= 0:
        return quiet_hours.next_allowed(at)
    local = clock.to_local(at).replace(tzinfo=None)
    evening = datetime.combine(local.date(), EVENING)
    return clock.from_local(evening if local.time() >= EVENING else evening - timedelta(days=1))


def in_words(relative: RelativeTime) -> str:
    """“基层治理”开始前3天的9:00"""
    count, unit = split(relative.minutes)
    side = "前" if relative.minutes < 0 else "后"
    told = f"“{relative.activity.title}”{ANCHOR_WORDS[relative.anchor]}"
    told += f"{side} {count} {UNIT_WORDS[unit]}" if count else "时"
    return told + (f"，当天 {relative.time_of_day}" if relative.time_of_day else "")


def split(minutes: int) -> tuple[int, str]:
    """Minutes as a number and its largest whole unit."""
    size = abs(minutes)
    unit = next(name for name, length in UNITS.items() if size % length == 0)
    return size // UNITS[unit], unit


def attach(
    campaign: Campaign, anchor: Anchor, minutes: int, time_of_day: str = "", *, actor: Account
) -> datetime:
    """Let a campaign that is not launched follow its activity; when it would be sent, naive UTC.

    A scheduled one is moved there at once. Raises Invalid naming the field, IllegalMove once it is
    launched or where it recurs.
    """
    access.require_unit(actor, campaign.member_unit_id)
    activity = activity_of(campaign)
    if campaign.status not in NOT_LAUNCHED or CampaignSeries.get_or_none(campaign=campaign.id) is not None:
        raise IllegalMove("这个推送已经启动或是定期推送，不能再跟随活动", was=campaign.status.value)
    if campaign.status is CampaignStatus.SCHEDULED:
        access.require(actor, "campaigns.send")  # this moves when it is sent
    if activity is None:
        raise Invalid(fields={"minutes": "这个推送没有对应的活动：内容选活动，或受众选“报名了”某个活动"})
    if abs(minutes) > LONGEST:
        raise Invalid(fields={"minutes": "最多提前或推后 60 天"})
    if time_of_day:
        try:
            time_of_day = f"{time.fromisoformat(time_of_day):%H:%M}"
        except ValueError as error:
            raise Invalid(fields={"time_of_day": "时刻应像 09:00"}) from error
    with db.atomic(), _same_text(campaign):
        RelativeTime.delete().where(RelativeTime.campaign == campaign.id).execute()
        relative = RelativeTime.create(
            campaign=campaign, activity=activity, anchor=anchor, minutes=minutes, time_of_day=time_of_day
        )
        at = _moment_of(relative, campaign)
        if at <= clock.utc_now() and campaign.status is CampaignStatus.SCHEDULED:
            raise Invalid(fields={"minutes": "按现在的活动时间，这个时刻已经过去"})
        if campaign.content_kind is ContentKind.ACTIVITY and at >= activity.ends_at:
            raise Invalid(fields={"minutes": ENDED})
        _set_time(campaign, at)
        audit.record("campaign.follows", campaign, actor=actor, told=in_words(relative), at=at.isoformat())
    return at


def detach(campaign: Campaign, *, actor: Account) -> None:
    """The campaign keeps the time it has now and follows nothing. Nothing where it followed nothing."""
    access.require_unit(actor, campaign.member_unit_id)
    with db.atomic(), _same_text(campaign):
        if RelativeTime.delete().where(RelativeTime.campaign == campaign.id).execute():
            audit.record("campaign.follows_no_more", campaign, actor=actor)


def follow(activity: Activity, *, actor: Account | None) -> int:
    """The activity moved: the campaigns that follow it move too; how many. In the edit's transaction.

    One whose moment is past thereby goes out now, while its people can still come.
    """
    moved = 0
    for relative in _following(activity):
        campaign, was = relative.campaign, relative.campaign.scheduled_at
        relative.activity = activity
        at = _moment_of(relative, campaign)
        if campaign.status is CampaignStatus.SCHEDULED:
            at = max(at, clock.utc_now())
        if at == was:
            continue
        _set_time(campaign, at)
        told = {"was": was.isoformat() if was else "", "at": at.isoformat()}
        audit.record("campaign.followed", campaign, actor=actor, **told)
        moved += 1
    return moved


def cancel_with(activity: Activity, *, actor: Account | None) -> int:
    """The activity is cancelled: so are the campaigns that follow it; how many. In its transaction."""
    ended = 0
    for relative in _following(activity):
        try:
            move(relative.campaign, CampaignStatus.CANCELLED, actor=actor, reason=CANCELLED_WITH)
        except StaleState:
            continue  # it was launched at this moment: its content stops it
        ended += 1
    return ended


def schedule(campaign: Campaign, *, actor: Account) -> datetime:
    """Schedule an approved campaign for the moment it follows. Raises Invalid where that is past."""
    relative = of(campaign)
    if relative is None:
        raise IllegalMove("这个推送没有跟随活动")
    at = _moment_of(relative, campaign)
    if at <= clock.utc_now():
        raise Invalid(fields={"scheduled_at": "按现在的活动时间，这个时刻已经过去；请改成别的时间"})
    campaigns.schedule(campaign, at, actor=actor)
    return at


def _moment_of(relative: RelativeTime, campaign: Campaign) -> datetime:
    return moment(
        relative.activity,
        relative.anchor,
        relative.minutes,
        relative.time_of_day,
        is_loud=bool(campaign.quiet_hours_override),
    )


def _following(activity: Activity) -> list[RelativeTime]:
    return list(
        RelativeTime.select(RelativeTime, Campaign)
        .join(Campaign)
        .where(RelativeTime.activity == activity.id, Campaign.status.in_(list(NOT_LAUNCHED)))
        .order_by(RelativeTime.id)
    )


def _set_time(campaign: Campaign, at: datetime) -> None:
    values: dict[str, datetime | None] = {"scheduled_at": at}
    if campaign.deadline_at is not None and campaign.deadline_at <= at:
        values["deadline_at"] = campaign.deadline_at = None  # the activity's own holds from here
    Campaign.update(**values).where(Campaign.id == campaign.id).execute()
    campaign.scheduled_at = at


@contextmanager
def _same_text(campaign: Campaign) -> Iterator[None]:
    """Following an activity takes its times out of what was reviewed, or puts them back: no other text."""
    was_same = contents.content_hash(campaign) == campaign.content_hash
    yield
    if was_same:
        campaign.content_hash = contents.content_hash(campaign)
        Campaign.update(content_hash=campaign.content_hash).where(Campaign.id == campaign.id).execute()
