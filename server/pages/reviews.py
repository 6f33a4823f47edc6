"""手机审核: a reviewer sees what the readers will see, and says 同意 or 退回."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from models.messaging import CHANNEL_WORDS, REVIEW_STAGE_WORDS, ReviewDecision
from server.pages.member import me, member_only
from services.errors import Conflict, DomainError, Invalid, NotAllowed
from services.messaging import (
    audiences,
    contents,
    phone_reviews,
    previews,
    proofreading,
    review_links,
    reviews,
    series,
)
from services.messaging.phone_reviews import Standing

bp = Blueprint("reviews", __name__)
Answer = str | Response | tuple[str, int]


@bp.get("/reviews/<token>")
@member_only
def show(token: str) -> Answer:
    told = phone_reviews.standing(review_links.of_path(token), me())
    if not told.why_not:
        phone_reviews.saw(told)
    return _page(told)


@bp.post("/reviews/<token>")
@member_only
def decide(token: str) -> Answer:
    """One decision; a second, or one on a text that changed, is told kindly and changes nothing."""
    told = phone_reviews.standing(review_links.of_path(token), me())
    decision = ReviewDecision.PASSED if request.form.get("decision") == "passed" else ReviewDecision.RETURNED
    opinion = request.form.get("opinion", "")
    try:
        return _page(told, said=phone_reviews.decide(told, decision, opinion))
    except Invalid as wrong:
        return _page(told, error=wrong.message, opinion=opinion), 422
    except (Conflict, NotAllowed) as refusal:
        return _page(told, said=refusal.message)


def _page(told: Standing, *, said: str = "", error: str = "", opinion: str = "") -> str:
    campaign = told.campaign
    return render_template(
        "pages/reviews.html",
        told=told,
        campaign=campaign,
        said=said or told.why_not,
        is_open=not (said or told.why_not),
        error=error,
        opinion=opinion,
        stage=REVIEW_STAGE_WORDS[told.invite.stage],
        headline=contents.headline(campaign),
        audience=audiences.in_words(campaign.audience),
        count=_count(told),
        rhythm=series.approved_words(campaign),
        looks=previews.of(campaign),
        channel_words=CHANNEL_WORDS,
        findings=proofreading.findings(campaign),
        override=proofreading.override_of(campaign),
        earlier=[(REVIEW_STAGE_WORDS[each.stage], each) for each in reviews.standing(campaign)],
    )


def _count(told: Standing) -> int:
    try:
        return audiences.count_meant(told.campaign)
    except DomainError:  # its audience is gone: the page says 0
        return 0
