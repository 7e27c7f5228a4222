"""Krippendorff's ordinal alpha: interval alpha on mid-ranks that every resample ranks anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.patterns import PatternTable, TaskTable

Floats = NDArray[np.float64]

# Cells of the (rows, labels²) block of coincidences held at once.
BLOCK_CELLS = 1 << 21


@dataclass(frozen=True, kw_only=True)
class OrdinalAlpha:
    """Alpha with δ between two labels = the answers between them on the ordered label set, squared.

    The labels' order in the table is their rank. Equal to interval alpha on mid-ranks (Krippendorff 2011).
    """

    params: Mapping[str, Any] = field(default_factory=lambda: {"level": "ordinal"})
    metric: str = "krippendorff_alpha"

    def used(self, table: TaskTable) -> NDArray[np.bool_]:
        """Tasks with at least two answers."""
        return np.asarray(table.sizes >= 2)

    def values(self, table: TaskTable, weight: Floats) -> Floats:
        """The coefficient for each set of row weights (R, P): (R,), nan where it is undefined."""
        weight = weight * (table.sizes >= 2)
        counts = table.marginals(weight)
        rank = _mid_ranks(counts)
        if isinstance(table, PatternTable):
            observed = _observed_by_coincidence(table, weight, rank)
        else:
            observed = np.array([row @ _spread(table, at) for row, at in zip(weight, rank, strict=True)])
        answers = counts.sum(axis=1)
        expected = 2 * (answers * (counts * rank**2).sum(axis=1) - (counts * rank).sum(axis=1) ** 2)
        ratio = np.divide(observed, expected, out=np.full(len(answers), np.nan), where=expected > 0)
        return np.asarray(1.0 - (answers - 1) * ratio)

    def influence(self, table: TaskTable) -> Floats:
        """Derivative by each task's weight, the change of all ranks included, without the 1/n correction."""
        sizes = table.sizes.astype(np.float64)
        used = self.used(table)
        weight = table.multiplicity * used
        per_pair = np.divide(1.0, sizes - 1, out=np.zeros(len(sizes)), where=used)
        counts = table.marginals(weight[None, :].astype(np.float64))[0]
        rank = _mid_ranks(counts[None, :])[0]
        answers = counts.sum()
        own = _spread(table, rank)
        rank_sum = table.row_sums(rank)
        by_size, by_sum = table.marginals(np.stack([weight * per_pair * sizes, weight * per_pair * rank_sum]))
        observed = float(weight @ own)
        total, total_squares = float(counts @ rank), float(counts @ rank**2)
        expected = 2 * (answers * total_squares - total**2)
        slope_observed = own + table.row_sums(_by_rank(4 * (rank * by_size - by_sum)))
        slope_expected = table.row_sums(
            2 * total_squares
            + 2 * answers * rank**2
            - 4 * total * rank
            + _by_rank(4 * counts * (answers * rank - total))
        )
        slope = -sizes * observed - answers * slope_observed + answers * observed * slope_expected / expected
        return np.asarray(float(weight.sum()) * slope / expected * used)

    def room(self, table: TaskTable) -> float:
        """Disagreement by chance as a share of the largest that labels allow."""
        weight = (table.multiplicity * self.used(table)).astype(np.float64)
        counts = table.marginals(weight[None, :])
        return _share_of_widest(counts[0], _mid_ranks(counts)[0])


def _share_of_widest(counts: Floats, rank: Floats) -> float:
    """Mean squared distance by chance over that of the two labels furthest apart."""
    share = counts / counts.sum()
    given = rank[counts > 0]
    variance = float(share @ rank**2 - (share @ rank) ** 2)
    return 2 * variance / float(np.ptp(given)) ** 2


def _mid_ranks(counts: Floats) -> Floats:
    """Mean rank of each label's answers, from 0: (R, K) for counts (R, K)."""
    return np.asarray(np.cumsum(counts, axis=1) - counts / 2)


def _by_rank(slope: Floats) -> Floats:
    """Turn slopes by mid-rank into slopes by count: one more answer lifts all later ranks by 1, its own by 1/2."""
    return np.asarray(slope.sum() - np.cumsum(slope) + slope / 2)


def _spread(table: TaskTable, rank: Floats) -> Floats:
    """Σ (rank − rank)² over the ordered pairs of each row's answers, divided by its answers less one: (P,)."""
    sizes = table.sizes.astype(np.float64)
    squares = sizes * table.row_sums(rank**2) - table.row_sums(rank) ** 2
    return np.divide(2 * squares, sizes - 1, out=np.zeros(len(sizes)), where=sizes >= 2)


def _observed_by_coincidence(table: PatternTable, weight: Floats, rank: Floats) -> Floats:
    """Σ o (rank − rank)² from the coincidences of each resample: (R,) for weights (R, P), ranks (R, K)."""
    size = len(table.labels)
    step = max(1, BLOCK_CELLS // max(1, size * size))
    observed = np.zeros((len(weight), size * size))
    for start in range(0, len(table.patterns), step):
        counts = table.patterns[start : start + step].astype(np.float64)
        share = counts / np.maximum(table.sizes[start : start + step] - 1, 1)[:, None]
        observed += weight[:, start : start + step] @ (share[:, :, None] * counts[:, None, :]).reshape(-1, size * size)
    gap = np.square(rank[:, :, None] - rank[:, None, :]).reshape(len(weight), -1)
    return np.asarray(np.einsum("rk,rk->r", observed, gap))
