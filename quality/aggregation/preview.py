"""What the incremental posterior takes over from a full fit: how much an answer counts, how often one is right."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from quality.answers import AnswerSet
from quality.results import AggregationResult

LEAST, MOST = 0.02, 1.0
SMALLEST_CELL = 1e-6


def preview_weight(answers: AnswerSet, result: AggregationResult) -> float | None:
    """The weight in [0.02, 1] for which the stored matrices, each answer so weighted, come nearest to the fit.

    The full fit's probabilities are calibrated; a posterior from the matrices alone takes every answer for
    independent evidence, so it is too sure. Nearest: the least mean cross-entropy over tasks with at least two
    answers, from the fit's probabilities to the `task_posterior` of the same answers. None where there is no such
    task, or where the model has no matrices.
    """
    if result.confusion is None:
        return None
    T, K = answers.n_tasks, answers.n_labels
    counts = np.bincount(answers.task, minlength=T)
    chosen = counts >= 2
    if not chosen.any():
        return None
    # Loaded here, since it takes 25 MB.
    from scipy.optimize import minimize_scalar

    logs = np.log(np.maximum(result.confusion, SMALLEST_CELL))
    share = 1.0 if answers.weight is None else answers.weight
    evidence = np.stack(
        [
            np.bincount(answers.task, weights=share * logs[answers.worker, true, answers.label], minlength=T)
            for true in range(K)
        ],
        axis=1,
    )[chosen]
    start = np.log(np.maximum(result.prevalence, SMALLEST_CELL))
    target = result.probabilities[chosen]

    def loss(weight: float) -> float:
        logits = start + weight * evidence
        return float((logsumexp(logits, axis=1) - (target * logits).sum(axis=1)).mean())

    return float(minimize_scalar(loss, bounds=(LEAST, MOST), method="bounded").x)


def mean_accuracy(answers: AnswerSet, result: AggregationResult) -> float | None:
    """The chance that an answer of this crowd is right, by the fitted matrices, over the answers given.

    None without answers, or where the model has no matrices.
    """
    if result.confusion is None or not answers.n_answers:
        return None
    rights = np.diagonal(result.confusion, axis1=1, axis2=2) @ result.prevalence / result.prevalence.sum()
    per_worker = np.bincount(answers.worker, minlength=answers.n_workers)
    return float(per_worker @ rights / answers.n_answers)
