"""Lists in the browser: a view kept, rows ticked and done, a conflict settled in a dialog."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from models.accounts import AccountRoleKind
from models.activities import ActivityStatus
from models.alliance import MemberUnit
from services import accounts, alliance
from tests.browser import axe
from tests.browser.conftest import OpenPage, Site
from tests.factories import make_account, make_activity, make_unit

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2026-xian"


@pytest.fixture
def page(site: Site, open_page: OpenPage) -> Page:
    """The secretariat's page, signed in."""
    unit = make_unit(name="张家港市乐余镇党校", short_name="乐余镇党校")
    given = {"username": "mishu", "display_name": "王秘书", "password": PASSWORD, "member_unit": unit}
    accounts.create(**given, roles=[AccountRoleKind.SECRETARIAT], actor=None)
    for title in ("甲讲座", "乙讲座"):
        make_activity(title=title, member_unit=unit, status=ActivityStatus.DRAFT)
    opened = open_page()
    opened.goto("/console/sign-in")
    opened.get_by_label("账号").fill("mishu")
    opened.get_by_label("密码").fill(PASSWORD)
    opened.get_by_role("button", name="登录").click()
    expect(opened).not_to_have_url(re.compile("sign-in"))
    return opened


def test_conditions_are_kept_as_a_view_and_ticked_rows_are_published(page: Page) -> None:
    page.goto("/console/activities/")
    page.locator("select[name=status]").select_option("draft")
    expect(page).to_have_url(re.compile("status=draft"))
    page.get_by_role("button", name="视图").click()
    page.get_by_label("把现在的条件和排序存为视图").fill("待发布")
    page.get_by_role("button", name="存为视图").click()
    expect(page.get_by_role("button", name="视图：待发布")).to_be_visible()

    publish = page.get_by_role("button", name="发布", exact=True)
    expect(publish).to_be_disabled()
    page.get_by_label("选择本页全部").check()
    expect(page.get_by_text("已选 2 条")).to_be_visible()
    publish.click()
    expect(page.get_by_text("将对 2 条发布")).to_be_visible()
    assert axe.findings(page) == []
    page.get_by_role("button", name="确定发布 2 条").click()

    expect(page.get_by_text("已对 2 条发布")).to_be_visible()


def test_a_conflict_in_a_dialog_is_settled_field_by_field(page: Page) -> None:
    unit = MemberUnit.get()
    page.goto("/console/units/")
    page.get_by_role("button", name="修改乐余镇党校").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("简称").fill("乐余校")
    other = make_account(AccountRoleKind.SECRETARIAT, display_name="李秘书")
    names = ("name", "tier", "kind", "division_code", "valid_from", "valid_to", "order_no")
    alliance.update(unit, {name: getattr(unit, name) for name in names} | {"short_name": "乐余"}, actor=other)

    dialog.get_by_role("button", name="保存").click()
    expect(dialog.get_by_text("李秘书")).to_be_visible()
    assert axe.findings(page, within="#edit") == []
    dialog.get_by_role("radio", name="乐余", exact=True).check()
    expect(dialog.get_by_role("textbox", name="简称")).to_have_value("乐余")
    dialog.get_by_role("radio", name="乐余校", exact=True).check()
    dialog.get_by_role("button", name="保存").click()

    expect(page.get_by_text("已保存")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert MemberUnit.get_by_id(unit.id).short_name == "乐余校"
