"""The mass send of a campaign: a second person's confirmation, and deleting its pages afterwards."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from models.messaging import Campaign, Channel
from server.console import words
from server.console.campaigns import bp, screens
from server.console.guard import find, me, requires
from server.console.todo import SHOWN, Line, Todo, Waiting
from server.pages.sign_in import OUTBOUND_CALLS, OUTBOUND_WAIT_SECONDS
from services import wechat_account
from services.messaging import confirmations, mass_pages


@bp.post("/<int:campaign_id>/confirm-mass")
@requires("campaigns.send")
def confirm_mass(campaign_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    confirmations.confirm(campaign, actor=me())
    flash("已确认群发，到时间就会发出", "success")
    return redirect(url_for(".show", campaign_id=campaign.id))


@bp.post("/<int:campaign_id>/batches/<int:batch_id>/delete-pages")
@requires("campaigns.send")
def delete_pages(campaign_id: int, batch_id: int) -> Response:
    campaign = find(Campaign, campaign_id)
    if not OUTBOUND_CALLS.acquire(timeout=OUTBOUND_WAIT_SECONDS):
        flash("正在调用微信的人太多，请稍后再试", "warning")
        return redirect(url_for(".ledger", campaign_id=campaign.id))
    try:
        mass_pages.delete(campaign, batch_id, actor=me(), wechat=wechat_account.gateway())
    finally:
        OUTBOUND_CALLS.release()
    flash("文章页面已删除。会员聊天里的卡片还在，点开会显示内容已删除", "success")
    return redirect(url_for(".ledger", campaign_id=campaign.id))


def _to_confirm() -> Waiting:
    """Approved campaigns whose mass send waits for this account, among others."""
    query = confirmations.waiting(screens.visible(), account=me())
    rows = query.order_by(Campaign.scheduled_at, Campaign.id)
    needing = [row for row in rows if not row.channels or Channel.MASS_SEND.value in row.channels]
    lines = [
        Line(
            row.title,
            url_for("console.campaigns.show", campaign_id=row.id),
            words.local_weekday(row.scheduled_at) if row.scheduled_at else "还没有排期",
        )
        for row in needing[:SHOWN]
    ]
    return Waiting("等您确认的群发", "circle-check", len(needing), lines, is_pressing=True)


TODO: tuple[Todo, ...] = (Todo("campaigns.send", _to_confirm, 12),)
