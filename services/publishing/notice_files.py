"""Files (附件) of a notice: for whoever may read it, refused where an upload of materials is."""

from __future__ import annotations

import secrets

from models.accounts import Account
from models.base import db
from models.notices import Notice, NoticeFile
from models.people import Person
from services import access, audit, storage
from services.activities import material_files
from services.errors import Invalid, NotFound
from services.messaging import campaigns
from services.publishing import notices

KINDS = ("pdf", "docx", "xlsx")
KINDS_WORDS = "PDF、Word（.docx）、Excel（.xlsx）"
MAX_BYTES = material_files.MAX_BYTES
TITLE_LENGTH = 80
MOST = 10


def add(notice: Notice, content: bytes, file_name: str, *, title: str, actor: Account) -> NoticeFile:
    """Keep a file; without a title it is called as the file is. Campaigns about the notice are
    reviewed anew.

    Raises Invalid naming the field: a kind that is not taken, too large, marked as secret, too many;
    NotFound for another school's notice.
    """
    _require(notice, actor)
    file_name = file_name.replace("\\", "/").rpartition("/")[2].strip()[-120:]
    title = " ".join(title.split()) or file_name.rpartition(".")[0][:TITLE_LENGTH]
    if len(title) > TITLE_LENGTH:
        raise Invalid(fields={"title": f"附件名称不超过{TITLE_LENGTH}个字，现在是{len(title)}个字"})
    if file_name and file_name.rpartition(".")[2].lower() not in KINDS:
        raise Invalid(fields={"file": f"通知的附件只能是 {KINDS_WORDS}；旧版文档请另存，压缩包请解开"})
    checked = material_files.check(content, file_name, title)
    if NoticeFile.select().where(NoticeFile.notice == notice.id).count() >= MOST:
        raise Invalid(fields={"file": f"一条通知最多{MOST}个附件，请先删去不用的"})
    key = f"notices/{secrets.token_hex(16)}.{checked.ending}"
    storage.opened().put(key, content)  # before the row: a row never points at nothing
    with db.atomic():
        kept = NoticeFile.create(
            notice=notice,
            title=title,
            file_name=file_name,
            media_type=checked.media_type,
            size=len(content),
            storage_key=key,
        )
        audit.record("notice.file_added", notice, actor=actor, title=title, file=file_name)
        campaigns.void_reviews(notice=notice, actor=actor)
    return kept


def remove(kept: NoticeFile, *, actor: Account) -> None:
    """Take it away, file and all. Raises NotFound where it is gone already."""
    notice = kept.notice
    _require(notice, actor)
    with db.atomic():
        if not NoticeFile.delete().where(NoticeFile.id == kept.id).execute():
            raise NotFound("这个附件已被删除")
        audit.record("notice.file_removed", notice, actor=actor, title=kept.title)
        campaigns.void_reviews(notice=notice, actor=actor)
    storage.opened().delete(kept.storage_key)


def of(notice: Notice) -> list[NoticeFile]:
    """All of a notice's, in the order they came."""
    return list(NoticeFile.select().where(NoticeFile.notice == notice.id).order_by(NoticeFile.id))


def find(notice: Notice, file_id: int) -> NoticeFile:
    """Raises NotFound for another notice's file too."""
    found = NoticeFile.get_or_none(NoticeFile.id == file_id, NoticeFile.notice == notice.id)
    if found is None:
        raise NotFound("没有找到这个附件，可能已被删除")
    return found


def content_for(notice_id: int, file_id: int, person: Person) -> tuple[NoticeFile, bytes]:
    """The file, for a person who may read the notice now. Raises NotFound for any other."""
    kept = find(notices.for_member(notice_id, person), file_id)
    return kept, content_of(kept)


def content_of(kept: NoticeFile) -> bytes:
    """Raises NotFound where the file is gone from the store."""
    content = storage.opened().get(kept.storage_key)
    if content is None:
        raise NotFound("文件不在了，请联系发布单位重新上传")
    return content


def _require(notice: Notice, actor: Account) -> None:
    access.require(actor, "notices.manage")
    access.require_unit(actor, notice.member_unit_id)
