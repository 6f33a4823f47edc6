"""Parametric QR codes (带参数二维码): a scan tells us which code it was (contract §11).

https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from wechat.capabilities import Capability
from wechat.client import Client

CREATE = "/cgi-bin/qrcode/create"
LONGEST_SCENE = 64
MOST_SECONDS = 2_592_000


@dataclass(frozen=True, slots=True)
class QRCode:
    """`url` is what the picture holds: draw it yourself, nothing need be fetched."""

    ticket: str
    url: str
    expires_in: int = 0  # seconds; 0: permanent


class QRCodes:
    """The calls about QR codes; `gateway.qr_codes`."""

    def __init__(
        self, client: Client, doing: Callable[[Capability, str], AbstractContextManager[None]]
    ) -> None:
        self._client = client
        self._doing = doing

    def create_permanent(self, scene: str) -> QRCode:
        """A code that never ends; an account has 100,000 of them. ValueError for a scene too long."""
        return self._create({"action_name": "QR_LIMIT_STR_SCENE"}, scene)

    def create_temporary(self, scene: str, *, seconds: int) -> QRCode:
        """A code for up to thirty days. ValueError for a scene or a time out of bounds."""
        if not 60 <= seconds <= MOST_SECONDS:
            raise ValueError(f"seconds must be 60 to {MOST_SECONDS}")
        return self._create({"action_name": "QR_STR_SCENE", "expire_seconds": seconds}, scene)

    def _create(self, asked: dict[str, object], scene: str) -> QRCode:
        if not 1 <= len(scene) <= LONGEST_SCENE:
            raise ValueError(f"a scene has 1 to {LONGEST_SCENE} characters")
        body = {**asked, "action_info": {"scene": {"scene_str": scene}}}
        with self._doing(Capability.PARAMETRIC_QR, CREATE):
            answer = self._client.call("POST", CREATE, body=body)
        return QRCode(str(answer["ticket"]), str(answer["url"]), int(answer.get("expire_seconds") or 0))
