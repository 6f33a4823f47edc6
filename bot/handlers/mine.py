"""我的消息, 打开: the notices of late, and the way into the member pages."""

from __future__ import annotations

import clock
from bot.context import Context
from bot.replies import LINK_LIFE_HINT, listed, opens_by_signed_link, page_link, word_link
from bot.router import on
from models.messaging import REACHED, Campaign, Channel, ContentKind, Delivery
from models.people import Person
from services.messaging import contents

SHOWN = 5


@on.click("MY_MESSAGES")
@on.text("我的消息", "消息", "通知")
def my_messages(ctx: Context) -> str:
    entries = [_notice(ctx, delivery) for delivery in latest_messages(ctx.member(), SHOWN)]
    if not entries:
        return f"还没有发给您的通知。想收到讲座、沙龙、期刊的消息，请点 {word_link('订阅')}"
    tail = LINK_LIFE_HINT if opens_by_signed_link() else "点标题查看。"
    return listed("【我的消息】最近的通知：", entries, tail)


def latest_messages(person: Person, limit: int) -> list[Delivery]:
    """The notices that reached the person, the latest first; whatever channel carried them."""
    reached = (
        Delivery.select(Delivery, Campaign)
        .join(Campaign)
        .where(Delivery.person == person.id, Delivery.status.in_(REACHED))
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    return sorted(reached, key=lambda each: each.settled_at or each.created_at, reverse=True)


@on.text("打开", "打开网页", "登录", "主页")
def open_pages(ctx: Context) -> str:
    ctx.member()
    link = page_link(ctx, "打开我的主页", "/m/")
    if not opens_by_signed_link():
        return f"{link}\n讲座报名、期刊阅读都在这里。"
    return f"{link}\n链接只能打开一次，5分钟内有效；需要时再回复“打开”。请勿转发。"


def _notice(ctx: Context, delivery: Delivery) -> str:
    campaign = delivery.campaign
    day = clock.to_local(delivery.settled_at or delivery.created_at)
    return f"{day.month}月{day.day}日　{_content_link(ctx, campaign)}{_carried(delivery)}"


def _content_link(ctx: Context, campaign: Campaign) -> str:
    said = contents.headline(campaign)  # the campaign's own title is for colleagues
    if campaign.content_kind is ContentKind.ACTIVITY:
        return page_link(ctx, said, f"/m/activities/{campaign.activity_id}")
    if campaign.content_kind is ContentKind.E_JOURNAL_ISSUE:
        return page_link(ctx, said, f"/m/issues/{campaign.issue_id}")
    if campaign.content_kind is ContentKind.QUESTIONNAIRE and campaign.questionnaire_id is not None:
        return page_link(ctx, said, f"/m/surveys/{campaign.questionnaire_id}")
    if campaign.content_kind is ContentKind.NOTICE and campaign.published_notice_id is not None:
        return page_link(ctx, said, f"/m/notices/{campaign.published_notice_id}")
    if campaign.content_kind is ContentKind.AUTOMATIC_NOTICE and campaign.notice is not None:
        return page_link(ctx, said, campaign.notice.url)
    return word_link(said, "需求征集")


def _carried(delivery: Delivery) -> str:
    return "（群发）" if delivery.channel in (Channel.DIGEST, Channel.MASS_SEND) else ""
