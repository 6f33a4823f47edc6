"""How sure a figure is: 95 % intervals of shares and means and of their differences.

They say how far the figure might lie off if those who answered were a chance sample of those
asked. Shares: Wilson 1927, differences of shares: Newcombe 1998 (from the two Wilson intervals);
means: Student's t, differences of means: Welch 1947.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.959963984540054
# t of 97.5 % by degrees of freedom; beyond the last the series of Cornish and Fisher is exact to 0.001
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Of a difference: nothing is not among what it may be."""
        return self.low > 0 or self.high < 0


def of_share(count: int, total: int) -> Interval | None:
    """Of a share, both ends from 0 to 1; None of nobody."""
    if total <= 0:
        return None
    share = count / total
    middle = (share + Z * Z / (2 * total)) / (1 + Z * Z / total)
    half = Z / (1 + Z * Z / total) * math.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def of_mean(mean: float, variance: float, total: int) -> Interval | None:
    """`variance`: of the sample, with total - 1 below. None of fewer than two."""
    if total < 2:
        return None
    half = t_value(total - 1) * math.sqrt(variance / total)
    return Interval(mean - half, mean + half)


def of_share_difference(now: tuple[int, int], before: tuple[int, int]) -> Interval | None:
    """Of the share now less the share before, each told as (count, total)."""
    one, two = of_share(*now), of_share(*before)
    if one is None or two is None:
        return None
    p, q = now[0] / now[1], before[0] / before[1]
    low = p - q - math.hypot(p - one.low, two.high - q)
    return Interval(low, p - q + math.hypot(one.high - p, q - two.low))


def of_mean_difference(now: tuple[float, float, int], before: tuple[float, float, int]) -> Interval | None:
    """Of the mean now less the mean before, each told as (mean, variance, total)."""
    (mean, variance, total), (was, spread, many) = now, before
    if total < 2 or many < 2:
        return None
    a, b = variance / total, spread / many
    if a + b == 0:
        return Interval(mean - was, mean - was)
    freedom = (a + b) ** 2 / (a * a / (total - 1) + b * b / (many - 1))
    half = t_value(freedom) * math.sqrt(a + b)
    return Interval(mean - was - half, mean - was + half)


def t_value(freedom: float) -> float:
    """Student's t of 97.5 %."""
    if freedom <= len(_T):
        return _T[max(1, int(freedom)) - 1]
    z, n = Z, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n * n)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )
