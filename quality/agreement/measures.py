"""How near two labels are: agreement within a task, by chance, for labels given as a matrix of weights."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quality.agreement.patterns import PatternTable, TaskTable

Floats = NDArray[np.float64]


class Measure(Protocol):
    """Agreement between labels, 1 for the same label; K labels, P rows of a table, R sets of label shares."""

    def within(self, table: TaskTable) -> Floats:
        """Mean agreement over the pairs of answers of each row, 0 for rows with one answer: (P,)."""

    def chance(self, share: Floats) -> Floats:
        """Agreement of two answers drawn from label shares (R, K): (R,)."""

    def slope(self, share: Floats) -> Floats:
        """Derivative of `chance` by each share: (K,) for shares (K,)."""

    def total(self, n_labels: int) -> float:
        """Sum of the agreement over all ordered pairs of ``n_labels`` labels."""


class MatrixMeasure:
    """Agreement read from a (K, K) matrix of weights."""

    def __init__(self, weights: Floats) -> None:
        self.weights = (weights + weights.T) / 2

    def within(self, table: TaskTable) -> Floats:
        """Mean agreement over the pairs of answers of each row, 0 for rows with one answer: (P,)."""
        if not isinstance(table, PatternTable):
            raise TypeError("a matrix of weights needs a table of patterns")
        counts = table.patterns.astype(np.float64)
        size = table.sizes.astype(np.float64)
        pairs = size * (size - 1)
        agreeing = np.einsum("pk,pk->p", counts @ self.weights, counts) - counts @ np.diag(self.weights)
        return np.asarray(np.divide(agreeing, pairs, out=np.zeros(len(size)), where=pairs > 0))

    def chance(self, share: Floats) -> Floats:
        """Agreement of two answers drawn from label shares (R, K): (R,)."""
        return np.asarray(np.einsum("rk,rk->r", share @ self.weights, share))

    def slope(self, share: Floats) -> Floats:
        """Derivative of `chance` by each share: (K,) for shares (K,)."""
        return np.asarray(2.0 * (self.weights @ share))

    def total(self, n_labels: int) -> float:
        """Sum of the agreement over all ordered pairs of ``n_labels`` labels."""
        return float(self.weights[:n_labels, :n_labels].sum())
