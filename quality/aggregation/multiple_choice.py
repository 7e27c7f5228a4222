"""Multiple choice: which labels hold for a task, from workers with a sensitivity as well as a specificity."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, xlog1py, xlogy

from quality.answer_forms.choice_sets import ChoiceSets
from quality.answer_forms.indexing import indexed_by_task, indexed_by_worker
from quality.errors import ConvergenceWarning
from quality.numerics import beta_interval

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class ChoiceResult:
    """The outcome of a fit of label sets; T tasks, W workers, K labels.

    posterior: (T, K), P(the label holds). consensus: each task's labels at or above one half, in label order.
    confidence: (T,), P(the consensus set is exactly right), labels taken as independent. sensitivity, specificity:
    (W,), P(ticked | holds) and P(left | does not hold), with 95 % intervals. prevalence: (K,). ties: (T,) bool, some
    label stands at one half. objective: penalised log-likelihood per iteration.
    """

    tasks: Sequence[Hashable]
    workers: Sequence[Hashable]
    labels: Sequence[Hashable]
    posterior: Floats
    sensitivity: Floats
    sensitivity_low: Floats
    sensitivity_high: Floats
    specificity: Floats
    specificity_low: Floats
    specificity_high: Floats
    prevalence: Floats
    objective: Floats
    converged: bool
    n_iter: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    model: str = "multiple-choice"
    objective_name: str = "penalised log-likelihood"
    notes: tuple[str, ...] = ()

    @property
    def consensus(self) -> list[tuple[Hashable, ...]]:
        return [tuple(self.labels[k] for k in np.flatnonzero(row >= 0.5).tolist()) for row in self.posterior]

    @property
    def confidence(self) -> Floats:
        sure: Floats = np.maximum(self.posterior, 1 - self.posterior).prod(axis=1)
        return sure

    @property
    def ties(self) -> NDArray[np.bool_]:
        tied: NDArray[np.bool_] = (np.abs(self.posterior - 0.5) <= 1e-6).any(axis=1)
        return tied


@dataclass(frozen=True, kw_only=True)
class MultipleChoice:
    """Each label of each task holds or not; a worker's two rates are shared by all labels.

    EM, maximum a posteriori. rate_strength: pseudo-counts that draw each worker's sensitivity and specificity to the
    crowd's, which are taken from the soft majority, ``start_rates`` (sensitivity, specificity) counting as ten
    answers. prevalence_strength: pseudo-tasks per label, half of them with it. max_iter; tol on the largest move of
    a posterior. The penalised log-likelihood never decreases. Two-coin model of Raykar et al. (2010), one per label
    with the workers in common. Labels are independent given the truth, so that a worker who ticks one wrong label
    for another counts as wrong twice: sets are surer than they should be where labels exclude each other.
    """

    max_iter: int = 200
    tol: float = 1e-5
    rate_strength: float = 5.0
    start_rates: tuple[float, float] = (0.7, 0.9)
    prevalence_strength: float = 2.0

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise ValueError(f"max_iter is {self.max_iter}; at least one iteration is needed")
        if not (self.rate_strength > 0 and self.prevalence_strength > 0):
            raise ValueError("rate_strength and prevalence_strength must be positive")
        if not all(0 < rate < 1 for rate in self.start_rates):
            raise ValueError(f"start_rates are {self.start_rates}; both lie between 0 and 1")

    def fit(
        self,
        answers: ChoiceSets,
        *,
        gold: Mapping[Any, Collection[Hashable]] | None = None,
        priors: Mapping[Any, ArrayLike] | None = None,
    ) -> ChoiceResult:
        """Fit; ``gold`` maps tasks to their true label sets, ``priors`` workers to (2, 2) counts [holds, ticked].

        Raises ValueError naming an unknown gold task or label, or a worker with a bad prior; warns with
        ConvergenceWarning at ``max_iter``.
        """
        known = _gold_sets(answers, gold)
        history = _history(answers, priors)
        ticked = answers.chosen.astype(float)
        T, W, K = answers.n_tasks, answers.n_workers, answers.n_labels
        overlap = np.bincount(answers.task, minlength=T)
        shares = _sum_by(answers.task, ticked, T)
        posterior = _clamp((shares + 0.5) / (overlap[:, None] + 1.0), known)
        counts = _rate_counts(answers, ticked, posterior, W)
        start = np.array(
            [[1 - self.start_rates[0], self.start_rates[0]], [self.start_rates[1], 1 - self.start_rates[1]]]
        )
        crowd = counts.sum(axis=0) + history.sum(axis=0) + 10 * start[::-1]
        prior = self.rate_strength * crowd / crowd.sum(axis=1, keepdims=True)
        half = self.prevalence_strength / 2
        objective: list[float] = []
        converged, change = T == 0 or K == 0, 0.0
        while True:
            total = _rate_counts(answers, ticked, posterior, W) + history + prior
            rates = total[:, :, 1] / total.sum(axis=2)
            prevalence = (posterior.sum(axis=0) + half) / (T + self.prevalence_strength)
            if converged or len(objective) == self.max_iter:
                break
            evidence = _evidence(answers, ticked, rates)
            scores = np.tile(np.log(prevalence) - np.log1p(-prevalence), (T, 1)) + _sum_by(answers.task, evidence[1], T)
            updated = _clamp(expit(scores), known)
            chosen = np.where(np.isnan(known), np.logaddexp(0, scores), known * scores)
            base = _sum_by(answers.task, evidence[0], T) + np.log1p(-prevalence)
            penalty = (history + prior)[:, :, 1] * np.log(rates) + (history + prior)[:, :, 0] * np.log1p(-rates)
            penalty_prevalence = half * (np.log(prevalence) + np.log1p(-prevalence))
            objective.append(float((base + chosen).sum() + penalty.sum() + penalty_prevalence.sum()))
            change = float(np.abs(updated - posterior).max(initial=0.0))
            converged, posterior = change <= self.tol, updated
        if not converged:
            warnings.warn(
                f"multiple choice stopped after {self.max_iter} iterations; a posterior still moved by {change:.2g}",
                ConvergenceWarning,
                stacklevel=2,
            )
        low, high = beta_interval(total[:, :, 1], total[:, :, 0])
        return ChoiceResult(
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            sensitivity=rates[:, 1],
            sensitivity_low=low[:, 1],
            sensitivity_high=high[:, 1],
            specificity=1 - rates[:, 0],
            specificity_low=1 - high[:, 0],
            specificity_high=1 - low[:, 0],
            prevalence=prevalence,
            objective=np.array(objective),
            converged=converged,
            n_iter=len(objective),
            parameters=asdict(self),
            notes=() if answers.n_answers else ("there are no answers to learn from",),
        )


def _gold_sets(answers: ChoiceSets, gold: Mapping[Any, Collection[Hashable]] | None) -> Floats:
    """1 or 0 for each label of a gold task, nan elsewhere: (T, K)."""
    known = np.full((answers.n_tasks, answers.n_labels), np.nan)
    place = {label: k for k, label in enumerate(answers.labels)}
    for task, labels in indexed_by_task(gold, answers.tasks).items():
        if isinstance(labels, str):
            raise ValueError(f"gold of task {answers.tasks[task]!r} is {labels!r}; a set of labels is wanted")
        known[task] = 0.0
        for label in labels:
            if label not in place:
                raise ValueError(f"gold of task {answers.tasks[task]!r} holds {label!r}, which is not in the label set")
            known[task, place[label]] = 1.0
    return known


def _history(answers: ChoiceSets, priors: Mapping[Any, ArrayLike] | None) -> Floats:
    """Counts of earlier answers: (W, 2, 2) [worker, holds, ticked]."""
    counts = np.zeros((answers.n_workers, 2, 2))
    for worker, past in indexed_by_worker(priors, answers.workers).items():
        table = np.asarray(past, dtype=float)
        if table.shape != (2, 2) or not ((table >= 0) & np.isfinite(table)).all():
            raise ValueError(
                f"the prior of worker {answers.workers[worker]!r} is {past!r}; a (2, 2) table of counts is wanted"
            )
        counts[worker] = table
    return counts


def _sum_by(index: NDArray[np.int32], rows: Floats, size: int) -> Floats:
    """Rows (N, K) summed by index: (size, K)."""
    sums = np.empty((size, rows.shape[1]))
    for k in range(rows.shape[1]):
        sums[:, k] = np.bincount(index, weights=rows[:, k], minlength=size)
    return sums


def _clamp(posterior: Floats, known: Floats) -> Floats:
    return np.where(np.isnan(known), posterior, known)


def _rate_counts(answers: ChoiceSets, ticked: Floats, posterior: Floats, n_workers: int) -> Floats:
    """Expected counts (W, 2, 2) [worker, holds, ticked]."""
    holds = posterior[answers.task]
    cells = [
        np.bincount(answers.worker, weights=(h * t).sum(axis=1), minlength=n_workers)
        for h in (1 - holds, holds)
        for t in (1 - ticked, ticked)
    ]
    table: Floats = np.stack(cells, axis=1).astype(float).reshape(n_workers, 2, 2)
    return table


def _evidence(answers: ChoiceSets, ticked: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """Each answer's log-likelihood per label if it does not hold, and what holding adds: (N, K), (N, K)."""
    absent, present = (rates[answers.worker, side][:, None] for side in (0, 1))
    without = xlogy(ticked, absent) + xlog1py(1 - ticked, -absent)
    return without, xlogy(ticked, present) + xlog1py(1 - ticked, -present) - without
