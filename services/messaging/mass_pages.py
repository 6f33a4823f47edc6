"""The pages of what was sent by mass: where they are, and taking them away.

WeChat deletes the page; the card that people received stays in their chats and opens on a notice
that the content was deleted. Nobody is un-reached by it: the ledger stays as it is.
"""

from __future__ import annotations

import clock
from models.accounts import Account
from models.base import db
from models.messaging import Campaign, MassBatch, MassBatchStatus
from services import access, audit
from services.errors import IllegalMove, NotFound
from services.messaging import reasons
from wechat.errors import WeChatError
from wechat.gateway import Gateway

HAS_PAGES = {MassBatchStatus.ACCEPTED, MassBatchStatus.FINISHED}


def urls(batch: MassBatch) -> list[str]:
    """The addresses of the batch's articles, first article first; [] until WeChat told them."""
    return [line for line in batch.article_urls.split("\n") if line]


def may_delete(batch: MassBatch) -> bool:
    return batch.status in HAS_PAGES and bool(batch.msg_id) and batch.pages_deleted_at is None


def delete(campaign: Campaign, batch_id: int, *, actor: Account, wechat: Gateway) -> None:
    """Delete the pages of one batch. Raises NotFound, IllegalMove where there are none or WeChat refuses."""
    access.require(actor, "campaigns.send")
    access.require_unit(actor, campaign.member_unit_id)
    batch = MassBatch.get_or_none(MassBatch.id == batch_id, MassBatch.campaign == campaign)
    if batch is None:
        raise NotFound()
    if not may_delete(batch):
        raise IllegalMove("这一批没有可以删除的页面：还没有发出，或已经删除")
    try:
        wechat.mass_delete(str(batch.msg_id))
    except WeChatError as error:
        why = reasons.words(f"e{error.errcode}") if error.errcode else "微信没有答复，请稍后再试"
        raise IllegalMove(f"页面没有删除：{why}") from error
    with db.atomic():
        MassBatch.update(pages_deleted_at=clock.utc_now()).where(MassBatch.id == batch.id).execute()
        audit.record("campaign.mass_pages_deleted", campaign, actor=actor, batch_no=batch.batch_no)
