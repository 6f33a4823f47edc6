"""Files lie where STORAGE_URL says, under keys of our own making."""

from __future__ import annotations

from pathlib import Path

import pytest

import config
from services import storage
from services.storage import Folder, StorageUnavailable


def test_what_is_put_is_got_until_it_is_deleted(tmp_path: Path) -> None:
    store = Folder(tmp_path)

    store.put("pictures/abc/page", b"1")
    store.put("pictures/abc/page", b"2")

    assert store.get("pictures/abc/page") == b"2"
    assert [path.name for path in (tmp_path / "pictures/abc").iterdir()] == ["page"]
    store.delete("pictures/abc/page")
    store.delete("pictures/abc/page")
    assert store.get("pictures/abc/page") is None
    assert not (tmp_path / "pictures/abc").exists()


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../b", "", "a//b", "a\x00b"])
def test_a_key_cannot_leave_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        Folder(tmp_path).put(key, b"")


def test_a_full_or_missing_disk_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StorageUnavailable, match="STORAGE_URL"):
        Folder(tmp_path / "file").put("a/b", b"")


def test_a_store_of_another_kind_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "storage_url", "s3://bucket?endpoint=x")

    with pytest.raises(StorageUnavailable, match="file://"):
        storage.opened()
