"""Words that stop a text, and words that internal material (内部资料) does well to avoid.

A blocked word is a plain error that has made news; whoever publishes must mend it. A warning
is shown and left to a person. Rules: docs/concepts.md, "Publishing".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# What was written, and what was meant.
ERROR_PRONE = {
    "攻府": "政府",
    "正府": "政府",
    "共合国": "共和国",
    "共产堂": "共产党",
    "中华人民共国": "中华人民共和国",
    "扫黑险恶": "扫黑除恶",
    "扫黑出恶": "扫黑除恶",
    "不忘初衷牢记使命": "不忘初心、牢记使命",
    "习进平": "习近平",
    "两个维保": "两个维护",
}

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
    found = []
    for place, text in texts.items():
        tight = re.sub(r"\s+", "", text)
        found += [
            Finding(place, wrong, f"疑为“{right}”，请改正", stops=True)
            for wrong, right in ERROR_PRONE.items()
            if wrong in tight
        ]
    return found


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
