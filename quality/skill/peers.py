"""Judging a worker by what the others say about finished tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet

# A confusion cell is never taken for impossible.
SMALLEST_CELL = 1e-6


@dataclass(frozen=True, kw_only=True)
class PeerEvidence:
    """Per worker, over ``tasks`` counted answers: expected answers that agree with the others, that differ; (W,)."""

    agreed: NDArray[np.float64]
    differed: NDArray[np.float64]
    tasks: NDArray[np.int64]


def peer_evidence(
    answers: AnswerSet,
    prevalence: NDArray[np.floating],
    confusion: NDArray[np.floating],
    *,
    counted: NDArray[np.bool_],
) -> PeerEvidence:
    """How far each worker agrees with what the others say.

    ``prevalence`` (K,); ``confusion`` (W, K, K) ``[worker, true, given]``; ``counted`` (T,) tasks that are finished,
    whose truth is not known from gold. The others' posterior is built from their matrices by Bayes, not taken out of a
    stored posterior: that may be calibrated, and would then give back less than the own answer put in. A task that
    nobody else answered is left out. Raises ValueError when the shapes do not fit the answers.
    """
    kept, others = _others(answers, prevalence, confusion, counted)
    worker, n_workers = answers.worker[kept], answers.n_workers
    agreed = others[np.arange(len(kept)), answers.label[kept]]
    return PeerEvidence(
        agreed=np.bincount(worker, weights=agreed, minlength=n_workers).astype(np.float64),
        differed=np.bincount(worker, weights=1 - agreed, minlength=n_workers).astype(np.float64),
        tasks=np.bincount(worker, minlength=n_workers),
    )


def peer_counts(
    answers: AnswerSet,
    prevalence: NDArray[np.floating],
    confusion: NDArray[np.floating],
    *,
    counted: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Expected counts (W, K, K) ``[worker, true, given]``: what the others hold for true where the worker gave what.

    Arguments, errors and what is left out as in `peer_evidence`, whose ``agreed`` is the sum of the diagonals.
    """
    kept, others = _others(answers, prevalence, confusion, counted)
    n_labels = len(answers.labels)
    counts = np.zeros((answers.n_workers, n_labels, n_labels))
    np.add.at(counts.transpose(0, 2, 1), (answers.worker[kept], answers.label[kept]), others)
    return counts


def _others(
    answers: AnswerSet, prevalence: NDArray[np.floating], confusion: NDArray[np.floating], counted: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The rows of counted answers to tasks that others answered too, and the others' posterior for each, (n, K)."""
    n_tasks, n_workers, n_labels = answers.n_tasks, answers.n_workers, len(answers.labels)
    if prevalence.shape != (n_labels,):
        raise ValueError(f"prevalence has shape {prevalence.shape}; the answers need {(n_labels,)}")
    if confusion.shape != (n_workers, n_labels, n_labels):
        raise ValueError(f"confusion has shape {confusion.shape}; the answers need {(n_workers, n_labels, n_labels)}")
    if counted.shape != (n_tasks,):
        raise ValueError(f"counted has shape {counted.shape}; the answers need {(n_tasks,)}")
    has_peers = np.bincount(answers.task, minlength=n_tasks) > 1
    kept = np.flatnonzero(counted[answers.task] & has_peers[answers.task])
    task, worker, label = answers.task[kept], answers.worker[kept], answers.label[kept]
    factor = np.log(np.maximum(confusion[worker, :, label], SMALLEST_CELL))
    if answers.weight is not None:
        factor *= answers.weight[kept][:, None]
    total = np.empty((n_tasks, n_labels))
    for k in range(n_labels):
        total[:, k] = np.bincount(task, weights=factor[:, k], minlength=n_tasks)
    others = total[task] - factor + np.log(np.maximum(prevalence, SMALLEST_CELL))
    others = np.exp(others - others.max(axis=1, keepdims=True))
    others /= others.sum(axis=1, keepdims=True)
    return kept, others
