"""通知公告 on the phone."""

from __future__ import annotations

from pathlib import Path

import pytest

import config
from models.accounts import AccountRoleKind
from services.publishing import notice_files
from tests.factories import make_account, make_member
from tests.factories.composer import make_notice
from tests.server.pages.conftest import Enter
from tests.services.activities.test_materials import PDF


def test_a_member_reads_the_notices_that_are_for_the_own_unit_and_for_all(enter: Enter) -> None:
    follower = make_member()
    shared = make_notice(title="面向全联盟的通知", body_html="<h3>一、时间</h3><p>九点</p>")
    own = make_notice(title="本校的通知", is_shared=False, member_unit=follower.person.member_unit)
    others = make_notice(title="别校的通知", is_shared=False)
    phone = enter(follower)

    home, listed = phone.get("/m/").text, phone.get("/m/notices").text
    page = phone.get(f"/m/notices/{shared.id}").text

    assert "本校的通知" in home
    assert all(title in listed for title in (shared.title, own.title))
    assert "别校的通知" not in home + listed
    assert "<h3>一、时间</h3>" in page
    assert shared.member_unit.name in page
    assert phone.get(f"/m/notices/{others.id}").status_code == 404


def test_a_members_page_gives_the_files_of_a_notice(
    enter: Enter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")
    follower, editor = make_member(), make_account(AccountRoleKind.SECRETARIAT)
    notice, hidden = make_notice(), make_notice(is_shared=False)
    kept, other = (
        notice_files.add(each, PDF, "培训日程.pdf", title="", actor=editor) for each in (notice, hidden)
    )
    phone = enter(follower)

    page = phone.get(f"/m/notices/{notice.id}").text
    file = phone.get(f"/m/notices/{notice.id}/files/{kept.id}")

    assert "附件" in page
    assert f'href="/m/notices/{notice.id}/files/{kept.id}"' in page
    assert (file.data, file.mimetype, file.headers["Cache-Control"]) == (
        PDF,
        "application/pdf",
        "no-store",
    )
    assert phone.get(f"/m/notices/{hidden.id}/files/{other.id}").status_code == 404
    assert phone.get(f"/m/notices/{notice.id}/files/{other.id}").status_code == 404
