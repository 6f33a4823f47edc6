"""An automatic notice as each channel words it, and when it may no longer go out."""

from __future__ import annotations

from datetime import datetime, timedelta

import clock
import config
from models.activities import ActivityStatus
from models.automatic_notices import AutomaticNotice, NoticeKind
from models.messaging import Campaign
from services.messaging import review_links
from wechat.texts import cut_to_bytes, escape, web_link

URGENT_KINDS = {NoticeKind.ACTIVITY_MOVED, NoticeKind.ACTIVITY_CANCELLED}
URGENT_WITHIN = timedelta(hours=24)
AFTER_CANCELLATION = {NoticeKind.ACTIVITY_CANCELLED, NoticeKind.FEEDBACK_ASKED}
CHAT_BYTES, RIDER_BYTES = 1600, 150
WEEKDAYS = "一二三四五六日"


def day_and_time(at: datetime) -> str:
    """11月30日（周一）19:00, in the alliance's zone."""
    local = clock.to_local(at)
    return f"{local.month}月{local.day}日（周{WEEKDAYS[local.weekday()]}）{local:%H:%M}"


def why_not_sendable(campaign: Campaign) -> str:
    """Why it cannot go out any more, in words; "" when it can."""
    notice: AutomaticNotice | None = campaign.notice
    if notice is None:
        return "通知的内容已不存在"
    if campaign.deadline_at is not None and campaign.deadline_at <= clock.utc_now():
        return "已过时，不再发送"
    activity = notice.activity
    if activity is None or notice.kind in AFTER_CANCELLATION:
        return ""
    return "活动已取消，这条通知不再发送" if activity.status is ActivityStatus.CANCELLED else ""


def link(notice: AutomaticNotice) -> str:
    return notice.url if "://" in notice.url else f"{config.settings().public_url}{notice.url}"


def chat_text(notice: AutomaticNotice) -> str:
    said = "\n".join(filter(None, (f"【{escape(notice.headline)}】", escape(notice.text))))
    said = cut_to_bytes(said, CHAT_BYTES) + "\n" + web_link("查看", link(notice))
    invite = notice.fields.get("invite", "")
    if notice.kind is not NoticeKind.REVIEW_ASKED or not invite:
        return said
    accept = review_links.tap("同意", int(invite), review_links.PASS)
    return f"{said}　{accept}　{review_links.tap('退回', int(invite), review_links.RETURN)}"


def rider_text(notice: AutomaticNotice) -> str:
    """The headline, and of the text what fits."""
    return cut_to_bytes(f"【{escape(notice.headline)}】{escape(notice.text)}", RIDER_BYTES) + (
        " " + web_link("查看", link(notice))
    )


def one_time_fields(notice: AutomaticNotice) -> tuple[str, str]:
    """Title and content of a one-time subscription message, not yet cut to its limits."""
    return notice.headline, notice.text


def template_values(notice: AutomaticNotice) -> dict[str, str]:
    """What a template's keys may take besides the activity's own: the notice says the last word."""
    place = {"place": notice.fields["place"]} if notice.fields.get("place") else {}
    return {"title": notice.headline, "summary": notice.text, **place}
