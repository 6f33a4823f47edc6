"""The mini program in the sandbox's phones, from sign-in to the live list, against the running site."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

import clock
import config
from models.check_ins import CheckIn, CheckInOpening, CheckInWay
from models.people import Follower, Person
from models.sealing import keyed_hash
from sandbox.testing import Sandbox, running_sandbox
from services import bindings, check_ins, mini_account
from tests.browser.conftest import PHONE, Site
from tests.conftest import NOON
from tests.factories import make_follower, make_person, make_sign_up
from tests.factories.check_ins import make_runner, make_running, shown
from wechat.client import Timeouts
from wechat.mini_program import make_mini_program
from wechat.token_stores import MemoryTokenStore

pytestmark = pytest.mark.browser

Open = Callable[[str], Page]


@pytest.fixture
def sandbox(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A WeChat that runs our folder and carries its requests to the site, at the site's time."""
    folder = str(config.ROOT / "miniprogram")
    with running_sandbox(web=site.url, mini=folder) as running:
        ours = {"public_url": site.url, "sandbox_port": urlsplit(running.url).port}
        settings = config.settings().model_copy(update=ours | {"wechat_api_url": running.url})
        monkeypatch.setattr(config, "settings", lambda: settings)
        mini_account.set_program(make_mini_program(settings, MemoryTokenStore(), timeouts=Timeouts(2.0, 5.0)))
        running.post("/_sandbox/clock", {"time": clock.to_timestamp(NOON)})
        try:
            yield running
        finally:
            mini_account.set_program(None)


@pytest.fixture
def phone(browser: Browser, sandbox: Sandbox) -> Iterator[Open]:
    """`phone(openid)`: that person's phone with the mini program open; nothing may fail or leave."""
    faults: list[str] = []
    contexts = []

    def opened(openid: str) -> Page:
        context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN")
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: None if _stays(asked.url, sandbox) else faults.append(asked.url))
        page.goto(f"{sandbox.url}/_sandbox/mini?phone={openid}")
        page.wait_for_selector("body[data-ready=yes]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def _stays(url: str, sandbox: Sandbox) -> bool:
    return url.startswith((sandbox.url, "data:", "blob:"))


def bound(sandbox: Sandbox, name: str) -> tuple[str, Person]:
    """Somebody whose mini program is bound already."""
    openid, person = sandbox.add(name), make_person(name=name)
    mine = {"app_id": config.settings().mini_app_id, "openid": sandbox.mini_openid(openid)}
    make_follower(person=person, is_following=False, **mine)
    return openid, person


def scan(page: Page, text: str) -> None:
    """The camera is replaced by pasted text; the first use asks for a yes to the privacy guide."""
    page.get_by_text("扫码签到").click()
    page.get_by_role("button", name="同意", exact=True).click()
    page.get_by_label("码里的文字").fill(text)
    page.get_by_role("button", name="扫描").click()


def test_from_sign_in_to_the_live_list(phone: Open, sandbox: Sandbox) -> None:
    activity = make_running(title="基层治理讲座")
    runner = make_runner(activity.member_unit)
    Person.update(name="方小庆", phone="13800000001", phone_hash=keyed_hash("13800000001")).where(
        Person.id == runner.id
    ).execute()
    [(_, code)] = bindings.issue_codes([runner.id], actor=None)
    member_id, member = bound(sandbox, "杜小刚")
    make_sign_up(activity, member)

    desk = phone(sandbox.add("方庆"))
    desk.get_by_text("绑定身份").click()
    desk.get_by_placeholder("单位登记的手机号").fill("13800000001")
    desk.get_by_placeholder("例如 ABCD2345").fill("WRNG2345")
    desk.get_by_text("下一步", exact=True).click()
    expect(desk.get_by_text("还可以再试 4 次")).to_be_visible()
    desk.get_by_placeholder("例如 ABCD2345").fill(code)
    desk.get_by_text("下一步", exact=True).click()
    desk.get_by_text("同意并绑定").click()
    desk.get_by_text("进入首页").click()
    expect(desk.get_by_text("方小庆，您好")).to_be_visible()
    desk.get_by_text("组织签到").click()
    desk.get_by_text("开放签到", exact=True).click()
    expect(desk.locator(".digits")).to_have_text(re.compile(r"\d{3} \d{3}"))
    expect(desk.locator(".present")).to_have_text("0")

    scan(phone(member_id), shown(CheckInOpening.get()).address)

    expect(desk.locator(".present")).to_have_text("1")
    expect(desk.locator(".arrival")).to_contain_text("杜小刚")
    assert CheckIn.get().person_id == member.id
    assert Follower.get(Follower.person == runner.id).app_id == config.settings().mini_app_id


def test_without_a_network_a_scan_waits_and_goes_up_once(phone: Open, sandbox: Sandbox) -> None:
    activity = make_running(title="基层治理讲座")
    member_id, member = bound(sandbox, "杜小刚")
    make_sign_up(activity, member)
    opening = check_ins.open_(activity, by=make_runner(activity.member_unit))
    page = phone(member_id)
    expect(page.get_by_text("杜小刚，您好")).to_be_visible()

    page.get_by_label("更多").click()
    page.get_by_role("button", name="断开网络").click()
    scan(page, shown(opening).address)
    expect(page.get_by_text("签到已存在手机里")).to_be_visible()
    assert not CheckIn.select().exists()
    page.get_by_label("更多").click()
    page.get_by_role("button", name="恢复网络").click()

    expect(page.get_by_text("签到成功：基层治理讲座")).to_be_visible()
    assert CheckIn.get().way is CheckInWay.SCAN_MINI
