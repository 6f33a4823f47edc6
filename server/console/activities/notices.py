"""通知: what the product told about an activity by itself, and how far each came."""

from __future__ import annotations

from typing import Any

from flask import render_template
from peewee import fn

from models.automatic_notices import NOTICE_KIND_WORDS, AutomaticNotice, AutomaticNoticePerson
from models.messaging import CAMPAIGN_STATUS_WORDS, REACHED, Campaign, Delivery
from server.console.activities import Answer, bp
from server.console.activities.frame import frame
from server.console.guard import me, requires
from services import activities

SHOWN = 100


@bp.get("/<int:activity_id>/notices")
@requires("activities.view")
def notices(activity_id: int) -> Answer:
    activity = activities.find(activity_id, actor=me(), to_manage=True)
    rows = list(
        AutomaticNotice.select(AutomaticNotice, Campaign)
        .join(Campaign)
        .where(AutomaticNotice.activity == activity.id)
        .order_by(AutomaticNotice.id.desc())
        .limit(SHOWN)
    )
    return render_template(
        "console/activities/notices.html",
        **frame(activity),
        rows=rows,
        people=_people([row.id for row in rows]),
        reached=_reached([row.campaign_id for row in rows]),
        notice_words=NOTICE_KIND_WORDS,
        campaign_words=CAMPAIGN_STATUS_WORDS,
    )


def _people(ids: list[int]) -> dict[int, int]:
    told: Any = (
        AutomaticNoticePerson.select(AutomaticNoticePerson.notice, fn.COUNT(AutomaticNoticePerson.id))
        .where(AutomaticNoticePerson.notice.in_(ids))
        .group_by(AutomaticNoticePerson.notice)
    )
    return dict(told.tuples())


def _reached(campaign_ids: list[int]) -> dict[int, int]:
    got: Any = (
        Delivery.select(Delivery.campaign, fn.COUNT(Delivery.id))
        .where(Delivery.campaign.in_(campaign_ids), Delivery.status.in_(list(REACHED)))
        .group_by(Delivery.campaign)
    )
    return dict(got.tuples())
