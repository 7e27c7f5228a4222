"""Numbers in log space: normalising evidence, entropies of probability rows, intervals of Beta distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.floating[Any]]

TIE = 1e-6
"""Two labels count as equally likely when their posteriors differ by no more than this."""


def normalise_logs(logs: Floats) -> tuple[Floats, Floats]:
    """Turn rows of log weights into probabilities, with the log of each row's sum: (n, K) -> (n, K), (n,).

    The row maximum is taken off first, so that a thousand answers on one task do not underflow. A row of nothing
    but minus infinity becomes uniform, with minus infinity as its sum.
    """
    if logs.shape[1] == 0:
        return logs.copy(), np.zeros(len(logs))
    top = logs.max(axis=1, keepdims=True)
    impossible = np.isneginf(top)
    weights = np.exp(logs - np.where(impossible, 0.0, top))
    weights[impossible[:, 0]] = 1.0
    totals = weights.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        log_sums = np.where(impossible, -np.inf, top + np.log(totals))
    return weights / totals, log_sums[:, 0]


def safe_log(values: Floats) -> Floats:
    """Logarithm with log 0 = minus infinity and no warning."""
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(values)
    return logs


def normalise_rows(counts: Floats) -> Floats:
    """Divide the last axis by its sum; a row that sums to 0 becomes uniform."""
    totals = counts.sum(axis=-1, keepdims=True)
    rows: Floats = np.divide(counts, totals, out=np.full_like(counts, 1.0 / max(counts.shape[-1], 1)), where=totals > 0)
    return rows


def sum_by(index: NDArray[np.integer[Any]], values: Floats, size: int) -> NDArray[np.float64]:
    """Sum of the values with each index: (n,), (n,) -> (size,)."""
    return np.asarray(np.bincount(index, weights=values, minlength=size), dtype=np.float64)


def entropy(posterior: Floats) -> Floats:
    """Entropy of each row in nats: (n, K) -> (n,)."""
    sums: Floats = special.entr(posterior).sum(axis=-1)
    return sums


def tied(posterior: Floats) -> NDArray[np.bool_]:
    """Whether the two most likely labels of a row are equally likely: (n, K) -> (n,) bool."""
    if posterior.shape[1] < 2:
        return np.zeros(len(posterior), dtype=bool)
    # Not a partition: it would copy the posterior, which is the largest array of a large fit.
    near = posterior >= posterior.max(axis=1, keepdims=True) - TIE
    several: NDArray[np.bool_] = near.sum(axis=1) > 1
    return several


def beta_interval(right: ArrayLike, wrong: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Central interval of Beta(right, wrong), elementwise; a side without pseudo-counts reaches its end of [0, 1].

    Both counts 0 is undefined: nan.
    """
    a, b = np.broadcast_arrays(np.asarray(right, dtype=float), np.asarray(wrong, dtype=float))
    tail = (1.0 - level) / 2.0
    with np.errstate(invalid="ignore"):
        low = np.where(a > 0, np.where(b > 0, special.betaincinv(a, b, tail), 1.0), 0.0)
        high = np.where(b > 0, np.where(a > 0, special.betaincinv(a, b, 1.0 - tail), 0.0), 1.0)
    nothing = (a <= 0) & (b <= 0)
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
