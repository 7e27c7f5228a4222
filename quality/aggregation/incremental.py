"""One task's posterior from stored confusion matrices, in microseconds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]


def task_posterior(
    given: ArrayLike,
    confusion: ArrayLike,
    prevalence: ArrayLike,
    weight: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Posterior of one task's true label given its answers: (K,), sums to 1.

    given: (n,) indexes of the labels given. confusion: (n, K, K) ``[answer, true, given]``, the matrix of the worker
    behind each answer. prevalence: (K,). weight: (n,) how much each answer counts, or None for 1. Without answers it
    is the prevalence. Raises ValueError on a label outside the set, on shapes that do not fit, and when every label
    is impossible.
    """
    labels = np.asarray(given, dtype=np.intp)
    matrices = np.asarray(confusion, dtype=np.float64)
    prior = np.asarray(prevalence, dtype=np.float64)
    n, K = labels.size, prior.size
    if n == 0:
        return np.asarray(prior / prior.sum())
    if matrices.shape != (n, K, K):
        raise ValueError(f"confusion has shape {matrices.shape}, expected {(n, K, K)}")
    if labels.min() < 0 or labels.max() >= K:
        raise ValueError(f"label index {int(labels.max() if labels.max() >= K else labels.min())} is not in 0…{K - 1}")
    with np.errstate(divide="ignore"):
        logs = np.log(matrices[np.arange(n), :, labels])
        start = np.log(prior)
    evidence = start + (logs.sum(axis=0) if weight is None else np.asarray(weight, dtype=np.float64) @ logs)
    top = evidence.max()
    if not np.isfinite(top):
        raise ValueError("the answers are impossible under these matrices; use pseudo-counts")
    shares = np.exp(evidence - top)
    posterior: NDArray[np.float64] = shares / shares.sum()
    return posterior
