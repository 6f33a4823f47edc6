"""The ledger on screen: sums, polling, acts, one person's history."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

import clock
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Basis,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
)
from server.console.campaigns import figures
from tests.factories import make_account, make_person
from tests.server.console.campaign_rows import make_campaign, make_delivery

SignIn = Callable[[Account], FlaskClient]


def make_sent(**values: object) -> Campaign:
    campaign = make_campaign(status=CampaignStatus.SENDING, **values)
    make_delivery(campaign, DeliveryStatus.DELIVERED, reason="delivered")
    make_delivery(
        campaign, DeliveryStatus.ACCEPTED, channel=Channel.MASS_SEND, basis=Basis.NONE, reason="accepted"
    )
    make_delivery(campaign, DeliveryStatus.PLANNED, reason="opted_in")
    make_delivery(campaign, DeliveryStatus.FAILED, reason="user_block")
    make_delivery(campaign, DeliveryStatus.SKIPPED, reason="unfollowed", basis=Basis.NONE)
    make_delivery(campaign, DeliveryStatus.UNKNOWN, reason="no_answer")
    return campaign


def test_every_table_adds_up_to_the_audience(app: Flask) -> None:
    told = figures.of(make_sent())

    assert (told.total, told.reached, told.waiting, told.settled) == (6, 2, 1, 5)
    for table in (told.by_status, told.by_channel, told.by_basis, told.by_reason):
        assert sum(row[-1] for row in table) == 6


def test_the_ledger_says_states_channels_and_causes_in_words(sign_in: SignIn) -> None:
    campaign = make_sent()

    page = sign_in(campaign.author).get(f"/console/campaigns/{campaign.id}/ledger").text

    for words in (
        "已送达",
        "微信已接受",
        "用户拒收",
        "已取消关注",
        "为免重复不再发送",
        "（无渠道）",
        "共 6 条",
    ):
        assert words in page


def test_it_polls_while_it_moves_and_rests_when_paused(sign_in: SignIn) -> None:
    campaign = make_sent()
    client = sign_in(campaign.author)
    url = f"/console/campaigns/{campaign.id}"

    moving = client.get(f"{url}/ledger").text
    client.post(f"{url}/pause", data={"reason": "核对名单"})
    resting = client.get(f"{url}/ledger").text

    assert f'hx-get="{url}/progress?was=sending" hx-trigger="every 3s"' in moving
    assert 'hx-trigger="every 3s"' not in resting
    assert "核对名单" in resting


def test_a_paused_campaign_polls_until_its_calls_have_ended(sign_in: SignIn) -> None:
    campaign = make_campaign(status=CampaignStatus.PAUSED)
    delivery = make_delivery(campaign, DeliveryStatus.CLAIMED)
    client = sign_in(campaign.author)
    url = f"/console/campaigns/{campaign.id}/ledger"

    calling = client.get(url).text
    delivery.status = DeliveryStatus.ACCEPTED
    delivery.save()

    assert "progress?was=paused" in calling
    assert "progress?was=paused" not in client.get(url).text


def test_a_changed_status_reloads_the_page(sign_in: SignIn) -> None:
    campaign = make_sent()
    client = sign_in(campaign.author)
    url = f"/console/campaigns/{campaign.id}/progress"

    same = client.get(f"{url}?was=sending")
    changed = client.get(f"{url}?was=launching")

    assert "HX-Refresh" not in same.headers
    assert "<html" not in same.text
    assert changed.headers["HX-Refresh"] == "true"


def test_polling_does_not_keep_a_session_awake(sign_in: SignIn, noon: datetime) -> None:
    campaign = make_sent()
    client = sign_in(campaign.author)

    for _ in range(3):
        clock.advance(timedelta(minutes=4))
        last = client.get(
            f"/console/campaigns/{campaign.id}/progress?was=sending", headers={"HX-Request": "true"}
        )

    assert last.status_code == 401
    assert last.headers["HX-Redirect"].startswith("/console/sign-in")


def test_pause_resume_and_cancel(sign_in: SignIn) -> None:
    campaign = make_sent()
    client = sign_in(campaign.author)
    statuses = []

    for act in ("pause", "resume", "cancel"):
        client.post(f"/console/campaigns/{campaign.id}/{act}", data={"reason": "换讲师"})
        statuses.append(Campaign.get_by_id(campaign.id).status)

    assert statuses == [CampaignStatus.PAUSED, CampaignStatus.SENDING, CampaignStatus.CANCELLED]
    assert Delivery.select().where(Delivery.status == DeliveryStatus.PLANNED).count() == 0
    assert figures.of(campaign).total == 6


def test_an_act_that_does_not_fit_is_a_page_in_words(sign_in: SignIn) -> None:
    campaign = make_campaign(status=CampaignStatus.DONE)

    answer = sign_in(campaign.author).post(f"/console/campaigns/{campaign.id}/pause")

    assert (answer.status_code, "当前状态不能这样操作" in answer.text) == (409, True)


def test_retrying_plans_the_failed_again_and_only_them(sign_in: SignIn) -> None:
    campaign = make_sent()
    make_delivery(campaign, DeliveryStatus.FAILED, reason="system_failed")
    client = sign_in(campaign.author)

    page = client.get(f"/console/campaigns/{campaign.id}/retry").text
    none = client.post(f"/console/campaigns/{campaign.id}/retry")
    assert ("微信系统发送失败：1 人" in page, "用户拒收 1 人" in page, none.status_code) == (True, True, 422)
    answer = client.post(
        f"/console/campaigns/{campaign.id}/retry", data={"causes": "system_failed"}, follow_redirects=True
    )

    told = figures.of(campaign)
    assert "1 人将重新发送" in answer.text  # the other refused to get anything
    assert (told.of("failed"), told.of("unknown"), told.reached, told.total) == (1, 1, 2, 7)
    assert told.retriable == 0


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=failed", 1),
        ("channel=mass_send", 1),
        ("basis=none", 2),
        ("reason=no_answer", 1),
        ("q=欧阳", 1),
    ],
)
def test_the_rows_are_filtered(sign_in: SignIn, query: str, count: int) -> None:
    campaign = make_sent()
    make_delivery(campaign, DeliveryStatus.DELIVERED, person=make_person(name="欧阳建国"))

    page = sign_in(campaign.author).get(f"/console/campaigns/{campaign.id}/ledger?{query}").text

    assert f"共 {count} 条" in page


def test_fifty_rows_take_no_more_queries_than_one(
    sign_in: SignIn, count_statements: Callable[[Callable[[], object]], int]
) -> None:
    campaign = make_campaign(status=CampaignStatus.SENDING)
    client = sign_in(campaign.author)
    make_delivery(campaign, DeliveryStatus.DELIVERED)
    url = f"/console/campaigns/{campaign.id}/ledger"
    one = count_statements(lambda: client.get(url))
    for _ in range(49):
        make_delivery(campaign, DeliveryStatus.DELIVERED)

    assert count_statements(lambda: client.get(url)) == one


def test_the_export_is_masked_and_recorded_of_its_campaign(sign_in: SignIn) -> None:
    campaign = make_campaign(status=CampaignStatus.DONE)
    make_delivery(campaign, DeliveryStatus.FAILED, reason="user_block", person=make_person(name="=cmd|calc"))
    make_delivery(campaign, DeliveryStatus.DELIVERED, person=make_person(name="欧阳建国"))
    client = sign_in(campaign.author)
    url = f"/console/campaigns/{campaign.id}/ledger/list.xlsx"

    answer = client.get(f"{url}?status=delivered")
    everything = client.get(f"{url}?sort=-4")

    rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == ["姓名", "欧**国"]
    all_rows = CalamineWorkbook.from_filelike(BytesIO(everything.data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in all_rows[1:]] == ["=*******c", "欧**国"]
    taken = AuditEntry.select().where(AuditEntry.action == "list.exported")
    assert [(each.subject_kind, each.subject_id) for each in taken] == [("Campaign", str(campaign.id))] * 2


def test_the_ledger_keeps_views_for_every_campaign_and_sorts(sign_in: SignIn) -> None:
    campaign, other = make_sent(), make_campaign(status=CampaignStatus.DONE)
    client = sign_in(campaign.author)
    view = {"view_name": "失败的", "status": "failed", "is_default": "1"}

    saved = client.post(f"/console/campaigns/{campaign.id}/ledger/views", data=view)

    assert saved.location == f"/console/campaigns/{campaign.id}/ledger?status=failed"
    assert "共 1 条" in client.get(f"/console/campaigns/{campaign.id}/ledger").text
    assert "视图：失败的" in client.get(f"/console/campaigns/{other.id}/ledger").text
    sorted_page = client.get(f"/console/campaigns/{campaign.id}/ledger?plain=1&sort=4").text
    order = re.findall(r'bg-[a-z]+-lt">(\S+?)</span></td>', sorted_page)
    assert order[-6:] == ["微信已接受", "已送达", "失败", "待发送", "未发送", "结果不明"]


def test_one_persons_history_shows_every_call(sign_in: SignIn, noon: datetime) -> None:
    campaign = make_campaign(status=CampaignStatus.DONE)
    person = make_person(name="欧阳建国", member_unit=campaign.member_unit)
    delivery = make_delivery(campaign, DeliveryStatus.DELIVERED, person=person, reason="delivered")
    for outcome, errcode in ((AttemptOutcome.TRY_LATER, -1), (AttemptOutcome.ACCEPTED, 0)):
        Attempt.create(
            delivery=delivery, channel=Channel.TEMPLATE_MESSAGE, at=noon, outcome=outcome, errcode=errcode
        )

    page = sign_in(campaign.author).get(f"/console/campaigns/people/{person.id}").text

    assert "欧**国的投递记录" in page
    assert "欧阳建国" not in page
    assert [word for word in re.findall(r"稍后再试|微信已接受", page) if word] == ["稍后再试", "微信已接受"]


def test_a_school_counts_only_its_own_people_by_name(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    campaign = make_sent(member_unit=account.member_unit)
    make_delivery(campaign, DeliveryStatus.DELIVERED, person=make_person(member_unit=account.member_unit))

    page = sign_in(account).get(f"/console/campaigns/{campaign.id}/ledger").text

    assert "共 1 条" in page
    assert "只列出本单位人员" in page
    assert "/ 7 人已有结果" in page
