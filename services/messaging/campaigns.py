"""Campaigns (推送任务): what was decided, by whom, for when; the acts of the people who decide."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import clock
from models.accounts import Account
from models.activities import Activity
from models.base import db, locked
from models.messaging import (
    EDITABLE,
    VOIDED_BY_EDIT,
    Campaign,
    CampaignReview,
    CampaignStatus,
    Delivery,
    DeliveryStatus,
    MassConfirmation,
)
from models.notices import Notice
from models.publishing import EJournalIssue
from models.surveys import Questionnaire
from services import access, audit
from services.errors import Conflict, IllegalMove, Invalid, NotFound, StaleState
from services.messaging import (
    article_pictures,
    audiences,
    campaign_values,
    contents,
    deadlines,
    mass,
    proofreading,
    quiet_hours,
    reasons,
    replan,
    sending_pauses,
    template_checks,
    uncertain,
    variables,
)
from services.messaging.states import move

QUIET_WORDS = "21:00 至次日 8:00 为免打扰时段；请改时间，或写明必须发送的理由"
VOIDED = "推送的内容或作者的权限有变化，须重新送审"
TEXT_CHANGED = sending_pauses.TEXT_CHANGED


def get(campaign_id: int, *, actor: Account | None) -> Campaign:
    """Raises NotFound, also for another school's campaign."""
    campaign = Campaign.get_or_none(Campaign.id == campaign_id)
    if campaign is None:
        raise NotFound("没有找到这个推送任务")
    if actor is not None:
        access.require_unit(actor, campaign.member_unit_id)
    return campaign


def create(values: dict[str, Any], *, actor: Account) -> Campaign:
    """A draft. Raises Invalid naming every field that is missing or wrong."""
    with db.atomic():
        given = {"member_unit": actor.member_unit_id} | values
        campaign = Campaign.create(**campaign_values.checked(given, author=actor, actor=actor), author=actor)
        audit.record("campaign.created", campaign, actor=actor, title=campaign.title)
    return campaign


def update(campaign: Campaign, values: dict[str, Any], *, version: int, actor: Account) -> Campaign:
    """Change a draft; one under review, approved or scheduled goes back to draft, its reviews void.

    Raises Conflict when the campaign is no longer at `version`, IllegalMove once it is under way,
    Invalid naming the field, NotAllowed for the times of a scheduled one without the right to send.
    """
    with db.atomic():
        fresh = locked(Campaign.select().where(Campaign.id == campaign.id)).get()
        _own_unit(fresh, actor)
        if fresh.is_automatic:
            raise IllegalMove("自动通知的文字按审定的用语生成，不能修改；可以暂停或取消")
        if fresh.is_digest:
            raise IllegalMove("摘要由各条推送组成，请在“摘要群发”里调整条目")
        if fresh.version != version:
            raise Conflict(version=fresh.version)
        if fresh.status not in EDITABLE | VOIDED_BY_EDIT:
            raise IllegalMove("推送已经启动，不能再修改；可先取消再另建", was=fresh.status.value)
        before = {name: getattr(fresh, campaign_values.column(name)) for name in campaign_values.FIELDS}
        checked = campaign_values.checked(before | values, author=fresh.author, actor=actor)
        was_hash = contents.content_hash(fresh)
        for name, value in checked.items():
            setattr(fresh, name, value)
        fresh.version = version + 1
        fresh.save()
        changed = sorted(
            name for name in values if getattr(fresh, campaign_values.column(name)) != before[name]
        )
        audit.record("campaign.updated", fresh, actor=actor, changed=changed)
        needs_review = set(changed) - campaign_values.NOT_CONTENT or contents.content_hash(fresh) != was_hash
        if fresh.status in VOIDED_BY_EDIT and needs_review:
            _void(fresh, actor=actor, why="内容有修改，须重新送审")
        elif fresh.status is CampaignStatus.SCHEDULED and changed:
            access.require(actor, "campaigns.send")  # it stays scheduled: this moves when it is sent
            _check_time(fresh.scheduled_at, fresh.deadline_at, fresh.quiet_hours_override)
    campaign.__data__.update(fresh.__data__)
    campaign.__rel__.clear()
    return campaign


def submit(campaign: Campaign, *, actor: Account, wording_override: str = "") -> None:
    """Send a draft to review; the text is frozen by its hash.

    Raises Invalid naming what is missing, and (`wording`) error-prone words with their places
    unless `wording_override` says why they are right; the reason stays in the audit trail.
    """
    _own_unit(campaign, actor)
    fields: dict[str, str] = {}
    try:
        audiences.validate(campaign.audience, scope=audiences.bound(campaign.author))
    except Invalid as error:
        fields |= error.fields
    if why := variables.problems_of(campaign, contents.content_of(campaign)):
        fields["summary"] = why
    if (why := contents.why_not_sendable(campaign)) or (why := article_pictures.why_not_licensed(campaign)):
        fields["content"] = why
    elif why := template_checks.problem(campaign):
        fields["template"] = why
    if fields:
        raise Invalid(fields=fields)
    read = contents.content_hash(campaign)
    with db.atomic():
        proofreading.check(campaign, override=wording_override, content_hash=read, actor=actor)
        move(campaign, CampaignStatus.IN_REVIEW, actor=actor, content_hash=read)


def schedule(
    campaign: Campaign, at: datetime | None, *, actor: Account | None, quiet_hours_override: str | None = None
) -> None:
    """Set the time (naive UTC) at which an approved campaign is launched; a scheduled one is moved.

    Raises Invalid naming `scheduled_at` when there is no time, or it lies in the quiet hours and
    no reason overrides them.
    """
    _own_unit(campaign, actor)
    if campaign.series.exists():
        raise IllegalMove("这是定期推送的样本，按它的安排自动发起，不单独排期")
    reason = campaign.quiet_hours_override if quiet_hours_override is None else quiet_hours_override.strip()
    at = _check_time(at, campaign.deadline_at, reason)
    times: dict[str, Any] = {"scheduled_at": at, "quiet_hours_override": reason}
    with db.atomic():
        if campaign.status is CampaignStatus.SCHEDULED:
            _set_while(CampaignStatus.SCHEDULED, campaign, times)
        else:
            move(campaign, CampaignStatus.SCHEDULED, actor=actor, **times)
        audit.record("campaign.timed", campaign, actor=actor, at=at.isoformat(), quiet_hours_override=reason)


def unschedule(campaign: Campaign, *, actor: Account | None) -> None:
    """Take a scheduled campaign back to approved; its reviews stay valid."""
    _own_unit(campaign, actor)
    move(campaign, CampaignStatus.APPROVED, actor=actor, scheduled_at=None)


def pause(campaign: Campaign, *, actor: Account | None, reason: str = "人工暂停") -> None:
    """Stop sending; calls under way end, nothing new is claimed."""
    _own_unit(campaign, actor)
    move(campaign, CampaignStatus.PAUSED, actor=actor, reason=reason)


def resume(campaign: Campaign, *, actor: Account | None) -> None:
    """Go on sending what is still planned. Raises IllegalMove when the text is not the reviewed one."""
    _own_unit(campaign, actor)
    _require_reviewed_text(campaign)
    with db.atomic():
        sending_pauses.end(campaign)
        move(campaign, CampaignStatus.SENDING, actor=actor)


def cancel(campaign: Campaign, *, actor: Account | None, reason: str = "") -> int:
    """End the campaign; how many deliveries were still planned and are now skipped.

    What was accepted stays accepted: cancelling an accepted mass send would delete the page,
    not the card, so it is not tried.
    """
    _own_unit(campaign, actor)
    with db.atomic():
        move(campaign, CampaignStatus.CANCELLED, actor=actor, reason=reason)
        sending_pauses.end(campaign)
        return skip_cancelled(campaign.id)


def retry_failed(campaign: Campaign, *, actor: Account | None, causes: Collection[str] | None = None) -> int:
    """Plan the failed deliveries again, and only them; how many. The unknown are left: they may
    have gone; so is who refused or is gone (`reasons.NO_RETRY`). Of `causes` only those that failed
    for one of these reasons. A finished campaign goes on sending; a deadline that is over is moved
    by a day."""
    _own_unit(campaign, actor)
    with db.atomic():
        campaign.status = locked(Campaign.select().where(Campaign.id == campaign.id)).get().status
        if campaign.status not in (CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.DONE):
            raise IllegalMove("只有发送中、已暂停或已完成的推送可以重试", was=campaign.status.value)
        _require_reviewed_text(campaign)
        retried = replan.failed_afresh(campaign, without=reasons.NO_RETRY, only=causes)
        if not retried:
            return 0
        tomorrow = clock.utc_now() + timedelta(days=1)
        ends = {"deadline_at": max(campaign.deadline_at or tomorrow, tomorrow), "finished_at": None}
        Campaign.update(**ends).where(Campaign.id == campaign.id).execute()
        if campaign.status is CampaignStatus.DONE:
            move(campaign, CampaignStatus.SENDING, actor=actor)
        chosen = {"causes": sorted(causes)} if causes is not None else {}
        audit.record("campaign.retried", campaign, actor=actor, failed=retried, **chosen)
    return retried


def skip_cancelled(campaign_id: int) -> int:
    """Skip whatever a cancelled campaign still plans; how many. Claimed rows are settled by their
    worker; those whose call may have gone, and will not be repeated now, are unknown."""
    with db.atomic():
        mass.end_cancelled(campaign_id)
        uncertain.end(campaign_id)
        return int(
            Delivery.update(status=DeliveryStatus.SKIPPED, reason="cancelled", settled_at=clock.utc_now())
            .where(Delivery.campaign == campaign_id, Delivery.status == DeliveryStatus.PLANNED)
            .execute()
        )


def tidy_cancelled() -> int:
    """Skip what a cancelled campaign's workers put back to planned after the cancellation; how many."""
    left = (
        Campaign.select(Campaign.id)
        .join(Delivery)
        .where(Campaign.status == CampaignStatus.CANCELLED, Delivery.status == DeliveryStatus.PLANNED)
        .where(Campaign.finished_at > clock.utc_now() - timedelta(days=3))
        .distinct()
    )
    return sum(skip_cancelled(campaign.id) for campaign in list(left))


def void_reviews(
    *,
    activity: Activity | None = None,
    issue: EJournalIssue | None = None,
    questionnaire: Questionnaire | None = None,
    notice: Notice | None = None,
    actor: Account | None = None,
) -> list[Campaign]:
    """Send campaigns about this content back to draft if its text changed since it was sent to
    review, pause those that are being sent; which. Called by every edit of content, in its transaction."""
    query = Campaign.select().where(Campaign.status.in_(VOIDED_BY_EDIT | {CampaignStatus.SENDING}))
    for column, row in (
        (Campaign.activity, activity),
        (Campaign.issue, issue),
        (Campaign.questionnaire, questionnaire),
        (Campaign.published_notice, notice),
    ):
        if row is not None:
            query = query.where(column == row.get_id())
    if activity is None and issue is None and questionnaire is None and notice is None:
        raise ValueError("name the content whose reviews are to be voided")
    voided = []
    with db.atomic():
        for campaign in query:
            if contents.content_hash(campaign) == campaign.content_hash:
                continue
            if campaign.status is CampaignStatus.SENDING:
                by_machine = actor is None
                move(campaign, CampaignStatus.PAUSED, actor=actor, by_machine=by_machine, reason=TEXT_CHANGED)
            else:
                _void(campaign, actor=actor, why=VOIDED)
            voided.append(campaign)
    return voided


def pause_if_changed(campaign: Campaign) -> None:
    """Pause a campaign whose text was changed while it was launched."""
    if contents.content_hash(campaign) != campaign.content_hash:
        move(campaign, CampaignStatus.PAUSED, actor=None, by_machine=True, reason=TEXT_CHANGED)


def void_content_change(campaign: Campaign) -> None:
    """Send one campaign whose text changed after it was sent to review back to draft."""
    void(campaign, VOIDED)


def void(campaign: Campaign, why: str, *, actor: Account | None = None) -> None:
    """Send a campaign back to draft: what was reviewed may not go out as it stands.

    Without an actor the machine did it.
    """
    with db.atomic():
        _void(campaign, actor=actor, why=why)


def deadline(campaign: Campaign) -> datetime:
    """When riders give up (`deadlines.of`)."""
    return deadlines.of(campaign)


def _check_time(at: datetime | None, deadline_at: datetime | None, reason: str) -> datetime:
    """The time of sending, now at the earliest. Raises Invalid naming `scheduled_at`."""
    if at is None:
        raise Invalid(fields={"scheduled_at": "请选择发送时间"})
    at = max(at, clock.utc_now())
    if quiet_hours.is_quiet(at) and not reason:
        raise Invalid(fields={"scheduled_at": QUIET_WORDS})
    if deadline_at is not None and deadline_at <= at:
        raise Invalid(fields={"scheduled_at": "发送时间须早于截止时间"})
    return at


def _void(campaign: Campaign, *, actor: Account | None, why: str) -> None:
    CampaignReview.update(voided_at=clock.utc_now()).where(
        CampaignReview.campaign == campaign, CampaignReview.voided_at.is_null()
    ).execute()
    MassConfirmation.delete().where(MassConfirmation.campaign == campaign).execute()
    move(campaign, CampaignStatus.DRAFT, actor=actor, by_machine=actor is None, reason=why)


def _set_while(status: CampaignStatus, campaign: Campaign, changes: dict[str, Any]) -> None:
    """Set columns only while the status is what we saw. Raises StaleState."""
    where = (Campaign.id == campaign.id, Campaign.status == status)
    if not Campaign.update(**changes).where(*where).execute():
        raise StaleState()
    for name, value in changes.items():
        setattr(campaign, name, value)


def _require_reviewed_text(campaign: Campaign) -> None:
    """Only what three people passed goes out. Raises IllegalMove."""
    if contents.content_hash(Campaign.get_by_id(campaign.id)) != campaign.content_hash:
        raise IllegalMove(TEXT_CHANGED)


def _own_unit(campaign: Campaign, actor: Account | None) -> None:
    if actor is not None:
        access.require_unit(actor, campaign.member_unit_id)
