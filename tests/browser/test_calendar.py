"""A push is dragged to another day of the calendar, and comes back by one button."""

from __future__ import annotations

from datetime import datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from models.accounts import Account
from models.messaging import Campaign, CampaignStatus
from tests.browser.conftest import PHONE, OpenPage, Site
from tests.browser.test_campaign import enter, make_school
from tests.server.console.campaign_rows import make_campaign

pytestmark = pytest.mark.browser

NINE = datetime(2026, 12, 2, 1, 0)
EIGHT_DAYS_ON = datetime(2026, 12, 10, 1, 0)


def drag(page: Page, what: Locator, onto: Locator) -> None:
    """By hand, in steps: one jump is no drag."""
    what.hover()
    page.mouse.down()
    box = onto.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()


def test_a_push_is_dragged_to_another_day(site: Site, open_page: OpenPage) -> None:
    make_school()
    secretary = Account.get(Account.username == "chushen")
    campaign = make_campaign(
        title="基层治理讲座", author=secretary, status=CampaignStatus.SCHEDULED, scheduled_at=NINE
    )
    page = open_page()
    enter(page, "chushen")
    page.goto("/console/calendar/?month=2026-12")

    drag(page, page.get_by_role("link", name="基层治理讲座"), page.locator("[data-day='2026-12-10']"))

    expect(page.locator("#messages")).to_contain_text("改到 12月10日")
    assert Campaign.get_by_id(campaign.id).scheduled_at == EIGHT_DAYS_ON
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    page.get_by_role("button", name="配额预测").click()
    expect(page.locator("#forecast")).to_contain_text("12月10日配额预测")
    page.get_by_role("button", name="撤销改动").click()
    expect(page.locator("[data-day='2026-12-02']")).to_contain_text("基层治理讲座")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
