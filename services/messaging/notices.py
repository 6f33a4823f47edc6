"""Automatic notices: telling a few people what concerns their own sign-up or request.

    notices.tell(
        [person.id], kind=NoticeKind.PLACE_OFFERED, about=activity, url=f"/m/activities/{activity.id}",
        fields=notices.of_activity(activity) | {"until": "11月24日 12:00"}, occasion=f"seat-{n}",
    )

Each is a campaign of its own: launched, planned, sent and settled like every other, its states
summing to its people. The wording was reviewed once (`notice_wordings`); only variables change.
Nobody is told the same occasion twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import clock
from models.accounts import Account
from models.activities import Activity
from models.alliance import MemberUnit, UnitTier
from models.automatic_notices import (
    NOTICE_KIND_WORDS,
    AutomaticNotice,
    AutomaticNoticePerson,
    NoticeKind,
    NoticeWording,
)
from models.base import db
from models.messaging import Campaign, CampaignStatus, Channel, ContentKind
from models.people import Topic
from services.errors import StaleState
from services.messaging import campaigns, contents, notice_wordings, quiet_hours
from services.messaging.notice_texts import URGENT_KINDS, URGENT_WITHIN, day_and_time
from services.messaging.states import move

__all__ = ["NoticeKind", "of_activity", "tell", "was_told", "withdraw"]

# A notice of a few is never a mass send: that would spend a slot of the month of each of them.
CHANNELS = (
    Channel.WINDOW_MESSAGE,
    Channel.TEMPLATE_MESSAGE,
    Channel.ONE_TIME_SUBSCRIPTION,
    Channel.RIDER,
)
MACHINE = "automatic.notices"
LIVES = timedelta(days=14)
INSERTED_AT_ONCE = 500
NOT_LAUNCHED_OR_OPEN = (
    CampaignStatus.SCHEDULED,
    CampaignStatus.LAUNCHING,
    CampaignStatus.SENDING,
    CampaignStatus.PAUSED,
)


def tell(
    people: Iterable[int],
    *,
    kind: NoticeKind,
    fields: Mapping[str, str],
    about: Activity | None,
    url: str,
    deadline_at: datetime | None = None,
    occasion: str = "",
    urgent: str = "",
) -> Campaign | None:
    """Tell these people (by id) now, or when the quiet hours end; None when nobody is left to tell.

    `fields` are the wording's variables (`notice_wordings.SHIPPED`), all in words; `url` is a path
    of ours. `occasion` tells this time from another of the same kind and subject: who was told it
    is not told again; without it, the same words of the same day are one occasion. `urgent` is the
    reason to send in the quiet hours; a change to an activity that begins within a day has one of
    its own. Nothing is sent after `deadline_at` (else the activity's start, or a fortnight).

    Raises ValueError for a missing variable. Inside the caller's transaction, if there is one:
    the notice stands or falls with the act that it tells of.
    """
    wanted = sorted(set(people))
    now = clock.utc_now()
    ends_at = deadline_at or _deadline(kind, about, now)
    if not wanted or ends_at <= now:
        return None
    wording = notice_wordings.standing(kind)
    shown = {name: str(value) for name, value in fields.items()}
    occasion = (occasion or _same_day(shown, url))[:80]
    reason = urgent or _urgency(kind, about, now)
    with db.atomic() as savepoint:
        campaign = _campaign(kind, about, ends_at=ends_at, quiet_hours_override=reason)
        notice = _notice(campaign, wording, about, shown, occasion, url)
        if not _add(notice, wanted, told_key(kind, about, occasion)):
            savepoint.rollback()
            return None
        campaign.audience = {"notice": notice.id}
        campaign.content_hash = contents.content_hash(campaign)
        campaign.save(only=[Campaign.audience, Campaign.content_hash])
    return campaign


def was_told(kind: NoticeKind, about: Activity | None, occasion: str) -> bool:
    """Whether anybody was told this occasion."""
    key = told_key(kind, about, occasion[:80])
    return bool(AutomaticNoticePerson.select().where(AutomaticNoticePerson.told_key == key).exists())


def withdraw(about: Activity, kinds: Iterable[NoticeKind], reason: str) -> int:
    """End the notices of these kinds that are not yet sent, in words why; how many.

    What was accepted stays; what waits is skipped, so that nobody reads a time that is no more.
    """
    standing = (
        Campaign.select()
        .join(AutomaticNotice)
        .where(
            AutomaticNotice.activity == about,
            AutomaticNotice.kind.in_(list(kinds)),
            Campaign.status.in_(NOT_LAUNCHED_OR_OPEN),
        )
    )
    ended = 0
    for campaign in list(standing):
        try:
            with db.atomic():
                move(campaign, CampaignStatus.CANCELLED, actor=None, by_machine=True, reason=reason)
                campaigns.skip_cancelled(campaign.id)
        except StaleState:
            continue  # it ended, or an operator acted, at this moment
        ended += 1
    return ended


def of_activity(activity: Activity) -> dict[str, str]:
    """The variables that tell which activity, when and where."""
    return {
        "title": activity.title,
        "starts_at": day_and_time(activity.starts_at),
        "place": activity.place,
    }


def told_key(kind: NoticeKind, about: Activity | None, occasion: str) -> str:
    """What stands for one occasion, 64 hex digits."""
    subject = about.id if about is not None else 0
    return hashlib.sha256(json.dumps([kind.value, subject, occasion]).encode()).hexdigest()


def _campaign(
    kind: NoticeKind, about: Activity | None, *, ends_at: datetime, quiet_hours_override: str
) -> Campaign:
    now = clock.utc_now()
    title = NOTICE_KIND_WORDS[kind] + (f"：{about.title}" if about is not None else "")
    return Campaign.create(
        title=title[:80],
        topic=Topic.SERVICE,
        content_kind=ContentKind.AUTOMATIC_NOTICE,
        activity=about,
        member_unit=about.member_unit_id if about is not None else _lead_unit(),
        author=_machine(),
        channels=[channel.value for channel in CHANNELS],
        status=CampaignStatus.SCHEDULED,
        scheduled_at=now if quiet_hours_override else quiet_hours.next_allowed(now),
        deadline_at=ends_at,
        quiet_hours_override=quiet_hours_override[:120],
        is_sample=about.is_sample if about is not None else False,
    )


def _notice(
    campaign: Campaign,
    wording: NoticeWording,
    about: Activity | None,
    fields: dict[str, str],
    occasion: str,
    url: str,
) -> AutomaticNotice:
    return AutomaticNotice.create(
        campaign=campaign,
        kind=wording.kind,
        activity=about,
        occasion=occasion,
        wording=wording,
        headline=notice_wordings.filled(wording.headline, fields)[:120],
        text=notice_wordings.filled(wording.text, fields),
        fields=fields,
        url=url,
    )


def _add(notice: AutomaticNotice, wanted: list[int], key: str) -> int:
    """Those not told before become the notice's people; how many. The index decides, also at once."""
    now = clock.utc_now()
    for start in range(0, len(wanted), INSERTED_AT_ONCE):
        rows = [
            {"created_at": now, "notice": notice, "person": each, "told_key": key}
            for each in wanted[start : start + INSERTED_AT_ONCE]
        ]
        AutomaticNoticePerson.insert_many(rows).on_conflict_ignore().execute()
    return int(AutomaticNoticePerson.select().where(AutomaticNoticePerson.notice == notice).count())


def _urgency(kind: NoticeKind, about: Activity | None, now: datetime) -> str:
    """Why the quiet hours are overridden; "" when they hold."""
    if kind in URGENT_KINDS and about is not None and about.starts_at - now < URGENT_WITHIN:
        return "活动在24小时内开始，变动须立即告知报名的人"
    return ""


def _deadline(kind: NoticeKind, about: Activity | None, now: datetime) -> datetime:
    if about is None or kind is NoticeKind.FEEDBACK_ASKED:
        return now + LIVES
    return about.ends_at if kind is NoticeKind.ACTIVITY_CANCELLED else about.starts_at


def _same_day(fields: Mapping[str, str], url: str) -> str:
    told = json.dumps([sorted(fields.items()), url, clock.local_today().isoformat()], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def _machine() -> Account:
    """The author of what nobody wrote by hand: an account without rights that cannot sign in."""
    found = Account.get_or_none(Account.username == MACHINE)
    if found is not None:
        return found
    Account.insert(
        username=MACHINE,
        display_name="自动通知",
        password_hash="!",  # noqa: S106 - no password has this hash
        member_unit=_lead_unit(),
        is_active=False,
        created_at=clock.utc_now(),
    ).on_conflict_ignore().execute()
    return Account.get(Account.username == MACHINE)


def _lead_unit() -> int:
    """The lead school: what concerns one person alone is not for the eyes of that person's unit."""
    lead = MemberUnit.select(MemberUnit.id).order_by(
        (MemberUnit.tier == UnitTier.ONE).desc(), MemberUnit.order_no, MemberUnit.id
    )
    return int(lead.first().id)
