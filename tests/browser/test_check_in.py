"""What happens by itself in a browser: the scanned page sends its form, the console's figures rise."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models.accounts import AccountRoleKind
from models.check_ins import CheckIn, CheckInWay
from services import accounts, check_ins, member_links
from tests.browser.conftest import PHONE, OpenPage, Site
from tests.factories import make_member, make_sign_up
from tests.factories.check_ins import make_runner, make_running, shown

pytestmark = pytest.mark.browser
PASSWORD = "Pruefung-2026-xian"


def test_a_scanned_page_checks_in_by_itself_and_the_consoles_figures_rise(
    site: Site, open_page: OpenPage
) -> None:
    member = make_member()
    activity = make_running(title="基层治理讲座")
    make_sign_up(activity, member.person)
    opening = check_ins.open_(activity, by=make_runner(activity.member_unit))
    accounts.create(
        username="lianluo",
        display_name="联络员",
        password=PASSWORD,
        member_unit=activity.member_unit,
        roles=(AccountRoleKind.LIAISON,),
        actor=None,
    )
    desk, phone = open_page(), open_page(PHONE)
    desk.goto(f"/console/check-ins/{activity.id}")
    desk.get_by_label("账号").fill("lianluo")
    desk.get_by_label("密码").fill(PASSWORD)
    desk.get_by_role("button", name="登录").click()
    present = desk.locator(".figure-card", has_text="已到").locator(".figure-number")
    expect(present).to_have_text("0")

    phone.goto(f"/m/open/{member_links.make(member.id).rpartition('/')[2]}")
    phone.goto("/m/c/" + shown(opening).address.rpartition("/")[2])

    expect(phone.get_by_text("签到成功：基层治理讲座")).to_be_visible()
    assert CheckIn.get().way is CheckInWay.SCAN_PAGE
    expect(present).to_have_text("1")
