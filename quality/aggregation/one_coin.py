"""One-coin: a single accuracy per worker, errors spread evenly, fitted by EM on a likelihood with a pooled prior."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from quality import progress
from quality.aggregation.dawid_skene import PENALISED
from quality.aggregation.history import History, history_counts
from quality.aggregation.majority import Majority
from quality.aggregation.pool import Pool
from quality.aggregation.workers import note_below_chance
from quality.answers import AnswerSet, Gold
from quality.beta_table import beta_intervals
from quality.errors import ConvergenceWarning
from quality.numerics import Floats, normalise_logs, safe_log, sum_by, tied
from quality.results import AggregationResult

Cells = NDArray[np.int64]

LOG_FLOOR = -700.0
"""Stands for log 0, which only plain maximum likelihood meets: minus infinity could not be taken off a sum again."""


@dataclass(frozen=True, kw_only=True)
class OneCoin:
    """The one-parameter Dawid-Skene model (Zhang, Chen, Zhou & Jordan 2014), as maximum a posteriori.

    A worker gives the true label with probability a and each other label with (1 − a) / (K − 1). Parameters as in
    `DawidSkene`: ``prior_strength`` pseudo-answers spread as the crowd's pooled accuracy, which is itself drawn to
    ``prior_accuracy`` with weight ``pool_strength``; 0 is plain maximum likelihood. A worker's history in ``priors``
    enters every M-step as its diagonal against the rest.

    The ability is a, with the Beta interval of its counts; nan for a worker without any. The matrices follow from it.
    """

    max_iter: int = 100
    tol: float = 1e-4
    prior_strength: float = 2.0
    prior_accuracy: float = 0.7
    pool_strength: float = 10.0

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise ValueError(f"max_iter is {self.max_iter}; at least one iteration is needed")
        if not self.prior_strength >= 0 or not self.pool_strength > 0:
            raise ValueError("prior_strength is at least 0 and pool_strength above 0")
        if not 0 < self.prior_accuracy < 1:
            raise ValueError(f"prior_accuracy is {self.prior_accuracy}; it lies between 0 and 1")

    def fit(self, answers: AnswerSet, *, gold: Gold | None = None, priors: History | None = None) -> AggregationResult:
        """Fit; warns with ConvergenceWarning at ``max_iter``; raises ValueError naming bad gold or history."""
        K = answers.n_labels
        known = answers.gold_index(gold)
        start = Majority().fit(answers, gold=gold)
        weight = np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(np.float64)
        cell = answers.task.astype(np.int64) * K + answers.label
        seen = (np.bincount(answers.task, minlength=answers.n_tasks) > 0) | (known >= 0)
        clamped = np.flatnonzero(known >= 0)
        total = sum_by(answers.worker, weight, answers.n_workers)
        history = history_counts(answers, priors)
        earlier_right, earlier = np.zeros(answers.n_workers), np.zeros(answers.n_workers)
        if history is not None:
            earlier_right, earlier = np.trace(history, axis1=1, axis2=2), history.sum(axis=(1, 2))
        base = self.pool_strength * np.array([[self.prior_accuracy], [1.0 - self.prior_accuracy]])
        pool = Pool(base, answers.n_workers, self.prior_strength)
        posterior, prevalence = start.posterior, start.prevalence
        accuracy, resting = np.full(answers.n_workers, 0.5), total
        objective: list[float] = []
        converged = answers.n_answers == 0
        if not converged:
            right = self._right(answers, cell, weight, posterior)
            pool.settle(np.array([[right.sum()], [total.sum() - right.sum()]]))
        change = np.inf
        while not converged and len(objective) < self.max_iter:
            right = self._right(answers, cell, weight, posterior)
            prior_right, prior_wrong = pool.counts[:, 0]
            resting = total + earlier + prior_right + prior_wrong
            hits = right + earlier_right + prior_right
            # A worker on whom nothing rests counts as a guesser: right as often as any label.
            accuracy = np.divide(hits, resting, out=np.full(answers.n_workers, 1.0 / K), where=resting > 0)
            log_right, log_wrong = _log(accuracy), _log(1.0 - accuracy)
            sums = np.array([[log_right.sum()], [log_wrong.sum()]])
            penalty = pool.update(np.array([[right.sum()], [total.sum() - right.sum()]]), sums)
            penalty += float(earlier_right @ log_right + (earlier - earlier_right) @ log_wrong)
            each = self.prior_strength / K
            prevalence = posterior[seen].sum(axis=0) + each
            prevalence = prevalence / prevalence.sum()
            penalty += each * float(np.log(prevalence).sum()) if each else 0.0
            logs = self._evidence(answers, cell, weight, log_right, log_wrong) + safe_log(prevalence)
            fresh, log_sums = normalise_logs(logs)
            fresh[clamped] = 0.0
            fresh[clamped, known[clamped]] = 1.0
            log_sums[clamped] = logs[clamped, known[clamped]]
            change = float(np.abs(fresh - posterior)[seen].max(initial=0.0))
            posterior = fresh
            objective.append(float(log_sums[seen].sum()) + penalty)
            gain = objective[-1] - objective[-2] if len(objective) > 1 else np.inf
            converged = change <= self.tol or abs(gain) <= self.tol * 1e-3 * answers.n_answers
            progress.tell("one-coin", len(objective), self.max_iter)
        if not converged:
            warnings.warn(
                f"one-coin stopped after {self.max_iter} iterations; a posterior still moved by {change:.2g}",
                ConvergenceWarning,
                stacklevel=2,
            )
        ability = np.where(resting > 0, accuracy, np.nan)
        low, high = beta_intervals(ability, resting)
        confusion = np.repeat(((1.0 - accuracy) / max(K - 1, 1))[:, None, None], K, axis=1).repeat(K, axis=2)
        confusion[:, np.arange(K), np.arange(K)] = accuracy[:, None] if K > 1 else 1.0
        return AggregationResult(
            model="one-coin",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=np.where(seen[:, None], posterior, prevalence),
            prevalence=prevalence,
            confusion=confusion,
            ability=ability,
            ability_low=low,
            ability_high=high,
            objective=np.array(objective),
            objective_name="log-likelihood" if self.prior_strength == 0 and history is None else PENALISED,
            converged=converged,
            n_iter=len(objective),
            ties=tied(posterior) & seen,
            parameters=asdict(self),
            notes=note_below_chance(answers.workers, high, K),
        )

    @staticmethod
    def _right(answers: AnswerSet, cell: Cells, weight: Floats, posterior: Floats) -> Floats:
        """Expected number of right answers per worker: (W,)."""
        shares = weight * posterior.reshape(-1)[cell]
        return sum_by(answers.worker, shares, answers.n_workers)

    @staticmethod
    def _evidence(answers: AnswerSet, cell: Cells, weight: Floats, log_right: Floats, log_wrong: Floats) -> Floats:
        """Log-likelihood of each task's answers under each label: (T, K)."""
        size, K = answers.n_tasks, answers.n_labels
        spread = log_wrong - np.log(max(K - 1, 1))
        against = sum_by(answers.task, weight * spread[answers.worker], size)
        gain = sum_by(cell, weight * (log_right - spread)[answers.worker], size * K)
        evidence: Floats = gain.reshape(size, K) + against[:, None]
        return evidence


def _log(share: Floats) -> Floats:
    logs: Floats = np.maximum(safe_log(share), LOG_FLOOR)
    return logs
