"""Where files lie: a folder, by STORAGE_URL. Keys are made here, never from what a person typed.

store = storage.opened()
store.put("pictures/4f…/page.jpg", data)
store.get("pictures/4f…/page.jpg")        # None where there is none
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Protocol

import config
from services.errors import DomainError

_KEY = re.compile(r"[0-9A-Za-z_-]+(?:/[0-9A-Za-z_-]+)*(?:\.[a-z0-9]+)?")


class StorageUnavailable(DomainError):
    code, message = "storage_unavailable", "文件存不了，请联系系统管理员检查 STORAGE_URL 和磁盘"


class Store(Protocol):
    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes | None: ...

    def delete(self, key: str) -> None: ...


def opened() -> Store:
    """The store of the settings. Raises StorageUnavailable for a kind that this version cannot use."""
    url = config.settings().storage_url
    scheme, _, path = url.partition("://")
    if scheme != "file" or not path:
        raise StorageUnavailable(
            f"STORAGE_URL 设成了 {scheme}://…，这个版本只能把文件存在本机：请改为 file://文件夹",
            scheme=scheme,
        )
    return Folder(Path(path) if Path(path).is_absolute() else config.ROOT / path)


class Folder:
    """Files below one folder. A reader never meets half a file: it is written beside and moved."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(reason=type(error).__name__) from error
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise StorageUnavailable(reason=type(error).__name__) from error

    def get(self, key: str) -> bytes | None:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def delete(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        if path.parent != self.root and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"no key of the store: {key!r}")
        return self.root / key
