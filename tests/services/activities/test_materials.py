"""Materials: what is taken, what is refused and why, who may open them."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from peewee import Database

import clock
import config
from models.accounts import Account, AccountRoleKind
from models.activities import Activity, ActivityMaterial
from services.activities import material_files, materials
from services.errors import Invalid, NotFound
from tests.factories import make_account, make_activity, make_person, make_sign_up

pytestmark = pytest.mark.usefixtures("noon")
PDF = b"%PDF-1.7 a page"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")
    return tmp_path


@pytest.fixture
def activity(db: Database) -> Activity:
    return make_activity()


@pytest.fixture
def host(activity: Activity) -> Account:
    return make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=activity.member_unit)


def office(text: str, kind: str = "docx", **more: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(material_files.OFFICE[kind][0], f"<w:p><w:t>{text}</w:t></w:p>")
        for name, content in more.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def add(activity: Activity, actor: Account, content: bytes = PDF, name: str = "讲义.pdf", **values: object):
    return materials.add(
        activity, content, name, **({"title": "讲义", "opens_to_all": False, "actor": actor} | values)
    )


def test_a_file_is_kept_and_comes_back(activity: Activity, host: Account, folder: Path) -> None:
    kept = add(activity, host, office("基层治理的方法，谈谈保守秘密的纪律"), "C:\\桌面\\讲义.DOCX")

    assert kept.file_name == "讲义.DOCX"
    assert kept.storage_key.endswith(".docx")
    assert materials.content_of(kept).startswith(b"PK")
    assert len(list(folder.glob("materials/*"))) == 1
    materials.remove(kept, actor=host)
    assert not list(folder.glob("materials/*"))
    assert materials.of(activity) == []


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "讲义.pdf", "空的"),
        (b"MZ\x90", "讲义.pdf", "内容不是 PDF"),
        (PDF, "讲义.exe", "只能上传"),
        (PDF, "讲义.zip", "压缩包请解开"),
        (PDF, "讲义.doc", "另存为 .docx"),
        (b"PK\x03\x04 broken", "讲义.docx", "打不开"),
        (office("表格", "xlsx"), "讲义.docx", "内容不是 .docx"),
        (PDF, "机密会议纪要.pdf", "“机密”字样"),
        (office("机密★1年 关于某事的通报"), "讲义.docx", "正文里有“机密★”"),
        (office("注意事项：本件严禁外传"), "讲义.docx", "“严禁外传”"),
        (b"%PDF-" + b"0" * material_files.MAX_BYTES, "讲义.pdf", "超过 15 MB"),
    ],
)
def test_what_is_not_taken_is_named_with_the_way_out(
    activity: Activity, host: Account, folder: Path, content: bytes, name: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        add(activity, host, content, name)

    assert set(refused.value.fields) == {"file"}
    assert words in refused.value.message
    assert ActivityMaterial.select().count() == len(list(folder.glob("materials/*"))) == 0


def test_macros_and_files_that_unfold_too_far_are_refused(activity: Activity, host: Account) -> None:
    macros = io.BytesIO()
    with zipfile.ZipFile(macros, "w") as archive:
        archive.writestr("word/document.xml", "<w:t/>")
        archive.writestr("word/vbaProject.bin", "x")
    bomb = office("字" * material_files.MAX_TEXT_BYTES)

    for content, words in ((macros.getvalue(), "宏"), (bomb, "文字太多")):
        with pytest.raises(Invalid, match=words):
            add(activity, host, content, "讲义.docx")


def test_a_file_whose_parts_are_broken_is_told_not_failed_upon(activity: Activity, host: Account) -> None:
    whole = office("讲义" * 500)
    start = whole.index(b"word/document.xml") + len("word/document.xml")
    broken = whole[:start] + b"\xff" * 8 + whole[start + 8 :]

    with pytest.raises(Invalid) as told:
        add(activity, host, broken, "讲义.docx")

    assert "文件打不开" in told.value.fields["file"]


def test_macros_are_found_however_their_part_is_written(activity: Activity, host: Account) -> None:
    with pytest.raises(Invalid) as told:
        add(activity, host, office("讲义", word__VBAPROJECT__BIN="x").replace(b"/BIN", b".BIN"), "讲义.docx")

    assert "宏" in told.value.fields["file"]


def test_who_signed_up_sees_them_and_others_only_what_is_opened_afterwards(
    activity: Activity, host: Account, noon: datetime
) -> None:
    own, other = make_person(), make_person()
    make_sign_up(activity, own)
    closed, opened = add(activity, host), add(activity, host, opens_to_all=True, title="课件")

    assert materials.seen_by(activity, own) == [closed, opened]
    assert materials.seen_by(activity, other) == []
    with pytest.raises(NotFound):
        materials.content_for(activity, opened.id, other)
    clock.set_fixed(noon + timedelta(days=3))
    assert materials.seen_by(activity, other) == [opened]
    assert materials.content_for(activity, opened.id, other) == (opened, PDF)
    with pytest.raises(NotFound):
        materials.content_for(activity, closed.id, other)


def test_another_school_adds_and_removes_nothing(activity: Activity, host: Account) -> None:
    stranger, kept = make_account(AccountRoleKind.SCHOOL_ADMIN), add(activity, host)

    for act in (
        lambda: add(activity, stranger),
        lambda: materials.remove(kept, actor=stranger),
        lambda: materials.set_open_to_all(kept, True, actor=stranger),
        lambda: materials.find(make_activity(), kept.id),
    ):
        with pytest.raises(NotFound):
            act()

    materials.set_open_to_all(kept, True, actor=host)
    assert materials.find(activity, kept.id).opens_to_all


def test_a_file_gone_from_the_store_is_told(activity: Activity, host: Account, folder: Path) -> None:
    kept = add(activity, host)
    next(folder.glob("materials/*")).unlink()

    with pytest.raises(NotFound, match="文件不在了"):
        materials.content_of(kept)
