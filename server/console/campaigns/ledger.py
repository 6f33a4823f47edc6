"""The ledger (台账): what became of each recipient, live while it is sent, and one person's history."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from models.messaging import (
    BASIS_WORDS,
    CHANNEL_WORDS,
    DELIVERY_STATUS_WORDS,
    AttemptOutcome,
    Campaign,
    CampaignStatus,
    MassBatchStatus,
)
from models.people import Person
from models.sending import PAUSE_KIND_WORDS
from server.console.campaigns import bp, figures, screens
from server.console.campaigns.ledger_list import LIST, channel_word, deliveries, joined
from server.console.guard import find, requires, scope
from server.console.list_routes import serve
from services import masking
from services.messaging import (
    clicks,
    mass,
    mass_pages,
    mass_targets,
    paces,
    quotas,
    reasons,
    results,
    sending_pauses,
)

HISTORY = 100
BATCH_WHYS = {
    mass.ADMIN_ASKED: "公众号开了群发保护，正等管理员在手机上确认，30 分钟内不确认就作废",
    mass.NO_ANSWER: "上一次调用没有答复，用同一编号再问，不会重复",
    "no_mass": "没有群发，已改用其他渠道",
    "expired": "到截止时间还没有发出",
    "cancelled": "已取消",
}
ATTEMPT_OUTCOME_WORDS = {
    AttemptOutcome.ACCEPTED: "微信已接受",
    AttemptOutcome.REFUSED: "被拒绝",
    AttemptOutcome.TRY_LATER: "稍后再试",
    AttemptOutcome.UNKNOWN: "结果不明",
}
EVENT_WORDS = {
    "success": "已送达",
    "failed:userblock": "用户拒收",
    "failed:systemfailed": "微信系统发送失败",
    "sendsuccess": "群发完成",
    "sendfail": "群发失败",
}
BATCH_STATUS_WORDS = {
    MassBatchStatus.PLANNED: "待发送",
    MassBatchStatus.CLAIMED: "发送中",
    MassBatchStatus.ACCEPTED: "微信已接受",
    MassBatchStatus.FINISHED: "已完成",
    MassBatchStatus.FAILED: "失败",
    MassBatchStatus.UNKNOWN: "结果不明",
}


serve(bp, LIST, at="/<int:campaign_id>/ledger", index="ledger")


@bp.get("/<int:campaign_id>/ledger")
@requires("campaigns.view")
def ledger(campaign_id: int) -> str:
    campaign = find(Campaign, campaign_id)
    told = figures.of(campaign)
    count = told.total if scope() is None else None
    page = LIST.page(joined(), keys=deliveries(campaign), count=count)
    return render_template(
        "console/campaigns/ledger.html",
        page=page,
        is_bound=scope() is not None,
        clicks=clicks.of_campaign(campaign, scope=scope()),
        **_live(campaign, told),
    )


@bp.get("/<int:campaign_id>/progress")
@requires("campaigns.view", is_poll=True)
def progress(campaign_id: int) -> Response:
    """The moving part of the ledger, asked for every three seconds; a changed status reloads the page."""
    campaign = find(Campaign, campaign_id)
    if request.args.get("was") != campaign.status.value:
        return make_response("", 200, {"HX-Refresh": "true"})
    return make_response(
        render_template("console/campaigns/progress.html", **_live(campaign, figures.of(campaign)))
    )


@bp.get("/people/<int:person_id>")
@requires("campaigns.view")
def history(person_id: int) -> str:
    """All that was sent, or not sent, to one person, with every call."""
    person = find(Person, person_id)
    deliveries = results.history(person, limit=HISTORY)
    attempts = results.attempts_of(deliveries)
    return render_template(
        "console/campaigns/history.html",
        name=masking.mask_name(person.name),
        person=person,
        deliveries=deliveries,
        attempts=attempts,
        events=results.events_of(deliveries, attempts),
        event_words=EVENT_WORDS,
        limit=HISTORY,
        status_words=DELIVERY_STATUS_WORDS,
        basis_words=BASIS_WORDS,
        outcome_words=ATTEMPT_OUTCOME_WORDS,
        channel_word=channel_word,
        reason_words=reasons.words,
        errcode_words=lambda code: reasons.words(reasons.of_errcode(code)) if code else "",
    )


def _live(campaign: Campaign, told: figures.Figures) -> dict[str, object]:
    return {
        **screens.frame(campaign),
        "figures": told,
        "is_moving": figures.is_moving(campaign),
        "quota": [
            (CHANNEL_WORDS[channel], used, limit) for channel, (used, limit) in quotas.used_today().items()
        ],
        "platform": {CHANNEL_WORDS[each]: row for each, row in paces.platform_counts().items()},
        "paces": [(CHANNEL_WORDS[each.channel], each) for each in paces.shown()],
        "pause": sending_pauses.latest(campaign) if campaign.status is CampaignStatus.PAUSED else None,
        "pause_words": PAUSE_KIND_WORDS,
        "status_words": DELIVERY_STATUS_WORDS,
        "batch_words": BATCH_STATUS_WORDS,
        "batch_whys": BATCH_WHYS,
        "page_urls": mass_pages.urls,
        "may_delete_pages": mass_pages.may_delete,
        "target_words": mass_targets.words,
    }
