"""The three reviews: read, pass or return, with an opinion."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models.messaging import (
    CHANNEL_WORDS,
    REVIEW_STAGE_WORDS,
    Campaign,
    CampaignStatus,
    ReviewDecision,
    ReviewStage,
)
from server.console import forms
from server.console.campaigns import bp, looks, screens
from server.console.forms import Form
from server.console.guard import find, me, requires
from services.errors import Invalid
from services.messaging import contents, proofreading, reviews, series

Answer = str | tuple[str, int] | Response


@bp.get("/to-review")
@requires("campaigns.review")
def to_review() -> str:
    """Everything under review; what waits for this account stands first."""
    under_review = screens.visible().where(Campaign.status == CampaignStatus.IN_REVIEW).order_by(Campaign.id)
    rows = [
        (campaign, reviews.next_stage(campaign), reviews.why_may_not_review(campaign, me()))
        for campaign in under_review
    ]
    rows.sort(key=lambda row: bool(row[2]))
    return render_template("console/campaigns/to_review.html", rows=rows, stage_words=REVIEW_STAGE_WORDS)


@bp.get("/<int:campaign_id>/review")
@requires("campaigns.view")
def review(campaign_id: int) -> Answer:
    return _page(find(Campaign, campaign_id), forms.Form())


@bp.post("/<int:campaign_id>/review")
@requires("campaigns.review")
def decide(campaign_id: int) -> Answer:
    campaign, form = find(Campaign, campaign_id), forms.submitted()
    try:
        stage = form.chosen("stage", ReviewStage)
        decision = form.chosen("decision", ReviewDecision, required="请选择通过或退回")
        reviews.review(campaign, stage, decision, form.text("opinion"), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(campaign, form), 422
    word = "已通过" if decision is ReviewDecision.PASSED else "已退回"
    flash(f"{REVIEW_STAGE_WORDS[stage]}{word}", "success")
    return redirect(url_for(".review", campaign_id=campaign.id))


def _page(campaign: Campaign, form: Form) -> str:
    return render_template(
        "console/campaigns/review.html",
        **screens.frame(campaign),
        form=form,
        looks=looks.of(campaign),
        channel_words=CHANNEL_WORDS,
        audience=looks.audience(campaign),
        channels=looks.channel_words(campaign),
        rhythm=series.approved_words(campaign),
        stages=looks.stages(campaign),
        due=reviews.next_stage(campaign),
        why_may_not=reviews.why_may_not_review(campaign, me()),
        why_not=contents.why_not_sendable(campaign),
        findings=proofreading.findings(campaign),
        wording_override=proofreading.override_of(campaign),
        history=reviews.history(campaign),
        stage_words=REVIEW_STAGE_WORDS,
    )
