"""Back up the SQLite database and the files folder into one sealed file, and bring it back.

    .venv/bin/python deploy/backup.py save var/backups/2026-11-23.wdx
    .venv/bin/python deploy/backup.py restore var/backups/2026-11-23.wdx

`save` may run while the product runs; stop the product before `restore`. The file is a gzipped
tar under AES-256-GCM with BACKUP_KEY, in pieces of 1 MiB; each piece is bound to its place and
to whether it is the last, so a cut, a swap or a change is refused before anything is replaced.
PostgreSQL has tools of its own: docs/runbook.md.
"""

from __future__ import annotations

import base64
import os
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import config

MAGIC = b"WDXBACKUP1\n"
PREFIX_BYTES = 7
PIECE_BYTES = 1 << 20
TAG_BYTES = 16
DATABASE_NAME = "database.sqlite"
FILES_NAME = "files"


class Refused(Exception):
    """The backup cannot be made or used; the message says why, in Chinese and English."""


def cipher() -> AESGCM:
    try:
        return AESGCM(base64.b64decode(config.settings().backup_key, validate=True))
    except ValueError as error:
        raise Refused(
            "BACKUP_KEY 应为 32 字节的 Base64。 / BACKUP_KEY must be 32 bytes in Base64."
        ) from error


def nonce(prefix: bytes, number: int, is_last: bool) -> bytes:
    """Twelve bytes: random prefix, number of the piece, whether it is the last."""
    return prefix + number.to_bytes(4, "big") + bytes([is_last])


def pieces(source: BinaryIO, size: int) -> Iterator[tuple[bytes, bool]]:
    """The content in pieces, each with whether it is the last; at least one, maybe empty."""
    piece = source.read(size)
    while True:
        following = source.read(size)
        yield piece, not following
        if not following:
            return
        piece = following


def seal(source: BinaryIO, target: BinaryIO) -> None:
    sealer, prefix = cipher(), os.urandom(PREFIX_BYTES)
    target.write(MAGIC + prefix)
    for number, (piece, is_last) in enumerate(pieces(source, PIECE_BYTES)):
        target.write(sealer.encrypt(nonce(prefix, number, is_last), piece, MAGIC))


def unseal(source: BinaryIO, target: BinaryIO) -> None:
    """Raises Refused when the file is not ours, was changed or cut, or the key is another."""
    if source.read(len(MAGIC)) != MAGIC:
        raise Refused("不是本系统的备份文件。 / Not a backup of this product.")
    opener, prefix = cipher(), source.read(PREFIX_BYTES)
    for number, (piece, is_last) in enumerate(pieces(source, PIECE_BYTES + TAG_BYTES)):
        try:
            target.write(opener.decrypt(nonce(prefix, number, is_last), piece, MAGIC))
        except (InvalidTag, ValueError) as error:
            raise Refused(
                "备份已损坏，或 BACKUP_KEY 不符；什么也没有改动。 / "
                "The backup is damaged or BACKUP_KEY is another; nothing was changed."
            ) from error


def files_folder() -> Path:
    url = config.settings().storage_url
    if not url.startswith("file://"):
        raise Refused("STORAGE_URL 不是本机目录。 / STORAGE_URL is not a folder of this machine.")
    return config.ROOT / url.removeprefix("file://")


def database_file() -> Path:
    try:
        return config.settings().sqlite_path
    except ValueError as error:
        raise Refused(
            "PostgreSQL 请用 pg_dump（docs/runbook.md）。 / For PostgreSQL use pg_dump (docs/runbook.md)."
        ) from error


def save(target: Path) -> None:
    """Write a consistent copy; readers and writers of the database are not stopped."""
    database, files = database_file(), files_folder()
    if not database.is_file():
        raise Refused(f"没有数据库文件 {database}。 / There is no database file {database}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copy, archive, sealed = (Path(folder, name) for name in ("copy", "archive", "sealed"))
        with closing(sqlite3.connect(database, timeout=30)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(copy, DATABASE_NAME)
            if files.is_dir():
                tar.add(files, FILES_NAME)
        with archive.open("rb") as source, sealed.open("wb") as sink:
            seal(source, sink)
        sealed.replace(target)


def restore(source: Path) -> None:
    """Put the copy in place of the database and the files; what was there is kept as *.before."""
    database, files = database_file(), files_folder()
    if not source.is_file():
        raise Refused(f"没有备份文件 {source}。 / There is no backup file {source}.")
    for kept in (before(database), before(files)):
        if kept.exists():
            raise Refused(f"请先移走 {kept}。 / Move {kept} away first.")
    database.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=database.parent) as name:
        folder = Path(name)
        with (folder / "archive").open("w+b") as archive:
            with source.open("rb") as sealed:
                unseal(sealed, archive)
            archive.seek(0)
            with tarfile.open(fileobj=archive) as tar:
                tar.extractall(folder, filter="data")
        check(folder / DATABASE_NAME)
        # the write-ahead log belongs to the file beside it: they move together
        for suffix in ("-wal", "-shm", ""):
            part = database.with_name(database.name + suffix)
            if part.exists():
                part.rename(before(database).with_name(before(database).name + suffix))
        shutil.move(folder / DATABASE_NAME, database)
        if (folder / FILES_NAME).is_dir():
            if files.exists():
                files.rename(before(files))
            shutil.move(folder / FILES_NAME, files)


def before(place: Path) -> Path:
    return place.with_name(place.name + ".before")


def check(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        told = connection.execute("PRAGMA integrity_check").fetchone()
    if told != ("ok",):
        raise Refused("备份中的数据库已损坏。 / The database in the backup is damaged.")


def main(words: list[str]) -> None:
    acts = {"save": save, "restore": restore}
    if len(words) != 2 or words[0] not in acts:
        sys.exit("用法 / usage: .venv/bin/python deploy/backup.py save|restore FILE")
    try:
        acts[words[0]](Path(words[1]))
    except Refused as refusal:
        sys.exit(str(refusal))
    print(f"完成 / done: {words[1]}")


if __name__ == "__main__":
    main(sys.argv[1:])
