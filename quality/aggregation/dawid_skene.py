"""Dawid-Skene: a confusion matrix per worker, fitted by EM on a likelihood with hierarchical priors."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation import kernels_numpy as kernel
from quality.aggregation.history import History, history_counts
from quality.aggregation.layout import lay_out
from quality.aggregation.majority import Majority
from quality.aggregation.pool import Pool
from quality.aggregation.workers import note_below_chance, worker_figures
from quality.answers import AnswerSet, Gold
from quality.errors import ConvergenceWarning
from quality.numerics import safe_log, tied
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class DawidSkene:
    """Dawid & Skene (1979), as maximum a posteriori.

    max_iter: most EM iterations. tol: the fit has converged when no posterior moved by more than ``tol``, or the
    objective gained less than ``tol`` / 1000 per answer. prior_strength: pseudo-counts in each row of every worker's
    matrix, spread as in the crowd's pooled matrix, and in the prevalence, spread evenly; 0 is plain maximum
    likelihood. prior_accuracy: the diagonal the pooled matrix itself is drawn to, with weight ``pool_strength``.

    The prior is part of the objective and of every M-step; so is workers' history given as ``priors``. The start is
    the soft majority, which keeps the labels from switching; a diagonal may still fall under chance, and ``notes``
    names such workers. Gold tasks are clamped.

    ``ability`` is the probability that the worker gives the right label to a task drawn from the prevalence;
    intervals are Beta intervals of the pseudo-counts, the posteriors of the tasks taken as known. With
    ``prior_strength=0`` a row (worker, true label) without any answer is undefined: nan.
    """

    max_iter: int = 100
    tol: float = 1e-4
    prior_strength: float = 5.0
    prior_accuracy: float = 0.7
    pool_strength: float = 10.0

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise ValueError(f"max_iter is {self.max_iter}; at least one iteration is needed")
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
        history = history_counts(answers, priors)
        start = Majority().fit(answers, gold=gold)
        layout = lay_out(answers)
        posterior = np.array(start.posterior)
        seen = (np.diff(layout.task_start) > 0) | (known >= 0)
        if not seen.any():
            return AggregationResult(
                model="dawid-skene",
                tasks=answers.tasks,
                workers=answers.workers,
                labels=answers.labels,
                posterior=posterior,
                prevalence=start.prevalence,
                parameters=asdict(self),
                notes=("there are no answers to learn from",),
            )
        K = answers.n_labels
        pool = Pool(K, answers.n_workers, self.prior_strength, self.prior_accuracy, self.pool_strength)
        log_table = np.zeros((answers.n_workers, K, K))
        totals = posterior[seen].sum(axis=0)
        pool.settle(kernel.worker_counts(layout, posterior).sum(axis=0))
        objective: list[float] = []
        converged = False
        while not converged and len(objective) < self.max_iter:
            prevalence, prevalence_penalty = self._prevalence(totals)
            prior = pool.counts
            counts, log_sums, penalty = kernel.refresh_workers(layout, posterior, prior, history, log_table)
            penalty += prevalence_penalty + pool.update(counts, log_sums)
            log_likelihood, change, totals = kernel.estimate_tasks(
                layout, log_table, safe_log(prevalence), known, posterior
            )
            objective.append(log_likelihood + penalty)
            gain = objective[-1] - objective[-2] if len(objective) > 1 else np.inf
            converged = change <= self.tol or abs(gain) <= self.tol * 1e-3 * answers.n_answers
        if not converged:
            warnings.warn(
                f"Dawid-Skene stopped after {self.max_iter} iterations; a posterior still moved by {change:.2g}",
                ConvergenceWarning,
                stacklevel=2,
            )
        row_totals = kernel.worker_counts(layout, posterior).sum(axis=1) + prior.sum(axis=0)
        if history is not None:
            row_totals += history.sum(axis=2)
        figures = worker_figures(np.exp(log_table).transpose(0, 2, 1), row_totals, prevalence)
        posterior[~seen] = prevalence
        moved = np.empty(answers.n_answers, dtype=np.float32)
        moved[slice(None) if layout.task_order is None else layout.task_order] = kernel.influence(
            layout, log_table, safe_log(prevalence), known, posterior
        )
        return AggregationResult(
            model="dawid-skene",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            prevalence=prevalence,
            **vars(figures),
            influence=moved,
            objective=np.array(objective),
            objective_name="penalised log-likelihood"
            if self.prior_strength or priors is not None
            else "log-likelihood",
            converged=converged,
            n_iter=len(objective),
            ties=tied(posterior) & seen,
            parameters=asdict(self),
            notes=note_below_chance(answers.workers, figures.ability_high, K),
        )

    def _prevalence(self, totals: Floats) -> tuple[Floats, float]:
        """Prevalence (K,) from the summed posteriors, with the log density of its prior."""
        each = self.prior_strength / len(totals)
        prevalence = (totals + each) / (totals + each).sum()
        return prevalence, each * float(np.log(prevalence).sum()) if each else 0.0
