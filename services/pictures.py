"""The picture library: taking pictures in, saying by what right they are shown, finding where they stand.

A picture whose right is not known, or whose people did not agree, may lie in the library and in a
draft; `why_not_licensed` stops what would show it to members.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from peewee import IntegrityError, ModelSelect

from models.accounts import Account
from models.activities import Activity
from models.alliance import MemberUnit
from models.base import db, locked
from models.messaging import Campaign, CampaignStatus
from models.notices import Notice
from models.pictures import NEEDS_SOURCE, Picture, PictureLicence
from models.publishing import EJournal, EJournalArticle, EJournalColumn, EJournalIssue
from services import access, audit, picture_files, storage
from services.errors import Conflict, Invalid, NotFound, StaleState
from services.html import PICTURE_PATH, pictures_in

PAGE, BODY, THUMB = "page", "body", "thumb"
SIZES = (PAGE, BODY, THUMB)
FIELDS = ("alt", "licence", "source", "shows_people", "people_agreed", "is_shared")
ALT_LENGTH, SOURCE_LENGTH = 120, 200
OTHERS = "其他单位的内容"


class Upload(Protocol):
    """A file as a form brings it."""

    filename: str | None

    def read(self, size: int = -1, /) -> bytes: ...


class PictureInUse(Conflict):
    code, message = "picture_in_use", "图片正在使用，不能删除"


@dataclass(frozen=True, slots=True)
class Use:
    """A place that shows the picture: what it is, its title, and what finds its page."""

    kind: str
    title: str
    row: Activity | Campaign | EJournalArticle | EJournalIssue | Notice


def address(picture: Picture) -> str:
    return f"/pictures/{picture.token}"


def store(
    upload: Upload | None,
    *,
    alt: str,
    licence: PictureLicence | None,
    actor: Account,
    source: str = "",
    shows_people: bool = False,
    people_agreed: bool = False,
    is_shared: bool = False,
) -> Picture:
    """Take a picture into the library of the actor's unit.

    The same file again gives the picture that is there. Raises Invalid naming every wrong field:
    no picture, too large, marked as secret, without words or right.
    """
    access.require(actor, "pictures.manage")
    values: dict[str, Any] = {
        "alt": alt,
        "licence": licence,
        "source": source,
        "shows_people": shows_people,
        "people_agreed": people_agreed,
        "is_shared": is_shared,
    }
    name, data = _accepted(upload, values)
    digest = hashlib.sha256(data).hexdigest()
    there = _same(actor, digest)
    return there or _keep(name, data, digest, _checked(values), actor)


def _accepted(upload: Upload | None, values: Mapping[str, Any]) -> tuple[str, bytes]:
    """Name and bytes. Raises Invalid naming every field that is wrong, the file among them."""
    errors = _errors(values)
    try:
        name, data = _read(upload)
    except Invalid as wrong:
        raise Invalid(fields=wrong.fields | errors) from wrong
    if errors:
        raise Invalid(fields=errors)
    return name, data


def _keep(name: str, data: bytes, digest: str, checked: Mapping[str, Any], actor: Account) -> Picture:
    """Write the files, then the row. Raises Invalid for what is no picture."""
    made = picture_files.versions(data)
    token = secrets.token_hex(16)
    _write(token, made)
    picture = Picture(
        token=token,
        member_unit=actor.member_unit_id,
        uploaded_by=actor,
        file_name=name,
        content_type=made.content_type,
        width=made.width,
        height=made.height,
        size=len(made.page),
        digest=digest,
        **checked,
    )
    try:
        with db.atomic():
            picture.save(force_insert=True)
            audit.record("picture.stored", picture, actor=actor, licence=picture.licence.value, digest=digest)
    except IntegrityError:  # the same file a moment ago, in another window
        _remove_files(token)
        there = _same(actor, digest)
        if there is None:
            raise
        return there
    return picture


def update(picture: Picture, values: Mapping[str, Any], *, version: int, actor: Account) -> Picture:
    """Change what is said of a picture. Raises Invalid, or StaleState where somebody was faster."""
    with db.atomic():
        fresh = _fresh(picture, actor)
        if fresh.version != version:
            raise StaleState("这张图片的说明刚刚被别人改过，请对照最新内容再改")
        merged = {name: getattr(fresh, name) for name in FIELDS} | dict(values)
        if errors := _errors(merged):
            raise Invalid(fields=errors)
        checked = _checked(merged)
        changed = sorted(name for name, value in checked.items() if getattr(fresh, name) != value)
        Picture.update(version=version + 1, **checked).where(Picture.id == fresh.id).execute()
        audit.record("picture.changed", fresh, actor=actor, fields=changed)
        return Picture.get_by_id(fresh.id)


def remove(picture: Picture, *, actor: Account) -> None:
    """Delete a picture that nothing shows. Raises PictureInUse telling where it stands."""
    with db.atomic():
        fresh = _fresh(picture, actor)
        used = uses(fresh, actor=actor)
        if used:
            places = "、".join(f"{use.kind}《{use.title}》" for use in used[:3])
            more = f"等 {len(used)} 处" if len(used) > 3 else ""
            raise PictureInUse(f"这张图片用在{places}{more}，请先从那里去掉再删除")
        audit.record("picture.removed", fresh, actor=actor, digest=fresh.digest)
        fresh.delete_instance()
    _remove_files(picture.token)


def visible(*, actor: Account) -> ModelSelect[Picture]:
    """The pictures the account may use: its unit's and the shared ones, with their unit."""
    query = Picture.select(Picture, MemberUnit).join(MemberUnit)
    bound = access.unit_scope(actor)
    return query if bound is None else query.where((Picture.member_unit == bound) | Picture.is_shared)


def uses(picture: Picture, *, actor: Account) -> list[Use]:
    """Where it stands: texts of activities, of e-journals, of notices; covers of issues and pushes.

    What another unit has written with a shared picture is counted, not named: it may be a draft.
    """
    path, bound = f"/pictures/{picture.token}", access.unit_scope(actor)

    def use(kind: str, row: Activity | Notice | Campaign) -> Use:
        return Use(kind, row.title if bound in (None, row.member_unit_id) else OTHERS, row)

    found = [use("活动", row) for row in Activity.select().where(Activity.body_html.contains(path))]
    articles = (
        EJournalArticle.select(EJournalArticle, EJournalColumn, EJournalIssue, EJournal)
        .join(EJournalColumn)
        .join(EJournalIssue)
        .join(EJournal)
        .where(EJournalArticle.body_html.contains(path))
    )
    found += [Use("期刊", row.title, row) for row in articles]
    covers = EJournalIssue.select(EJournalIssue, EJournal).join(EJournal)
    found += [
        Use("期刊封面", f"{row.e_journal.name}{row.issue_no}".replace("《", "").replace("》", ""), row)
        for row in covers.where(EJournalIssue.cover_token == picture.token)
    ]
    pushed = Campaign.select().where(
        Campaign.cover_token == picture.token, Campaign.status != CampaignStatus.CANCELLED
    )
    found += [use("群发封面", row) for row in pushed]
    return found + [use("通知公告", row) for row in Notice.select().where(Notice.body_html.contains(path))]


def why_not_licensed(bodies: Iterable[str]) -> str:
    """Why texts may not go out with their pictures, in words; "" when they may."""
    tokens = list(dict.fromkeys(token for body in bodies for token in pictures_in(body)))
    if not tokens:
        return ""
    found = {row.token: row for row in Picture.select().where(Picture.token.in_(tokens))}
    wrong = []
    for token in tokens:
        picture = found.get(token)
        if picture is None:
            wrong.append("有一张图片已不在图片库，请换一张")
        elif not picture.is_licensed:
            is_unclear = picture.licence is PictureLicence.UNCLEAR
            why = "授权待核" if is_unclear else "图中人物还没有同意"
            wrong.append(f"图片“{picture.alt}”{why}，请在图片库补全来源和授权，或换一张")
    return "；".join(dict.fromkeys(wrong))


def file_of(token: str, size: str = PAGE) -> tuple[bytes, str] | None:
    """A version's bytes and content type; None for a picture that is not there."""
    if size not in SIZES or not PICTURE_PATH.fullmatch(f"/pictures/{token}"):
        return None
    picture = Picture.get_or_none(Picture.token == token)
    if picture is None:
        return None
    kept = storage.opened()
    content_type = str(picture.content_type) if size == PAGE else "image/jpeg"
    data = kept.get(_key(token, size))
    if data is None and size == BODY:  # the page's version is small enough
        data, content_type = kept.get(_key(token, PAGE)), str(picture.content_type)
    return None if data is None else (data, content_type)


def _read(upload: Upload | None) -> tuple[str, bytes]:
    """Name and bytes. Raises Invalid naming `file`."""
    if upload is None or not upload.filename:
        raise Invalid(fields={"file": "请选择要上传的图片"})
    data = upload.read(picture_files.MAX_BYTES + 1)
    if len(data) > picture_files.MAX_BYTES:
        raise Invalid(fields={"file": "图片超过 10 MB，请压缩后再传"})
    name = upload.filename.replace("\\", "/").rsplit("/", 1)[-1]
    if mark := picture_files.secrecy_mark(name, data):
        told = f"文件名或图片信息里有“{mark}”字样，疑似涉密或内部文件，不能上传。确不涉密的，请去掉字样再传"
        raise Invalid(fields={"file": told})
    return "".join(each for each in name if each.isprintable())[-120:], data


def _errors(values: Mapping[str, Any]) -> dict[str, str]:
    errors = {}
    alt, source = (" ".join(str(values.get(name) or "").split()) for name in ("alt", "source"))
    if not alt:
        errors["alt"] = "请用一句话说明图上是什么，看不见图的人靠它知道"
    elif len(alt) > ALT_LENGTH:
        errors["alt"] = f"图片说明不超过{ALT_LENGTH}个字"
    if values.get("licence") is None:
        errors["licence"] = "请选择授权情况"
    elif values["licence"] in NEEDS_SOURCE and not source:
        errors["source"] = "请写明来源：作者、授权书或网址"
    if len(source) > SOURCE_LENGTH:
        errors["source"] = f"来源不超过{SOURCE_LENGTH}个字"
    return errors


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    shows = bool(values["shows_people"])
    return {
        "alt": " ".join(str(values["alt"]).split()),
        "source": " ".join(str(values["source"] or "").split()),
        "licence": values["licence"],
        "shows_people": shows,
        "people_agreed": shows and bool(values["people_agreed"]),
        "is_shared": bool(values["is_shared"]),
    }


def _fresh(picture: Picture, actor: Account) -> Picture:
    access.require(actor, "pictures.manage")
    fresh = locked(Picture.select().where(Picture.id == picture.id)).get_or_none()
    if fresh is None:
        raise NotFound()
    access.require_unit(actor, fresh.member_unit_id)
    return fresh


def _same(actor: Account, digest: str) -> Picture | None:
    return Picture.get_or_none(Picture.member_unit == actor.member_unit_id, Picture.digest == digest)


def _key(token: str, size: str) -> str:
    return f"pictures/{token}/{size}"


def _write(token: str, made: picture_files.Versions) -> None:
    kept = storage.opened()
    kept.put(_key(token, PAGE), made.page)
    if made.body is not made.page:
        kept.put(_key(token, BODY), made.body)
    kept.put(_key(token, THUMB), made.thumb)


def _remove_files(token: str) -> None:
    kept = storage.opened()
    for size in SIZES:
        kept.delete(_key(token, size))
