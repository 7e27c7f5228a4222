"""Incremental Dawid-Skene: one task's posterior from stored matrices, matrices stepped from task to task."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.aggregation.dawid_skene import DawidSkene
from quality.aggregation.pool import accuracy_matrix
from quality.answers import AnswerSet
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]

SUM_TOLERANCE = 1e-3
"""How far stored probabilities may be off a sum of 1: they may have been rounded to single precision or less."""


def task_posterior(
    given: ArrayLike,
    confusion: ArrayLike,
    prevalence: ArrayLike,
    weight: ArrayLike | None = None,
    workers: Sequence[Hashable] | None = None,
) -> NDArray[np.float64]:
    """Posterior of one task's true label given its answers: (K,), sums to 1.

    given: (n,) indexes of the labels given. confusion: (n, K, K) ``[answer, true, given]``, the matrix of the worker
    behind each answer. prevalence: (K,). weight: (n,) how much each answer counts, or None for 1. Without answers it
    is the prevalence. Raises ValueError on a label outside the set, on shapes that do not fit, on rows of a matrix or
    a prevalence that do not sum to 1, naming ``workers`` (n,) where given or else the place, and when every label is
    impossible.
    """
    labels = np.asarray(given, dtype=np.intp)
    matrices = np.asarray(confusion, dtype=np.float64)
    prior = np.asarray(prevalence, dtype=np.float64)
    n, K = labels.size, prior.size
    if not abs(prior.sum() - 1.0) <= SUM_TOLERANCE or prior.min() < 0.0:
        raise ValueError(f"the prevalence sums to {prior.sum():g}; probabilities sum to 1")
    if n == 0:
        return np.asarray(prior / prior.sum())
    if matrices.shape != (n, K, K):
        raise ValueError(f"confusion has shape {matrices.shape}, expected {(n, K, K)}")
    if labels.min() < 0 or labels.max() >= K:
        raise ValueError(f"label index {int(labels.max() if labels.max() >= K else labels.min())} is not in 0…{K - 1}")
    # The complement of "is right", so that nan is caught too.
    if not (abs(matrices.sum(axis=2) - 1.0).max() <= SUM_TOLERANCE and matrices.min() >= 0.0):
        _refuse_matrix(matrices, workers)
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


def _refuse_matrix(matrices: Floats, workers: Sequence[Hashable] | None) -> None:
    right = (abs(matrices.sum(axis=2) - 1.0) <= SUM_TOLERANCE).all(axis=1) & (matrices >= 0.0).all(axis=(1, 2))
    place = int(np.flatnonzero(~right)[0])
    whose = f"of answer {place}" if workers is None else f"of worker {workers[place]!r}"
    raise ValueError(f"the matrix {whose} has a row that is no probabilities: none negative or undefined, sum 1")


class IncrementalDawidSkene:
    """Expected counts of a growing project, kept in step by incremental EM (Neal & Hinton 1998).

    `update` takes the task's old responsibilities off its workers' counts, computes them anew from what is left and
    puts them back, so that each answer counts exactly once however often a task is updated: there is no learning
    rate. It costs time in proportion to the task's answers, not to the project. The result depends on the order of
    the updates and is a preview; the full fit of `answers` is the truth and does not depend on it.

    Pseudo-counts are those of ``model`` around a matrix of its ``prior_accuracy``, or around the crowd's pooled
    matrix when built by `from_fit`. Workers and tasks appear as they come.
    """

    def __init__(self, labels: Sequence[Any], model: DawidSkene | None = None) -> None:
        if not labels:
            raise ValueError("the label set is empty; name at least one label")
        self.model = DawidSkene() if model is None else model
        self.labels = tuple(labels)
        K = len(self.labels)
        self._place = {label: i for i, label in enumerate(self.labels)}
        if len(self._place) != K:
            raise ValueError("the label set names a label twice; name each label once")
        # One pseudo-count at least: a matrix without any would rule labels out for ever.
        strength = max(self.model.prior_strength, 1.0)
        self._prior = strength * accuracy_matrix(K, self.model.prior_accuracy)
        self._prevalence = np.full(K, strength / K)
        self._rows: dict[Any, int] = {}
        self._counts = np.empty((0, K, K))
        self._answers: dict[Any, dict[Any, int]] = {}
        self._posteriors: dict[Any, NDArray[np.float64]] = {}
        self._gold: dict[Any, int] = {}

    @classmethod
    def from_fit(cls, answers: AnswerSet, result: AggregationResult, model: DawidSkene | None = None) -> Any:
        """Start from a full fit of ``answers``: its posteriors, and its workers' expected counts.

        Raises ValueError when an answer has a weight or a worker answers a task twice: this class counts whole
        answers, one per worker and task.
        """
        if answers.weight is not None:
            raise ValueError("the answers have weights; incremental updates count whole answers")
        state = cls(list(answers.labels), model)
        for task, worker, label in zip(answers.task, answers.worker, answers.label, strict=True):
            own = state._answers.setdefault(answers.tasks[task], {})
            if answers.workers[worker] in own:
                raise ValueError(f"worker {answers.workers[worker]!r} answers task {answers.tasks[task]!r} twice")
            own[answers.workers[worker]] = int(label)
            state._row(answers.workers[worker])
        for place, task in enumerate(answers.tasks):
            if task in state._answers:
                state._add(task, np.asarray(result.posterior[place], dtype=np.float64))
        pooled = state._counts[: len(state._rows)].sum(axis=0) - (len(state._rows) - 1) * state._prior
        shift = state._prior.sum(axis=1, keepdims=True) * pooled / pooled.sum(axis=1, keepdims=True) - state._prior
        state._prior += shift
        state._counts += shift
        return state

    def update(self, task: Any, answers: dict[Any, Any] | None = None) -> NDArray[np.float64]:
        """Posterior (K,) of ``task`` after adding ``answers`` (worker -> label), its workers' matrices brought in step.

        An answer given again replaces the former one; without ``answers`` the task is only brought up to date with
        its workers. Raises ValueError naming a label outside the label set, and then changes nothing.
        """
        places = {}
        for worker, label in (answers or {}).items():
            place = self._place.get(label)
            if place is None:
                raise ValueError(f"worker {worker!r} gives task {task!r} the unknown label {label!r}")
            places[worker] = place
        self._remove(task)
        own = self._answers.setdefault(task, {})
        own.update(places)
        return self._recompute(task, own)

    def set_gold(self, task: Any, label: Any) -> NDArray[np.float64]:
        """Clamp a task to its gold label and bring its workers' matrices in step; raises ValueError as `update`."""
        if label not in self._place:
            raise ValueError(f"gold of task {task!r} is the unknown label {label!r}")
        self._remove(task)
        self._gold[task] = self._place[label]
        return self._recompute(task, self._answers.setdefault(task, {}))

    def posterior(self, task: Any) -> NDArray[np.float64]:
        """Posterior (K,) of a task as of its last update; the prevalence for a task not seen yet."""
        known = self._posteriors.get(task)
        return self.prevalence if known is None else known.copy()

    def confusion(self, worker: Any) -> NDArray[np.float64]:
        """A worker's matrix (K, K) [true, given]; the prior's for a worker not seen yet."""
        counts = self._counts[self._rows[worker]] if worker in self._rows else self._prior
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))

    @property
    def prevalence(self) -> NDArray[np.float64]:
        """Estimated share of each label: (K,)."""
        return np.asarray(self._prevalence / self._prevalence.sum())

    def answers(self) -> AnswerSet:
        """Every answer so far, for the full fit."""
        return AnswerSet.from_records(
            (
                (task, worker, self.labels[label])
                for task, own in self._answers.items()
                for worker, label in own.items()
            ),
            labels=self.labels,
        )

    def _recompute(self, task: Any, own: dict[Any, int]) -> NDArray[np.float64]:
        gold = self._gold.get(task)
        if gold is not None:
            posterior = np.zeros(len(self.labels))
            posterior[gold] = 1.0
        else:
            rows, given = self._cells(own)
            shares = self._counts[rows, :, given] / self._counts[rows].sum(axis=2)
            evidence = np.log(shares).sum(axis=0) + np.log(self._prevalence)
            posterior = np.exp(evidence - evidence.max())
            posterior /= posterior.sum()
        self._add(task, posterior)
        return posterior.copy()

    def _cells(self, own: dict[Any, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows of the workers of one task and the labels they gave: (n,), (n,)."""
        rows = np.array([self._row(worker) for worker in own], dtype=np.intp)
        return rows, np.array(list(own.values()), dtype=np.intp)

    def _row(self, worker: Any) -> int:
        known = self._rows.get(worker)
        if known is not None:
            return known
        row = self._rows[worker] = len(self._rows)
        if row >= len(self._counts):
            grown = np.broadcast_to(self._prior, (max(16, 2 * row), *self._prior.shape)).copy()
            grown[: len(self._counts)] = self._counts
            self._counts = grown
        return row

    def _add(self, task: Any, posterior: NDArray[np.float64], sign: float = 1.0) -> None:
        rows, given = self._cells(self._answers[task])
        step = sign * posterior
        # A worker answers a task once, so no row comes twice and the sum is right.
        self._counts[rows, :, given] += step
        self._prevalence += step
        self._posteriors[task] = posterior

    def _remove(self, task: Any) -> None:
        """Take a task's responsibilities off its workers, as if it had not been seen."""
        posterior = self._posteriors.pop(task, None)
        if posterior is not None:
            self._add(task, posterior, -1.0)
            del self._posteriors[task]
