"""The words of what people wrote: cut by rjieba, weighed by TF-IDF, names and numbers masked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import rjieba

from services.masking import mask_name, mask_phone

Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"

# What nearly every wish says, beside the little words of the language.
STOP_WORDS = frozenset(Path(__file__).with_name("stop_words.txt").read_text("utf-8").split())
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤钮单仇查解"
)
_NUMBER = re.compile(r"\d[\d\s\-－—]{5,}\d[\dXx]?")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_HANDLE = re.compile(r"((?:微信号?|QQ号?|qq号?)\s*[:：]?\s*)([A-Za-z0-9_-]{5,})")
_WORTH = re.compile(r"[\u4e00-\u9fff]{2,}|[A-Za-z]{2,}[A-Za-z0-9]*")


@dataclass(frozen=True, slots=True)
class Keyword:
    word: str
    texts: int  # how many texts hold it
    weight: float


def masked(text: str, names: Collection[str] = ()) -> str:
    """The text with phones, numbers, mail addresses and names hidden.

    A name is a word that the tagger takes for one and that begins with a common surname, or one of
    `names` (people of the alliance); of these, one of three or four characters is hidden wherever it
    stands, for the tagger may cut a rare one in two.
    """
    text = _ADDRESS.sub("***", text)
    text = _HANDLE.sub(lambda found: f"{found[1]}***", text)
    text = _NUMBER.sub(lambda found: mask_phone(re.sub(r"\D", "", found[0])), text)
    for name in names:
        if len(name) > 2 and name in text:
            text = text.replace(name, mask_name(name))
    parts = []
    for word, tag in rjieba.tag(text):
        is_name = word in names or (tag.startswith("nr") and 2 <= len(word) <= 3 and word[0] in _SURNAMES)
        parts.append(mask_name(word) if is_name and 2 <= len(word) <= 4 else word)
    return "".join(parts)


def words_of(text: str) -> list[str]:
    """The words that carry meaning, in order, repeats included."""
    found = (word.strip().lower() for word in rjieba.cut(text))
    return [word for word in found if word not in STOP_WORDS and _WORTH.fullmatch(word)]


def vocabulary(texts: Sequence[Sequence[str]], *, most: int) -> list[str]:
    """The words by how many texts hold them: at least two, not more than two thirds of them."""
    held = Counter(word for words in texts for word in set(words))
    limit = max(2, int(len(texts) * 2 / 3))
    wanted = [(count, word) for word, count in held.items() if 2 <= count <= limit]
    return [word for _, word in sorted(wanted, key=lambda each: (-each[0], each[1]))[:most]]


def weigh(texts: Sequence[Sequence[str]], known: Sequence[str], idf: Matrix) -> Matrix:
    """TF-IDF: a row of length one for each text (all nothing where it holds no known word)."""
    place = {word: no for no, word in enumerate(known)}
    weights = np.zeros((len(texts), len(known)), dtype=np.float32)
    for row, words in enumerate(texts):
        for word, times in Counter(words).items():
            if word in place:
                weights[row, place[word]] = 1 + np.log(times)
    weights *= idf
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    return np.divide(weights, lengths, out=weights, where=lengths > 0)


def rarity(texts: Sequence[Sequence[str]], known: Sequence[str]) -> Matrix:
    """The inverse document frequency of each known word, smoothed."""
    held = Counter(word for words in texts for word in set(words))
    return np.array([np.log((1 + len(texts)) / (1 + held[word])) + 1 for word in known], dtype=np.float32)


def keywords(texts: Iterable[Sequence[str]], *, most: int = 40) -> list[Keyword]:
    """The words that say most: by how many texts hold them and how rare they are, the weightiest first."""
    listed = list(texts)
    known = vocabulary(listed, most=2000)
    held = Counter(word for words in listed for word in set(words))
    found = [
        Keyword(word, held[word], float(held[word] * weight))
        for word, weight in zip(known, rarity(listed, known), strict=True)
    ]
    return sorted(found, key=lambda each: (-each.weight, each.word))[:most]
