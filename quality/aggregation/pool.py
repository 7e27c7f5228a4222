"""Pool: the crowd's pooled confusion matrix, which every worker's matrix is drawn towards."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from quality.numerics import normalise_rows

Floats = NDArray[np.floating[Any]]


def accuracy_matrix(n_labels: int, accuracy: float) -> NDArray[np.float64]:
    """The matrix with ``accuracy`` on its diagonal and the rest spread evenly: (K, K), rows sum to 1."""
    if n_labels < 2:
        return np.ones((n_labels, n_labels))
    matrix = np.full((n_labels, n_labels), (1.0 - accuracy) / (n_labels - 1))
    np.fill_diagonal(matrix, accuracy)
    return matrix


class Pool:
    """The mean of the workers' Dirichlet priors, estimated with them.

    Column k of every worker's table has the prior Dirichlet(1 + strength · mean[:, k]); the mean itself has the
    prior Dirichlet(1 + base[:, k]). `update` moves the mean to the pooled counts, halfway or not at all when the
    objective would fall: the objective never decreases.

    base: pseudo-counts of the mean, (K, K) [given, true], or any (outcomes, columns) of a smaller model.
    """

    def __init__(self, base: Floats, n_workers: int, strength: float) -> None:
        self.strength = strength
        self.n_workers = n_workers
        self.base = base
        self.mean = normalise_rows(self.base.T).T

    @property
    def counts(self) -> Floats:
        """Pseudo-counts that each worker gets: (K, K) [given, true], columns sum to the strength."""
        return self.strength * self.mean

    def settle(self, counts: Floats) -> None:
        """Start from the pooled ``counts`` (K, K) [given, true]."""
        self.mean = self._pooled(counts)

    def update(self, counts: Floats, log_sums: Floats) -> float:
        """Move the mean towards the pooled counts; returns the log density of the priors at the new mean.

        counts: (K, K) [given, true], the workers' counts summed. log_sums: the workers' log matrices summed.
        """
        if self.strength == 0:
            return 0.0
        best = self._log_density(self.mean, log_sums)
        goal = self._pooled(counts)
        for share in (1.0, 0.5, 0.25):
            mean = share * goal + (1.0 - share) * self.mean
            density = self._log_density(mean, log_sums)
            if density >= best:
                self.mean = mean
                return density
        return best

    def _pooled(self, counts: Floats) -> Floats:
        return normalise_rows((counts + self.base).T).T

    def _log_density(self, mean: Floats, log_sums: Floats) -> float:
        alpha = 1.0 + self.strength * mean
        normaliser = gammaln(alpha.sum(axis=0)).sum() - gammaln(alpha).sum()
        workers = float((self.strength * mean * log_sums).sum()) + self.n_workers * float(normaliser)
        return workers + float((self.base * np.log(mean)).sum())
