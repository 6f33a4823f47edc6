"""When a campaign goes out: following an activity, or as one of a recurring push."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from models.messaging import Campaign
from models.schedules import ANCHOR_WORDS, Anchor
from server.console import forms, words
from server.console.campaigns import bp
from server.console.guard import can, find, me, requires
from server.console.listing import choices
from services.errors import Invalid
from services.messaging import copies, relative_times, series
from services.messaging.campaign_values import CONTENT_MODELS

SIDES = [("before", "之前"), ("after", "之后")]


@bp.post("/<int:campaign_id>/follow")
@requires("campaigns.manage")
def follow(campaign_id: int) -> Response:
    """Let it follow its activity: so many days before its start, wherever that moves."""
    campaign, form = find(Campaign, campaign_id), forms.submitted()
    try:
        count = form.integer("count")
        if count is None or count < 0:
            form.errors["count"] = "请填写多少天、小时或分钟"
        form.check()
        size = relative_times.UNITS.get(form.text("unit"), 1) * (count or 0)
        minutes = -size if form.text("side") == "before" else size
        anchor = form.chosen("anchor", Anchor)
        at = relative_times.attach(campaign, anchor, minutes, form.text("at_time"), actor=me())
    except Invalid as wrong:
        flash(f"没有改动：{wrong.message}", "danger")
        return _back(campaign)
    flash(f"发送时间跟随活动，按现在的安排是 {words.local_weekday(at)}", "success")
    return _back(campaign)


@bp.post("/<int:campaign_id>/unfollow")
@requires("campaigns.manage")
def unfollow(campaign_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    relative_times.detach(campaign, actor=me())
    flash("不再跟随活动，时间保持现在的", "success")
    return _back(campaign)


@bp.post("/<int:campaign_id>/schedule-with-activity")
@requires("campaigns.send")
def schedule_with_activity(campaign_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    try:
        at = relative_times.schedule(campaign, actor=me())
    except Invalid as wrong:
        flash(f"还不能排期：{wrong.message}", "danger")
        return _back(campaign)
    flash(f"已排期，将于 {words.local_weekday(at)} 发送；活动改期时随之改", "success")
    return _back(campaign)


@bp.post("/<int:campaign_id>/copy")
@requires("campaigns.manage")
def copy(campaign_id: int) -> Response:
    """A draft of its own for other people or another time."""
    campaign = find(Campaign, campaign_id)
    made = copies.copy(campaign, actor=me())
    flash("已复制成新的草稿：改受众和时间后送审，两批人就可以在不同的时间收到", "success")
    return redirect(url_for(".edit", campaign_id=made.id))


def of(campaign: Campaign) -> dict[str, Any]:
    """What the card of times on a campaign's page shows."""
    relative = relative_times.of(campaign)
    is_open = campaign.status in relative_times.NOT_LAUNCHED and not campaign.is_automatic
    count, unit = relative_times.split(relative.minutes) if relative is not None else (1, "days")
    firing = series.firing_of(campaign)
    return {
        "series": series.of_campaign(campaign),
        "firing": firing,
        "is_by_hand": campaign.content_kind in CONTENT_MODELS,
        "relative": relative,
        "relative_words": relative_times.in_words(relative) if relative is not None else "",
        "may_follow": is_open
        and can("campaigns.manage")
        and firing is None
        and relative_times.activity_of(campaign) is not None,
        "count": count,
        "unit": unit,
        "side": "after" if relative is not None and relative.minutes > 0 else "before",
        "at_time": relative.time_of_day if relative is not None else "",
        "units": list(relative_times.UNIT_WORDS.items()),
        "sides": SIDES,
        "anchors": choices(ANCHOR_WORDS),
        "anchor": relative.anchor.value if relative is not None else Anchor.START.value,
    }


def _back(campaign: Campaign) -> Response:
    return redirect(url_for(".show", campaign_id=campaign.id))
