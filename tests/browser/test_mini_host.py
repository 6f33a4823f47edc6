"""The sandbox's phones run a mini program: its pages, forms, consents, storage and the way in by cards."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.testing import Sandbox, running_sandbox
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.browser
SAMPLE = Path(__file__).parent.parent / "sandbox" / "mini_sample"
LECTURES = [{"id": 7, "title": "数据治理", "place": "报告厅"}, {"id": 8, "title": "党史", "place": "一号楼"}]


class Product(BaseHTTPRequestHandler):
    """Answers the sample's one request, and the pushes."""

    def do_GET(self) -> None:
        told = {"lectures": LECTURES if self.headers["x-from"] == "sample" else []}
        self._answer(json.dumps(told).encode(), "application/json")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(b"success", "text/plain")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        """Tests stay silent."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Product)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with running_sandbox(web=f"http://127.0.0.1:{server.server_port}", mini=str(SAMPLE)) as running:
        yield running
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    faults: list[str] = []
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN")
    context.set_default_timeout(15_000)
    made = context.new_page()
    made.on("console", lambda told: faults.append(told.text) if told.type in ("error", "warning") else None)
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("request", lambda asked: faults.append(asked.url) if _has_left(asked.url, sandbox.url) else None)
    yield made
    context.close()
    assert faults == []


def _has_left(url: str, home: str) -> bool:
    return not url.startswith((home, "data:", "blob:"))


def enter(page: Page, sandbox: Sandbox, openid: str, more: str = "") -> None:
    page.goto(f"{sandbox.url}/_sandbox/mini?phone={openid}{more}")
    page.wait_for_selector("body[data-ready=yes]")


def test_a_mini_program_runs_as_on_a_phone(page: Page, sandbox: Sandbox) -> None:
    openid = sandbox.add("方庆")
    enter(page, sandbox, openid)
    state = page.locator(".state")

    expect(page.get_by_text("大家好！")).to_have_css("color", "rgb(179, 18, 42)")
    expect(state).to_have_text("第一次来")
    page.get_by_role("button", name="加载").click()
    page.get_by_text("报告厅").click()
    expect(state).to_have_text("7 数据治理")
    expect(page.get_by_text("数据治理", exact=True)).to_have_css("color", "rgb(0, 100, 0)")

    page.get_by_role("button", name="订阅提醒").click()
    page.get_by_label("问卷填写提醒").uncheck()
    page.get_by_role("button", name="允许").click()
    expect(state).to_have_text("accept reject")
    assert sandbox.platform.mini.by_owner[openid].consents == {"SUB_ACTIVITY": 1}

    page.get_by_role("button", name="定位").click()
    page.get_by_role("button", name="拒绝").click()
    expect(state).to_have_text("getLocation:fail auth deny")
    page.get_by_role("button", name="手机号").click()
    page.get_by_role("button", name="允许").click()
    expect(state).to_have_text("getPhoneNumber:ok 有码 true")
    page.get_by_role("button", name="扫一扫").click()
    page.get_by_label("码里的文字").fill("六位码 123456")
    page.get_by_role("button", name="扫描").click()
    expect(state).to_have_text("扫到 六位码 123456")

    page.get_by_label("更多").click()
    page.get_by_role("button", name="断开网络").click()
    expect(state).to_have_text("没网")
    page.get_by_role("button", name="加载").click()
    expect(state).to_have_text("request:fail net::ERR_INTERNET_DISCONNECTED")
    enter(page, sandbox, openid)
    expect(state).to_have_text("又来了")
    enter(page, sandbox, sandbox.add("杜刚"))
    expect(state).to_have_text("第一次来")


def test_forms_pickers_tabs_and_canvas(page: Page, sandbox: Sandbox) -> None:
    openid = sandbox.add("方庆")
    enter(page, sandbox, openid, "&query=scene%3Dl7")
    page.get_by_text("用链接去填表").click()
    expect(page.locator("#title")).to_have_text("填表（link）")

    page.get_by_placeholder("请输入姓名").fill("王芳")
    expect(page.locator(".typed")).to_have_text("王芳 1")
    page.get_by_text("党史").click()
    expect(page.locator(".result")).to_have_text("党史")
    page.get_by_text("满意").click()
    page.get_by_role("switch", name="提醒我").uncheck()
    page.locator(".school").click()
    page.get_by_label("请选择").select_option("塘桥")
    page.get_by_role("button", name="确定").click()
    page.get_by_role("button", name="提交").click()
    page.get_by_role("button", name="确定").click()

    told = json.loads(page.locator(".result").inner_text())
    assert told == {
        "name": "王芳",
        "advice": "",
        "topics": ["党史"],
        "rating": "满意",
        "remind": False,
        "school": 1,
        "day": "2026-12-01",
    }
    page.get_by_label("返回").click()
    page.get_by_role("button", name="我的码").click()
    expect(page.locator(".shown")).to_have_text("CANVAS 208 l7")
    sandbox.post("/_sandbox/clock", {"time": 1735689600})
    enter(page, sandbox, openid, "&page=pages/code/code")
    expect(page.locator(".clock")).to_have_text("2025")


def test_a_card_and_a_code_open_their_page_on_the_desk(page: Page, sandbox: Sandbox) -> None:
    openid = sandbox.add("方庆")
    sandbox.mini_consent(openid, "SUB_SURVEY")
    data = {"thing1": {"value": "需求"}, "time2": {"value": "18:00"}, "thing3": {"value": "三分钟"}}
    body = {
        "touser": sandbox.mini_openid(openid),
        "template_id": "SUB_SURVEY",
        "page": "pages/form/form?from=card",
        "data": data,
    }
    assert sandbox.mini_call("/cgi-bin/message/subscribe/send", body)["errcode"] == 0
    code = {"scene": "l=7", "page": "pages/code/code"}
    picture = sandbox.mini_call("/wxa/getwxacodeunlimit", code)
    assert (
        sandbox.mini_call("/wxa/getwxacodeunlimit", {"scene": "l=7", "page": "pages/no"})["errcode"] == 41030
    )
    (opening,) = sandbox.platform.mini_codes.by_key.values()
    page.goto(sandbox.url)

    page.get_by_text("详情").click()
    inside = page.frame_locator(".view.mini iframe")
    expect(inside.locator("#title")).to_have_text("填表（card）")
    inside.get_by_label("关闭小程序").click()
    expect(page.locator(".view")).to_have_count(0)

    page.get_by_label("更多操作").click()
    page.get_by_role("button", name="扫一扫…").click()
    page.get_by_label("或者选一张图片").set_input_files(
        {"name": "code.jpg", "mimeType": "image/jpeg", "buffer": picture}
    )
    expect(page.get_by_label("码里的文字或网址")).to_have_value(f"weixin://dl/wxacode/{opening.key}")
    page.get_by_role("button", name="扫描").click()
    expect(inside.locator(".shown")).to_contain_text("l%3D7")
