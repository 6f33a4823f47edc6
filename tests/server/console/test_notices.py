"""通知公告 in the console, and what the campaign form shows while it is filled in."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import pytest

import config
from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.messaging import Campaign
from models.notices import Notice, NoticeFile, NoticeStatus
from services.html import plain_text
from services.publishing import notices
from tests.factories import make_account, make_activity
from tests.factories.composer import make_notice
from tests.server.console.conftest import SignIn
from tests.services.activities.test_materials import PDF


def test_a_notice_goes_from_the_form_to_the_members_and_to_a_campaign(sign_in: SignIn) -> None:
    desk = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))

    answer = desk.post("/console/notices/new", data={"title": "备课通知", "body": "请准时", "is_shared": "1"})
    notice = Notice.get()
    desk.post(f"/console/notices/{notice.id}/publish")
    shown = desk.get(answer.location).text
    form = desk.get(f"/console/campaigns/new?content=notice:{notice.id}").text

    assert Notice.get().status is NoticeStatus.PUBLISHED
    assert "推送这条通知" in shown
    assert f'value="notice:{notice.id}" selected' in form
    desk.post(f"/console/notices/{notice.id}/withdraw", data={"reason": "日期有误"})
    assert Notice.get().status is NoticeStatus.WITHDRAWN
    assert AuditEntry.select().where(AuditEntry.action == "notice.withdrawn").exists()


def test_what_was_typed_stays_when_it_is_wrong_or_stale(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    notice = make_notice(member_unit=account.member_unit, version=3)
    desk = sign_in(account)

    wrong = desk.post("/console/notices/new", data={"title": "", "body": "写了很久的正文"})
    stale = desk.post(
        f"/console/notices/{notice.id}/edit", data={"title": "改", "body": "写好的", "version": "2"}
    )

    assert (wrong.status_code, stale.status_code) == (422, 409)
    assert "写了很久的正文" in wrong.text
    assert re.findall(r'text-break">([^<]*)<', stale.text) == [
        *("改", notice.title),
        *("写好的", plain_text(notice.body_html)),
        *("（空）", "是"),
    ]


def test_a_text_that_was_not_touched_takes_the_others_words(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    notice = make_notice(member_unit=account.member_unit, body_html="<h2>安排</h2><p>请准时</p>")
    desk, address = sign_in(account), f"/console/notices/{notice.id}/edit"
    opened = desk.get(address).text
    was = html.unescape(re.findall(r'name="was" value="([^"]*)"', opened)[0])
    notices.update(notice, {"body_html": "<p>改到八点</p>"}, version=notice.version, actor=account)
    typed = {
        "title": "改",
        "body": '<h2 class="ql-align">安排</h2><p>请准时</p>',
        "is_shared": "1",
        "version": "1",
        "was": was,
    }

    clash = desk.post(address, data=typed)

    assert clash.status_code == 409
    assert "您没有动过的正文，已换成现在的内容" in clash.text
    assert re.findall(r'text-break">([^<]*)<', clash.text) == ["改", notice.title]
    assert "改到八点</textarea>" in clash.text


def test_files_are_uploaded_opened_and_removed_on_the_notices_page(
    sign_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    notice = make_notice(member_unit=account.member_unit)
    desk, other = sign_in(account), sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))
    address = f"/console/notices/{notice.id}"

    wrong = desk.post(f"{address}/files", data={"file": (io.BytesIO(PDF), "照片.gif")})
    desk.post(f"{address}/files", data={"file": (io.BytesIO(PDF), "日程.pdf"), "title": "培训日程"})
    kept = NoticeFile.get()

    assert (wrong.status_code, "只能是 PDF、Word" in wrong.text) == (422, True)
    assert "培训日程" in desk.get(address).text
    assert other.get(f"{address}/files/{kept.id}").data == PDF  # it is shared with the alliance
    assert "上传附件" not in other.get(address).text
    assert other.post(f"{address}/files/{kept.id}/remove").status_code == 404
    desk.post(f"{address}/files/{kept.id}/remove")
    assert NoticeFile.select().count() == 0


def test_words_that_stop_a_notice_are_told_and_can_be_overridden_with_a_reason(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    notice = make_notice(
        member_unit=account.member_unit, body_html="<p>攻府工作</p>", status=NoticeStatus.DRAFT
    )
    desk = sign_in(account)

    desk.post(f"/console/notices/{notice.id}/publish")
    assert "疑为“政府”" in desk.get(f"/console/notices/{notice.id}").text
    desk.post(f"/console/notices/{notice.id}/publish", data={"reason": "案例原文如此"})

    assert Notice.get_by_id(notice.id).status is NoticeStatus.PUBLISHED


def test_another_units_own_notice_is_not_there(sign_in: SignIn) -> None:
    notice = make_notice(is_shared=False)
    desk = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))

    for path in ("", "/edit"):
        assert desk.get(f"/console/notices/{notice.id}{path}").status_code == 404
    assert notice.title not in desk.get("/console/notices/").text


def test_the_preview_shows_what_is_typed_and_saves_nothing(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    activity = make_activity(title="基层治理", member_unit=account.member_unit)
    desk = sign_in(account)

    typed = {"content": f"activity:{activity.id}", "summary": "请{姓名}到{地点}<b>听</b>{网址}"}
    shown = desk.post("/console/campaigns/preview", data=typed).text
    empty = desk.post("/console/campaigns/preview", data={"content": ""}).text
    gone = desk.post("/console/campaigns/preview", data={"content": "activity:987654"}).text

    assert "请李样例到一号报告厅&lt;b&gt;听" in shown
    assert "请各位同志到一号报告厅" in shown
    assert "没有变量{网址}" in shown
    assert "选好要推送的内容后" in empty
    assert "没有找到" in gone
    assert Campaign.select().count() == 0
