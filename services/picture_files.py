"""A picture's bytes: what it is, and the versions that pages and the platform take.

The kind is read from the content, never from the name; what the camera wrote (place, time, owner)
does not stay; a file that would unfold into too many points is refused before it is unfolded.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from services.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
PAGE_WIDTH = 1080
MAX_HEIGHT = 8000
BODY_BYTES = 1024 * 1024 - 1  # the platform takes less than 1 MB in an article
THUMB_BYTES = 64 * 1024 - 1  # and at most 64 kB as a thumb
THUMB_SIDE = 480
MAX_POINTS = {"JPEG": 120_000_000}  # read at a fraction of its size
MAX_POINTS_OTHER = 25_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
QUALITIES = (85, 75, 65, 50, 35)
MARKS = re.compile(
    r"绝密|机密|秘密|内部(?:文件|使用|传阅|资料|材料)|(?:不得|严禁|请勿)外传|注意保密|批示件?|阅后(?:即焚|收回)"
)
NOT_A_PICTURE = "这个文件不是能用的图片，请选 JPG、PNG、GIF 或 WebP 图片"


@dataclass(frozen=True, slots=True)
class Versions:
    """What is kept: for pages, for the text of an article where that must be smaller, and the thumb."""

    content_type: str
    width: int
    height: int
    page: bytes
    body: bytes
    thumb: bytes


def secrecy_mark(name: str, data: bytes) -> str:
    """The first secrecy mark in the file's name or in what is written into it; "" when there is none."""
    said = [name, *_written_in(data)]
    hit = next((hit for text in said if (hit := MARKS.search(re.sub(r"\s+", "", text)))), None)
    return hit.group() if hit else ""


def versions(data: bytes) -> Versions:
    """Raises Invalid naming `file`: no picture, broken, or too large to unfold."""
    picture = _opened(data)
    has_holes = _is_see_through(picture)
    picture = picture.convert("RGBA" if has_holes else "RGB")
    if picture.width > PAGE_WIDTH:
        height = max(1, round(picture.height * PAGE_WIDTH / picture.width))
        picture = picture.resize((PAGE_WIDTH, height), Image.Resampling.LANCZOS)
    if picture.height > MAX_HEIGHT:
        raise Invalid(fields={"file": f"图片太长（缩到 1080 宽后高 {picture.height} 点），请裁成几张再传"})
    flat = _flat(picture)
    page = _encoded(picture, "PNG") if has_holes else _encoded(flat, "JPEG", QUALITIES[0])
    body = page if len(page) <= BODY_BYTES else _within(flat, BODY_BYTES)
    small = flat.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    kind = "image/png" if has_holes else "image/jpeg"
    return Versions(kind, picture.width, picture.height, page, body, _within(small, THUMB_BYTES))


def _opened(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged below
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
        kind = picture.format or ""
        # a progressive JPEG is unfolded whole before it is read at a fraction
        most = MAX_POINTS_OTHER if picture.info.get("progressive") else MAX_POINTS.get(kind, MAX_POINTS_OTHER)
        if picture.width * picture.height > most:
            raise Invalid(
                fields={"file": f"图片有 {picture.width}×{picture.height} 点，太大了，请缩小后再传"}
            )
        picture.draft("RGB", (PAGE_WIDTH * 2, PAGE_WIDTH * 2))
        picture.load()
        return ImageOps.exif_transpose(picture)
    except Image.DecompressionBombError as error:
        raise Invalid(fields={"file": "图片的点数太多，请缩小后再传"}) from error
    except UnidentifiedImageError as error:
        raise Invalid(fields={"file": NOT_A_PICTURE}) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise Invalid(fields={"file": "图片文件不完整，请重新导出后再传"}) from error


def _is_see_through(picture: Image.Image) -> bool:
    if picture.mode == "P" and "transparency" not in picture.info:
        return False
    if picture.mode not in ("RGBA", "LA", "PA", "P"):
        return False
    lowest, _ = picture.convert("RGBA").getchannel("A").getextrema()
    return isinstance(lowest, int) and lowest < 255


def _flat(picture: Image.Image) -> Image.Image:
    """On white: neither JPEG nor a thumb has holes."""
    if picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _within(picture: Image.Image, limit: int) -> bytes:
    """A JPEG of at most `limit` bytes: first the quality gives way, then the size."""
    while True:
        for quality in QUALITIES:
            data = _encoded(picture, "JPEG", quality)
            if len(data) <= limit:
                return data
        picture = picture.resize((max(1, picture.width * 2 // 3), max(1, picture.height * 2 // 3)))


def _encoded(picture: Image.Image, kind: str, quality: int = 85) -> bytes:
    """Without anything but the points: neither EXIF nor profile nor comment."""
    out = io.BytesIO()
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    options = {"quality": quality, "progressive": True} if kind == "JPEG" else {}
    bare.save(out, kind, optimize=True, **options)
    return out.getvalue()


def _written_in(data: bytes) -> list[str]:
    """The texts a picture carries besides its points: EXIF, XMP, comments."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            values = [*picture.info.values(), *picture.getexif().values()]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return []  # `versions` says what is wrong with it
    texts: list[str] = []
    for value in values:
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, bytes):
            texts += [value.decode(code, "ignore") for code in ("utf-8", "utf-16-le", "gb18030")]
    return texts
