"""The list of campaigns, and the page of one: its text as the phone shows it, its audience, its history."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from peewee import ModelSelect
from werkzeug.wrappers import Response

from models.accounts import Account
from models.alliance import MemberUnit
from models.audit import AuditEntry
from models.messaging import (
    CAMPAIGN_STATUS_WORDS,
    CHANNEL_WORDS,
    UNDER_WAY,
    Campaign,
    CampaignStatus,
    MassBatch,
    MassBatchStatus,
)
from models.people import ALL_TOPIC_WORDS, Person
from server.console import words
from server.console.audit_words import action
from server.console.bulk_acts import BulkAct
from server.console.campaigns import bp, looks, timing
from server.console.guard import can, find, me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, badge, choices
from server.console.row_history import serve_history
from services import sharing
from services.masking import mask_name
from services.messaging import (
    campaigns,
    confirmations,
    contents,
    forecasts,
    mass_targets,
    proofreading,
    reasons,
    reviews,
    trials,
)

EDIT_BEFORE_LAUNCH = {
    CampaignStatus.DRAFT,
    CampaignStatus.IN_REVIEW,
    CampaignStatus.APPROVED,
    CampaignStatus.SCHEDULED,
}
HAS_LEDGER = UNDER_WAY | {CampaignStatus.DONE, CampaignStatus.CANCELLED}


def _why_not_cancel(row: Campaign) -> str:
    if row.status not in EDIT_BEFORE_LAUNCH:
        return f"状态是{CAMPAIGN_STATUS_WORDS[row.status]}，只有还没启动的能成批取消"
    return ""


LIST = Listing(
    name="campaigns",
    title="推送任务",
    permission="campaigns.view",
    rows=lambda: visible(),
    bulk=(
        BulkAct(
            "cancel",
            "取消推送",
            "campaigns.manage",
            do=lambda row, reason: campaigns.cancel(row, actor=me(), reason=reason),
            why_not=_why_not_cancel,
            told="取消后不能恢复；审核意见和内容都留着，可以照着另建。",
            ask="取消原因",
            icon="ban",
            css="btn btn-outline-danger",
        ),
    ),
    columns=(
        Column(
            "标题",
            "title",
            sort=Campaign.title,
            link=lambda row: url_for("console.campaigns.show", campaign_id=row.id),
            css="long",
        ),
        Column("主题", lambda row: ALL_TOPIC_WORDS[row.topic], on_phone=False, css="nowrap"),
        Column("状态", lambda row: badge(row.status, CAMPAIGN_STATUS_WORDS)),
        Column("单位", lambda row: row.member_unit.short_name, on_phone=False),
        Column("作者", lambda row: row.author.display_name, on_phone=False),
        Column(
            "发送时间",
            lambda row: words.local_time(row.scheduled_at),
            sort=Campaign.scheduled_at,
            css="nowrap",
            on_phone=False,
        ),
        Column(
            "完成时间",
            lambda row: words.local_time(row.finished_at),
            sort=Campaign.finished_at,
            css="nowrap",
            on_phone=False,
        ),
    ),
    filters=(
        Filter(
            "status",
            "状态",
            choices(CAMPAIGN_STATUS_WORDS),
            lambda value: Campaign.status == CampaignStatus(value),
        ),
        Filter("topic", "主题", choices(ALL_TOPIC_WORDS), lambda value: Campaign.topic == value),
        Filter("since", "发送时间从", (), lambda moment: Campaign.scheduled_at >= moment, kind="day"),
        Filter("until", "到", (), lambda moment: Campaign.scheduled_at < moment, kind="day_after"),
    ),
    search=(Campaign.title, Campaign.summary),
    search_hint="标题、简介",
    order=(Campaign.id.desc(),),
    empty="还没有推送任务。先把活动、期刊或问卷写好并发布，再点“新建推送”。",
)
serve(bp, LIST)
serve_history(
    bp,
    "campaign_id",
    Campaign,
    "campaigns.view",
    find=lambda row_id: find(Campaign, row_id),
    name=lambda row: row.title,
)


def visible() -> ModelSelect[Campaign]:
    """The campaigns the account may see, with unit and author."""
    query = Campaign.select(Campaign, MemberUnit, Account).join(MemberUnit).switch(Campaign).join(Account)
    bound = scope()
    return query if bound is None else query.where(Campaign.member_unit == bound)


@bp.get("/")
@requires("campaigns.view")
def index() -> str:
    return render_template("console/campaigns/index.html", page=LIST.page())


@bp.get("/<int:campaign_id>")
@requires("campaigns.view")
def show(campaign_id: int) -> str | Response:
    campaign = find(Campaign, campaign_id)
    if campaign.digest is not None and scope() is None:
        return redirect(url_for("console.digests.show", digest_id=campaign.digest.id))
    return render_template(
        "console/campaigns/show.html",
        **frame(campaign),
        looks=looks.of(campaign),
        channel_words=CHANNEL_WORDS,
        trials=trials_of(campaign),
        audience=looks.audience(campaign),
        channels=looks.channel_words(campaign),
        deadline=campaigns.deadline(campaign),
        why_not=contents.why_not_sendable(campaign),
        findings=proofreading.findings(campaign),
        reviews=reviews.history(campaign),
        stages=looks.stages(campaign),
        history=_history(campaign),
        group_text=sharing.of_campaign(campaign),
        mass=_mass(campaign),
        timing=timing.of(campaign),
    )


def _mass(campaign: Campaign) -> dict[str, Any]:
    """What the card of the mass send shows: whom it reaches, who confirmed, or why one may not."""
    if not confirmations.needed(campaign):
        return {}
    target = mass_targets.of(campaign) if mass_targets.is_by_tag() else ""
    return {
        "confirmation": confirmations.standing(campaign),
        "why_may_not": confirmations.why_may_not(campaign, me()),
        "target": mass_targets.words(target),
    }


def trials_of(campaign: Campaign) -> dict[str, Any]:
    """What the card of trial sends shows: to whom, by what, and what became of the earlier ones."""
    may = can("campaigns.manage") and not campaign.is_automatic
    return {
        "may": may and campaign.status is not CampaignStatus.CANCELLED,
        "people": trials.people(me()) if may else [],
        "channels": [(each.value, CHANNEL_WORDS[each]) for each in trials.channels_for(campaign)],
        "sent": trials.of_campaign(campaign),
        "name_of": _tester_name,
        "words": trials.OUTCOME_WORDS,
    }


def _tester_name(person: Person) -> str:
    """In full for the tester's own unit only."""
    return person.name if person.member_unit_id == me().member_unit_id else mask_name(person.name)


def _history(campaign: Campaign) -> list[tuple[AuditEntry, str, str]]:
    """What was done to the campaign and by whom: the name, as in the reviews, where an account did it."""
    acts = AuditEntry.select().where(
        AuditEntry.subject_kind == "Campaign", AuditEntry.subject_id == str(campaign.id)
    )
    entries = list(acts.order_by(AuditEntry.id.desc()).limit(30))
    among = Account.username.in_({entry.account_name for entry in entries})
    names = {account.username: account.display_name for account in Account.select().where(among)}
    return [(each, action(each.action), names.get(each.account_name, each.account_name)) for each in entries]


def frame(campaign: Campaign) -> dict[str, Any]:
    """What the header and tabs of every page of one campaign need."""
    return {
        "campaign": campaign,
        "may_edit": campaign.status in EDIT_BEFORE_LAUNCH
        and not campaign.is_automatic
        and not campaign.is_digest
        and can("campaigns.manage"),
        "has_ledger": campaign.status in HAS_LEDGER,
        "headline": contents.headline(campaign),
        "waits_for_confirmation": campaign.status in UNDER_WAY and _waits_for_confirmation(campaign),
    }


def _waits_for_confirmation(campaign: Campaign) -> bool:
    """Whether a batch stands ready and nobody confirmed the text."""
    planned = MassBatch.select().where(
        MassBatch.campaign == campaign, MassBatch.status == MassBatchStatus.PLANNED
    )
    return bool(planned.exists()) and confirmations.standing(campaign) is None


@bp.get("/<int:campaign_id>/plan")
@requires("campaigns.view")
def plan(campaign_id: int) -> str:
    """Whom the planner would reach now, by which channel, and who is left out and why."""
    campaign = find(Campaign, campaign_id)
    told = forecasts.of(campaign)
    return render_template(
        "console/campaigns/plan.html",
        **frame(campaign),
        told=told,
        waiting=forecasts.waiting(campaign, told) if campaign.status in EDIT_BEFORE_LAUNCH else None,
        channel_words=CHANNEL_WORDS,
        reason_words=reasons.words,
        channels=looks.channel_words(campaign),
    )
