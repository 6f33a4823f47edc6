"""Files of a notice: what is taken, who may open them, what a change does to a campaign in review."""

from __future__ import annotations

from pathlib import Path

import pytest

import config
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from models.messaging import Campaign, CampaignStatus, ContentKind
from models.notices import Notice, NoticeFile
from models.people import Topic
from services.errors import Invalid, NotAllowed, NotFound
from services.messaging import campaigns, contents
from services.publishing import notice_files, notices
from tests.factories import make_account, make_person
from tests.factories.composer import make_notice
from tests.services.activities.test_materials import PDF, office

pytestmark = pytest.mark.engines


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")
    return tmp_path


@pytest.fixture
def editor(db: object, noon: object) -> Account:
    return make_account(AccountRoleKind.SCHOOL_ADMIN)


@pytest.fixture
def notice(editor: Account) -> Notice:
    return make_notice(member_unit=editor.member_unit, is_shared=False)


def test_a_file_is_kept_called_as_it_is_named_and_taken_away(
    notice: Notice, editor: Account, folder: Path
) -> None:
    kept = notice_files.add(notice, office("日程"), "C:\\桌面\\培训日程.DOCX", title=" ", actor=editor)
    sheet = notice_files.add(notice, office("名册", "xlsx"), "名册.xlsx", title="报名回执", actor=editor)

    assert [(each.title, each.file_name) for each in notice_files.of(notice)] == [
        ("培训日程", "培训日程.DOCX"),
        ("报名回执", "名册.xlsx"),
    ]
    assert notice_files.content_of(kept).startswith(b"PK")
    notice_files.remove(kept, actor=editor)
    assert notice_files.of(notice) == [sheet]
    assert [path.suffix for path in folder.glob("notices/*")] == [".xlsx"]
    assert [each.action for each in AuditEntry.select().order_by(AuditEntry.id)] == [
        *["notice.file_added"] * 2,
        "notice.file_removed",
    ]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "", "请选择文件"),
        (b"", "空.pdf", "0 字节"),
        (b"\x89PNG\r\n\x1a\n", "照片.png", "只能是 PDF、Word"),
        (b"MZ\x90", "通知.pdf", "内容不是 PDF"),
        (PDF, "机密文件.pdf", "“机密”字样"),
        (office("内部文件，请勿外传"), "通知.docx", "字样"),
        (b"%PDF-" + b"0" * notice_files.MAX_BYTES, "通知.pdf", "超过 15 MB"),
    ],
)
def test_what_is_refused(notice: Notice, editor: Account, content: bytes, name: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        notice_files.add(notice, content, name, title="附件", actor=editor)

    assert words in refused.value.fields["file"]
    assert NoticeFile.select().count() == 0


def test_there_are_at_most_ten_and_a_title_with_a_mark_is_refused(notice: Notice, editor: Account) -> None:
    for number in range(notice_files.MOST):
        notice_files.add(notice, PDF, f"{number}.pdf", title="", actor=editor)

    with pytest.raises(Invalid, match="最多10个附件"):
        notice_files.add(notice, PDF, "再一个.pdf", title="", actor=editor)
    with pytest.raises(Invalid, match="秘密"):
        notice_files.add(notice, PDF, "再一个.pdf", title="秘密", actor=editor)


def test_who_may_read_the_notice_may_open_its_files(notice: Notice, editor: Account) -> None:
    kept = notice_files.add(notice, PDF, "日程.pdf", title="", actor=editor)
    own, other = make_person(member_unit=editor.member_unit), make_person()

    assert notice_files.content_for(notice.id, kept.id, own) == (kept, PDF)
    with pytest.raises(NotFound):
        notice_files.content_for(notice.id, kept.id, other)
    with pytest.raises(NotFound):
        notice_files.content_for(make_notice().id, kept.id, own)
    notices.withdraw(notice, "日期有误", actor=editor)
    with pytest.raises(NotFound):
        notice_files.content_for(notice.id, kept.id, own)


def test_only_its_own_school_changes_them(notice: Notice, editor: Account) -> None:
    kept = notice_files.add(notice, PDF, "日程.pdf", title="", actor=editor)

    with pytest.raises(NotFound):
        notice_files.remove(kept, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))
    with pytest.raises(NotAllowed):
        notice_files.add(notice, PDF, "日程.pdf", title="", actor=make_account(AccountRoleKind.SYSTEM_ADMIN))


def test_a_file_is_part_of_what_is_reviewed(notice: Notice, editor: Account) -> None:
    campaign = Campaign.create(
        title="推送",
        topic=Topic.NOTICE,
        content_kind=ContentKind.NOTICE,
        published_notice=notice,
        member_unit=editor.member_unit,
        author=editor,
        audience={"everyone": True},
    )
    campaigns.submit(campaign, actor=editor)
    before = contents.content_hash(campaign)

    kept = notice_files.add(notice, PDF, "日程.pdf", title="", actor=editor)

    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.DRAFT
    notice_files.remove(kept, actor=editor)
    assert contents.content_hash(campaign) == before
