"""The card of the mass send on a campaign's page, and its batches in the ledger."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

import clock
from models.accounts import Account, AccountRoleKind
from models.messaging import CampaignStatus, MassBatch, MassBatchStatus, MassConfirmation
from tests.factories import make_account
from tests.server.console.campaign_rows import make_campaign

SignIn = Callable[[Account], FlaskClient]


def test_the_author_asks_a_second_person_who_confirms(sign_in: SignIn) -> None:
    campaign = make_campaign(status=CampaignStatus.SCHEDULED, scheduled_at=clock.utc_now())
    second = make_account(AccountRoleKind.SECRETARIAT)
    page, act = f"/console/campaigns/{campaign.id}", f"/console/campaigns/{campaign.id}/confirm-mass"

    author = sign_in(campaign.author)
    assert "群发须由作者以外的第二个人确认" in author.get(page).text
    assert author.post(act).status_code == 403
    client = sign_in(second)
    assert "等您确认的群发" in client.get("/console/").text
    assert client.post(act).status_code == 302

    assert MassConfirmation.get().account_id == second.id
    assert f"{second.display_name} 已于" in client.get(page).text
    assert "等您确认的群发" not in client.get("/console/").text


def test_the_ledger_tells_what_a_batch_waits_for_and_where_its_pages_are(sign_in: SignIn) -> None:
    campaign = make_campaign(status=CampaignStatus.SENDING)
    for number, values in enumerate(
        (
            {"status": MassBatchStatus.PLANNED, "reason": "admin_asked"},
            {
                "status": MassBatchStatus.FINISHED,
                "msg_id": "1",
                "article_urls": "https://mp.weixin.qq.com/s/x",
            },
        ),
        1,
    ):
        MassBatch.create(campaign=campaign, batch_no=number, client_msg_id=f"k{number}", size=3, **values)
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))

    shown = client.get(f"/console/campaigns/{campaign.id}/ledger").text

    assert "群发在等第二个人确认" in shown
    assert "正等管理员在手机上确认" in shown
    assert 'href="https://mp.weixin.qq.com/s/x"' in shown
    assert shown.count("会员聊天里的卡片仍在，点开会显示内容已删除") == 1
