"""Shares of groups with their intervals, and whether one group's share stands out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, fisher_exact

Z_95 = 1.959963984540054
SMALLEST_GROUP = 10
"""Members under which a group's share is not shown: it says little, and points at persons."""


@dataclass(frozen=True, kw_only=True)
class GroupShare:
    """How many of a group something befell, against everybody else.

    ``share``, ``low``, ``high`` (Wilson, 95 %) and ``p_value`` (Fisher's exact test against the rest, two-sided, Holm's
    correction over the groups shown) are None for a group under the smallest size: it cannot be said yet.
    """

    group: str
    members: int
    hit: int | None
    share: float | None
    low: float | None
    high: float | None
    p_value: float | None
    stands_out: bool


@dataclass(frozen=True, kw_only=True)
class MedianEstimate:
    """A median with its distribution-free interval; ``low`` and ``high`` are None where too few values allow none."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def wilson(hit: float, of: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (1927); (0, 1) without trials. ``of`` may be an effective number.

    Raises ValueError unless 0 <= hit <= of.
    """
    if not 0 <= hit <= of:
        raise ValueError(f"{hit} of {of}; give 0 <= hit <= of")
    if of == 0:
        return 0.0, 1.0
    p, z2 = hit / of, Z_95 * Z_95
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 / (1 + z2 / of) * sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    return max(0.0, centre - half), min(1.0, centre + half)


def compare_groups(
    counts: Mapping[str, tuple[int, int]], *, smallest: int = SMALLEST_GROUP, level: float = 0.05
) -> list[GroupShare]:
    """Each group's share, given (hit, members), tested against all the others together; in the order of the mapping.

    Holm's correction holds the chance that any group is wrongly said to stand out at ``level``: such a statement is an
    accusation. Raises ValueError unless 0 <= hit <= members.
    """
    for name, (hit, members) in counts.items():
        if not 0 <= hit <= members:
            raise ValueError(f"group {name!r}: {hit} of {members}; give 0 <= hit <= members")
    all_hit, everybody = (sum(column) for column in zip(*counts.values(), strict=True)) if counts else (0, 0)
    raw: dict[str, float] = {}
    for name, (hit, members) in counts.items():
        if members >= smallest and everybody - members >= smallest:
            table = np.array([[hit, members - hit], [all_hit - hit, everybody - members - (all_hit - hit)]])
            raw[name] = float(fisher_exact(table).pvalue)
    adjusted = dict(zip(raw, holm(list(raw.values())), strict=True))
    rows = []
    for name, (hit, members) in counts.items():
        is_enough = members >= smallest
        low, high = wilson(hit, members) if is_enough else (None, None)
        p = adjusted.get(name)
        rows.append(
            GroupShare(
                group=name,
                members=members,
                hit=hit if is_enough else None,
                share=hit / members if is_enough else None,
                low=low,
                high=high,
                p_value=p,
                stands_out=p is not None and p <= level,
            )
        )
    return rows


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values (1979), in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def median_estimate(values: ArrayLike, *, level: float = 0.95) -> MedianEstimate:
    """The median with the order statistics that hold it with probability ``level`` or more, whatever the law.

    Under six values no such interval exists at 95 %. Raises ValueError on a value that is not finite.
    """
    ordered: NDArray[np.float64] = np.sort(np.asarray(values, dtype=float))
    n = len(ordered)
    if n and not np.isfinite(ordered).all():
        raise ValueError("a value is not finite")
    if not n:
        return MedianEstimate(value=None, low=None, high=None, n=0)
    # The k-th smallest from either end: P(median outside) = 2 · P(Binomial(n, 1/2) < k).
    k = int(binom.ppf((1 - level) / 2, n, 0.5))
    while k > 0 and 2 * binom.cdf(k - 1, n, 0.5) > 1 - level:
        k -= 1
    low, high = (float(ordered[k - 1]), float(ordered[n - k])) if k > 0 else (None, None)
    return MedianEstimate(value=float(np.median(ordered)), low=low, high=high, n=n)
