"""Pictures and notices for tests."""

from __future__ import annotations

import io
from itertools import count
from typing import Any

from PIL import Image

import clock
from models.notices import Notice, NoticeStatus
from models.pictures import Picture, PictureLicence
from services import storage
from tests.factories import make_unit

_numbers = count(1)


def painted(
    width: int = 40, height: int = 30, kind: str = "JPEG", mode: str = "RGB", **options: Any
) -> bytes:
    """A picture of noise, so that it does not shrink to nothing."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 90).convert(mode).save(out, kind, **options)
    return out.getvalue()


def make_picture(**values: Any) -> Picture:
    """A picture of a unit's own, with its file where the settings' store is."""
    n = next(_numbers)
    values.setdefault("member_unit", None)
    values["member_unit"] = values["member_unit"] or make_unit()
    defaults: dict[str, Any] = {
        "token": f"{n:032x}",
        "file_name": "会场.jpg",
        "alt": f"图片{n}",
        "licence": PictureLicence.OWN_WORK,
        "content_type": "image/jpeg",
        "width": 40,
        "height": 30,
        "size": 900,
        "digest": f"{n:064x}",
    }
    picture = Picture.create(**(defaults | values))
    for size in ("page", "thumb"):
        storage.opened().put(f"pictures/{picture.token}/{size}", painted())
    return picture


def make_notice(**values: Any) -> Notice:
    """A published notice to the whole alliance."""
    values.setdefault("member_unit", None)
    values["member_unit"] = values["member_unit"] or make_unit()
    defaults: dict[str, Any] = {
        "title": f"关于开展第{next(_numbers)}次集体备课的通知",
        "body_html": "<p>请各成员单位按时参加。</p>",
        "status": NoticeStatus.PUBLISHED,
        "published_at": clock.utc_now(),
    }
    return Notice.create(**(defaults | values))
