"""The main act in a browser: a campaign is written, reviewed by three people and scheduled."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

import clock
from models.accounts import AccountRoleKind
from models.messaging import Campaign, CampaignStatus, DeliveryStatus
from models.people import Topic
from services import accounts
from services.messaging import launch
from tests.browser.conftest import PHONE, OpenPage, Site
from tests.factories import make_activity, make_follower, make_opt_in, make_person, make_unit

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2026-xian"
WRITERS = (
    ("bianji", "李编辑", AccountRoleKind.EDITOR),
    ("chushen", "王初审", AccountRoleKind.SECRETARIAT),
    ("fushen", "陈复审", AccountRoleKind.SECRETARIAT),
    ("zhongshen", "周终审", AccountRoleKind.SECRETARIAT),
)


def make_school(people: int = 3) -> None:
    """A city school with its accounts, a lecture in two days, and some members."""
    unit = make_unit(name="张家港市委党校", short_name="市委党校")
    for username, name, role in WRITERS:
        accounts.create(
            username=username,
            display_name=name,
            password=PASSWORD,
            member_unit=unit,
            roles=[role],
            actor=None,
        )
    make_activity(title="全会精神专题辅导", member_unit=unit)
    for number in range(people):
        person = make_person(name=f"欧阳建{'一二三四五六七八九'[number % 9]}", member_unit=unit)
        make_follower(person=person)
        make_opt_in(person, Topic.LECTURE)


def enter(page: Page, username: str) -> None:
    page.goto("/console/sign-in")
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/console/$"))


def scheduled(url: str, open_page: OpenPage) -> None:
    """Three reviewers pass the campaign at `url`, the last one schedules it for now."""
    for username in ("chushen", "fushen", "zhongshen"):
        page = open_page()
        enter(page, username)
        page.get_by_role("link", name="全会精神专题辅导").first.click()
        page.get_by_label("意见").fill("内容准确，同意")
        page.get_by_role("button", name="通过").click()
        expect(page.get_by_role("alert")).to_contain_text("已通过")
    page.get_by_role("link", name="概况").click()
    page.get_by_label("发送时间").fill(clock.to_local(clock.utc_now()).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="排期").click()
    expect(page.get_by_role("alert")).to_contain_text("已排期")


def test_a_lecture_is_written_reviewed_scheduled_and_watched(site: Site, open_page: OpenPage) -> None:
    make_school()
    editor = open_page()
    enter(editor, "bianji")

    editor.get_by_role("link", name="推送任务").click()
    editor.get_by_role("link", name="新建推送").first.click()
    expect(editor.locator("#audience-count")).to_contain_text("3 人")
    editor.get_by_label("按条件选择").check()
    editor.locator("#topics").get_by_label("讲座", exact=True).check()
    expect(editor.locator("#audience-count")).to_contain_text("欧**一")
    editor.get_by_label("内容").select_option(index=1)
    editor.get_by_label("一句话简介").fill("席位有限，请尽早报名")
    editor.get_by_role("button", name="保存草稿").click()
    expect(editor.locator(".bubble").first).to_contain_text("席位有限")
    editor.get_by_role("button", name="送审").click()
    editor.get_by_role("button", name="确定").click()
    expect(editor.get_by_role("alert")).to_contain_text("已送审")

    campaign = Campaign.get()
    scheduled(f"/console/campaigns/{campaign.id}", open_page)

    assert Campaign.get().status is CampaignStatus.SCHEDULED
    launch.launch_due()
    editor.goto(f"/console/campaigns/{campaign.id}/ledger")
    expect(editor.locator("#progress")).to_contain_text("/ 3 人已有结果")


def test_the_ledger_moves_by_itself_and_is_paused_with_a_question(site: Site, open_page: OpenPage) -> None:
    from tests.server.console.campaign_rows import make_campaign, make_delivery

    make_school()
    campaign = make_campaign(status=CampaignStatus.SENDING)
    waiting = make_delivery(campaign, DeliveryStatus.PLANNED, reason="opted_in")
    page = open_page(PHONE)
    enter(page, "chushen")
    page.goto(f"/console/campaigns/{campaign.id}/ledger")
    expect(page.locator("#progress")).to_contain_text("0 / 1 人已有结果")

    waiting.status = DeliveryStatus.DELIVERED
    waiting.save()
    expect(page.locator("#progress")).to_contain_text("1 / 1 人已有结果")
    page.get_by_role("button", name="暂停").click()
    expect(page.get_by_role("dialog")).to_contain_text("确定暂停吗")
    page.wait_for_timeout(3_500)  # a poll replaces the form beneath the question
    page.get_by_role("button", name="确定").click()

    expect(page.get_by_role("alert").first).to_contain_text("已暂停")
    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.PAUSED


def test_filters_change_the_list_without_leaving_the_page(site: Site, open_page: OpenPage) -> None:
    from tests.server.console.campaign_rows import make_campaign

    make_school()
    make_campaign(title="甲推送", scheduled_at=clock.utc_now() + timedelta(days=1))
    make_campaign(title="乙推送", status=CampaignStatus.DONE)
    page = open_page()
    enter(page, "chushen")
    page.goto("/console/campaigns/")

    page.get_by_role("combobox", name="状态").select_option(label="已完成")

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("乙推送")
    assert "status=done" in page.url
    page.get_by_role("link", name="清除条件").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_the_menu_opens_on_a_phone_and_nothing_overflows(site: Site, open_page: OpenPage) -> None:
    make_school()
    page = open_page(PHONE)
    enter(page, "chushen")

    page.get_by_role("button", name="打开菜单").click()
    page.get_by_role("link", name="推送任务").click()

    expect(page.get_by_role("heading", name="推送任务")).to_be_visible()
    for path in ("/console/", "/console/campaigns/", "/console/campaigns/new", "/console/password"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
