"""The console's main pages, read by axe-core: nothing serious, wide and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from models.accounts import Account, AccountRoleKind
from services import accounts
from tests.browser import axe
from tests.browser.conftest import PHONE, OpenPage, Site
from tests.factories import make_activity, make_person, make_unit

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2026-xian"
PAGES = (
    "/console/",
    "/console/activities/",
    "/console/people/",
    "/console/campaigns/",
    "/console/surveys/",
    "/console/e-journals/",
    "/console/units/",
    "/console/inbox/",
    "/console/search?q=讲座",
    "/console/activities/new",
)
LISTS = ("/console/people/", "/console/activities/")
# How wide each list is that does not fit its card: on a phone one would have to push it sideways.
BEYOND = "all => all.filter(each => each.scrollWidth > each.clientWidth).map(each => each.scrollWidth)"


def _open(page: Page) -> None:
    page.goto("/console/sign-in")
    page.get_by_label("账号").fill("mishu")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/console/")


def test_the_main_pages_have_no_serious_finding(site: Site, open_page: OpenPage) -> None:
    unit = make_unit()
    given = {"username": "mishu", "display_name": "王秘书", "password": PASSWORD, "member_unit": unit}
    accounts.create(**given, roles=[AccountRoleKind.SECRETARIAT], actor=None)
    make_activity(title="讲座", member_unit=unit)
    make_person(member_unit=unit, phone="13800001234")
    page = open_page()
    page.goto("/console/sign-in")
    found = {"sign-in": axe.findings(page)}
    _open(page)

    for address in PAGES:
        page.goto(address)
        found[address] = axe.findings(page)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    for address in PAGES[:3]:
        page.goto(address)
        found[f"{address} (phone)"] = axe.findings(page)
    Account.update(is_large_type=True).execute()
    for address in LISTS:
        page.goto(address)
        beyond = page.locator(".table-responsive").evaluate_all(BEYOND)
        found[f"{address} (large type)"] = axe.findings(page) + [f"{each} px wide" for each in beyond]

    assert {address: lines for address, lines in found.items() if lines} == {}
