"""The mini program's own codes (小程序码), unlimited in number.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/qrcode-link/qr-code/getUnlimitedQRCode.html
"""

from __future__ import annotations

import re
from typing import Literal

from wechat.client import Client
from wechat.errors import ErrorClass, TryLater

PATH = "/wxa/getwxacodeunlimit"
MOST_SCENE = 32
_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")

Version = Literal["release", "trial", "develop"]


def unlimited(
    client: Client, scene: str, page: str, *, version: Version = "release", width: int = 430
) -> bytes:
    """The picture (PNG or JPEG) of a code that opens `page` with `scene`.

    `scene` ≤ 32 characters of the platform's set, `page` without leading slash and query; else
    ValueError. Raises Refused (41030: the page is not in the released program) or TryLater.
    """
    if not _SCENE.fullmatch(scene):
        raise ValueError(f"scene: 1 to {MOST_SCENE} of the characters that the platform allows")
    if page.startswith("/") or "?" in page:
        raise ValueError("page: without leading slash and without query")
    body = {"scene": scene, "page": page, "check_path": True, "env_version": version, "width": width}
    content = client.file(PATH, body)
    if not content.startswith(_PICTURES):
        raise TryLater(PATH, errmsg="答复既不是图片也不是 JSON", error_class=ErrorClass.A)
    return content
