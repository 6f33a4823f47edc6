"""待办: what waits for the account at hand, each with the page that deals with it.

Every area tells its own (todo.py); here stand those of campaigns and surveys.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from peewee import fn
from werkzeug.wrappers import Response

import clock
from models.messaging import (
    REVIEW_STAGE_WORDS,
    UNDER_WAY,
    Campaign,
    CampaignReview,
    CampaignStatus,
    Delivery,
    DeliveryStatus,
)
from models.surveys import Questionnaire, QuestionnaireStatus
from server.console import areas, first_steps, guard, words
from server.console.areas import MenuEntry
from server.console.guard import me, requires, scope
from server.console.todo import SHOWN, Line, Todo, Waiting
from services import accounts
from services.messaging import calendar, reviews

bp = Blueprint("home", __name__, url_prefix="/console")
MENU = MenuEntry("", "待办", "home.index", "home.view", "home", 0)

UNKNOWN_SHOWN_FOR = timedelta(days=30)
CLOSING_WITHIN = timedelta(days=3)


@bp.get("/")
@requires("home.view")
def index() -> str:
    return render_template("console/home/index.html", waiting=areas.waiting())


@bp.post("/large-type")
@requires("home.view")
def large_type() -> Response:
    """Large type on or off, for this account on every machine."""
    accounts.set_large_type(me(), not me().is_large_type)
    flash("已换成大字" if me().is_large_type else "已换回标准字号", "success")
    return redirect(guard.page_before() or url_for(".index"))


def _mine(*statuses: CampaignStatus) -> Iterator[Campaign]:
    query = Campaign.select().where(Campaign.status.in_(statuses)).order_by(Campaign.id.desc())
    bound = scope()
    if bound is not None:
        query = query.where(Campaign.member_unit == bound)
    return iter(query)


def _page_of(campaign: Campaign) -> str:
    return url_for("console.campaigns.show", campaign_id=campaign.id)


def _index(area: str) -> str:
    """The list of an area, or "" where the area is not loaded."""
    endpoint = f"console.{area}.index"
    return url_for(endpoint) if endpoint in current_app.view_functions else ""


def _all(status: CampaignStatus) -> str:
    return url_for("console.campaigns.index", status=status.value)


def _to_review() -> Waiting:
    """Campaigns whose due review this account may give."""
    lines = []
    for campaign in _mine(CampaignStatus.IN_REVIEW):
        stage = reviews.next_stage(campaign)
        if stage is not None and not reviews.why_may_not_review(campaign, me()):
            url = url_for("console.campaigns.review", campaign_id=campaign.id)
            lines.append(Line(campaign.title, url, f"等待{REVIEW_STAGE_WORDS[stage]}"))
    return Waiting(
        "等我审核的推送", "checkup-list", len(lines), lines[:SHOWN], _all(CampaignStatus.IN_REVIEW)
    )


def _my_drafts(*, have_come_back: bool) -> list[Line]:
    """My drafts that came back from review (or whose reviews an edit voided), or those never sent there."""
    voided = CampaignReview.select(CampaignReview.campaign).where(CampaignReview.voided_at.is_null(False))
    mine = (Campaign.author == me()) & (Campaign.status == CampaignStatus.DRAFT)
    which = Campaign.id.in_(voided) if have_come_back else Campaign.id.not_in(voided)
    query = Campaign.select().where(mine, which).order_by(Campaign.id.desc())
    return [Line(campaign.title, _page_of(campaign), campaign.status_reason) for campaign in query]


def _drafts() -> Waiting:
    lines = _my_drafts(have_come_back=False)
    return Waiting("还没有送审的推送", "pencil", len(lines), lines[:SHOWN], _all(CampaignStatus.DRAFT))


def _returned() -> Waiting:
    lines = _my_drafts(have_come_back=True)
    return Waiting("退回给我修改的推送", "arrow-back-up", len(lines), lines[:SHOWN])


def _to_schedule() -> Waiting:
    lines = [
        Line(campaign.title, _page_of(campaign), "三审已通过，等待排期")
        for campaign in calendar.waiting(actor=me())
    ]
    return Waiting(
        "等待排期的推送", "calendar-time", len(lines), lines[:SHOWN], _all(CampaignStatus.APPROVED)
    )


def _paused() -> Waiting:
    lines = [
        Line(
            campaign.title,
            url_for("console.campaigns.ledger", campaign_id=campaign.id),
            campaign.status_reason,
        )
        for campaign in _mine(CampaignStatus.PAUSED)
    ]
    return Waiting("已暂停的推送", "player-pause", len(lines), lines[:SHOWN], _all(CampaignStatus.PAUSED))


def _under_way() -> Waiting:
    lines = [
        Line(campaign.title, url_for("console.campaigns.ledger", campaign_id=campaign.id), "正在发送")
        for campaign in _mine(*(UNDER_WAY - {CampaignStatus.PAUSED}))
    ]
    return Waiting("正在发送", "send", len(lines), lines[:SHOWN])


def _closing() -> Waiting:
    now = clock.utc_now()
    soon: datetime = now + CLOSING_WITHIN
    query = (
        Questionnaire.select()
        .where(
            Questionnaire.status == QuestionnaireStatus.OPEN,
            Questionnaire.closes_at.is_null(False),
            Questionnaire.closes_at <= soon,
        )
        .order_by(Questionnaire.closes_at)
    )
    bound = scope()
    if bound is not None:
        query = query.where(Questionnaire.member_unit == bound)
    url = _index("surveys")
    lines = [Line(each.title, url, f"{words.local_time(each.closes_at)} 截止") for each in query]
    return Waiting("三天内截止的调研", "clock-exclamation", len(lines), lines[:SHOWN], url)


def _unknown() -> Waiting:
    """Campaigns with deliveries of which nobody knows whether they went out."""
    recent = clock.utc_now() - UNKNOWN_SHOWN_FOR
    watched = UNDER_WAY | {CampaignStatus.DONE, CampaignStatus.CANCELLED}
    is_fresh = Campaign.finished_at.is_null() | (Campaign.finished_at > recent)
    query = (
        Campaign.select(Campaign, fn.COUNT(Delivery.id).alias("unknown"))
        .join(Delivery)
        .where(Campaign.status.in_(watched), is_fresh, Delivery.status == DeliveryStatus.UNKNOWN)
        .group_by(Campaign)
        .order_by(Campaign.id.desc())
    )
    bound = scope()
    if bound is not None:
        query = query.where(Campaign.member_unit == bound)
    lines = [
        Line(
            row.title,
            url_for("console.campaigns.ledger", campaign_id=row.id, status=DeliveryStatus.UNKNOWN.value),
            f"{row.unknown:,} 人结果不明，不会自动重发",
        )
        for row in query
    ]
    return Waiting("结果不明的投递", "help-circle", len(lines), lines[:SHOWN])


TODO = (
    first_steps.TODO,
    Todo("campaigns.review", _to_review, 10),
    Todo("campaigns.manage", _returned, 20),
    Todo("campaigns.manage", _drafts, 30),
    Todo("campaigns.send", _to_schedule, 40),
    Todo("campaigns.view", _paused, 45),
    Todo("campaigns.view", _unknown, 50),
    Todo("surveys.view", _closing, 70),
    Todo("campaigns.view", _under_way, 90),
)
