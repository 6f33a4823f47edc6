"""Reviews from the phone: what waits for me, and a tap on 同意 or 退回 after the preview."""

from __future__ import annotations

import config
from bot.context import Context
from bot.router import on
from models.messaging import REVIEW_STAGE_WORDS
from models.review_invites import ReviewInvite
from services.messaging import phone_reviews, review_links
from wechat.texts import escape, web_link

SHOWN = 3


@on.text("待审", "审核", "我的审核")
def waiting(ctx: Context) -> str:
    """The campaigns whose review this member may give now."""
    found = phone_reviews.waiting_for(ctx.member())
    if not found:
        return "现在没有等您审核的推送。"
    lines = [f"等您审核的推送有 {len(found)} 个："]
    for each in found[:SHOWN]:
        stage = REVIEW_STAGE_WORDS[each.invite.stage]
        lines.append(f"{stage}《{escape(each.campaign.title)}》\n{_ways(each.invite)}")
    return "\n".join(lines)


@on.menu_link(review_links.PREFIX)
def decide(ctx: Context) -> str:
    """A tap on a signed link: decided, or what is still to be done first."""
    told, invite = phone_reviews.tapped(ctx.message.menu_id, ctx.member())
    if invite is None:
        return told
    if told == phone_reviews.LOOK_FIRST:
        return f"{told}\n{_preview(invite)}"
    opinions = [
        review_links.tap(words, invite.id, review_links.RETURN + number)
        for number, words in review_links.OPINIONS.items()
    ]
    return "\n".join([told, *opinions, _preview(invite)])


def _ways(invite: ReviewInvite) -> str:
    accept = review_links.tap("同意", invite.id, review_links.PASS)
    refuse = review_links.tap("退回", invite.id, review_links.RETURN)
    return f"{_preview(invite)}　{accept}　{refuse}"


def _preview(invite: ReviewInvite) -> str:
    return web_link("打开预览", f"{config.settings().public_url}{review_links.path(invite.id)}")
