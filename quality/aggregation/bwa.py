"""BWA: Bayesian weighted average, one precision per worker learnt from the spread of the answers."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.history import History
from quality.aggregation.incidence import Incidence, incidence, without_tasks
from quality.aggregation.subtype_result import empty_result
from quality.answers import AnswerSet, Gold
from quality.errors import ConvergenceWarning
from quality.numerics import normalise_rows, tied
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class BWA:
    """Li, Rubinstein & Cohn, "Truth inference at scale" (WWW 2019).

    Each label is a number, 1 where it was given: an answer is the task's value plus noise of the worker's precision
    on this label, so the task's value is an average weighted by precision. precision_strength: pseudo-answers of
    the noise that a worker is expected to have, the mean spread of the crowd's answers times ``noise_scale``; None
    is K² / 8, which gives the paper's accuracies. mean_weight: weight of the label's overall share in every task's
    average. max_iter, tol: a label has converged when no value moved by more than ``tol``.

    ``ability`` is the worker's precision, averaged over labels (1 / variance, without upper limit; no interval).
    The posterior is the task's values, scaled to sum to 1: a weighted share of votes, not a probability. A worker's
    history enters as answers to tasks whose value is known.
    """

    precision_strength: float = 15.0
    noise_scale: float | None = None
    mean_weight: float = 1.0
    max_iter: int = 500
    tol: float = 1e-3

    def __post_init__(self) -> None:
        if not min(self.precision_strength, self.mean_weight) > 0:
            raise ValueError("precision_strength and mean_weight are above 0")
        if self.noise_scale is not None and not self.noise_scale > 0:
            raise ValueError(f"noise_scale is {self.noise_scale}; it is above 0")

    def fit(self, answers: AnswerSet, *, gold: Gold | None = None, priors: History | None = None) -> AggregationResult:
        """Fit; warns with ConvergenceWarning at ``max_iter``; raises ValueError naming bad gold or history."""
        crowd = incidence(answers, gold, priors)
        if not crowd.seen.any():
            return empty_result("bwa", crowd, asdict(self))
        K = answers.n_labels
        values, precision = np.zeros((answers.n_tasks, K)), np.zeros((answers.n_workers, K))
        steps: list[int] = []
        moved = 0.0
        # with two labels the second mirrors the first
        for k in range(K if K != 2 else 1):
            values[:, k], precision[:, k], n_steps, change = self._fit_label(crowd, k)
            steps.append(n_steps)
            moved = max(moved, change)
        if K == 2:
            values[:, 1], precision[:, 1] = 1.0 - values[:, 0], precision[:, 0]
        converged = moved <= self.tol
        if not converged:
            warnings.warn(
                f"BWA stopped after {self.max_iter} iterations; a value still moved by {moved:.2g}",
                ConvergenceWarning,
                stacklevel=2,
            )
        posterior = crowd.clamp(normalise_rows(values))
        prevalence = posterior[crowd.seen].mean(axis=0)
        posterior = without_tasks(crowd, posterior, prevalence)
        return AggregationResult(
            model="bwa",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            prevalence=prevalence,
            ability=precision.mean(axis=1),
            converged=converged,
            n_iter=max(steps),
            ties=tied(posterior) & crowd.seen,
            parameters=asdict(self),
        )

    def _fit_label(self, crowd: Incidence, k: int) -> tuple[Floats, Floats, int, float]:
        """Values (T,) and precisions (W,) of label k, iterations, and the last change."""
        answers = crowd.answers
        weight = np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(float)
        given = (answers.label == k).astype(float)
        task, worker = answers.task, answers.worker
        total = np.bincount(worker, weights=weight, minlength=answers.n_workers)
        past = np.zeros(answers.n_workers)
        if crowd.history is not None:
            total = total + crowd.history.sum(axis=(1, 2))
            past = crowd.history[:, k, :].sum(axis=1) + crowd.history[:, :, k].sum(axis=1)
            past = past - 2.0 * crowd.history[:, k, k]
        value = crowd.vote_shares()[:, k]
        spread = float((weight * (value * (1.0 - value))[task]).sum() / max(weight.sum(), 1.0))
        scale = answers.n_labels**2 / 8.0 if self.noise_scale is None else self.noise_scale
        # a crowd of one mind has no spread; a hundredth of the largest possible spread keeps precisions finite
        noise = self.precision_strength * max(spread, 0.0025) * scale
        precision = np.ones(answers.n_workers)
        change, n_steps = np.inf, 0
        while change > self.tol and n_steps < self.max_iter:
            misses = np.bincount(worker, weights=weight * (given - value[task]) ** 2, minlength=answers.n_workers)
            precision = (self.precision_strength + total) / (noise + misses + past)
            pull = weight * precision[worker]
            mean = float(value[crowd.seen].mean())
            top = self.mean_weight * mean + np.bincount(task, weights=pull * given, minlength=answers.n_tasks)
            fresh = top / (self.mean_weight + np.bincount(task, weights=pull, minlength=answers.n_tasks))
            fresh = np.where(crowd.gold >= 0, crowd.gold == k, fresh)
            change = float(np.abs(fresh - value)[crowd.seen].max(initial=0.0))
            value = fresh
            n_steps += 1
        return value, precision, n_steps, change
