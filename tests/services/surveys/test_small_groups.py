"""What may be told of counts: somebody who has every told number tries to find out a small group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.surveys import small_groups


def unknowns(counts: Any) -> tuple[Any, list[Any]]:
    """All numbers told as sums of the finest cells; and the small groups, as such sums too."""
    answers = counts.ndim - 1
    told = small_groups.told(counts, open_axes=(answers,))
    places = np.indices(counts.shape)
    known, secret = [np.ones(counts.size)], []
    for axes, shown in told.items():
        table = counts.sum(axis=tuple(axis for axis in range(counts.ndim) if axis not in axes))
        for cell in np.ndindex(table.shape):
            parts = np.all([places[axis] == at for axis, at in zip(axes, cell, strict=True)], axis=0)
            if shown[cell]:
                known.append(parts.reshape(-1).astype(float))
            if 0 < table[cell] < small_groups.SMALL_GROUP and axes != (answers,):
                secret.append(parts.reshape(-1).astype(float))
    return np.array(known), secret


def is_found_out(known: Any, group: Any) -> bool:
    """Whether sums and differences of what is known give the group's number: Gauss's elimination."""
    _, sizes, rows = np.linalg.svd(known)
    free = rows[int((sizes > 1e-9).sum()) :]
    return bool(np.abs(free @ group).max(initial=0) < 1e-7)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.sampled_from([(4, 3), (5, 2), (3, 2, 3), (3, 3, 2), (2, 2, 2, 3)]),
    mean=st.sampled_from([1, 3, 8, 20]),
    seed=st.integers(0, 10_000),
)
def test_no_small_group_follows_from_all_that_is_told(shape: tuple[int, ...], mean: int, seed: int) -> None:
    counts = np.random.default_rng(seed).poisson(mean, size=shape)

    known, secret = unknowns(counts)

    assert not [group for group in secret if is_found_out(known, group)]


def test_the_attack_finds_what_is_hidden_alone() -> None:
    """The test's own tooth: one hidden cell follows from its line, and is found."""
    counts = np.array([[3, 20], [20, 20]])
    known = [np.ones(4), [1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]

    assert is_found_out(np.array(known, dtype=float), np.array([1.0, 0, 0, 0]))
    assert not small_groups.told(counts, open_axes=(1,))[(0, 1)].any()


def test_what_is_hidden_in_a_line_is_no_small_group_together() -> None:
    counts = np.array([[1, 2, 30], [30, 40, 50], [20, 25, 30]])

    shown = small_groups.told(counts, open_axes=(1,))[(0, 1)]

    assert np.where(shown, 0, counts).sum(axis=1).tolist()[0] >= small_groups.SMALL_GROUP


def test_large_groups_are_told_whole() -> None:
    told = small_groups.told(np.full((3, 4), 9), open_axes=(1,))

    assert all(shown.all() for shown in told.values())


@pytest.mark.parametrize(
    ("sizes", "expected"), [((5, 4, 7), (0, 0, 1)), ((5, 3, 2), (1, 0, 0)), ((9, 1), (0, 0)), ((4,), (0,))]
)
def test_groups_that_would_give_a_small_one_are_hidden(
    sizes: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert tuple(small_groups.told(np.array(sizes))[(0,)].astype(int)) == expected
