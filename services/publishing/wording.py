"""Words that stop a text, and words that internal material (内部资料) does well to avoid.

A blocked word is a plain error that has made news; whoever publishes must mend it. A warning
is shown and left to a person. Rules: docs/concepts.md, "Publishing".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.publishing import error_words

_CALLS_ITSELF = re.compile(r"(?<![日样基])本[刊报](?!告|名|考|到|送)")
_TRADE = re.compile(r"(定价|零售价|每期\s*\d+\s*元|订阅费|征订|广告(招商|刊登|投放)|刊登广告)")
_PERIODICAL_NAME = re.compile(r"(?<!情)[刊报]$")


@dataclass(frozen=True, slots=True)
class Finding:
    """`place` is where a reader finds it; `stops` whether it must be mended before publication.

    `words` may be empty, where the advice says it all.
    """

    place: str
    words: str
    advice: str
    stops: bool

    def __str__(self) -> str:
        told = f"“{self.words}”" if self.words else ""
        return f"{self.place}：{told}{self.advice}"


def errors_in(texts: Mapping[str, str]) -> list[Finding]:
    """Error-prone words in the texts, keyed by their place. Spaces between characters do not hide one."""
    words = error_words.standing()
    found = []
    for place, text in texts.items():
        tight = re.sub(r"\s+", "", text)
        found += [
            Finding(place, each.word, _advice(each), stops=each.stops) for each in words if each.word in tight
        ]
    return found


def _advice(word: error_words.Word) -> str:
    if not word.suggestion:
        return "是易错词，请改正" if word.stops else "容易用错，请核对"
    return f"疑为“{word.suggestion}”，请{'改正' if word.stops else '核对'}"


def internal_warnings(name: str, texts: Mapping[str, str]) -> list[Finding]:
    """What internal material avoids: a newspaper's or magazine's name, 本刊, a price, advertising."""
    found = []
    if _PERIODICAL_NAME.search(name.strip("《》 ")):
        found.append(Finding("刊名", name, "：内部资料不以“××报”“××刊”命名，请与主管部门核对", stops=False))
    for place, text in texts.items():
        found += [
            Finding(place, hit.group(), "：内部资料不自称“本刊”“本报”，可写“本资料”", stops=False)
            for hit in _CALLS_ITSELF.finditer(text)
        ]
        found += [
            Finding(place, hit.group(), "：内部资料免费交流，不收费、不登广告", stops=False)
            for hit in _TRADE.finditer(text)
        ]
    return list(dict.fromkeys(found))
