"""MACE: each worker either knows the label or guesses by a strategy of their own."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.history import History
from quality.aggregation.incidence import Incidence, incidence, without_tasks
from quality.aggregation.subtype_result import empty_result
from quality.aggregation.subtypes import divergence, expected_logs
from quality.aggregation.worker_prior import PREVALENCE_COUNT
from quality.answers import AnswerSet, Gold
from quality.errors import ConvergenceWarning
from quality.numerics import beta_interval, normalise_logs, tied
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class MACE:
    """Hovy, Berg-Kirkpatrick, Vaswani & Hovy (2013), by variational Bayes.

    knowing_prior: pseudo-counts of knowing, of guessing. strategy_prior: pseudo-count of each label in a worker's
    strategy. max_iter, tol: converged when no posterior moved by more than ``tol``, or the bound gained less than
    ``tol`` / 1000 per answer. The start is the soft majority instead of the paper's random restarts, so that the fit
    is deterministic. The prevalence is learnt; the paper's equally likely labels lose ten points where one label is
    common, because giving the common label then looks like guessing.

    ``ability`` is the probability that the worker knows instead of guessing, with its 95 % interval. A worker's
    history enters as known right answers on its diagonal and guesses beside it.
    """

    knowing_prior: tuple[float, float] = (0.7, 0.7)
    strategy_prior: float = 9.0
    max_iter: int = 200
    tol: float = 1e-4

    def __post_init__(self) -> None:
        if not min(*self.knowing_prior, self.strategy_prior) > 0:
            raise ValueError("the pseudo-counts of knowing_prior and strategy_prior are above 0")
        if self.max_iter < 1:
            raise ValueError(f"max_iter is {self.max_iter}; at least one iteration is needed")

    def fit(self, answers: AnswerSet, *, gold: Gold | None = None, priors: History | None = None) -> AggregationResult:
        """Fit; warns with ConvergenceWarning at ``max_iter``; raises ValueError naming bad gold or history."""
        crowd = incidence(answers, gold, priors)
        if not crowd.seen.any():
            return empty_result("mace", crowd, asdict(self))
        K = answers.n_labels
        weight = np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(float)
        posterior = crowd.vote_shares()
        knowing_prior, strategy_prior = self._priors(crowd)
        # before anything is known of the workers, half of what agrees with the votes is knowledge
        known = 0.5 * posterior[answers.task, answers.label]
        bound: list[float] = []
        change, converged = np.inf, False
        knowing, strategy = knowing_prior, strategy_prior
        while not converged and len(bound) < self.max_iter:
            knowing = knowing_prior + np.stack(
                [
                    np.bincount(answers.worker, weights=weight * known, minlength=answers.n_workers),
                    np.bincount(answers.worker, weights=weight * (1.0 - known), minlength=answers.n_workers),
                ],
                axis=1,
            )
            cells = answers.worker.astype(np.int64) * K + answers.label
            guesses = np.bincount(cells, weights=weight * (1.0 - known), minlength=answers.n_workers * K)
            strategy = strategy_prior + guesses.reshape(-1, K)
            knowing_logs, strategy_logs = expected_logs(knowing, 1), expected_logs(strategy, 1)
            guess_logs = (knowing_logs[:, 1:] + strategy_logs)[answers.worker, answers.label]
            right_logs = np.logaddexp(knowing_logs[answers.worker, 0], guess_logs)
            evidence = np.bincount(answers.task, weights=weight * guess_logs, minlength=answers.n_tasks)[:, None]
            cells = answers.task.astype(np.int64) * K + answers.label
            gain = np.bincount(cells, weights=weight * (right_logs - guess_logs), minlength=answers.n_tasks * K)
            prevalence_counts = posterior.sum(axis=0) + PREVALENCE_COUNT
            prevalence_logs = expected_logs(prevalence_counts, 0)
            logits = evidence + gain.reshape(-1, K) + prevalence_logs
            free, sums = normalise_logs(logits)
            fresh = crowd.clamp(free)
            gold_tasks = np.flatnonzero(crowd.gold >= 0)
            sums[gold_tasks] = logits[gold_tasks, crowd.gold[gold_tasks]]
            bound.append(
                float(sums[crowd.seen].sum())
                - divergence(knowing, knowing_prior, knowing_logs, 1)
                - divergence(strategy, strategy_prior, strategy_logs, 1)
                - divergence(prevalence_counts, np.full(K, PREVALENCE_COUNT), prevalence_logs, 0)
            )
            known = fresh[answers.task, answers.label] * np.exp(knowing_logs[answers.worker, 0] - right_logs)
            change = float(np.abs(fresh - posterior).max(initial=0.0)) if len(bound) > 1 else np.inf
            posterior = fresh
            step = bound[-1] - bound[-2] if len(bound) > 1 else np.inf
            converged = change <= self.tol or abs(step) <= self.tol * 1e-3 * answers.n_answers
        if not converged:
            warnings.warn(
                f"MACE stopped after {self.max_iter} iterations; a posterior still moved by {change:.2g}",
                ConvergenceWarning,
                stacklevel=2,
            )
        prevalence = prevalence_counts / prevalence_counts.sum()
        posterior = without_tasks(crowd, posterior, prevalence)
        ability = knowing[:, 0] / knowing.sum(axis=1)
        low, high = beta_interval(knowing[:, 0], knowing[:, 1])
        habits = strategy / strategy.sum(axis=1, keepdims=True)
        confusion = ability[:, None, None] * np.eye(K) + (1.0 - ability)[:, None, None] * habits[:, None, :]
        return AggregationResult(
            model="mace",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            prevalence=prevalence,
            confusion=confusion,
            ability=ability,
            ability_low=low,
            ability_high=high,
            objective=np.array(bound),
            objective_name="evidence lower bound",
            converged=converged,
            n_iter=len(bound),
            ties=tied(posterior) & crowd.seen,
            parameters=asdict(self),
        )

    def _priors(self, crowd: Incidence) -> tuple[Floats, Floats]:
        """Pseudo-counts of knowing (W, 2) and of each worker's strategy (W, K), history included."""
        _, n_workers, K = crowd.shape
        knowing = np.tile(np.array(self.knowing_prior, dtype=float), (n_workers, 1))
        strategy = np.full((n_workers, K), self.strategy_prior)
        if crowd.history is not None:
            right = np.diagonal(crowd.history, axis1=1, axis2=2).sum(axis=1)
            wrong = crowd.history.copy()
            wrong[:, np.arange(K), np.arange(K)] = 0.0
            knowing += np.stack([right, wrong.sum(axis=(1, 2))], axis=1)
            strategy += wrong.sum(axis=2)
        return knowing, strategy
