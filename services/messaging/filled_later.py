"""What is reviewed where the content, or its times and place, are known at sending only."""

from __future__ import annotations

from typing import Any

from models.messaging import Campaign, ContentKind
from models.schedules import SeriesSource


def readable(campaign: Campaign) -> Any:
    """What stands in the content's place among what is reviewed; None where the content is fixed.

    The pattern of a recurring push takes a new issue or activity each time; a push that follows an
    activity takes its times and place as they are then.
    """
    if campaign.is_automatic or campaign.get_id() is None:
        return None
    series = campaign.series.first()
    if series is not None and series.source is not SeriesSource.FIXED:
        return [series.source.value, series.e_journal_id, series.activity_series_id]
    activity = campaign.activity
    if campaign.content_kind is ContentKind.ACTIVITY and activity and campaign.relative_times.exists():
        fields = ("title", "speaker", "speaker_intro", "body_html", "series_no")
        return [activity.series.name, [getattr(activity, name) for name in fields]]
    return None
