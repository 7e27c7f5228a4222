"""Worker prior: Dirichlet rows around each worker's own accuracy, with the crowd's pattern of errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.incidence import Incidence
from quality.numerics import normalise_logs, normalise_rows

Floats = NDArray[np.floating[Any]]

ACCURACY_STRENGTH = 5.0
"""Pseudo-answers by which a worker's accuracy is drawn towards the crowd's."""

PATTERN_COUNT = 1.0
"""Pseudo-count of each pair of labels in the crowd's pattern of errors."""

PREVALENCE_COUNT = 1.0
"""Pseudo-count of each label in the prevalence."""


def worker_prior(counts: Floats, strength: float) -> Floats:
    """Pseudo-counts of every worker's matrix: (W, K, K) [worker, given, true], columns sum to ``strength``.

    counts: (W, K, K) [worker, given, true]. A worker's matrix is expected to have this worker's accuracy, over all
    labels, on the diagonal, and the crowd's distribution of errors beside it: what a worker's few answers cannot say
    of one row is taken first from the worker's other rows, then from the crowd.
    """
    K = counts.shape[1]
    diagonal = np.arange(K)
    right = counts[:, diagonal, diagonal].sum(axis=1)
    total = counts.sum(axis=(1, 2))
    crowd = (right.sum() + 1.0) / (total.sum() + 2.0)
    accuracy = (right + ACCURACY_STRENGTH * crowd) / (total + ACCURACY_STRENGTH)
    errors = counts.sum(axis=0).T + PATTERN_COUNT
    errors[diagonal, diagonal] = 0.0
    pattern = normalise_rows(errors).T
    prior: Floats = strength * (1.0 - accuracy)[:, None, None] * pattern[None]
    prior[:, diagonal, diagonal] = strength * accuracy[:, None] if K > 1 else strength
    return prior


@dataclass(frozen=True, eq=False)
class EarlyFit:
    """The last step of an early-stopped fit.

    posterior: (T, K), gold clamped. logits: (T, K), whose softmax it is before. table: (W, K, K) pseudo-counts
    [worker, given, true], prevalence: (K,), both from ``origin`` (T, K), the posterior of the step before.
    """

    posterior: Floats
    logits: Floats
    origin: Floats
    table: Floats
    prevalence: Floats


def early_fit(crowd: Incidence, *, strength: float, steps: int, start: Floats) -> EarlyFit:
    """A few steps of expectation maximisation under the worker prior, which moves with the estimates.

    Stopping early regularises: two to five steps are more accurate than convergence on most public crowds, because
    later steps let the meaning of a label drift to what explains the answers best. start: (T, K).
    """
    posterior = origin = start
    history = 0.0 if crowd.history is None else crowd.history
    table, logits, prevalence = np.empty(0), np.empty(0), np.empty(0)
    for _ in range(steps):
        origin = posterior
        counts = crowd.worker_counts(posterior) + history
        table = counts + worker_prior(counts, strength)
        prevalence = posterior.sum(axis=0) + PREVALENCE_COUNT
        prevalence = prevalence / prevalence.sum()
        logits = crowd.evidence(np.log(table / table.sum(axis=1, keepdims=True))) + np.log(prevalence)
        fresh, _sums = normalise_logs(logits)
        posterior = crowd.clamp(fresh)
    return EarlyFit(posterior=posterior, logits=logits, origin=origin, table=table, prevalence=prevalence)
