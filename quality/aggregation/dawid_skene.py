"""Dawid-Skene: a confusion matrix per worker, fitted by EM on a likelihood with hierarchical priors."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality import progress
from quality.aggregation.history import History, history_counts
from quality.aggregation.kernels import kernel_for, slower_note
from quality.aggregation.pool import Pool, accuracy_matrix
from quality.aggregation.workers import note_below_chance, worker_figures
from quality.answers import AnswerSet, Gold
from quality.errors import ConvergenceWarning
from quality.numerics import safe_log, tied
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]

PENALISED = "penalised log-likelihood"


@dataclass(frozen=True, kw_only=True)
class DawidSkene:
    """Dawid & Skene (1979), as maximum a posteriori.

    max_iter: most EM iterations. tol: the fit has converged when no posterior moved by more than ``tol``, or the
    objective gained less than ``tol`` / 1000 per answer. least_gain: the fit also ends, as converged, when an iteration
    gained less than this many nats an answer; later steps let the meaning of a label drift to what explains the
    answers best, so that three to six are more accurate than fifty. 0 goes on to ``tol``.

    prior_strength: pseudo-counts in each row of every worker's matrix, spread as in the crowd's pooled matrix, and in
    the prevalence, spread evenly; 0 is plain maximum likelihood. prior_accuracy: the diagonal the pooled matrix itself
    is drawn to, with weight ``pool_strength``.

    threads: 0 takes every core for large fits; the result does not depend on it.

    The prior is part of the objective and of every M-step; so is workers' history given as ``priors``. The start is
    the soft majority, which keeps the labels from switching; a diagonal may still fall under chance, and ``notes``
    names such workers. Gold tasks are clamped.

    ``ability`` is the probability that the worker gives the right label to a task drawn from the prevalence;
    intervals are Beta intervals of the pseudo-counts, the posteriors of the tasks taken as known. With
    ``prior_strength=0`` a row (worker, true label) without any answer is undefined: nan.
    """

    max_iter: int = 100
    tol: float = 1e-4
    least_gain: float = 1e-3
    prior_strength: float = 2.0
    prior_accuracy: float = 0.7
    pool_strength: float = 10.0
    threads: int = 0

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise ValueError(f"max_iter is {self.max_iter}; at least one iteration is needed")
        if not self.least_gain >= 0:
            raise ValueError(f"least_gain is {self.least_gain}; it is at least 0")
        if not self.prior_strength >= 0 or not self.pool_strength > 0:
            raise ValueError("prior_strength is at least 0 and pool_strength above 0")
        if not 0 < self.prior_accuracy < 1:
            raise ValueError(f"prior_accuracy is {self.prior_accuracy}; it lies between 0 and 1")

    def fit(
        self,
        answers: AnswerSet,
        *,
        gold: Gold | None = None,
        priors: History | None = None,
    ) -> AggregationResult:
        """Fit; warns with ConvergenceWarning at ``max_iter``; raises ValueError naming bad gold or history."""
        known = answers.gold_index(gold)
        earlier = history_counts(answers, priors)
        history = None if earlier is None else earlier.transpose(0, 2, 1)
        if answers.n_answers == 0 and not (known >= 0).any():
            return self._nothing(answers)
        kernel = kernel_for(answers, threads=self.threads)
        posterior = kernel.start(known)
        log_table = kernel.new_table()
        base = self.pool_strength * accuracy_matrix(answers.n_labels, self.prior_accuracy)
        pool = Pool(base.T, answers.n_workers, self.prior_strength)
        totals = posterior.sum(axis=0, dtype=np.float64)
        pool.settle(kernel.refresh_workers(posterior, pool.counts, history, log_table)[0])
        objective: list[float] = []
        converged = False
        enough = max(self.tol * 1e-3, self.least_gain)
        while not converged and len(objective) < self.max_iter:
            prior = pool.counts
            prevalence, prevalence_penalty = self._prevalence(totals)
            log_prevalence = safe_log(prevalence)
            counts, log_sums, penalty = kernel.refresh_workers(posterior, prior, history, log_table)
            penalty += prevalence_penalty + pool.update(counts, log_sums)
            log_likelihood, change, totals = kernel.estimate_tasks(log_table, log_prevalence, known, posterior)
            objective.append(log_likelihood + penalty)
            gain = objective[-1] - objective[-2] if len(objective) > 1 else np.inf
            converged = change <= self.tol or abs(gain) <= enough * answers.n_answers
            progress.tell("Dawid-Skene", len(objective), self.max_iter)
        if not converged:
            warnings.warn(
                f"Dawid-Skene stopped after {self.max_iter} iterations; a posterior still moved by {change:.2g}",
                ConvergenceWarning,
                stacklevel=2,
            )
        resting = kernel.worker_counts(posterior).sum(axis=1) + prior.sum(axis=0).astype(posterior.dtype)
        if history is not None:
            resting += history.sum(axis=1)
        moved = kernel.influence(log_table, log_prevalence, known)
        seen = (np.diff(kernel.layout.task_start) > 0) | (known >= 0)
        # The layout and the gold are done with; what follows is the peak of a large fit.
        del kernel, known
        posterior = posterior.astype(np.float64)
        posterior /= posterior.sum(axis=1, keepdims=True)
        posterior[~seen] = prevalence
        figures = worker_figures(log_table, resting, prevalence)
        return AggregationResult(
            model="dawid-skene",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            prevalence=prevalence,
            confusion=figures.confusion,
            confusion_low=figures.confusion_low,
            confusion_high=figures.confusion_high,
            ability=figures.ability,
            ability_low=figures.ability_low,
            ability_high=figures.ability_high,
            influence=moved,
            objective=np.array(objective),
            objective_name="log-likelihood" if self.prior_strength == 0 and history is None else PENALISED,
            converged=converged,
            n_iter=len(objective),
            ties=tied(posterior) & seen,
            parameters=asdict(self),
            notes=note_below_chance(answers.workers, figures.ability_high, answers.n_labels) + slower_note(answers),
        )

    def _nothing(self, answers: AnswerSet) -> AggregationResult:
        """The result without answers: every label is equally likely."""
        even = np.full(answers.n_labels, 1.0 / max(answers.n_labels, 1))
        return AggregationResult(
            model="dawid-skene",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=np.tile(even, (answers.n_tasks, 1)),
            prevalence=even,
            ties=np.zeros(answers.n_tasks, dtype=bool),
            parameters=asdict(self),
            notes=("there are no answers to learn from",),
        )

    def _prevalence(self, totals: Floats) -> tuple[Floats, float]:
        """Prevalence (K,) from the summed posteriors, with the log density of its prior."""
        each = self.prior_strength / len(totals)
        prevalence = (totals + each) / (totals + each).sum()
        return prevalence, each * float(np.log(prevalence).sum()) if each else 0.0
