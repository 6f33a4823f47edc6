"""Text cut into grams: Chinese by overlapping pairs of characters, Latin words and numbers whole.

基层Governance治理 becomes 基层 层 governance 治理 理: each run of Chinese ends with its last
character alone, so that every part of it begins some gram. A query is the same grams in a row.

Grams hold nothing but lower-case ASCII and common Han characters, whatever was written: then no
tokenizer, and no locale of the database, sees them differently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

QUERY_LENGTH = 40  # characters of a query that count
MAX_TERMS = 5
WORD_LENGTH = 64  # characters of a Latin run that count

# Where neighbouring characters make the words: Han, kana, Hangul.
_CHINESE = (
    "\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"([{_CHINESE}]+)|([^\\W_{_CHINESE}]+)")
_UNSURE = re.compile("[^0-9a-z\u3400-\u4db5\u4e00-\u9fcb]")


@dataclass(frozen=True, slots=True)
class Term:
    """Grams that stand in a row; `is_open`: the last is the beginning of one."""

    grams: tuple[str, ...]
    is_open: bool


def of_text(text: str) -> list[str]:
    """The grams of a text in order."""
    return [gram for run in _runs(text) for gram in _of_run(*run)]


def terms(query: str) -> list[Term]:
    """What was asked for, a term for each part between spaces; none where there is no word in it.

    The last Latin word, and a last single character, are taken as beginnings.
    """
    found: list[Term] = []
    for part in _folded(query)[:QUERY_LENGTH].split():
        runs = list(_runs(part))
        if not runs:
            continue
        grams = [gram for run in runs for gram in _of_run(*run)]
        chinese, latin = runs[-1]
        if len(chinese) > 1:
            grams.pop()  # the last character alone is there for single characters
        term = Term(tuple(grams), is_open=bool(latin) or len(chinese) == 1)
        if term not in found:
            found.append(term)
    return found[:MAX_TERMS]


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Runs of Chinese and of the rest, as (chinese, "") or ("", latin)."""
    for match in _RUNS.finditer(_folded(text)):
        yield match[1] or "", match[2] or ""


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _of_run(chinese: str, latin: str) -> Iterator[str]:
    if latin:
        bare = "".join(c for c in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(c))
        yield _sure(bare[:WORD_LENGTH])
    for place in range(len(chinese)):
        yield _sure(chinese[place : place + 2])


def _sure(gram: str) -> str:
    """Characters that a tokenizer may not know, by their numbers."""
    return _UNSURE.sub(lambda match: f"x{ord(match[0]):x}x", gram)
