"""The inbox: a member's question is answered from the console and read on the phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import clock
import config
from bot import dispatcher
from models.accounts import AccountRoleKind
from models.inbound import InboxItem, InboxStatus, StaffReply, StaffReplyStatus
from sandbox.testing import running_sandbox
from services import accounts, saved_replies, wechat_account
from tests.bot.conftest import message
from tests.browser.conftest import OpenPage, Site
from tests.conftest import NOON
from tests.factories import make_follower, make_person, make_unit
from wechat.gateway import make_gateway
from wechat.token_stores import MemoryTokenStore

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2026-xian"


def test_a_question_is_answered_with_a_saved_wording_and_arrives(site: Site, open_page: OpenPage) -> None:
    unit = make_unit(short_name="乐余")
    account = {"username": "mishu", "display_name": "秘书处", "password": PASSWORD, "member_unit": unit}
    actor = accounts.create(**account, roles=[AccountRoleKind.SECRETARIAT], actor=None)
    saved_replies.create(title="开饭时间", text="食堂 11:30 开饭。", actor=actor)
    with running_sandbox() as sandbox:
        sandbox.post("/_sandbox/clock", {"time": clock.to_timestamp(NOON)})
        settings = config.settings().model_copy(update={"wechat_api_url": sandbox.url})
        wechat_account.set_gateway(make_gateway(settings, MemoryTokenStore()))
        openid = sandbox.add("方庆")
        sandbox.act(openid, "text", content="食堂几点开饭")
        make_follower(person=make_person(name="方小庆", member_unit=unit), openid=openid)
        dispatcher.answer(message(openid, "食堂几点开饭"))
        try:
            page = open_page()
            page.goto("/console/sign-in")
            page.get_by_label("账号").fill("mishu")
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.get_by_role("link", name="收件箱").first.click()
            page.get_by_role("link", name="食堂几点开饭").click()
            expect(page.locator("#window")).to_contain_text("可再发 5 条")
            page.get_by_label("回复", exact=True).fill("您好，")
            page.get_by_role("button", name="开饭时间").click()
            expect(page.get_by_label("回复", exact=True)).to_have_value("您好，\n食堂 11:30 开饭。")
            expect(page.locator("#room-told")).to_contain_text("还可写约")
            page.get_by_role("button", name="现在发送").click()
            expect(page.get_by_text("微信已接受").first).to_be_visible()
        finally:
            wechat_account.set_gateway(None)
        assert "食堂 11:30 开饭" in str(sandbox.chat(openid)[-1])
    assert StaffReply.get().status is StaffReplyStatus.ACCEPTED
    assert InboxItem.get().status is InboxStatus.DONE
