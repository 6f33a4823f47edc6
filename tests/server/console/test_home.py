"""待办: each sees what waits for that account."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from models.accounts import Account, AccountRoleKind
from models.bindings import UnitBinding
from models.messaging import CampaignStatus
from services import inbox
from services.messaging import campaigns
from tests.factories import make_account, make_member, make_person
from tests.factories.composer import make_notice
from tests.server.console.campaign_rows import make_campaign, make_reviewers, pass_reviews

SignIn = Callable[[Account], FlaskClient]


def test_nothing_waits_says_so(sign_in: SignIn) -> None:
    assert "没有等您处理的事" in sign_in(make_account(AccountRoleKind.SECRETARIAT)).get("/console/").text


def test_a_new_school_is_told_its_first_steps_until_they_are_done(sign_in: SignIn) -> None:
    admin = make_account(AccountRoleKind.SCHOOL_ADMIN)
    client = sign_in(admin)
    steps = ["导入本单位的名单", "生成绑定二维码", "写第一场活动", "建第一个推送"]

    before = client.get("/console/").text
    make_person(member_unit=admin.member_unit)
    make_notice(member_unit=admin.member_unit)
    after = client.get("/console/").text
    make_campaign(member_unit=admin.member_unit, author=admin)
    UnitBinding.create(member_unit=admin.member_unit, word="乐余", qr_url="http://weixin.qq.com/q/1")

    assert [step in before for step in steps] == [True] * 4
    assert [step in after for step in steps] == [False, True, False, True]
    assert "从这里开始" not in client.get("/console/").text


def test_a_review_waits_only_for_who_may_give_it(sign_in: SignIn) -> None:
    campaign = make_campaign(title="等审的讲座")
    first, second, _ = make_reviewers(campaign)
    pass_reviews(campaign, [first])

    assert "等审的讲座" in sign_in(second).get("/console/").text
    assert "等审的讲座" not in sign_in(first).get("/console/").text
    assert "等审的讲座" not in sign_in(campaign.author).get("/console/").text
    assert "等审的讲座" not in sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN)).get("/console/").text


def test_a_draft_waits_for_its_author_until_it_is_sent_to_review(sign_in: SignIn) -> None:
    campaign = make_campaign(title="写了一半的讲座")
    client = sign_in(campaign.author)

    waiting = client.get("/console/").text
    campaigns.submit(campaign, actor=campaign.author)

    assert "还没有送审的推送" in waiting
    assert "写了一半的讲座" in waiting
    assert "还没有送审的推送" not in client.get("/console/").text
    assert "写了一半的讲座" not in sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN)).get("/console/").text


def test_paused_campaigns_and_letters_wait(sign_in: SignIn) -> None:
    make_campaign(title="停下的讲座", status=CampaignStatus.PAUSED, status_reason="额度用完")
    inbox.keep(make_member(), "请问停车在哪里")

    page = sign_in(make_account(AccountRoleKind.SECRETARIAT)).get("/console/").text

    assert "停下的讲座" in page
    assert "额度用完" in page
    assert "请问停车在哪里" in page
