"""A member binds on the phone and finds what was typed again; a liaison decides a request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

import clock
import config
from models.accounts import AccountRoleKind
from models.bindings import BindingRequest
from models.people import Follower
from models.sealing import keyed_hash
from services import (
    accounts,
    binding_requests,
    bindings,
    consents,
    member_links,
    unit_bindings,
    wechat_account,
)
from tests.browser import axe
from tests.browser.conftest import PHONE, OpenPage, Site
from tests.factories import make_follower, make_member, make_person, make_unit
from tests.factories.surveys import make_questionnaire
from wechat.gateway import make_gateway
from wechat.token_stores import MemoryTokenStore

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2026-xian"


def enter(page: Page, site: Site, follower: Follower, path: str = "/m/") -> None:
    link = member_links.make(follower.id, path)
    page.goto(site.url + link[link.index("/m/open/") :])


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_a_member_binds_reads_what_is_held_and_leaves(site: Site, open_page: OpenPage) -> None:
    unit = make_unit(name="乐余镇党校")
    phone = "13800005678"
    make_person(name="张晓明", member_unit=unit, phone=phone, phone_hash=keyed_hash(phone))
    follower = make_follower()
    page, found = open_page(PHONE), {}

    def look(name: str) -> None:
        found[name] = axe.findings(page)
        assert width_of(page) <= PHONE[0], name

    enter(page, site, follower, "/m/bind")
    look("form")
    page.get_by_label("单位绑定口令").fill(unit_bindings.ensure(unit.id).word)
    page.get_by_label("姓名").fill("张晓明")
    page.get_by_label("手机号后四位").fill("5678")
    page.get_by_role("button", name="下一步").nth(1).click()
    look("notice")
    page.get_by_label("我已阅读并同意").check()
    page.get_by_label("讲座").check()
    page.get_by_role("button", name="同意并绑定").click()
    expect(page.get_by_role("heading", name="张晓明")).to_be_visible()
    look("me")
    page.get_by_role("link", name="我的资料和隐私").click()
    look("data")
    page.get_by_role("link", name="大字").click()
    look("data in large type")
    page.get_by_role("link", name="解除绑定").click()
    look("leave")
    page.get_by_label("我已了解").check()
    page.get_by_role("button", name="解除绑定").click()
    expect(page.get_by_role("heading", name="已解除绑定")).to_be_visible()

    assert {name: lines for name, lines in found.items() if lines} == {}
    assert Follower.get_by_id(follower.id).person_id is None


@pytest.fixture
def subscription(site: Site) -> Iterator[None]:
    """An account without web sign-in: its pages open by links from chat."""
    settings = config.settings().model_copy(update={"wechat_account_kind": "subscription"})
    gateway = make_gateway(settings, MemoryTokenStore())
    wechat_account.set_gateway(gateway)
    yield
    wechat_account.set_gateway(None)
    gateway.close()


@pytest.mark.usefixtures("subscription")
def test_an_answer_typed_too_late_is_there_after_signing_in_again(site: Site, open_page: OpenPage) -> None:
    follower = make_member()
    consents.keep(follower.person, is_granted=True, source="chat", at=clock.utc_now())
    survey = make_questionnaire(title="培训需求")
    page, address = open_page(PHONE), f"/m/surveys/{survey.id}"
    enter(page, site, follower, address)
    page.get_by_role("radio", name="乡村振兴").check()
    page.get_by_role("textbox", name="您的建议").fill("希望多讲案例")
    clock.set_fixed(clock.utc_now().replace(hour=9))  # five hours later

    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("已替您保留1小时")).to_be_visible()
    page.get_by_role("link", name="现在继续").click()
    expect(page.get_by_role("heading", name="请从公众号进入")).to_be_visible()
    enter(page, site, follower, address)

    expect(page.get_by_text("您刚才填写的内容还在")).to_be_visible()
    expect(page.get_by_role("radio", name="乡村振兴")).to_be_checked()
    expect(page.get_by_role("textbox", name="您的建议")).to_have_value("希望多讲案例")


def test_a_liaison_decides_a_request_and_prints_the_sheet(site: Site, open_page: OpenPage) -> None:
    unit = make_unit(name="乐余镇党校")
    given = {"username": "lianluo", "display_name": "陈联络", "password": PASSWORD, "member_unit": unit}
    accounts.create(**given, roles=[AccountRoleKind.LIAISON], actor=None)
    follower = make_follower()
    binding_requests.start(follower, unit, way="qr")
    binding_requests.tell(follower, "李新", "4321")
    binding_requests.apply(follower)
    bindings.agree(follower)
    page, found = open_page(), {}
    page.goto("/console/sign-in")
    page.get_by_label("账号").fill("lianluo")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="名单里没有核对到").first.click()
    found["request"] = axe.findings(page)
    page.get_by_label("手机号").fill("13700004321")
    page.get_by_role("button", name="新增并绑定").click()
    expect(page.get_by_text("已新增李新并完成绑定")).to_be_visible()
    for size in (PHONE, (1440, 900)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto("/console/bindings/units")
        found["unit"] = axe.findings(page)
        page.get_by_role("link", name="打印页").click()
        found["sheet"] = axe.findings(page)
        assert width_of(page) <= size[0]

    assert {name: lines for name, lines in found.items() if lines} == {}
    assert Follower.get_by_id(follower.id).person.name == "李新"
    assert BindingRequest.get().decided_by.username == "lianluo"
