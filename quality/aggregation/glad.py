"""GLAD: a worker's ability against a task's difficulty decides whether an answer is right."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from quality.aggregation.history import History
from quality.aggregation.incidence import Incidence, incidence, without_tasks
from quality.aggregation.subtype_result import empty_result
from quality.answers import AnswerSet, Gold
from quality.errors import ConvergenceWarning
from quality.numerics import normalise_logs, tied
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]

HALVINGS = 4
"""How often a step of the maximisation is halved before the parameter stays where it is."""


@dataclass(frozen=True, kw_only=True)
class GLAD:
    """Whitehill et al. (2009): P(right) = 1 / (1 + exp(−ability · exp(easiness))), wrong labels equally likely.

    ability_mean, easiness_mean: of the normal priors, their variance 1. inner_steps: Newton steps for the abilities
    and the easinesses in each maximisation; a step is kept for a worker (a task) only where the expected objective
    of this worker (task) does not fall, so that the objective never decreases. max_iter, tol: converged when no
    posterior moved by more than ``tol``, or the objective gained less than ``tol`` / 1000 per answer.

    ``ability`` has no upper limit; 0 is guessing, below 0 against the truth; its 95 % interval is the normal one from
    the curvature. ``difficulty`` is exp(−easiness), 0 easy; a diagnostic, it rarely improves the consensus. A
    worker's history enters as answers to tasks of average easiness.
    """

    ability_mean: float = 1.0
    easiness_mean: float = 1.0
    inner_steps: int = 5
    max_iter: int = 100
    tol: float = 1e-4

    def __post_init__(self) -> None:
        if self.inner_steps < 1 or self.max_iter < 1:
            raise ValueError("inner_steps and max_iter are at least 1")

    def fit(self, answers: AnswerSet, *, gold: Gold | None = None, priors: History | None = None) -> AggregationResult:
        """Fit; warns with ConvergenceWarning at ``max_iter``; raises ValueError naming bad gold or history."""
        crowd = incidence(answers, gold, priors)
        if not crowd.seen.any():
            return empty_result("glad", crowd, asdict(self))
        problem = _Problem(crowd, self.ability_mean, self.easiness_mean)
        ability = np.full(answers.n_workers, self.ability_mean)
        easiness = np.full(answers.n_tasks, self.easiness_mean)
        posterior, _, change = problem.estimate(ability, easiness, crowd.vote_shares())
        objective: list[float] = []
        converged = False
        while not converged and len(objective) < self.max_iter:
            right = posterior[answers.task, answers.label]
            for _ in range(self.inner_steps):
                ability = problem.step_ability(ability, easiness, right)
                easiness = problem.step_easiness(ability, easiness, right)
            posterior, value, change = problem.estimate(ability, easiness, posterior)
            objective.append(value)
            gain = objective[-1] - objective[-2] if len(objective) > 1 else np.inf
            converged = change <= self.tol or abs(gain) <= self.tol * 1e-3 * answers.n_answers
        if not converged:
            warnings.warn(
                f"GLAD stopped after {self.max_iter} iterations; a posterior still moved by {change:.2g}",
                ConvergenceWarning,
                stacklevel=2,
            )
        half = 1.959964 / np.sqrt(problem.ability_curvature(ability, easiness))
        prevalence = posterior[crowd.seen].mean(axis=0)
        posterior = without_tasks(crowd, posterior, prevalence)
        return AggregationResult(
            model="glad",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            prevalence=prevalence,
            ability=ability,
            ability_low=ability - half,
            ability_high=ability + half,
            difficulty=np.exp(-easiness),
            objective=np.array(objective),
            objective_name="penalised log-likelihood",
            converged=converged,
            n_iter=len(objective),
            ties=tied(posterior) & crowd.seen,
            parameters=asdict(self),
        )


class _Problem:
    """The answers of one fit, with the terms of the objective per worker and per task."""

    def __init__(self, crowd: Incidence, ability_mean: float, easiness_mean: float) -> None:
        answers = crowd.answers
        self.crowd = crowd
        self.task, self.worker = answers.task, answers.worker
        self.n_tasks, self.n_workers, self.n_labels = crowd.shape
        self.weight = np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(float)
        self.cells = answers.task.astype(np.int64) * self.n_labels + answers.label
        self.ability_mean, self.easiness_mean = ability_mean, easiness_mean
        self.past_right = np.zeros(self.n_workers)
        self.past = np.zeros(self.n_workers)
        if crowd.history is not None:
            self.past_right = np.diagonal(crowd.history, axis1=1, axis2=2).sum(axis=1)
            self.past = crowd.history.sum(axis=(1, 2))

    def estimate(self, ability: Floats, easiness: Floats, before: Floats) -> tuple[Floats, float, float]:
        """Posterior (T, K) with all labels equally likely beforehand, objective, largest change from ``before``."""
        x = ability[self.worker] * np.exp(easiness[self.task])
        wrong = log_expit(-x) - np.log(max(self.n_labels - 1, 1))
        size = self.n_tasks * self.n_labels
        gain = np.bincount(self.cells, weights=self.weight * (log_expit(x) - wrong), minlength=size)
        logits = gain.reshape(self.n_tasks, self.n_labels) + self._by_task(wrong)[:, None] - np.log(self.n_labels)
        free, sums = normalise_logs(logits)
        fresh = self.crowd.clamp(free)
        known = np.flatnonzero(self.crowd.gold >= 0)
        sums[known] = logits[known, self.crowd.gold[known]]
        past = ability * np.exp(self.easiness_mean)
        value = float(sums[self.crowd.seen].sum())
        value += float((self.past_right * log_expit(past) + (self.past - self.past_right) * log_expit(-past)).sum())
        value -= 0.5 * float(((ability - self.ability_mean) ** 2).sum() + ((easiness - self.easiness_mean) ** 2).sum())
        return fresh, value, float(np.abs(fresh - before).max(initial=0.0))

    def step_ability(self, ability: Floats, easiness: Floats, right: Floats) -> Floats:
        """One guarded Newton step for every worker: (W,)."""
        slope = np.exp(easiness[self.task])
        past = np.exp(self.easiness_mean)
        miss = right - expit(ability[self.worker] * slope)
        gradient = self._by_worker(miss * slope) - (ability - self.ability_mean)
        gradient = gradient + past * (self.past_right - self.past * expit(ability * past))
        step = gradient / self.ability_curvature(ability, easiness)

        def value(trial: Floats) -> Floats:
            x = trial[self.worker] * slope
            own = self._by_worker(right * log_expit(x) + (1.0 - right) * log_expit(-x))
            earlier = self.past_right * log_expit(trial * past) + (self.past - self.past_right) * log_expit(
                -trial * past
            )
            kept: Floats = own + earlier - 0.5 * (trial - self.ability_mean) ** 2
            return kept

        return _guarded(ability, step, value)

    def ability_curvature(self, ability: Floats, easiness: Floats) -> Floats:
        """Minus the second derivative of each worker's part, its prior included: (W,), at least 1."""
        slope = np.exp(easiness[self.task])
        chance = expit(ability[self.worker] * slope)
        past = np.exp(self.easiness_mean)
        then = expit(ability * past)
        earlier = self.past * past**2 * then * (1.0 - then)
        curvature: Floats = self._by_worker(slope**2 * chance * (1.0 - chance)) + 1.0 + earlier
        return curvature

    def step_easiness(self, ability: Floats, easiness: Floats, right: Floats) -> Floats:
        """One guarded scoring step for every task: (T,)."""
        level = ability[self.worker]
        x = level * np.exp(easiness[self.task])
        chance = expit(x)
        gradient = self._by_task((right - chance) * x) - (easiness - self.easiness_mean)
        curvature = self._by_task(x**2 * chance * (1.0 - chance)) + 1.0

        def value(trial: Floats) -> Floats:
            y = level * np.exp(trial[self.task])
            own = self._by_task(right * log_expit(y) + (1.0 - right) * log_expit(-y))
            kept: Floats = own - 0.5 * (trial - self.easiness_mean) ** 2
            return kept

        return _guarded(easiness, gradient / curvature, value)

    def _by_worker(self, values: Floats) -> Floats:
        return np.bincount(self.worker, weights=self.weight * values, minlength=self.n_workers).astype(np.float64)

    def _by_task(self, values: Floats) -> Floats:
        return np.bincount(self.task, weights=self.weight * values, minlength=self.n_tasks).astype(np.float64)


def _guarded(start: Floats, step: Floats, value: Any) -> Floats:
    """``start + step``, each element's step halved until its own value does not fall, else left out."""
    before = value(start)
    scale = np.ones_like(start)
    for _ in range(HALVINGS):
        worse = value(start + scale * step) < before
        if not worse.any():
            break
        scale[worse] *= 0.5
    trial = start + scale * step
    moved: Floats = np.where(value(trial) >= before, trial, start)
    return moved
