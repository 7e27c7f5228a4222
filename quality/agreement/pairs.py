"""PairMatrix: kappa of every two workers who share enough tasks, without a workers × tasks table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.pair_counts import pair_blocks, sorted_answers
from quality.agreement.values import DENSE_LABELS
from quality.agreement.weights import Weights, agreement_weights
from quality.answers import AnswerSet

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PairMatrix:
    """Pairs of workers with at least ``min_shared`` tasks in common, first < second by index.

    Shapes, one entry a pair (E,): ``first``, ``second`` worker indexes; ``shared`` tasks; ``observed`` weighted
    agreement; ``kappa``, nan where both gave one label only.
    """

    workers: Sequence[Hashable]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shared: NDArray[np.int64]
    observed: Floats
    kappa: Floats
    min_shared: int

    def __len__(self) -> int:
        return len(self.first)

    def rows(self) -> list[dict[str, Any]]:
        """One plain record per pair, kappa None where it is undefined."""
        return [
            {
                "first": self.workers[a],
                "second": self.workers[b],
                "shared": int(n),
                "percent_agreement": float(p),
                "cohen_kappa": float(k) if np.isfinite(k) else None,
                "reason": None if np.isfinite(k) else "no_variation",
            }
            for a, b, n, p, k in zip(self.first, self.second, self.shared, self.observed, self.kappa, strict=True)
        ]


def pair_matrix(
    answers: AnswerSet, *, min_shared: int = 20, weights: Weights = "identity", compiled: bool | None = None
) -> PairMatrix:
    """Cohen's kappa of all pairs of workers with at least ``min_shared`` shared tasks.

    ``compiled``: None uses numba where it is installed, False never. Raises ValueError for min_shared below 1, for
    more than 48 labels, or for weights that do not fit the labels.
    """
    if min_shared < 1:
        raise ValueError(f"min_shared is {min_shared}; a pair needs at least one shared task")
    if answers.n_labels > DENSE_LABELS:
        raise ValueError(f"the pair matrix holds up to {DENSE_LABELS} labels; there are {answers.n_labels}")
    w = agreement_weights(weights, answers.labels)
    parts = [
        (first, second, table.sum(axis=(1, 2)), *_kappas(table, w))
        for first, second, table in pair_blocks(sorted_answers(answers), min_shared, compiled=compiled)
    ]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else [np.zeros(0)] * 5
    order = np.lexsort((columns[1], columns[0]))
    first, second, shared = (columns[i][order].astype(np.int64) for i in range(3))
    return PairMatrix(
        workers=answers.workers,
        first=first,
        second=second,
        shared=shared,
        observed=columns[3][order],
        kappa=columns[4][order],
        min_shared=min_shared,
    )


def _kappas(table: NDArray[np.int32], w: Floats) -> tuple[Floats, Floats]:
    """Observed agreement, kappa of each table: (E,) each for (E, K, K)."""
    n = table.sum(axis=(1, 2)).astype(np.float64)
    observed = np.einsum("ekl,kl->e", table, w) / n
    row, column = table.sum(axis=2) / n[:, None], table.sum(axis=1) / n[:, None]
    chance = np.einsum("ek,ek->e", row @ w, column)
    room = 1 - chance
    kappa = np.divide(observed - chance, room, out=np.full(len(n), np.nan), where=room > 1e-12)
    return observed, kappa
