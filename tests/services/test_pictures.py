"""The picture library: what is taken in, in which sizes, by what right, and what may be deleted."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import pytest
from peewee import Database
from PIL import Image
from werkzeug.datastructures import FileStorage

import config
from models.accounts import Account, AccountRoleKind
from models.audit import AuditEntry
from models.pictures import Picture, PictureLicence
from services import picture_files, pictures
from services.errors import Invalid, NotAllowed, NotFound, StaleState
from services.pictures import PictureInUse
from tests.factories import make_account, make_activity
from tests.factories.composer import painted

pytestmark = pytest.mark.engines


@pytest.fixture(autouse=True)
def _store(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")


@pytest.fixture
def editor(db: Database) -> Account:
    return make_account(AccountRoleKind.EDITOR)


def upload(data: bytes, name: str = "会场.jpg") -> FileStorage:
    return FileStorage(io.BytesIO(data), filename=name)


def stored(editor: Account, data: bytes | None = None, **values: Any) -> Picture:
    given = {"alt": "会场全景", "licence": PictureLicence.OWN_WORK, "actor": editor} | values
    return pictures.store(upload(data or painted()), **given)


def size_of(picture: Picture, size: str) -> tuple[int, Image.Image]:
    found = pictures.file_of(picture.token, size)
    assert found is not None
    return len(found[0]), Image.open(io.BytesIO(found[0]))


def test_a_large_photo_is_kept_in_three_sizes_without_what_the_camera_wrote(editor: Account) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lay on its side
    exif[0x010F] = "CameraMaker"
    picture = stored(editor, painted(2400, 1600, exif=exif, quality=95))

    _, page = size_of(picture, pictures.PAGE)
    body_bytes, _ = size_of(picture, pictures.BODY)
    thumb_bytes, thumb = size_of(picture, pictures.THUMB)

    assert (page.width, page.height) == (1080, 1620)
    assert (picture.width, picture.height) == page.size
    assert dict(page.getexif()) == {}
    assert body_bytes < 1024 * 1024
    assert thumb_bytes < 64 * 1024
    assert max(thumb.size) <= 480


def test_a_see_through_drawing_stays_png_for_pages_and_lies_on_white_elsewhere(editor: Account) -> None:
    picture = stored(editor, painted(1000, 1000, "PNG", mode="RGBA"))
    holes = Image.new("RGBA", (800, 600), (200, 0, 0, 0))
    out = io.BytesIO()
    holes.save(out, "PNG")
    drawing = stored(editor, out.getvalue())

    assert picture.content_type == "image/jpeg"  # no hole in it
    assert drawing.content_type == "image/png"
    assert size_of(drawing, pictures.THUMB)[1].getpixel((5, 5)) == (255, 255, 255)


def bomb() -> bytes:
    """A small PNG that says it is 30,000 × 30,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    head = (30_000).to_bytes(4) * 2 + b"\x08\x02\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (b"GIF89a nothing", "a.jpg", "不是能用的图片|不完整"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png", "不是能用的图片"),
        (painted()[:300], "a.jpg", "不完整"),
        (bomb(), "a.png", "太大|点数太多"),
        (painted(6000, 5000, "BMP", mode="L"), "a.bmp", "超过 10 MB|太大"),
        (painted(10, 9000, "PNG"), "a.png", "太长"),
        (painted(), "关于某事的机 密通知.jpg", "“机密”"),
        (painted(comment="内部文件 不得外传".encode()), "a.jpg", "“内部文件”"),
        (b"", "", "请选择"),
    ],
)
def test_what_is_no_fit_picture_is_refused_in_words(
    editor: Account, data: bytes, name: str, told: str
) -> None:
    with pytest.raises(Invalid, match=told) as refusal:
        pictures.store(upload(data, name), alt="图", licence=PictureLicence.OWN_WORK, actor=editor)

    assert list(refusal.value.fields) == ["file"]
    assert Picture.select().count() == 0


def test_words_and_right_are_asked_for_all_at_once(editor: Account) -> None:
    with pytest.raises(Invalid) as refusal:
        pictures.store(None, alt=" ", licence=PictureLicence.LICENSED, actor=editor)

    assert set(refusal.value.fields) == {"file", "alt", "source"}


def test_the_same_file_again_gives_the_picture_that_is_there(editor: Account) -> None:
    data = painted()

    assert stored(editor, data).id == stored(editor, data, alt="另一种说法").id
    assert stored(make_account(AccountRoleKind.EDITOR), data).id != Picture.select().first().id


def test_a_picture_without_a_clear_right_or_consent_stops_the_text(editor: Account) -> None:
    clear = stored(editor)
    unclear = stored(editor, painted(41), alt="网上的图", licence=PictureLicence.UNCLEAR)
    faces = stored(editor, painted(42), alt="学员合影", shows_people=True)
    body = "".join(f'<p><img src="{pictures.address(each)}" alt="x"></p>' for each in (clear, unclear, faces))

    why = pictures.why_not_licensed([body, f'<img src="/pictures/{"0" * 32}">'])

    assert "“网上的图”授权待核" in why
    assert "“学员合影”图中人物还没有同意" in why
    assert "已不在图片库" in why
    assert "会场全景" not in why
    assert pictures.why_not_licensed([f'<img src="{pictures.address(clear)}" alt="">', "<p>x</p>"]) == ""


def test_a_used_picture_is_not_deleted_and_says_where_it_stands(editor: Account) -> None:
    picture = stored(editor)
    activity = make_activity(
        title="讲坛",
        member_unit=editor.member_unit,
        body_html=f'<p><img src="{pictures.address(picture)}" alt="x"></p>',
    )

    with pytest.raises(PictureInUse, match="活动《讲坛》"):
        pictures.remove(picture, actor=editor)
    activity.body_html = ""
    activity.save()
    pictures.remove(picture, actor=editor)

    assert pictures.file_of(picture.token) is None
    assert AuditEntry.select().where(AuditEntry.action == "picture.removed").count() == 1


def test_what_other_units_write_with_a_shared_picture_is_not_named() -> None:
    admin = make_account(AccountRoleKind.SCHOOL_ADMIN)
    picture = stored(admin, is_shared=True)
    make_activity(title="未公开的讲坛", body_html=f'<p><img src="{pictures.address(picture)}" alt="x"></p>')

    with pytest.raises(PictureInUse, match="活动《其他单位的内容》"):
        pictures.remove(picture, actor=admin)

    assert [use.title for use in pictures.uses(picture, actor=admin)] == [pictures.OTHERS]


def test_a_huge_progressive_jpeg_is_refused_before_it_is_unfolded() -> None:
    out = io.BytesIO()
    Image.new("L", (5200, 5000)).save(out, "JPEG", progressive=True, quality=5)

    with pytest.raises(Invalid) as told:
        picture_files.versions(out.getvalue())

    assert "太大了" in told.value.fields["file"]


def test_another_unit_neither_changes_nor_lists_a_picture_that_is_not_shared(editor: Account) -> None:
    other = make_account(AccountRoleKind.SCHOOL_ADMIN)
    own, shared = stored(editor), stored(editor, painted(43), is_shared=True)

    assert [row.id for row in pictures.visible(actor=other)] == [shared.id]
    with pytest.raises(NotFound):
        pictures.update(own, {"alt": "改"}, version=1, actor=other)
    with pytest.raises(NotFound):
        pictures.remove(shared, actor=other)
    with pytest.raises(NotAllowed):
        stored(make_account(AccountRoleKind.COUNCIL_MEMBER))


def test_what_is_said_of_a_picture_changes_once_for_each_version(editor: Account) -> None:
    picture = stored(editor, licence=PictureLicence.UNCLEAR)

    changed = pictures.update(
        picture, {"licence": PictureLicence.LICENSED, "source": "王老师授权书"}, version=1, actor=editor
    )

    assert (changed.is_licensed, changed.version) == (True, 2)
    with pytest.raises(StaleState):
        pictures.update(picture, {"alt": "改"}, version=1, actor=editor)


def test_nothing_is_left_of_a_mark_hidden_by_spaces() -> None:
    assert picture_files.secrecy_mark("绝 密.jpg", b"") == "绝密"
    assert picture_files.secrecy_mark("会场.jpg", painted()) == ""
