"""Intervals for the demo's accuracies: one proportion, or the difference of two on the same tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class PairedComparison:
    """Two ways of labelling the same tasks: tasks only one got right, and the exact McNemar p."""

    only_first: int
    only_second: int
    difference: Estimate
    p: float


def wilson(hits: int, n: int) -> Estimate:
    """Share of hits with Wilson's score interval (1927).

    Raises ValueError when n is 0.
    """
    if n < 1:
        raise ValueError("a share of nothing is undefined; n must be at least 1")
    interval = stats.binomtest(hits, n).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(hits / n, float(interval.low), float(interval.high))


def mean_estimate(values: Sequence[float]) -> Estimate:
    """Mean over tasks with Student's interval; the tasks are the sample. Raises ValueError under two values."""
    n = len(values)
    if n < 2:
        raise ValueError("an interval needs at least two tasks")
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * math.sqrt(variance / n)
    return Estimate(mean, mean - half, mean + half)


def compare(first: Sequence[bool], second: Sequence[bool]) -> PairedComparison:
    """Compare which tasks each got right; the difference is first minus second.

    The interval is Newcombe's (1998, method 10), which stays sensible when the two hardly differ. Raises ValueError
    on unequal lengths.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} tasks cannot be paired")
    n = len(first)
    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    discordant = only_first + only_second
    return PairedComparison(
        only_first=only_first,
        only_second=only_second,
        difference=_newcombe(sum(first), sum(second), sum(map(min, first, second)), n),
        p=float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0,
    )


def _newcombe(hits_first: int, hits_second: int, both: int, n: int) -> Estimate:
    one, two = wilson(hits_first, n), wilson(hits_second, n)
    a, b, c = both, hits_first - both, hits_second - both
    d = n - a - b - c
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    cross = a * d - b * c
    # Method 10: a continuity correction on the correlation, only where it is positive.
    correlation = (max(cross - n / 2, 0) if cross > 0 else cross) / math.sqrt(margins) if margins else 0.0
    down_one, up_one = one.value - one.low, one.high - one.value
    down_two, up_two = two.value - two.low, two.high - two.value
    difference = one.value - two.value
    low = math.sqrt(down_one**2 - 2 * correlation * down_one * up_two + up_two**2)
    high = math.sqrt(up_one**2 - 2 * correlation * up_one * down_two + down_two**2)
    return Estimate(difference, difference - low, difference + high)
