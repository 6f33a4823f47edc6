"""The local WeChat's phones in a browser: a survey by taps, member pages inside, one identity each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from peewee import fn
from playwright.sync_api import Browser, Locator, Page, expect

import clock
import config
from bot.menu import MENU
from models.activities import SignUp
from models.people import Person
from models.surveys import Answer, Response, ResponseStatus
from sandbox.testing import Sandbox, running_sandbox
from services import wechat_account
from tests.browser.conftest import WIDE, Site
from tests.conftest import NOON
from tests.factories import make_activity, make_follower, make_person
from tests.factories.surveys import make_questionnaire
from wechat.client import Timeouts
from wechat.gateway import make_gateway
from wechat.token_stores import MemoryTokenStore

pytestmark = pytest.mark.browser


@pytest.fixture
def sandbox(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A WeChat that pushes to the site, at the site's time and with its menu."""
    with running_sandbox(web=site.url) as running:
        ours = {
            "public_url": site.url,
            "sandbox_port": urlsplit(running.url).port,
            "wechat_api_url": running.url,
            "wechat_open_url": running.url,
        }
        settings = config.settings().model_copy(update=ours)
        monkeypatch.setattr(config, "settings", lambda: settings)
        gateway = make_gateway(settings, MemoryTokenStore(), timeouts=Timeouts(2.0, 5.0))
        wechat_account.set_gateway(gateway)
        running.post("/_sandbox/clock", {"time": clock.to_timestamp(NOON)})
        gateway.menu_create(MENU)
        try:
            yield running
        finally:
            wechat_account.set_gateway(None)
            gateway.close()


@pytest.fixture
def desk(browser: Browser, site: Site, sandbox: Sandbox) -> Iterator[Page]:
    """The desk with the phones of two members; nothing may fail or leave the two hosts."""
    faults: list[str] = []
    for name in ("方庆", "杜刚"):
        make_follower(person=make_person(name=name), openid=sandbox.add(name))
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, locale="zh-CN")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("console", lambda told: faults.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((site.url, sandbox.url)) else faults.append(asked.url),
    )
    page.goto(sandbox.url)
    yield page
    context.close()
    assert faults == []


def phone_of(desk: Page, name: str) -> Locator:
    return desk.locator(".seat").filter(has=desk.get_by_text(name, exact=True))


def choose(phone: Locator, top: str, item: str) -> None:
    phone.get_by_role("button", name=top).click()
    phone.locator(".subs").get_by_role("button", name=item).click()


def tap(phone: Locator, words: str) -> None:
    phone.locator(".chat .tap", has_text=words).last.click()


def open_card(phone: Locator, title: str) -> None:
    phone.get_by_role("button", name=title).last.click()


def last_bubble(phone: Locator) -> Locator:
    return phone.locator(".row.account .bubble").last


def test_a_survey_is_answered_on_the_phone(desk: Page) -> None:
    make_questionnaire()
    phone = phone_of(desk, "方庆")

    choose(phone, "服务", "需求征集")
    tap(phone, "2. 乡村振兴")
    expect(last_bubble(phone)).to_contain_text("【2/4】")
    tap(phone, "1. 讲授")
    tap(phone, "3. 现场")
    expect(last_bubble(phone)).to_contain_text(re.compile(r"讲授 ✓已选[^✓]*现场 ✓已选"))
    tap(phone, "选好了")
    phone.get_by_role("button", name="显示键盘").click()
    for words, then in (("二十", "【4/4】"), ("多去现场 ]]> 😀", "感谢您的回答")):
        phone.get_by_label("输入消息").fill(words)
        phone.get_by_role("button", name="发送").click()
        expect(last_bubble(phone)).to_contain_text(then)

    assert Response.get().status is ResponseStatus.COMPLETED
    assert Answer.select(fn.COUNT(Answer.id)).scalar() == 5
    assert "多去现场 ]]> 😀" in {answer.text for answer in Answer.select()}


def test_pages_open_inside_and_each_phone_keeps_its_person(desk: Page) -> None:
    activity = make_activity(title="基层治理讲座")
    one, other = phone_of(desk, "方庆"), phone_of(desk, "杜刚")
    for phone in (one, other):
        choose(phone, "学习", "最新讲座")
        expect(phone.get_by_role("heading", name="基层治理讲座")).to_be_visible()

    open_card(one, "基层治理讲座")
    page = one.frame_locator("iframe")
    page.get_by_role("button", name="我要报名").click()
    expect(page.get_by_text("您已报名")).to_be_visible()
    open_card(other, "基层治理讲座")
    expect(one.locator("iframe")).to_have_count(0)
    expect(desk.get_by_text("一次只能打开一部手机的网页，方庆的已收起")).to_be_visible()
    page = other.frame_locator("iframe")
    expect(page.get_by_role("button", name="我要报名")).to_be_visible()
    page.get_by_role("link", name="首页").click()
    expect(page.get_by_role("heading", name="杜刚，您好")).to_be_visible()
    open_card(one, "基层治理讲座")
    expect(one.frame_locator("iframe").get_by_role("button", name="取消报名")).to_be_visible()

    signed_up = SignUp.get()
    assert signed_up.activity_id == activity.id
    assert signed_up.person_id == Person.get(Person.name == "方庆").id
