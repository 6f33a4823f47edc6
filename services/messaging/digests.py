"""Digests (摘要群发): gathering what waits, putting it in order, having it reviewed, confirming, sending.

The planner leaves to a digest what can wait for it (`digest_times`). A draft is made a while before,
the most urgent first, at most eight articles; from there on it is a campaign like any other. What a
digest did not take, or lost, waits for the next; what that would make too late is planned again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

import clock
from models.accounts import Account
from models.base import db, locked
from models.digests import MOST_ARTICLES, Digest, DigestItem, DigestSetting
from models.messaging import (
    EDITABLE,
    VOIDED_BY_EDIT,
    Campaign,
    CampaignStatus,
    Channel,
    ContentKind,
    Delivery,
    DeliveryStatus,
)
from models.people import Topic
from services import access, audit
from services.errors import Conflict, IllegalMove, Invalid, NotFound, StaleState
from services.messaging import (
    campaigns,
    confirmations,
    contents,
    deadlines,
    digest_times,
    quiet_hours,
    replan,
)
from services.messaging.states import move

LEAD = {True: timedelta(hours=23), False: timedelta(days=3)}  # before a daily, a weekly digest
FIRST_HOUR, LAST_HOUR = quiet_hours.ENDS.hour, quiet_hours.BEGINS.hour - 1
NOT_GONE = {
    CampaignStatus.DRAFT,
    CampaignStatus.IN_REVIEW,
    CampaignStatus.APPROVED,
    CampaignStatus.SCHEDULED,
}
NOT_READY = NOT_GONE - {CampaignStatus.SCHEDULED}
TOO_LATE = "没有在下一期之前审定，条目并入下一期"


def set_times(values: Mapping[str, Any], *, version: int, actor: Account) -> DigestSetting:
    """Switch digests on or off and set their day and hour; the actor keeps the drafts from now on.

    Raises NotAllowed, Invalid naming the field, StaleState where somebody was faster.
    """
    access.require(actor, "digests.manage")
    errors = {}
    if values.get("weekday") not in range(7):
        errors["weekday"] = "请选择星期几"
    hour = values.get("hour")
    if not isinstance(hour, int) or not FIRST_HOUR <= hour <= LAST_HOUR:
        errors["hour"] = f"请填 {FIRST_HOUR} 到 {LAST_HOUR} 点，其余是免打扰时段"
    if errors:
        raise Invalid(fields=errors)
    with db.atomic():
        said = locked(DigestSetting.select().order_by(DigestSetting.id)).first() or DigestSetting(version=0)
        if said.version not in (version, 0):
            raise StaleState("摘要的设定刚刚被别人改过，请核对后再改")
        said.is_on, said.weekday, said.hour = bool(values.get("is_on")), values["weekday"], hour
        said.keeper, said.version = actor, said.version + 1
        said.save()
        audit.record(
            "digest.timed", said, actor=actor, is_on=said.is_on, weekday=said.weekday, hour=said.hour
        )
    return said


def get(digest_id: int, *, actor: Account) -> Digest:
    """Raises NotFound, also for accounts that are bound to a school: a digest is the alliance's."""
    query = Digest.select(Digest, Campaign).join(Campaign).where(Digest.id == digest_id)
    digest: Digest | None = query.first()
    if digest is None or access.unit_scope(actor) is not None:
        raise NotFound("没有找到这一期摘要")
    return digest


def waiting() -> list[Campaign]:
    """What waits for a digest and is in none yet, the most urgent first."""
    taken = (
        DigestItem.select(DigestItem.campaign)
        .join(Digest)
        .join(Campaign)
        .where(Campaign.status.in_(list(NOT_GONE)), DigestItem.is_left_out == False)  # noqa: E712 - SQL
    )
    query = Campaign.select(Campaign, Account).join(Account)
    found = query.where(
        Campaign.status == CampaignStatus.SENDING, fn.EXISTS(_left_to_digest()), Campaign.id.not_in(taken)
    )
    return sorted(found, key=lambda each: (deadlines.to_act(each), each.id))


def items(digest: Digest) -> list[DigestItem]:
    """All items in their order, those left out last, with their campaigns."""
    query = DigestItem.select(DigestItem, Campaign).join(Campaign).where(DigestItem.digest == digest)
    return list(query.order_by(DigestItem.is_left_out, DigestItem.position, DigestItem.id))


def prepare_due() -> Digest | None:
    """Make the draft of the next digest when its time is near and something waits; else None."""
    said, now = digest_times.setting(), clock.utc_now()
    at = digest_times.next_at(now)
    if at is None or said.keeper is None or at - now > LEAD[digest_times.is_daily()]:
        return None
    _end_late(at)
    if Digest.select().where(Digest.goes_at == at).exists():
        return None
    return _make(at, said.keeper, by_machine=True)


def open_next(*, actor: Account) -> Digest:
    """Make the draft of the next digest now. Raises IllegalMove while digests are off, or nothing waits."""
    access.require(actor, "digests.manage")
    at = digest_times.next_open(clock.utc_now())
    if at is None:
        raise IllegalMove("还没有启用摘要群发")
    there: Digest | None = Digest.select().join(Campaign).where(Digest.goes_at == at, _is_draft()).first()
    if there is not None:
        return there
    made = _make(at, actor, by_machine=False)
    if made is None:
        raise IllegalMove("现在没有等着并入摘要的推送，这一期不发送")
    return made


def refresh(digest: Digest, *, actor: Account) -> int:
    """Take in what came to wait since, while there is room; how many."""
    return _change(digest, actor, lambda: _add(digest))


def arrange(digest: Digest, item_id: int, what: str, *, actor: Account) -> None:
    """Move an item up or down, leave it out (`out`) or take it in again (`in`).

    After the submission this voids the reviews. Raises NotFound, Invalid for a ninth article.
    """
    rows = items(digest)
    item = next((each for each in rows if each.id == item_id), None)
    if item is None:
        raise NotFound("这一条不在这一期摘要里")
    shown = [each for each in rows if not each.is_left_out]
    if what == "in" and item.is_left_out and len(shown) >= MOST_ARTICLES:
        raise Invalid(fields={"items": f"一期最多 {MOST_ARTICLES} 篇，请先移出一篇"})
    _change(digest, actor, lambda: _arrange(shown, item, what))


def submit(digest: Digest, *, actor: Account) -> None:
    """Send it to the three reviews; whoever submits is its author from here on."""
    access.require(actor, "digests.manage")
    campaign = digest.campaign
    with db.atomic():
        taken = Campaign.update(author=actor, member_unit=actor.member_unit_id).where(
            Campaign.id == campaign.id, Campaign.status == CampaignStatus.DRAFT
        )
        if taken.execute() and campaign.author_id != actor.id:
            told = {"was": campaign.author.display_name, "to": actor.display_name}
            audit.record("digest.author_changed", campaign, actor=actor, **told)
        campaigns.submit(_fresh(campaign), actor=actor)


def confirm(digest: Digest, *, actor: Account) -> datetime:
    """A second person's word, with which the approved digest gets its time; that time, naive UTC."""
    campaign = _fresh(digest.campaign)
    at = quiet_hours.next_allowed(max(digest.goes_at, clock.utc_now()))
    with db.atomic():
        confirmations.confirm(campaign, actor=actor)
        if campaign.status is CampaignStatus.APPROVED:
            campaigns.schedule(campaign, at, actor=actor)
    return at


def cancel(digest: Digest, *, actor: Account, reason: str = "") -> None:
    """Give a digest up: what it was to carry waits for the next. What WeChat took stays sent."""
    access.require(actor, "digests.manage")
    campaigns.cancel(_fresh(digest.campaign), actor=actor, reason=reason)
    release_missed()


def release_missed() -> int:
    """Plan again, without a digest, what no digest can carry in time any more; how many deliveries."""
    now, released = clock.utc_now(), 0
    at = digest_times.next_open(now)
    query = Campaign.select().where(Campaign.status == CampaignStatus.SENDING, fn.EXISTS(_left_to_digest()))
    coming = _coming(now)
    for campaign in list(query):
        last = deadlines.to_act(campaign)
        chances = [coming.get(campaign.id), at if digest_times.is_carried(campaign) else None]
        if any(each is not None and each < last for each in chances):
            continue
        left = Delivery.select(Delivery.id).where(Delivery.campaign == campaign, *_left())
        released += replan.without([row.id for row in left], Channel.DIGEST, reason="digest_missed")
    return released


def counts(digest: Digest) -> dict[DeliveryStatus, int]:
    """The deliveries that its batches carry, by state."""
    query: Any = (
        Delivery.select(Delivery.status, fn.COUNT(Delivery.id))
        .where(Delivery.batch.in_(digest.campaign.mass_batches))
        .group_by(Delivery.status)
        .tuples()
    )
    return dict(query)


def people_waiting(campaign_ids: list[int]) -> dict[int, int]:
    """How many people wait for a digest, by campaign; one query."""
    query: Any = (
        Delivery.select(Delivery.campaign, fn.COUNT(Delivery.id))
        .where(Delivery.campaign.in_(campaign_ids), *_left())
        .group_by(Delivery.campaign)
        .tuples()
    )
    return dict(query)


def _left() -> tuple[Any, ...]:
    return (
        Delivery.status == DeliveryStatus.PLANNED,
        Delivery.channel == Channel.DIGEST,
        Delivery.batch.is_null(),
    )


def _left_to_digest() -> Any:
    return Delivery.select(Delivery.id).where(Delivery.campaign == Campaign.id, *_left())


def _is_draft() -> Any:
    return Campaign.status == CampaignStatus.DRAFT


def _coming(now: datetime) -> dict[int, datetime]:
    """When the digests that are made and may still go will take each of their items."""
    query: Any = (
        DigestItem.select(DigestItem.campaign, fn.MIN(Digest.goes_at))
        .join(Digest)
        .join(Campaign)
        .where(
            DigestItem.is_left_out == False,  # noqa: E712 - SQL
            (Campaign.status == CampaignStatus.LAUNCHING)
            | (Campaign.status.in_(list(NOT_GONE)) & (Digest.goes_at > now))
            | (
                (Campaign.status == CampaignStatus.SCHEDULED)
                & (Campaign.scheduled_at > now - timedelta(hours=1))
            ),
        )
        .group_by(DigestItem.campaign)
        .tuples()
    )
    return dict(query)


def _make(at: datetime, author: Account, *, by_machine: bool) -> Digest | None:
    """A draft of what waits; None, and nothing is written, when nothing does."""
    if not waiting():
        return None
    day = clock.to_local(at)
    with db.atomic():
        campaign = Campaign.create(
            title=f"摘要群发 {day.month}月{day.day}日",
            topic=Topic.NOTICE,
            content_kind=ContentKind.DIGEST,
            member_unit=author.member_unit_id,
            author=author,
            audience={"everyone": True},
            channels=[Channel.MASS_SEND.value],
        )
        digest: Digest = Digest.create(campaign=campaign, goes_at=at)
        _add(digest)
        _set_deadline(digest)
        if not by_machine:
            audit.record("campaign.created", campaign, actor=author, title=campaign.title)
    return digest


def _add(digest: Digest) -> int:
    rows = items(digest)
    room = MOST_ARTICLES - sum(not each.is_left_out for each in rows)
    known = {each.campaign_id for each in rows}
    fresh = [each for each in waiting() if each.id not in known][:room]
    last = max((each.position for each in rows), default=0)
    for number, campaign in enumerate(fresh, last + 1):
        DigestItem.create(digest=digest, campaign=campaign, position=number)
    return len(fresh)


def _set_deadline(digest: Digest) -> None:
    """Of use until the next digest goes, which would say the same."""
    after = digest_times.next_at(digest.goes_at) or digest.goes_at + timedelta(days=7)
    Campaign.update(deadline_at=after).where(Campaign.id == digest.campaign_id).execute()


def _arrange(shown: list[DigestItem], item: DigestItem, what: str) -> int:
    if what in ("out", "in"):
        last = max((each.position for each in shown), default=0)
        DigestItem.update(is_left_out=what == "out", position=last + 1).where(
            DigestItem.id == item.id
        ).execute()
        return 1
    order = [each.id for each in shown]
    at = order.index(item.id) if item.id in order else -1
    to = at + (-1 if what == "up" else 1)
    if at < 0 or not 0 <= to < len(order):
        return 0
    order[at], order[to] = order[to], order[at]
    for number, each in enumerate(order, 1):
        DigestItem.update(position=number).where(DigestItem.id == each).execute()
    return 1


def _change(digest: Digest, actor: Account, act: Any) -> int:
    """One change of what a digest carries: it voids the reviews, and its author is no reviewer."""
    access.require(actor, "digests.manage")
    with db.atomic():
        campaign = locked(Campaign.select().where(Campaign.id == digest.campaign_id)).get()
        if campaign.status not in EDITABLE | VOIDED_BY_EDIT:
            raise IllegalMove("这一期已经启动，不能再调整")
        was = contents.content_hash(campaign)
        changed = int(act())
        if changed:
            audit.record("campaign.updated", campaign, actor=actor, changed=["items"])
        if campaign.status in VOIDED_BY_EDIT and contents.content_hash(campaign) != was:
            campaigns.void(campaign, "摘要的条目有调整，须重新送审", actor=actor)
    return changed


def _end_late(at: datetime) -> None:
    """Digests that were not ready when the next one is due: what they hold goes into that one."""
    late = Digest.select(Digest, Campaign).join(Campaign)
    for digest in list(late.where(Digest.goes_at < at, Campaign.status.in_(list(NOT_READY)))):
        if digest.goes_at >= clock.utc_now():
            continue
        try:
            with db.atomic():
                move(digest.campaign, CampaignStatus.CANCELLED, actor=None, by_machine=True, reason=TOO_LATE)
        except Conflict:
            continue  # somebody acted on it at this moment


def _fresh(campaign: Campaign) -> Campaign:
    found: Campaign = Campaign.get_by_id(campaign.id)
    return found
