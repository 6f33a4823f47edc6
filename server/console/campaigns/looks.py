"""A campaign as it will look: one preview for each channel, and where its review stands."""

from __future__ import annotations

from dataclasses import dataclass

import nh3
from markupsafe import Markup

from models.messaging import (
    CHANNEL_WORDS,
    REVIEW_STAGE_WORDS,
    Campaign,
    CampaignReview,
    Channel,
    ReviewStage,
)
from services.errors import Invalid
from services.messaging import audiences, channels, previews, reviews
from services.messaging.previews import Preview


@dataclass(frozen=True)
class Stage:
    stage: ReviewStage
    word: str
    given: CampaignReview | None
    is_due: bool


@dataclass(frozen=True)
class Audience:
    """Who is meant, in words, and how many they are at this moment."""

    words: str
    count: int

    def __str__(self) -> str:
        return f"{self.words}（现有 {self.count:,} 人）"


def audience(campaign: Campaign) -> Audience:
    try:
        count = audiences.count_meant(campaign)
    except Invalid:  # none is chosen yet
        count = 0
    told = audiences.in_words(campaign.audience)
    is_bound = not campaign.is_automatic and audiences.bound(campaign.author) is not None
    return Audience(f"{campaign.member_unit.short_name} · {told}" if is_bound else told, count)


def of(campaign: Campaign) -> list[Preview]:
    """One preview for each channel; [] while no content is chosen."""
    return previews.of(campaign)


def channel_words(campaign: Campaign) -> str:
    """The channels the planner may use, in words."""
    usable = channels.usable(campaign)
    return "、".join(CHANNEL_WORDS[channel] for channel in Channel if channel in usable)


def stages(campaign: Campaign) -> list[Stage]:
    """The three stages with the review that still counts for each."""
    given = {review.stage: review for review in reviews.standing(campaign)}
    due = reviews.next_stage(campaign)
    return [Stage(stage, REVIEW_STAGE_WORDS[stage], given.get(stage), stage is due) for stage in ReviewStage]


def bubble(text: str) -> Markup:
    """Chat text as a phone shows it; its links are seen but lead nowhere from here."""
    clean = nh3.clean(text, tags={"a"}, attributes={"a": set()}, link_rel=None)
    return Markup(clean.replace("\n", "<br>"))  # noqa: S704 - sanitised
