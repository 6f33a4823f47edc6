"""Themes (主题): texts that say much the same, found by k-means on TF-IDF with a fixed seed.

The same texts give the same themes. Groups whose middles lie close are joined afterwards, so the
number of groups to begin with hardly matters; what is too small or says nothing known is left over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from services.surveys import words
from services.surveys.words import Matrix

SEED = 20261124
MOST_THEMES = 16
MOST_WORDS = 1200
FITTED_ON = 6000  # texts; the others are put to the nearest theme
ROUNDS = 30
TRIES = 4
JOINED_FROM = 0.30  # cosine of two middles
NEAR_ENOUGH = 0.12  # cosine of a text and its theme's middle
AT_ONCE = 5000
LABEL_WORDS = 5

Labels: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


@dataclass(frozen=True, slots=True)
class Cluster:
    """`texts`: places of its texts, the most typical first."""

    words: tuple[str, ...]
    texts: tuple[int, ...]


def themes(
    texts: Sequence[Sequence[str]], *, least: int, progress: Callable[[int], None] = lambda percent: None
) -> list[Cluster]:
    """The themes of texts given as words, the largest first; the last, without words, holds what is left
    (where something is). `least`: fewer texts are no theme."""
    source = np.random.default_rng(SEED)
    order = np.sort(source.permutation(len(texts))[:FITTED_ON])
    sample = [texts[no] for no in order]
    known = words.vocabulary(sample, most=MOST_WORDS)
    if not known or len(texts) < least:
        return [Cluster((), tuple(range(len(texts))))] if texts else []
    idf = words.rarity(sample, known)
    weights = words.weigh(sample, known, idf)
    progress(20)
    middles = _joined(weights, _k_means(weights, source))
    progress(60)
    labels, nearness = _assigned(texts, known, idf, middles, progress)
    labels = _without_small(labels, len(middles), least)
    return _told(labels, nearness, middles, known)


def _k_means(weights: Matrix, source: np.random.Generator) -> Matrix:
    """Middles of length one; the best of a few tries."""
    filled = weights[weights.any(axis=1)]
    k = int(np.clip(round(np.sqrt(len(filled) / 2)), 2, MOST_THEMES))
    k = min(k, len(np.unique(filled, axis=0))) if len(filled) < 2000 else k
    best, score = filled[:1], -np.inf
    for _ in range(TRIES):
        middles = _spread(filled, k, source)
        for _ in range(ROUNDS):
            near = filled @ middles.T
            labels = near.argmax(axis=1)
            sums = np.zeros_like(middles)
            np.add.at(sums, labels, filled)
            moved = _unit(np.where(sums.any(axis=1, keepdims=True), sums, middles))
            if np.allclose(moved, middles, atol=1e-5):
                break
            middles = moved
        told = float((filled @ middles.T).max(axis=1).sum())
        if told > score:
            best, score = middles, told
    return best


def _spread(rows: Matrix, k: int, source: np.random.Generator) -> Matrix:
    """First middles far from one another (k-means++)."""
    chosen = [int(source.integers(len(rows)))]
    for _ in range(k - 1):
        far = np.clip(1 - (rows @ rows[chosen].T).max(axis=1), 0, None) ** 2
        total = float(far.sum())
        if total <= 1e-9:
            break
        chosen.append(int(source.choice(len(rows), p=far / total)))
    return rows[chosen].copy()


def _joined(weights: Matrix, middles: Matrix) -> Matrix:
    """The closest two middles made one, by the texts of both, until no two are close."""
    labels = (weights @ middles.T).argmax(axis=1)
    is_filled = weights.any(axis=1)
    sums = np.stack([weights[(labels == no) & is_filled].sum(axis=0) for no in range(len(middles))])
    sums = sums[sums.any(axis=1)]
    while len(sums) > 2:
        units = _unit(sums)
        near = units @ units.T
        np.fill_diagonal(near, -1)
        one, two = np.unravel_index(int(near.argmax()), near.shape)
        if near[one, two] < JOINED_FROM:
            break
        sums[one] += sums[two]
        sums = np.delete(sums, two, axis=0)
    return _unit(sums)


def _assigned(
    texts: Sequence[Sequence[str]],
    known: Sequence[str],
    idf: Matrix,
    middles: Matrix,
    progress: Callable[[int], None],
) -> tuple[Labels, Matrix]:
    """The theme of each text (-1: none) and how near it is to its middle."""
    labels = np.full(len(texts), -1, dtype=np.int64)
    nearness = np.zeros(len(texts), dtype=np.float32)
    for start in range(0, len(texts), AT_ONCE):
        near = words.weigh(texts[start : start + AT_ONCE], known, idf) @ middles.T
        found = near.argmax(axis=1)
        best = near.max(axis=1)
        stop = start + len(found)
        labels[start:stop] = np.where(best >= NEAR_ENOUGH, found, -1)
        nearness[start:stop] = best
        progress(60 + int(35 * stop / len(texts)))
    return labels, nearness


def _without_small(labels: Labels, number: int, least: int) -> Labels:
    sizes = np.bincount(labels[labels >= 0], minlength=number)
    small = np.flatnonzero(sizes < least)
    labels = np.where(np.isin(labels, small), -1, labels)
    left = int((labels < 0).sum())
    kept = np.flatnonzero((sizes >= least) & (sizes > 0))
    if 0 < left < least and len(kept):  # what is left over is a small group too: joined by the smallest theme
        labels = np.where(labels == kept[sizes[kept].argmin()], -1, labels)
    return labels


def _told(labels: Labels, nearness: Matrix, middles: Matrix, known: Sequence[str]) -> list[Cluster]:
    common = middles.mean(axis=0)
    found = []
    for no in range(len(middles)):
        texts = np.flatnonzero(labels == no)
        if not len(texts):
            continue
        order = np.lexsort((texts, -nearness[texts]))
        weights = middles[no] * (middles[no] / (common + 1e-6))
        best = np.argsort(-weights, kind="stable")[:LABEL_WORDS]
        named = tuple(known[word] for word in best if middles[no][word] > 0.05)
        found.append(Cluster(named, tuple(int(text) for text in texts[order])))
    found.sort(key=lambda each: (-len(each.texts), each.words))
    left = tuple(int(text) for text in np.flatnonzero(labels < 0))
    return [*found, Cluster((), left)] if left else found


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
