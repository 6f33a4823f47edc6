"""Intervals against published figures."""

from __future__ import annotations

import pytest

from services.surveys import intervals


def test_wilson_of_a_share() -> None:
    """Newcombe 1998, table I: 81 of 263."""
    found = intervals.of_share(81, 263)

    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert intervals.of_share(0, 0) is None
    none_of_twenty = intervals.of_share(0, 20)
    assert none_of_twenty is not None
    assert (none_of_twenty.low, round(none_of_twenty.high, 4)) == (0.0, 0.1611)


def test_the_difference_of_two_shares() -> None:
    """Newcombe 1998, method 10: 56/70 less 48/80."""
    found = intervals.of_share_difference((56, 70), (48, 80))

    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
    assert found.is_clear


@pytest.mark.parametrize(
    ("freedom", "expected"), [(1, 12.706), (5, 2.571), (12, 2.179), (30, 2.042), (1000, 1.962)]
)
def test_students_t(freedom: int, expected: float) -> None:
    assert intervals.t_value(freedom) == pytest.approx(expected, abs=0.001)


def test_the_mean_and_its_difference() -> None:
    mean = intervals.of_mean(3.2, 2.7, 5)
    assert mean is not None
    assert (round(mean.low, 2), round(mean.high, 2)) == (1.16, 5.24)
    same = intervals.of_mean_difference((4.0, 1.0, 100), (3.9, 1.0, 100))
    assert same is not None
    assert not same.is_clear
