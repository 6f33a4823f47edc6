"""What is typed into a long form outlives the session, the back button and a part taken away by mistake."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

import clock
from models.accounts import AccountRoleKind
from models.alliance import MemberUnit
from models.publishing import EJournal
from services import accounts
from tests.browser.conftest import OpenPage, Site
from tests.factories import make_activity, make_series, make_unit

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2026-xian"
OFFER = "您上次在这里填写的内容没有保存"


@pytest.fixture
def page(site: Site, open_page: OpenPage) -> Page:
    """An editor's page, signed in."""
    unit = make_unit()
    account = {"username": "bianji", "display_name": "李编辑", "password": PASSWORD, "member_unit": unit}
    accounts.create(**account, roles=[AccountRoleKind.EDITOR], actor=None)
    make_series()
    EJournal.create(name="《党校图书情报》", member_unit=unit)
    opened = open_page()
    opened.goto("/console/sign-in")
    sign_in(opened)
    return opened


def sign_in(page: Page) -> None:
    page.get_by_label("账号").fill("bianji")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).not_to_have_url(re.compile("sign-in"))


def test_a_form_sent_after_the_session_ended_is_offered_again(page: Page) -> None:
    page.goto("/console/activities/new")
    page.get_by_label("标题").fill("写了很久的讲座")
    page.get_by_label("活动介绍").fill("第一段\n\n第二段")
    clock.advance(timedelta(minutes=11))
    page.get_by_role("button", name="存为草稿").click()
    expect(page.get_by_text("刚才的操作没有完成")).to_be_visible()
    sign_in(page)

    expect(page).to_have_url(re.compile("/console/activities/new$"))
    page.get_by_role("button", name="恢复填写的内容").click()

    expect(page.get_by_label("标题")).to_have_value("写了很久的讲座")
    expect(page.get_by_label("活动介绍")).to_have_text("第一段第二段")


def test_leaving_a_form_keeps_it_and_signing_out_forgets_it(page: Page) -> None:
    page.goto("/console/activities/new")
    page.get_by_label("标题").fill("半途离开")
    page.goto("/console/")
    page.goto("/console/activities/new")
    expect(page.get_by_text(OFFER)).to_be_visible()

    page.get_by_label("我的账号").click()
    page.get_by_role("button", name="退出").click()
    sign_in(page)
    page.goto("/console/activities/new")

    expect(page.get_by_label("标题")).to_have_value("")
    expect(page.get_by_text(OFFER)).to_have_count(0)


def test_what_was_saved_on_its_own_page_is_not_offered_again(page: Page) -> None:
    unit = MemberUnit.get()
    activity = make_activity(member_unit=unit, seats=20, starts_at=clock.utc_now() + timedelta(days=3))
    page.goto(f"/console/activities/{activity.id}/units")
    page.get_by_label(unit.short_name).first.check()
    page.locator("[name=answer_by]").fill("2026-11-24T12:00")
    page.get_by_role("button", name="邀请并通知联络员").click()

    expect(page.get_by_text("已邀请1个单位")).to_be_visible()
    expect(page.get_by_text(OFFER)).to_have_count(0)


def test_a_form_with_changing_parts_is_built_again(page: Page) -> None:
    page.goto("/console/surveys/new")
    page.locator("[name=question-0-text]").fill("您想听哪类课？")
    page.get_by_role("button", name="加单选题").click()
    page.locator("[name=question-1-text]").fill("您想在哪里上课？")
    page.goto("/console/")
    page.goto("/console/surveys/new")
    page.get_by_role("button", name="恢复填写的内容").click()

    expect(page.locator("[name=question-0-text]")).to_have_value("您想听哪类课？")
    expect(page.locator("[name=question-1-text]")).to_have_value("您想在哪里上课？")


def test_a_question_taken_away_comes_back_and_the_preview_follows(page: Page) -> None:
    page.goto("/console/surveys/new")
    page.locator("[name=question-0-text]").fill("您想听哪类课？")
    expect(page.locator("#preview .bubble").first).to_contain_text("您想听哪类课？")
    page.get_by_role("button", name="加单选题").click()
    page.locator("[name=question-1-text]").wait_for()

    page.get_by_role("button", name="删除第1题").click()
    expect(page.locator("[name=question-1-text]")).to_have_count(0)
    expect(page.locator("[name=question-0-text]")).to_have_value("")
    page.get_by_role("button", name="撤销删除").click()

    expect(page.locator("[name=question-1-text]")).to_have_count(1)
    expect(page.locator("[name=question-0-text]")).to_have_value("您想听哪类课？")
    page.set_viewport_size({"width": 1440, "height": 2200})
    below = page.locator("#question-1")
    page.locator("[data-handle]").first.drag_to(below, target_position={"x": 60, "y": 200})
    expect(page.locator("[name=question-1-text]")).to_have_value("您想听哪类课？")
