"""Krippendorff's alpha for answers of any kind, given a distance between two of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coefficients import Alpha
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.patterns import TaskTable
from quality.agreement.result import AgreementResult
from quality.agreement.values import ValueTable
from quality.answers import AnswerSet

Floats = NDArray[np.float64]
Distance = Callable[[Any, Any], float]

# Up to here every pair of distinct answers is compared; beyond, each with as many partners drawn by frequency.
ALL_PAIRS = 400
PARTNERS = 128


def alpha_with_distance(
    answers: AnswerSet,
    distance: Distance,
    *,
    name: str = "custom",
    interval: bool | IntervalOptions = True,
    rng: np.random.Generator | int = 0,
) -> AgreementResult:
    """Krippendorff's alpha with a distance of your own: symmetric, 0 for equal answers, never negative.

    Labels are the answers themselves (frozensets, texts, tuples of spans …). Within tasks all pairs are compared. The
    distance by chance compares all pairs of up to 400 distinct answers; beyond, each with 128 partners drawn by
    frequency with ``rng``, which ``params["chance"]`` says. Raises ValueError naming a pair whose distance is
    negative or not finite.
    """
    table = ValueTable.from_answers(answers)
    options = IntervalOptions() if interval is True else None if interval is False else interval
    generator = np.random.default_rng(rng)
    exact = len(table.labels) <= ALL_PAIRS
    measure = _AllPairs(table.labels, distance) if exact else _Sampled(table, distance, generator)
    chance = "all pairs" if exact else f"{PARTNERS} partners each"
    return estimate(
        table, [Alpha(measure=measure, params={"distance": name, "chance": chance})], options=options, rng=generator
    )[0]


def _within(table: TaskTable, gap: Callable[[int, int], float]) -> Floats:
    """1 − mean distance over the pairs of answers of each task: (T,)."""
    counts = table.counts  # type: ignore[attr-defined]
    sizes = table.sizes.astype(np.float64)
    total = np.zeros(len(sizes))
    for row in np.flatnonzero(np.diff(counts.indptr) > 1):
        start, end = counts.indptr[row], counts.indptr[row + 1]
        label, count = counts.indices[start:end], counts.data[start:end]
        for i in range(len(label)):
            for j in range(i):
                total[row] += 2 * count[i] * count[j] * gap(int(label[i]), int(label[j]))
    pairs = sizes * (sizes - 1)
    return np.asarray(np.where(pairs > 0, 1 - total / np.maximum(pairs, 1), 0.0))


def _checked(distance: Distance, first: Hashable, second: Hashable) -> float:
    gap = float(distance(first, second))
    if not np.isfinite(gap) or gap < 0:
        raise ValueError(f"the distance of {first!r} from {second!r} is {gap}; it must be 0 or more")
    return gap


class _AllPairs:
    """Every pair of distinct answers compared once."""

    def __init__(self, labels: Sequence[Hashable], distance: Distance) -> None:
        size = len(labels)
        gap = np.zeros((size, size))
        for i in range(size):
            for j in range(i):
                gap[i, j] = gap[j, i] = _checked(distance, labels[i], labels[j])
        self.gap = gap / (gap.max(initial=0.0) or 1.0)

    def within(self, table: TaskTable) -> Floats:
        """Mean agreement over the pairs of answers of each task: (T,)."""
        return _within(table, lambda i, j: float(self.gap[i, j]))

    def chance(self, share: Floats) -> Floats:
        """Agreement of two answers drawn from label shares (R, V): (R,)."""
        return np.asarray(share.sum(axis=1) ** 2 - np.einsum("rk,rk->r", share @ self.gap, share))

    def slope(self, share: Floats) -> Floats:
        """Derivative of `chance` by each share: (V,)."""
        return np.asarray(2.0 * (share.sum() - self.gap @ share))

    def total(self, n_labels: int) -> float:
        """Sum of the agreement over all ordered pairs of answers."""
        return float(n_labels**2 - self.gap.sum())


class _Sampled:
    """Each distinct answer compared with partners drawn by how often they were given."""

    def __init__(self, table: ValueTable, distance: Distance, rng: np.random.Generator) -> None:
        weight = (table.multiplicity * (table.sizes >= 2)).astype(np.float64)
        count = table.marginals(weight[None, :])[0]
        self.share = count / (count.sum() or 1.0)
        labels, self.distance, self.labels = table.labels, distance, table.labels
        mean = np.zeros(len(labels))
        for i in np.flatnonzero(count).tolist():
            partners = rng.choice(len(labels), size=PARTNERS, p=self.share)
            mean[i] = np.mean([0.0 if j == i else _checked(distance, labels[i], labels[int(j)]) for j in partners])
        self.scale = float(mean.max(initial=0.0)) or 1.0
        self.mean = mean / self.scale

    def within(self, table: TaskTable) -> Floats:
        """Mean agreement over the pairs of answers of each task: (T,)."""
        return _within(table, lambda i, j: _checked(self.distance, self.labels[i], self.labels[j]) / self.scale)

    def chance(self, share: Floats) -> Floats:
        """Agreement by chance near the sample's own shares, to first order: (R,)."""
        return np.asarray(1 - 2 * share @ self.mean + self.share @ self.mean)

    def slope(self, share: Floats) -> Floats:
        """Derivative of `chance` by each share: (V,)."""
        return np.asarray(2.0 * (share.sum() - self.mean))

    def total(self, n_labels: int) -> float:
        """Sum of the agreement over all ordered pairs of answers, each taken as often as it was given."""
        return float(n_labels**2 * (1 - self.share @ self.mean))
