"""Pictures that followers send: fetched from the address in their message (PicUrl), which is no API call.

Only the platform's picture host is asked (contract §1.5), and no more is read than may be kept.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

import config
from wechat.errors import Refused, TryLater

PICTURE_HOST = ".qpic.cn"
SECONDS = (3.0, 10.0)  # to connect, to wait


def fetch(address: str, *, most_bytes: int) -> bytes:
    """The picture's bytes. Raises Refused (not the platform's, gone, too large) or TryLater."""
    if not is_platforms(address):
        raise Refused("the address is not the platform's")
    try:
        with requests.get(address, timeout=SECONDS, stream=True, allow_redirects=False) as answer:
            if answer.status_code >= 500:
                raise TryLater(f"the picture host answered {answer.status_code}")
            if answer.status_code != 200:
                raise Refused(f"the picture host answered {answer.status_code}")
            data = answer.raw.read(most_bytes + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise TryLater(type(error).__name__) from error
    if len(data) > most_bytes:
        raise Refused("the picture is too large")
    return bytes(data)


def is_platforms(address: str) -> bool:
    """Whether the address lies at the platform's picture host, or (a sandbox) where its interfaces are."""
    parts, api = urlsplit(address), urlsplit(config.settings().wechat_api_url)
    if parts.scheme not in ("http", "https") or parts.username:
        return False
    host = parts.hostname or ""
    return host.endswith(PICTURE_HOST) or (parts.netloc == api.netloc and parts.path.startswith("/mmbiz/"))
