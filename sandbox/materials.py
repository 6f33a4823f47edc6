"""Pictures for articles and the permanent library (contract §9)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from .endpoints import BOTH, Answer, Binary, Call, Takes, endpoint, ok, page_in
from .errors import PlatformError

MEGABYTE = 1024 * 1024
LIMITS = {"image": 10 * MEGABYTE, "voice": 2 * MEGABYTE, "video": 10 * MEGABYTE, "thumb": 64 * 1024}
TEMPORARY_SECONDS = 3 * 86400
SUFFIXES = {
    "image": {"bmp", "png", "jpeg", "jpg", "gif"},
    "voice": {"mp3", "wma", "wav", "amr"},
    "video": {"mp4"},
    "thumb": {"jpg", "jpeg"},
    "article": {"jpg", "jpeg", "png"},
}
TEMPORARY_SUFFIXES = {**SUFFIXES, "image": {"png", "jpeg", "jpg", "gif"}, "voice": {"amr", "mp3"}}
TOO_BIG = {"image": 40009, "thumb": 40012, "voice": 40010, "video": 40011}
TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "mp3": "audio/mpeg",
    "amr": "audio/amr",
    "mp4": "video/mp4",
}


@dataclass(slots=True)
class Material:
    id: str
    kind: str
    name: str
    data: bytes
    made_at: int

    @property
    def content_type(self) -> str:
        return TYPES.get(self.name.rpartition(".")[2].lower(), "application/octet-stream")


class Materials:
    def __init__(self) -> None:
        self.by_id: dict[str, Material] = {}
        self.pictures: dict[str, Material] = {}
        self.temporary: dict[str, Material] = {}
        self.last = 0

    def keep(self, kind: str, name: str, data: bytes, at: float) -> Material:
        self.last += 1
        shelf, letter = (self.pictures, "A") if kind == "article" else (self.by_id, "P")
        material = Material(f"{letter}{self.last}_sandbox", kind, name, data, int(at))
        shelf[material.id] = material
        return material

    def keep_temporary(self, kind: str, name: str, data: bytes, at: float) -> Material:
        """A file for three days; those past are thrown away."""
        self.temporary = {k: m for k, m in self.temporary.items() if at - m.made_at < TEMPORARY_SECONDS}
        self.last += 1
        material = Material(f"T{self.last}_sandbox", kind, name, data, int(at))
        self.temporary[material.id] = material
        return material

    def find(self, media_id: Any, now: float) -> Material | None:
        """A file of the library, or a temporary one that still lives."""
        if not isinstance(media_id, str):
            return None
        if media_id in self.by_id:
            return self.by_id[media_id]
        found = self.temporary.get(media_id)
        return found if found and now - found.made_at < TEMPORARY_SECONDS else None

    def check_any(self, media_id: Any, kinds: tuple[str, ...], now: float) -> str:
        """The id when a message may carry it, else 40007."""
        found = self.find(media_id, now)
        if found is None or found.kind not in kinds:
            raise PlatformError(40007)
        return found.id

    def check(self, media_id: Any) -> str:
        """The id when it is in the permanent library, else 40007."""
        if not isinstance(media_id, str) or media_id not in self.by_id:
            raise PlatformError(40007)
        return media_id

    def picture(self, number: str) -> Material | None:
        return self.by_id.get(number) or self.pictures.get(number) or self.temporary.get(number)

    def dump(self) -> dict[str, Any]:
        rows = [*self.by_id.values(), *self.pictures.values(), *self.temporary.values()]
        return {
            "last": self.last,
            "rows": [[m.id, m.kind, m.name, base64.b64encode(m.data).decode(), m.made_at] for m in rows],
        }

    def load(self, kept: dict[str, Any]) -> None:
        self.last = kept["last"]
        for number, kind, name, data, made_at in kept["rows"]:
            library = self.temporary if number.startswith("T") else self.by_id
            shelf = self.pictures if kind == "article" else library
            shelf[number] = Material(number, kind, name, base64.b64decode(data), made_at)


DISPOSITION = re.compile(rb'content-disposition:[^\r\n]*?\bname="?([^";\r\n]*)"?', re.IGNORECASE)
FILENAME = re.compile(rb'filename="?([^";\r\n]*)"?', re.IGNORECASE)


def uploaded(call: Call) -> tuple[str, bytes]:
    """File name and bytes of the form field `media`; 41005 when there is none."""
    match = re.search(r'boundary="?([^";]+)"?', call.content_type)
    if not match:
        raise PlatformError(41005)
    for part in call.raw.split(b"--" + match.group(1).encode("latin-1", "replace")):
        head, _, data = part.partition(b"\r\n\r\n")
        name, file_name = DISPOSITION.search(head), FILENAME.search(head)
        if name and file_name and name.group(1) == b"media":
            return file_name.group(1).decode("utf-8", "replace"), data.removesuffix(b"\r\n")
    raise PlatformError(41005)


def _checked(
    call: Call, kind: str, limit: int, too_big: int, suffixes: dict[str, set[str]] = SUFFIXES
) -> tuple[str, bytes]:
    name, data = uploaded(call)
    if not data:
        raise PlatformError(41005)
    if name.rpartition(".")[2].lower() not in suffixes[kind]:
        raise PlatformError(40005)
    if len(data) > limit:
        raise PlatformError(too_big)
    return name, data


@endpoint("POST", "/cgi-bin/media/uploadimg", takes=Takes.FILE, daily=100_000)
def upload_picture(platform: Any, call: Call) -> Answer:
    name, data = _checked(call, "article", MEGABYTE, 40009)
    material = platform.materials.keep("article", name, data, platform.clock.now())
    return {"url": f"{platform.base_url}/mmbiz/{material.id}"}


@endpoint("POST", "/cgi-bin/media/upload", takes=Takes.FILE, daily=100_000, apps=BOTH)
def upload(platform: Any, call: Call) -> Answer:
    """A file for three days, to be used any number of times."""
    kind = call.query.get("type", "")
    if kind not in LIMITS:
        raise PlatformError(40004)
    name, data = _checked(call, kind, LIMITS[kind], TOO_BIG[kind], TEMPORARY_SUFFIXES)
    material = platform.materials.keep_temporary(kind, name, data, platform.clock.now())
    key = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, key: material.id, "created_at": material.made_at}


@endpoint("GET", "/cgi-bin/media/get", daily=200_000, apps=BOTH)
def download(platform: Any, call: Call) -> Answer | Binary:
    """A temporary file; of a video its address. A person's own pictures and voices come this way too."""
    found = platform.materials.temporary.get(call.query.get("media_id", ""))
    if found is None or platform.materials.find(found.id, platform.clock.now()) is None:
        raise PlatformError(40007)
    if found.kind == "video":
        return {"video_url": f"{platform.base_url}/mmbiz/{found.id}"}
    return Binary(found.data, found.content_type, found.name)


@endpoint("POST", "/cgi-bin/material/add_material", takes=Takes.FILE, daily=100_000)
def add(platform: Any, call: Call) -> Answer:
    kind = call.query.get("type", "")
    if kind not in LIMITS:
        raise PlatformError(40005)
    name, data = _checked(call, kind, LIMITS[kind], TOO_BIG[kind])
    if len(platform.materials.by_id) >= (100_000 if kind in ("image", "thumb") else 1000):
        raise PlatformError(45001, "too many materials")
    material = platform.materials.keep(kind, name, data, platform.clock.now())
    answer: Answer = {"media_id": material.id}
    if kind in ("image", "thumb"):
        answer["url"] = f"{platform.base_url}/mmbiz/{material.id}"
    return answer


@endpoint("GET", "/cgi-bin/material/get_materialcount")
def counts(platform: Any, call: Call) -> Answer:
    kinds = [material.kind for material in platform.materials.by_id.values()]
    told = {f"{kind}_count": kinds.count(kind) for kind in ("voice", "video")}
    return {**told, "image_count": kinds.count("image") + kinds.count("thumb"), "news_count": 0}


@endpoint("POST", "/cgi-bin/material/del_material", daily=1000)
def delete(platform: Any, call: Call) -> Answer:
    number = platform.materials.check(call.body.get("media_id"))
    if any(number == button.get("media_id") for button in platform.menus.buttons()):
        raise PlatformError(48005)
    del platform.materials.by_id[number]
    return ok()


@endpoint("POST", "/cgi-bin/material/get_material")
def get(platform: Any, call: Call) -> Answer | Binary:
    found = platform.materials.by_id[platform.materials.check(call.body.get("media_id"))]
    if found.kind == "video":
        address = f"{platform.base_url}/mmbiz/{found.id}"
        return {"title": found.name, "description": "", "down_url": address}
    return Binary(found.data, found.content_type, found.name)


@endpoint("POST", "/cgi-bin/material/batchget_material")
def page(platform: Any, call: Call) -> Answer:
    kind = call.body.get("type")
    if kind not in ("image", "voice", "video", "news"):
        raise PlatformError(40004)
    offset, count = page_in(call.body)
    rows = [
        m for m in platform.materials.by_id.values() if (m.kind, kind) in {(kind, kind), ("thumb", "image")}
    ]
    part = rows[::-1][offset : offset + count]
    return {
        "total_count": len(rows),
        "item_count": len(part),
        "item": [
            {
                "media_id": material.id,
                "name": material.name,
                "update_time": material.made_at,
                "url": f"{platform.base_url}/mmbiz/{material.id}",
            }
            for material in part
        ],
    }
