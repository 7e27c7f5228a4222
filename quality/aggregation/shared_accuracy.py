"""Shared accuracy: one probability of being right per worker, whatever the label, all labels equally likely."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.incidence import Incidence
from quality.numerics import normalise_logs

Floats = NDArray[np.floating[Any]]

RIGHT, WRONG = 2.0, 1.0
"""Pseudo-answers of each worker, right ones and wrong ones."""


def fit_shared_accuracy(
    crowd: Incidence, *, with_prevalence: bool, max_iter: int = 100, tol: float = 1e-5
) -> tuple[Floats, Floats]:
    """Posterior (T, K), gold clamped, and the logits (T, K) behind it, by expectation maximisation.

    The least a worker model can know: it cannot be led astray by labels that drift in meaning, nor see that a worker
    confuses two labels. ``with_prevalence`` learns how common each label is; without it the rare labels keep up.
    """
    answers = crowd.answers
    n_tasks, n_workers, K = crowd.shape
    weight = np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(float)
    total = np.bincount(answers.worker, weights=weight, minlength=n_workers)
    known_right = np.zeros(n_workers)
    if crowd.history is not None:
        total = total + crowd.history.sum(axis=(1, 2))
        known_right = np.diagonal(crowd.history, axis1=1, axis2=2).sum(axis=1)
    cells = answers.task.astype(np.int64) * K + answers.label
    posterior: Floats = crowd.vote_shares()
    logits: Floats = np.zeros((n_tasks, K))
    for _ in range(max_iter):
        right = np.bincount(
            answers.worker, weights=weight * posterior[answers.task, answers.label], minlength=n_workers
        )
        accuracy = (right + known_right + RIGHT) / (total + RIGHT + WRONG)
        odds = np.log(accuracy / (1.0 - accuracy) * max(K - 1, 1))
        pull = weight * odds[answers.worker]
        logits = np.bincount(cells, weights=pull, minlength=n_tasks * K).astype(np.float64).reshape(-1, K)
        if with_prevalence:
            prevalence = posterior.sum(axis=0) + 1.0
            logits = logits + np.log(prevalence / prevalence.sum())
        free, _ = normalise_logs(logits)
        fresh = crowd.clamp(free)
        change = float(np.abs(fresh - posterior).max(initial=0.0))
        posterior = fresh
        if change <= tol:
            break
    return posterior, logits
