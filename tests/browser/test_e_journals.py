"""Issues in a browser: an article dragged, an issue brought to its readers, read on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

import config
from models.accounts import Account
from models.alliance import MemberUnit
from models.publishing import EJournal, EJournalArticle, EJournalIssue, IssueStatus
from services import member_links
from services.publishing import e_journals, reviews
from tests.browser import axe
from tests.browser.conftest import PHONE, OpenPage, Site
from tests.browser.test_campaign import enter, make_school
from tests.factories import make_follower, make_person
from tests.factories.issues import published

pytestmark = pytest.mark.browser


def make_draft() -> EJournalIssue:
    """Of the editor's school: 热点资讯 (甲、乙) and 科研成果 (丙)."""
    editor = Account.get(Account.username == "bianji")
    journal = EJournal.create(
        name="《前沿观察》", member_unit=editor.member_unit, print_permit_no="苏内准印(2026)2号"
    )
    columns = [
        {"name": "热点资讯", "articles": [text("甲篇"), text("乙篇", is_public=True)]},
        {"name": "科研成果", "articles": [text("丙篇")]},
    ]
    values = {"e_journal": journal, "issue_no": "2026年第1期", "columns": columns}
    return e_journals.save_issue(values, actor=editor)


def text(title: str, *, is_public: bool = False) -> dict[str, object]:
    return {"title": title, "author": "资料室", "body_html": f"<p>{title}正文</p>", "is_public": is_public}


def order(issue: EJournalIssue) -> list[list[str]]:
    return [[each.title for each in column.articles] for column in e_journals.columns_of(issue)]


def drag(page: Page, title: str, onto: str) -> None:
    """By its handle, to the lower edge of another article."""
    handle = page.locator(".desk-article", has_text=title).locator("[data-handle]").bounding_box()
    target = page.locator(".desk-article", has_text=onto).bounding_box()
    assert handle is not None
    assert target is not None
    page.mouse.move(handle["x"] + 10, handle["y"] + 10)
    page.mouse.down()
    page.mouse.move(target["x"] + 40, target["y"] + target["height"] / 2, steps=12)
    page.mouse.move(target["x"] + 40, target["y"] + target["height"] - 4, steps=4)
    page.mouse.up()


def test_an_article_is_dragged_to_another_column_and_stays_there(site: Site, open_page: OpenPage) -> None:
    make_school(0)
    issue = make_draft()
    page = open_page()
    enter(page, "bianji")
    page.goto(f"/console/e-journals/{issue.id}")

    drag(page, "甲篇", onto="丙篇")
    expect(page.get_by_text("文章的位置已保存")).to_be_visible()

    assert order(issue) == [["乙篇"], ["丙篇", "甲篇"]]
    page.get_by_label("《甲篇》上移").click()
    expect(page.locator(".desk-column").nth(1).locator(".desk-article").first).to_contain_text("甲篇")
    page.get_by_label("加一个栏目").fill("党史天地")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已加栏目“党史天地”")).to_be_visible()
    assert order(issue) == [["乙篇"], ["甲篇", "丙篇"], []]
    assert axe.findings(page, within="#main") == []


def test_an_issue_passes_three_people_and_is_published(site: Site, open_page: OpenPage) -> None:
    make_school(0)
    issue = make_draft()
    editor = open_page()
    enter(editor, "bianji")
    editor.goto(f"/console/e-journals/{issue.id}")
    editor.get_by_role("button", name="送审").click()
    editor.get_by_role("button", name="确定").click()
    expect(editor.get_by_text("已送审，等待初审")).to_be_visible()

    for username in ("chushen", "fushen", "zhongshen"):
        page = open_page()
        enter(page, username)
        page.get_by_role("link", name="《前沿观察》2026年第1期").click()
        reader = page.frame_locator("iframe[name=reader]")
        reader.get_by_role("link", name="甲篇").click()
        expect(reader.get_by_text("甲篇正文")).to_be_visible()
        page.get_by_label("意见").fill("同意")
        page.get_by_role("button", name="通过").click()
        expect(page.get_by_text("审已通过")).to_be_visible()
    editor.reload()
    editor.get_by_role("button", name="发布").click()
    editor.get_by_role("button", name="确定").click()

    expect(editor.get_by_role("heading", name="复制给班级群")).to_be_visible()
    assert EJournalIssue.get().status is IssueStatus.PUBLISHED
    assert len(reviews.standing(EJournalIssue.get())) == 3


def test_an_issue_is_read_on_the_phone(site: Site, open_page: OpenPage) -> None:
    make_school(0)
    published(make_draft())
    reader = make_follower(person=make_person(member_unit=MemberUnit.get()))
    page = open_page(PHONE)
    page.goto(member_links.make(reader.id, "/m/issues").removeprefix(config.settings().public_url))

    page.get_by_role("link", name="2026年第1期").click()
    expect(page.locator(".public-mark")).to_have_count(1)
    page.get_by_role("link", name="甲篇").click()
    page.get_by_role("link", name="下一篇：乙篇").click()
    page.get_by_role("link", name="下一篇：丙篇").click()
    expect(page.get_by_text("苏内准印(2026)2号　内部资料，免费交流")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert axe.findings(page) == []
    page.get_by_role("link", name="本期目录").click()
    page.get_by_role("link", name="往期期刊").click()
    page.get_by_label("在期刊里找").fill("乙篇正文")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="乙篇").click()

    expect(page.get_by_role("heading", name="乙篇")).to_be_visible()
    assert EJournalArticle.select().count() == 3
