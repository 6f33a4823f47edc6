"""Materials (资料) of an activity: files for who signed up, or for all who may see it afterwards."""

from __future__ import annotations

import secrets

import clock
from models.accounts import Account
from models.activities import Activity, ActivityMaterial, SignUp, SignUpStatus
from models.base import db
from models.check_ins import CheckIn, CheckInStatus
from models.people import Person
from services import access, audit, storage
from services.activities import material_files
from services.errors import Invalid, NotFound

TITLE_LENGTH = 80
MOST = 20


def add(
    activity: Activity, content: bytes, file_name: str, *, title: str, opens_to_all: bool, actor: Account
) -> ActivityMaterial:
    """Keep a file. Raises Invalid naming the field: no title, a kind that is not taken, too large,
    marked as secret; NotFound for another school's activity."""
    access.require_unit(actor, activity.member_unit_id)
    title = " ".join(title.split())
    if not 1 <= len(title) <= TITLE_LENGTH:
        raise Invalid(fields={"title": f"请填写资料名称，最多{TITLE_LENGTH}个字"})
    file_name = file_name.replace("\\", "/").rpartition("/")[2].strip()[-120:]
    checked = material_files.check(content, file_name, title)
    if ActivityMaterial.select().where(ActivityMaterial.activity == activity.id).count() >= MOST:
        raise Invalid(fields={"file": f"一场活动最多{MOST}份资料，请先删去不用的"})
    key = f"materials/{secrets.token_hex(16)}.{checked.ending}"
    storage.opened().put(key, content)  # before the row: a row never points at nothing
    with db.atomic():
        material = ActivityMaterial.create(
            activity=activity,
            title=title,
            file_name=file_name,
            media_type=checked.media_type,
            size=len(content),
            storage_key=key,
            opens_to_all=opens_to_all,
        )
        audit.record("activity.material_added", activity, actor=actor, title=title, file=file_name)
    return material


def set_open_to_all(material: ActivityMaterial, opens_to_all: bool, *, actor: Account) -> None:
    """Whether all who may see the activity get it after the end."""
    access.require_unit(actor, material.activity.member_unit_id)
    with db.atomic():
        ActivityMaterial.update(opens_to_all=opens_to_all, version=ActivityMaterial.version + 1).where(
            ActivityMaterial.id == material.id
        ).execute()
        audit.record(
            "activity.material_changed",
            material.activity,
            actor=actor,
            title=material.title,
            opens_to_all=opens_to_all,
        )


def remove(material: ActivityMaterial, *, actor: Account) -> None:
    """Take it away, file and all."""
    access.require_unit(actor, material.activity.member_unit_id)
    with db.atomic():
        if not ActivityMaterial.delete().where(ActivityMaterial.id == material.id).execute():
            raise NotFound("这份资料已被删除")
        audit.record("activity.material_removed", material.activity, actor=actor, title=material.title)
    storage.opened().delete(material.storage_key)


def of(activity: Activity) -> list[ActivityMaterial]:
    """All of an activity's, in the order they came."""
    rows = ActivityMaterial.select().where(ActivityMaterial.activity == activity.id)
    return list(rows.order_by(ActivityMaterial.id))


def find(activity: Activity, material_id: int) -> ActivityMaterial:
    """Raises NotFound."""
    found = ActivityMaterial.get_or_none(
        ActivityMaterial.id == material_id, ActivityMaterial.activity == activity.id
    )
    if found is None:
        raise NotFound("没有找到这份资料，可能已被删除")
    return found


def seen_by(activity: Activity, person: Person) -> list[ActivityMaterial]:
    """What the person may open: all with a seat, or when they came; else what is open after the end."""
    rows = of(activity)
    if not rows or _took_part(activity, person):
        return rows
    is_over = clock.utc_now() >= activity.ends_at
    return [row for row in rows if row.opens_to_all and is_over]


def content_for(activity: Activity, material_id: int, person: Person) -> tuple[ActivityMaterial, bytes]:
    """The file, for a person who may open it. Raises NotFound for any other, or where it is gone."""
    material = next((row for row in seen_by(activity, person) if row.id == material_id), None)
    if material is None:
        raise NotFound("这份资料只给报名的人看，或还没有开放")
    return material, content_of(material)


def content_of(material: ActivityMaterial) -> bytes:
    """Raises NotFound where the file is gone from the store."""
    content = storage.opened().get(material.storage_key)
    if content is None:
        raise NotFound("文件不在了，请联系主办单位重新上传")
    return content


def _took_part(activity: Activity, person: Person) -> bool:
    signed_up = SignUp.select().where(
        SignUp.activity == activity.id, SignUp.person == person.id, SignUp.status == SignUpStatus.SIGNED_UP
    )
    came = CheckIn.select().where(
        CheckIn.activity == activity.id,
        CheckIn.person == person.id,
        CheckIn.status == CheckInStatus.PRESENT,
    )
    return bool(signed_up.exists() or came.exists())
