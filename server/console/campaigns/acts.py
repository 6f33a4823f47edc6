"""The buttons of a campaign: submit, schedule, pause, resume, cancel, retry. One act each."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import clock
from models.messaging import Campaign, CampaignStatus
from server.console import dialogs, forms, words
from server.console.campaigns import bp, screens
from server.console.guard import find, me, requires
from services.errors import IllegalMove, Invalid
from services.messaging import campaigns, reasons, results

A_MOMENT = timedelta(minutes=2)  # between choosing “now” and pressing the button
PAST = "发送时间已经过去，请重新选择"
NOT_SENT_YET = {
    CampaignStatus.DRAFT,
    CampaignStatus.IN_REVIEW,
    CampaignStatus.APPROVED,
    CampaignStatus.SCHEDULED,
}


@bp.post("/<int:campaign_id>/submit")
@requires("campaigns.manage")
def submit(campaign_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    try:
        campaigns.submit(campaign, actor=me(), wording_override=_reason())
    except Invalid as wrong:
        flash(f"还不能送审：{wrong.message}", "danger")
        return _back(campaign)
    flash("已送审。三位审核人依次审核，任何修改都会使审核作废", "success")
    return redirect(url_for(".review", campaign_id=campaign.id))


@bp.post("/<int:campaign_id>/discard")
@requires("campaigns.manage")
def discard(campaign_id: int) -> Response:
    """Give up a campaign before anything of it was sent."""
    campaign = find(Campaign, campaign_id)
    if campaign.status not in NOT_SENT_YET:
        raise IllegalMove("推送已经启动，请有发送权限的人在台账里取消")
    campaigns.cancel(campaign, actor=me(), reason=_reason())
    flash("已取消这个推送", "success")
    return _back(campaign)


@bp.post("/<int:campaign_id>/schedule")
@requires("campaigns.send")
def schedule(campaign_id: int) -> Response:
    campaign, form = find(Campaign, campaign_id), forms.submitted()
    try:
        at = form.moment("scheduled_at", required="请选择发送时间")
        if at is not None and at < clock.utc_now() - A_MOMENT:
            form.errors["scheduled_at"] = PAST
        form.check()
        override = form.text("quiet_hours_override")
        campaigns.schedule(campaign, at, actor=me(), quiet_hours_override=override)
    except Invalid as wrong:
        flash(f"还不能排期：{wrong.message}", "danger")
        return _back(campaign)
    flash(f"已排期，将于 {words.local_weekday(campaign.scheduled_at)} 发送", "success")
    return _back(campaign)


@bp.post("/<int:campaign_id>/unschedule")
@requires("campaigns.send")
def unschedule(campaign_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    campaigns.unschedule(campaign, actor=me())
    flash("已撤下排期，三审仍然有效", "success")
    return _back(campaign)


@bp.post("/<int:campaign_id>/pause")
@requires("campaigns.send")
def pause(campaign_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    campaigns.pause(campaign, actor=me(), reason=_reason() or "人工暂停")
    flash("已暂停。正在调用的会完成，其余不再发出", "success")
    return _to_ledger(campaign)


@bp.post("/<int:campaign_id>/resume")
@requires("campaigns.send")
def resume(campaign_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    campaigns.resume(campaign, actor=me())
    flash("继续发送", "success")
    return _to_ledger(campaign)


@bp.post("/<int:campaign_id>/cancel")
@requires("campaigns.send")
def cancel(campaign_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    skipped = campaigns.cancel(campaign, actor=me(), reason=_reason())
    flash(f"已取消：{skipped} 人不再发送。微信已接受的无法收回", "success")
    return _to_ledger(campaign)


@bp.get("/<int:campaign_id>/retry")
@requires("campaigns.send")
def retry(campaign_id: int) -> str:
    """Which causes to retry, each with how many it concerns."""
    return _retry_page(find(Campaign, campaign_id), forms.Form())


@bp.post("/<int:campaign_id>/retry")
@requires("campaigns.send")
def retry_chosen(campaign_id: int) -> Response | tuple[str, int]:
    campaign, form = find(Campaign, campaign_id), forms.submitted()
    causes = form.many("causes")
    if not causes:
        form.errors["causes"] = "请至少选择一种原因"
        return _retry_page(campaign, form), 422
    retried = campaigns.retry_failed(campaign, actor=me(), causes=causes)
    if retried:
        flash(f"{retried} 人将重新发送；收到过的、结果不明的、拒收的不会再发", "success")
    else:
        flash("没有可以重试的投递；拒收的、已取消关注的不再发送", "warning")
    return _to_ledger(campaign)


def _retry_page(campaign: Campaign, form: forms.Form) -> str:
    failed = results.failed_by_cause(campaign)
    return render_template(
        "console/campaigns/retry.html",
        **screens.frame(campaign),
        form=form,
        causes=[
            (code, reasons.words(code), count) for code, count in failed.items() if reasons.may_retry(code)
        ],
        never=[(reasons.words(code), count) for code, count in failed.items() if not reasons.may_retry(code)],
        layout=dialogs.layout(),
    )


def _reason() -> str:
    return request.form.get("reason", "").strip()


def _back(campaign: Campaign) -> Response:
    return redirect(url_for(".show", campaign_id=campaign.id))


def _to_ledger(campaign: Campaign) -> Response:
    return redirect(url_for(".ledger", campaign_id=campaign.id))
