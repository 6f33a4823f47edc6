"""Activities in a browser: units' places, a move, feedback; one act each."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import clock
import config
from models.accounts import AccountRoleKind
from models.activities import Activity, Feedback, InvitationStatus, SignUp, UnitInvitation
from models.people import Follower
from services import accounts, activities, member_links
from tests.browser.conftest import PHONE, OpenPage, Site
from tests.factories import make_activity, make_member, make_person, make_sign_up, make_unit

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2026-xian"


def make_desk(username: str, role: AccountRoleKind, **unit: Any) -> Any:
    made = make_unit(**unit)
    accounts.create(
        username=username,
        display_name=username,
        password=PASSWORD,
        member_unit=made,
        roles=[role],
        actor=None,
    )
    return made


def enter(page: Page, username: str) -> None:
    page.goto("/console/sign-in")
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/console/$"))


def on_phone(open_page: OpenPage, site: Site, member: Follower) -> Page:
    page = open_page(PHONE)
    page.goto(member_links.make(member.id).replace(config.settings().public_url, site.url))
    return page


def test_a_unit_is_invited_and_its_liaison_names_people(site: Site, open_page: OpenPage) -> None:
    city = make_desk("host", AccountRoleKind.SCHOOL_ADMIN, short_name="市委党校")
    town = make_desk("liaison", AccountRoleKind.LIAISON, short_name="乐余镇党校")
    make_person(name="王小明", member_unit=town)
    activity = make_activity(title="基层治理", member_unit=city, seats=5)

    desk = open_page()
    enter(desk, "host")
    desk.goto(f"/console/activities/{activity.id}/units")
    desk.get_by_role("checkbox", name="乐余镇党校").check()
    desk.get_by_label("每个单位的名额").fill("2")
    desk.get_by_label("报送截止时间").fill("2026-11-24T12:00")
    desk.get_by_role("button", name="邀请并通知联络员").click()
    expect(desk.get_by_text("已邀请1个单位")).to_be_visible()

    unit = open_page(PHONE)
    enter(unit, "liaison")
    unit.get_by_role("link", name=re.compile("基层治理：2个名额")).click()
    unit.get_by_role("checkbox", name="王小明").check()
    unit.get_by_role("button", name="报送", exact=True).click()
    expect(unit.get_by_text("已报送1人")).to_be_visible()
    unit.get_by_role("button", name="报送完毕").click()
    unit.get_by_role("button", name="确定").click()
    expect(unit.get_by_text("没用完的名额已还给主办单位")).to_be_visible()

    desk.reload()
    expect(desk.get_by_role("cell", name="1/2")).to_be_visible()
    assert UnitInvitation.get().status is InvitationStatus.ANSWERED


def test_a_moved_activity_asks_on_the_phone_who_still_comes(site: Site, open_page: OpenPage) -> None:
    city = make_desk("host", AccountRoleKind.SCHOOL_ADMIN, short_name="市委党校")
    activity, member = make_activity(title="基层治理", member_unit=city, place="一号厅"), make_member()
    activities.sign_up(activity, member.person)

    desk = open_page()
    enter(desk, "host")
    desk.goto(f"/console/activities/{activity.id}")
    desk.get_by_role("link", name="修改、改期").click()
    desk.get_by_label("地点").fill("二号厅")
    desk.get_by_label("变动说明").fill("原场地检修")
    desk.get_by_role("button", name="保存").click()
    expect(desk.get_by_text("1 人还没有答复")).to_be_visible()

    phone = on_phone(open_page, site, member)
    phone.goto(f"/m/activities/{activity.id}")
    expect(phone.get_by_text("地点改为二号厅（原一号厅）")).to_be_visible()
    phone.get_by_role("button", name="仍参加").click()
    expect(phone.get_by_text("您已报名，请准时参加")).to_be_visible()

    desk.reload()
    expect(desk.get_by_text("1 人说仍参加")).to_be_visible()
    assert SignUp.get().kept_at == clock.utc_now()
    assert Activity.get().place == "二号厅"


def test_feedback_is_given_with_six_taps(site: Site, open_page: OpenPage) -> None:
    over, member = make_activity(starts_at=clock.utc_now() - timedelta(hours=3)), make_member()
    make_sign_up(over, member.person)

    phone = on_phone(open_page, site, member)
    phone.goto(f"/m/activities/{over.id}")
    phone.get_by_role("link", name="评价这次活动").click()
    for item in ("内容质量", "主讲水平", "对工作的帮助", "场地与环境", "组织服务"):
        phone.get_by_role("group", name=item).get_by_role("radio", name="很满意").check()
    phone.get_by_role("button", name="提交评价").click()
    expect(phone.get_by_text("已收到，谢谢")).to_be_visible()

    assert Feedback.get().organisation == 4
