"""Texts are written in the editor: pasted from Word, shown as members read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import config
from models.accounts import AccountRoleKind
from models.activities import Activity
from models.notices import Notice
from models.pictures import Picture
from services import accounts
from tests.browser import axe
from tests.browser.conftest import OpenPage, Site
from tests.factories import make_activity, make_unit
from tests.factories.composer import painted

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2026-xian"
WORD = (Path(__file__).parents[1] / "services/clipboard/word.html").read_text("utf-8")
PASTE = """(node, html) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", "纯文字");
  node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def editors_page(open_page: OpenPage) -> Page:
    """An editor's page, signed in; the unit is made with it."""
    account = {
        "username": "bianji",
        "display_name": "李编辑",
        "password": PASSWORD,
        "member_unit": make_unit(),
    }
    accounts.create(**account, roles=[AccountRoleKind.EDITOR, AccountRoleKind.SECRETARIAT], actor=None)
    page = open_page()
    page.goto("/console/sign-in")
    page.get_by_label("账号").fill("bianji")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).not_to_have_url(re.compile("sign-in"))
    return page


def test_a_text_pasted_from_word_is_saved_as_plain_structure(site: Site, open_page: OpenPage) -> None:
    page = editors_page(open_page)
    activity = make_activity(body_html="<p>原来的话</p>")
    page.goto(f"/console/activities/{activity.id}/edit")
    text = page.get_by_role("textbox", name="活动介绍")
    expect(text).to_have_text("原来的话")

    text.press("Control+End")
    text.press("Enter")
    text.evaluate(PASTE, WORD)
    expect(text.get_by_role("heading", name="讲坛")).to_be_visible()
    expect(page.get_by_text("有 1 张图片没有随粘贴带过来")).to_be_visible()
    expect(text.locator("figure td")).to_have_text(["日程", "上午9:00", "开班"])
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存")).to_be_visible()

    saved = Activity.get_by_id(activity.id).body_html
    assert saved.startswith("<p>原来的话</p><h2>讲坛</h2><p><strong>各成员单位党校</strong>，围绕“乡村治理”")
    assert "<ol><li>报到<ul><li>领材料</li></ul></li><li>听课</li></ol>" in saved
    assert '<td colspan="2"><strong>日程</strong></td></tr><tr><td>上午<br>9:00</td>' in saved


def test_a_picture_is_uploaded_from_the_editor_with_its_right_and_its_words(
    site: Site, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path / 'files'}")
    photo = tmp_path / "会场.png"
    photo.write_bytes(painted(60, 40, "PNG"))
    page = editors_page(open_page)
    page.goto("/console/notices/new")
    page.get_by_label("标题", exact=True).fill("集体备课的通知")
    text = page.get_by_role("textbox", name="正文")
    text.fill("请各校参加。")
    page.get_by_role("button", name="插入图片").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("图片文件").set_input_files(str(photo))
    dialog.get_by_role("button", name="上传并插入").click()
    expect(dialog.get_by_text("请用一句话说明图上是什么")).to_be_visible()

    dialog.get_by_label("图上是什么").fill("集体备课会场")
    dialog.get_by_label("授权", exact=True).select_option("own_work")
    dialog.get_by_role("button", name="上传并插入").click()
    expect(text.get_by_alt_text("集体备课会场")).to_be_visible()
    page.get_by_role("button", name="存为草稿").click()
    expect(page.get_by_text("已存为草稿")).to_be_visible()

    picture = Picture.get()
    shown = f'<img src="/pictures/{picture.token}" alt="集体备课会场">'
    assert shown in Notice.get().body_html
    assert axe.findings(page) == []


def test_the_phone_follows_what_is_typed_and_variables_are_put_in(site: Site, open_page: OpenPage) -> None:
    page = editors_page(open_page)
    activity = make_activity(title="基层治理", place="一号厅")
    page.goto(f"/console/campaigns/new?content=activity:{activity.id}")
    bubble = page.locator("[data-channel=window_message] .bubble")
    expect(bubble).to_contain_text("基层治理")

    page.get_by_label("一句话简介").fill("请到")
    page.get_by_text("插入变量").click()
    page.get_by_role("button", name="{地点}").click()
    expect(page.get_by_label("一句话简介")).to_have_value("请到{地点}")
    expect(bubble).to_contain_text("请到一号厅")
    page.get_by_label("一句话简介").fill("{网址}")
    expect(page.get_by_text("没有变量{网址}")).to_be_visible()
    assert axe.findings(page) == []
