"""Calibrating a model's soft votes on gold: one temperature, one bias per label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

Floats = NDArray[np.floating[Any]]

SMALLEST = 1e-4
"""Least probability a model is believed to mean: below it, its digits are those of the sampling."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SoftCalibration:
    """q' ∝ exp(log q / temperature + bias); bias: (K,), sums to 0. Without gold it is the identity."""

    temperature: float
    bias: Floats
    n_gold: int

    def apply(self, probabilities: ArrayLike) -> Floats:
        """Calibrated soft votes (n, K). Raises ValueError naming a row that is not a distribution."""
        q = checked_votes(probabilities)
        if q.shape[1] != len(self.bias):
            raise ValueError(f"the votes have {q.shape[1]} labels, the calibration {len(self.bias)}")
        calibrated: Floats = softmax(_logs(q) / self.temperature + self.bias, axis=1)
        return calibrated


@dataclass(frozen=True, kw_only=True)
class SoftVoteCalibrator:
    """Fits temperature with bias by penalised likelihood, a convex problem with one solution.

    temperature_strength, bias_strength: precision of the Gaussian priors that hold 1/temperature at 1 and each bias
    at 0, so that ten golds change little. n_folds: parts in `cross_fitted`.
    """

    temperature_strength: float = 2.0
    bias_strength: float = 1.0
    n_folds: int = 5

    def __post_init__(self) -> None:
        if not (self.temperature_strength > 0 and self.bias_strength > 0) or self.n_folds < 2:
            raise ValueError("both strengths must be positive and n_folds at least 2")

    def fit(self, probabilities: ArrayLike, truth: ArrayLike) -> SoftCalibration:
        """Fit on gold: probabilities (n, K), truth (n,) indexes. Raises ValueError naming a bad row."""
        q, y = checked_votes(probabilities), np.asarray(truth, dtype=int)
        n, K = q.shape
        if y.shape != (n,):
            raise ValueError(f"truth has shape {y.shape}, expected ({n},)")
        bad = np.flatnonzero((y < 0) | (y >= K))
        if bad.size:
            raise ValueError(f"truth[{bad[0]}] is {y[bad[0]]}; there are {K} labels")
        logs = _logs(q)
        target = np.eye(K)[y]

        def loss(x: Floats) -> tuple[float, Floats]:
            scores = logs * x[0] + x[1:]
            left = softmax(scores, axis=1) - target
            value = -float(log_softmax(scores, axis=1)[np.arange(n), y].sum())
            value += 0.5 * self.temperature_strength * (x[0] - 1) ** 2 + 0.5 * self.bias_strength * float(x[1:] @ x[1:])
            slope = np.concatenate(([float((left * logs).sum())], left.sum(axis=0)))
            slope += np.concatenate(([self.temperature_strength * (x[0] - 1)], self.bias_strength * x[1:]))
            return value, slope

        start = np.concatenate(([1.0], np.zeros(K)))
        # A coldness of 0 would throw the vote away, a negative one turn it round: that is for the gate to see.
        bounds = [(0.02, 20.0)] + [(None, None)] * K
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x
        return SoftCalibration(temperature=float(1 / found[0]), bias=found[1:] - found[1:].mean(), n_gold=n)

    def cross_fitted(self, probabilities: ArrayLike, truth: ArrayLike, *, rng: np.random.Generator) -> Floats:
        """Calibrated votes (n, K) of the gold tasks themselves, each from a fit that has not seen its truth.

        With fewer tasks than folds every task is its own fold.
        """
        q, y = checked_votes(probabilities), np.asarray(truth, dtype=int)
        out = np.empty_like(q)
        if not len(q):
            return out
        fold = rng.permutation(len(q)) % min(self.n_folds, len(q))
        for part in np.unique(fold):
            out[fold == part] = self.fit(q[fold != part], y[fold != part]).apply(q[fold == part])
        return out


def checked_votes(probabilities: ArrayLike) -> Floats:
    """Soft votes as a float array (n, K). Raises ValueError naming a row that is not a distribution."""
    q = np.asarray(probabilities, dtype=float)
    if q.ndim != 2 or q.shape[1] < 1:
        raise ValueError(f"the votes have shape {q.shape}; (n, K) is wanted")
    bad = np.flatnonzero(~((q >= 0).all(axis=1) & (np.abs(q.sum(axis=1) - 1) <= 1e-4)))
    if bad.size:
        raise ValueError(f"row {bad[0]} is {q[bad[0]].tolist()}; probabilities are at least 0 and sum to 1")
    return q


def log_loss(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Mean negative log probability of the truth; nan without rows."""
    q, y = checked_votes(probabilities), np.asarray(truth, dtype=int)
    return float(-_logs(q)[np.arange(len(q)), y].mean()) if len(q) else float("nan")


def _logs(q: Floats) -> Floats:
    logs: Floats = np.log(np.maximum(q, SMALLEST))
    return logs
