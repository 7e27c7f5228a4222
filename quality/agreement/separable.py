"""Distances between numbers that split into sums over values, so that V values cost V steps instead of V²."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.agreement.patterns import PatternTable, TaskTable

Floats = NDArray[np.float64]

# Step and reach, in ln t, of the trapezium rule for ∫ t c e^(−tc) k e^(−tk) dt = ck / (c + k)²: the integrand is
# analytic with double exponential decay to the right, exponential to the left, which leaves errors below 1e-12.
NODE_STEP = 0.25
REACH_LEFT, REACH_RIGHT = 18.0, 4.0


def _pair_mean(table: TaskTable, disagreement: Floats) -> Floats:
    """1 − (sum over ordered pairs of answers) / (pairs), 0 for rows with one answer: (P,)."""
    sizes = table.sizes.astype(np.float64)
    pairs = sizes * (sizes - 1)
    return np.asarray(np.where(pairs > 0, 1 - disagreement / np.maximum(pairs, 1), 0.0))


def _scaled(x: Floats) -> Floats:
    """Numbers moved to begin at 0 with a range of 1, so that squares neither cancel nor overflow."""
    return np.asarray((x - x.min()) / (np.ptp(x) or 1.0)) if x.size else x


def _sparse(table: TaskTable) -> Any:
    return sparse.csr_array(table.patterns.astype(np.float64)) if isinstance(table, PatternTable) else table.counts  # type: ignore[attr-defined]


class NominalMeasure:
    """1 for the same label, 0 for another."""

    def within(self, table: TaskTable) -> Floats:
        """Mean agreement over the pairs of answers of each row: (P,)."""
        counts = _sparse(table)
        same = np.asarray(counts.multiply(counts).sum(axis=1)).reshape(-1)
        sizes = table.sizes.astype(np.float64)
        return _pair_mean(table, sizes**2 - same)

    def chance(self, share: Floats) -> Floats:
        """Σ share²: (R,)."""
        return np.asarray(np.square(share).sum(axis=1))

    def slope(self, share: Floats) -> Floats:
        """2 · share: (K,)."""
        return np.asarray(2.0 * share)

    def total(self, n_labels: int) -> float:
        """One per label."""
        return float(n_labels)


class QuadraticMeasure:
    """1 − (x − y)² / range²."""

    def __init__(self, x: Floats) -> None:
        self.x = _scaled(x)

    def within(self, table: TaskTable) -> Floats:
        """Mean agreement over the pairs of answers of each row: (P,)."""
        sizes = table.sizes.astype(np.float64)
        return _pair_mean(table, 2 * (sizes * table.row_sums(self.x**2) - table.row_sums(self.x) ** 2))

    def chance(self, share: Floats) -> Floats:
        """1 − twice the variance of the shares: (R,)."""
        return np.asarray(1 - 2 * (share @ self.x**2 - (share @ self.x) ** 2))

    def slope(self, share: Floats) -> Floats:
        """Derivative of Σ p p' agreement by each share: (K,)."""
        x = self.x
        return np.asarray(2.0 * (share.sum() - (share.sum() * x**2 - 2 * x * (share @ x) + share @ x**2)))

    def total(self, n_labels: int) -> float:
        """Sum of the agreement over all ordered pairs of labels."""
        return float(n_labels**2 - 2 * (n_labels * (self.x**2).sum() - self.x.sum() ** 2))


class LinearMeasure:
    """1 − |x − y| / range, for labels in ascending order."""

    def __init__(self, x: Floats) -> None:
        self.order = np.argsort(x, kind="stable")
        self.place = np.empty_like(self.order)
        self.place[self.order] = np.arange(len(x))
        self.x = _scaled(x)

    def within(self, table: TaskTable) -> Floats:
        """Mean agreement over the pairs of answers of each row: (P,)."""
        counts = _sparse(table)[:, self.order].tocsr()
        counts.sort_indices()
        x, count = self.x[self.order][counts.indices], counts.data
        before = np.cumsum(count) - count
        start = np.repeat(before[np.minimum(counts.indptr[:-1], max(len(count) - 1, 0))], np.diff(counts.indptr))
        size = np.repeat(table.sizes.astype(np.float64), np.diff(counts.indptr))
        rank = before - start
        gap = 2 * count * x * (2 * rank + count - size)
        row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        return _pair_mean(table, np.asarray(np.bincount(row, weights=gap, minlength=counts.shape[0])))

    def chance(self, share: Floats) -> Floats:
        """1 − the mean distance of two draws: (R,)."""
        p, x = share[:, self.order], self.x[self.order]
        before = np.cumsum(p, axis=1) - p
        return np.asarray(1 - 2 * ((2 * before + p - p.sum(axis=1, keepdims=True)) * p) @ x)

    def slope(self, share: Floats) -> Floats:
        """Derivative of Σ p p' agreement by each share: (K,)."""
        p, x = share[self.order], self.x[self.order]
        below, mass = np.cumsum(p), np.cumsum(p * x)
        gap = x * (2 * below - p.sum()) - (2 * mass - (p * x).sum())
        return np.asarray(2.0 * (share.sum() - gap))[self.place]

    def total(self, n_labels: int) -> float:
        """Sum of the agreement over all ordered pairs of labels."""
        return float(n_labels**2 * self.chance(np.full((1, n_labels), 1 / n_labels))[0])


class RatioMeasure:
    """1 − ((x − y) / (x + y))² for numbers that are not negative; O(V) by an integral that splits into factors."""

    def __init__(self, x: Floats) -> None:
        self.x = x
        self.zero = x == 0
        positive = x[~self.zero]
        if (x < 0).any():
            raise ValueError("the ratio scale has no negative numbers")
        if positive.size:
            low, high = -np.log(positive.max()) - REACH_LEFT, -np.log(positive.min()) + REACH_RIGHT
            self.node = np.exp(np.arange(low, high + NODE_STEP, NODE_STEP))
        else:
            self.node = np.zeros(0)

    def _factors(self, p: Floats) -> Floats:
        """Σ p x t e^(−tx) at each node t: (R, Q) for shares (R, V)."""
        out = np.empty((len(p), len(self.node)))
        for q, t in enumerate(self.node):
            out[:, q] = p @ (self.x * t * np.exp(-t * self.x))
        return out

    def within(self, table: TaskTable) -> Floats:
        """Mean agreement over the pairs of answers of each row: (P,)."""
        counts = _sparse(table).tocsr()
        row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        x, count = self.x[counts.indices], counts.data
        gap = np.zeros(counts.shape[0])
        for lag in range(1, int(np.diff(counts.indptr).max(initial=0))):
            same = row[lag:] == row[:-lag]
            first, second = x[lag:][same], x[:-lag][same]
            pull = 2 * count[lag:][same] * count[:-lag][same] * np.square((first - second) / (first + second))
            gap += np.bincount(row[lag:][same], weights=pull, minlength=len(gap))
        return _pair_mean(table, gap)

    def chance(self, share: Floats) -> Floats:
        """Σ p p' · 4xy/(x + y)², two zeros agreeing fully: (R,)."""
        split = 4 * NODE_STEP * np.square(self._factors(share)).sum(axis=1)
        return np.asarray(split + np.square(share[:, self.zero].sum(axis=1)))

    def slope(self, share: Floats) -> Floats:
        """Derivative of `chance` by each share: (K,)."""
        factor = self._factors(share[None, :])[0]
        out = np.zeros(len(self.x))
        for t, value in zip(self.node, factor, strict=True):
            out += 8 * NODE_STEP * value * self.x * t * np.exp(-t * self.x)
        return np.asarray(out + 2 * share[self.zero].sum() * self.zero)

    def total(self, n_labels: int) -> float:
        """Sum of the agreement over all ordered pairs of labels."""
        return float(n_labels**2 * self.chance(np.full((1, n_labels), 1 / n_labels))[0])
