"""The mini program's folder, served as one JSON tree to the page that runs it."""

from __future__ import annotations

import base64
import time
from pathlib import Path

TEXTS = {".js", ".json", ".wxml", ".wxss", ".wxs"}
PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif", ".svg": "image/svg+xml"}
SKIPPED = {"node_modules", "tests", ".git"}
BIGGEST = 2 * 1024 * 1024  # one package of the platform
FRESH_SECONDS = 1.0


class MiniFolder:
    """Reads the folder anew when it was changed, at most once a second."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder) if folder else None
        self._read_at = 0.0
        self._tree: dict[str, str] = {}

    def tree(self) -> dict[str, str] | None:
        """path -> text, pictures as data addresses; None without a folder."""
        if self.folder is None or not (self.folder / "app.json").is_file():
            return None
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._tree = self._read(self.folder)
            self._read_at = time.monotonic()
        return self._tree

    def _read(self, folder: Path) -> dict[str, str]:
        told = {}
        for file in sorted(folder.rglob("*")):
            path = file.relative_to(folder)
            if SKIPPED.intersection(path.parts) or not file.is_file() or file.stat().st_size > BIGGEST:
                continue
            if file.suffix in TEXTS:
                told[path.as_posix()] = file.read_text(encoding="utf-8", errors="replace")
            elif file.suffix in PICTURES:
                data = base64.b64encode(file.read_bytes()).decode()
                told[path.as_posix()] = f"data:{PICTURES[file.suffix]};base64,{data}"
        return told
