"""Rankings: one consensus order per task from full or partial rankings of workers who differ in consistency."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtri

from quality.aggregation.ranking_stages import Stages, lay_out_stages
from quality.answer_forms.indexing import indexed_by_task, indexed_by_worker
from quality.answer_forms.rankings import RankingAnswers
from quality.errors import ConvergenceWarning

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class RankingResult:
    """The outcome of a fit of rankings; T tasks, W workers.

    consensus: per task its options, best first; equal scores keep the options' order, and ``ties`` (T,) bool says so.
    options, score, low, high: per task, options in their own order with their scores and 95 % intervals (gold: no
    width); covariance: per task, of its scores. consistency: (W,), about 1 for the usual worker, 0 for one who ranks
    at random, negative for one who ranks upside down, with 95 % intervals.
    """

    tasks: Sequence[Hashable]
    workers: Sequence[Hashable]
    options: tuple[tuple[Hashable, ...], ...]
    score: tuple[Floats, ...]
    low: tuple[Floats, ...]
    high: tuple[Floats, ...]
    covariance: tuple[Floats, ...]
    consistency: Floats
    consistency_low: Floats
    consistency_high: Floats
    objective: Floats
    converged: bool
    n_iter: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    model: str = "rankings"
    objective_name: str = "penalised log-likelihood"
    notes: tuple[str, ...] = ()

    @property
    def consensus(self) -> list[tuple[Hashable, ...]]:
        orders = [np.argsort(-score, kind="stable").tolist() for score in self.score]
        return [tuple(names[i] for i in order) for names, order in zip(self.options, orders, strict=True)]

    @property
    def ties(self) -> NDArray[np.bool_]:
        return np.array([bool((np.abs(np.diff(np.sort(score))) <= 1e-6).any()) for score in self.score], dtype=bool)


@dataclass(frozen=True, kw_only=True)
class PlackettLuce:
    """Plackett-Luce with one consistency per worker, maximum a posteriori.

    A worker picks the best option, then the best of the rest, and so on, each with odds exp(consistency · score).
    Scores have the prior N(0, ``score_sd``²) within each task, consistencies N(1, ``consistency_sd``²): the second
    prior fixes the scale. One L-BFGS ascent over all scores with all consistencies; ``objective`` never decreases.
    Intervals come from the information of each block with the other held at its estimate. ``tol``: relative gain of
    the objective at which it stops. Plackett (1975), Luce (1959).
    """

    max_iter: int = 1_000
    tol: float = 1e-9
    score_sd: float = 2.0
    consistency_sd: float = 0.5

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise ValueError(f"max_iter is {self.max_iter}; at least one iteration is needed")
        if not (self.score_sd > 0 and self.consistency_sd > 0 and self.tol > 0):
            raise ValueError("score_sd, consistency_sd and tol must be positive")

    def fit(
        self,
        answers: RankingAnswers,
        *,
        gold: Mapping[Any, Sequence[Hashable]] | None = None,
        priors: Mapping[Any, tuple[float, float]] | None = None,
    ) -> RankingResult:
        """Fit; ``gold`` maps tasks to their full true ranking, ``priors`` workers to (consistency, sd) of history.

        A gold task's scores are clamped where the prior would expect options of that order. Raises ValueError naming
        a gold task, or one whose ranking is not of its options, or a worker with a bad prior.
        """
        stages = lay_out_stages(answers)
        fixed = self._gold_scores(answers, gold, stages)
        centre, sd = np.ones(answers.n_workers), np.full(answers.n_workers, self.consistency_sd)
        for worker, past in indexed_by_worker(priors, answers.workers).items():
            if len(past) != 2 or not np.isfinite(past).all() or past[1] <= 0:
                raise ValueError(
                    f"the prior of worker {answers.workers[worker]!r} is {past!r}; (consistency, sd above 0) is wanted"
                )
            centre[worker], sd[worker] = past
        free = np.isnan(fixed)
        n_free, n_workers = int(free.sum()), answers.n_workers

        def unpack(x: Floats) -> tuple[Floats, Floats]:
            score = fixed.copy()
            score[free] = x[:n_free]
            return score, x[n_free:]

        def loss(x: Floats) -> tuple[float, Floats]:
            score, consistency = unpack(x)
            value, by_score, by_worker = stages.log_likelihood(score, consistency)
            off = (consistency - centre) / sd
            value -= 0.5 * float(x[:n_free] @ x[:n_free]) / self.score_sd**2 + 0.5 * float(off @ off)
            slope = np.concatenate((by_score[free] - x[:n_free] / self.score_sd**2, by_worker - off / sd))
            return -value, -slope

        start = np.concatenate((np.zeros(n_free), centre))
        objective = [-loss(start)[0]]
        best, converged = start, True
        if len(start):
            found = minimize(
                loss,
                start,
                jac=True,
                method="L-BFGS-B",
                callback=lambda x: objective.append(-loss(x)[0]),
                options={"maxiter": self.max_iter, "ftol": self.tol, "gtol": 1e-7},
            )
            best, converged = found.x, found.status == 0
        if not converged:
            warnings.warn(
                f"rankings stopped after {len(objective) - 1} iterations: {found.message}",
                ConvergenceWarning,
                stacklevel=2,
            )
        score, consistency = unpack(best)
        worker_information, blocks = stages.information(score, consistency, self.score_sd**-2)
        covariance = tuple(
            block * float(is_free.all()) for block, is_free in zip(blocks, stages.per_task(free), strict=True)
        )
        score_sd = np.sqrt(np.concatenate([np.diagonal(block) for block in covariance] or [np.zeros(0)]))
        worker_sd = 1 / np.sqrt(worker_information + sd**-2)
        per_task = stages.per_task
        return RankingResult(
            tasks=answers.tasks,
            workers=answers.workers,
            options=answers.options,
            score=per_task(score),
            low=per_task(score - 1.96 * score_sd),
            high=per_task(score + 1.96 * score_sd),
            covariance=covariance,
            consistency=consistency,
            consistency_low=consistency - 1.96 * worker_sd,
            consistency_high=consistency + 1.96 * worker_sd,
            objective=np.array(objective),
            converged=converged,
            n_iter=len(objective) - 1,
            parameters=asdict(self),
            notes=() if n_workers else ("there are no answers to learn from",),
        )

    def _gold_scores(
        self, answers: RankingAnswers, gold: Mapping[Any, Sequence[Hashable]] | None, stages: Stages
    ) -> Floats:
        """Scores of gold tasks' options at the quantiles of the prior, nan for other tasks': (n_scores,)."""
        fixed = np.full(stages.n_scores, np.nan)
        for task, ranking in indexed_by_task(gold, answers.tasks).items():
            options = answers.options[task]
            if len(ranking) != len(options) or set(ranking) != set(options):
                raise ValueError(
                    f"gold of task {answers.tasks[task]!r} ranks {tuple(ranking)!r}; its options are {options!r}"
                )
            m = len(options)
            spread = self.score_sd * ndtri((m - np.arange(m) - 0.375) / (m + 0.25))
            places = [options.index(option) for option in ranking]
            fixed[stages.task_start[task] + np.array(places)] = spread
        return fixed
