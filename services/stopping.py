"""Whether this process was told to end: long work then stops where nothing is left half-done."""

from __future__ import annotations

import threading

_asked = threading.Event()


def ask() -> None:
    """From now on nothing new is begun in this process."""
    _asked.set()


def is_asked() -> bool:
    return _asked.is_set()


def forget() -> None:
    """Go on (tests)."""
    _asked.clear()
