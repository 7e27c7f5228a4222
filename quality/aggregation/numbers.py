"""Numbers: the value of each task from workers who each have a bias with their own noise, outliers discounted."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from quality.aggregation.numbers_result import NumberHistory, NumbersResult
from quality.aggregation.numbers_terms import (
    Residuals,
    gaussian_bound,
    gaussian_variance_ratio,
    task_spread,
    variance_log_prior,
)
from quality.answer_forms.indexing import indexed_by_task, indexed_by_worker
from quality.answer_forms.numeric import NumericAnswers
from quality.errors import ConvergenceWarning

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class WorkerNoise:
    """The value of a task plus the worker's bias plus the worker's heavy-tailed noise.

    answer = value of the task + bias of the worker + sd of the worker · Student-t(``tail``). Values are drawn from one
    Gaussian, variances towards the crowd's, both learnt; biases from a Gaussian around 0. Answers count by how well
    they fit: an outlier moves nothing, and ``weight`` in the result shows it. The crowd's common bias cannot be seen
    without gold; it is taken to be 0.

    tail: degrees of freedom, the fewer the more tolerant of outliers. noise_strength: pseudo-answers that hold a
    worker's variance at the crowd's. crowd_strength: pseudo-workers that hold the crowd's variance at what the
    answers' spread within tasks suggests. bias_share: variance of the biases as a share of the squared spread within
    tasks; learnt from few answers it would go to 0. resolution: the least standard deviation of a worker as a share
    of the spread of all answers. max_iter, tol: converged when no value moved by more than ``tol`` of that spread.

    Mean-field variational EM; ``objective`` is the bound plus the log priors and never decreases. Intervals of values
    include the uncertainty of the workers' biases and cover as they should in simulation (.94 to .96); those of the
    workers themselves are too narrow (about .85 for biases, less for noise when outliers are many): they rank
    workers, they do not convict them. After Raykar et al. (2010) for
    worker precision, Lange, Little & Taylor (1989) for the tails.
    """

    max_iter: int = 500
    tol: float = 1e-5
    tail: float = 4.0
    noise_strength: float = 4.0
    crowd_strength: float = 2.0
    bias_share: float = 0.5
    resolution: float = 1e-4

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise ValueError(f"max_iter is {self.max_iter}; at least one iteration is needed")
        for name in ("tail", "noise_strength", "crowd_strength", "bias_share", "resolution"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be positive")

    def fit(
        self,
        answers: NumericAnswers,
        *,
        gold: Mapping[Any, float] | None = None,
        priors: Mapping[Hashable, NumberHistory] | None = None,
    ) -> NumbersResult:
        """Fit; ``priors`` is each worker's history of errors, part of every update; ``gold`` values are clamped.

        Raises ValueError naming a gold task without answers or a value that is not finite; warns with
        ConvergenceWarning at ``max_iter``.
        """
        known = np.full(answers.n_tasks, np.nan)
        for place, value in indexed_by_task(gold, answers.tasks).items():
            if not np.isfinite(value):
                raise ValueError(f"gold of task {answers.tasks[place]!r} is {value!r}, which is not a finite number")
            known[place] = value
        history = np.zeros((3, answers.n_workers))
        for place, past in indexed_by_worker(priors, answers.workers).items():
            history[:, place] = past.count, past.mean_error, past.variance
        return _Fit(self, answers, known, history).run()


class _Fit:
    """One fit: the variational state, its updates, each of which raises the objective."""

    def __init__(self, model: WorkerNoise, answers: NumericAnswers, known: Floats, history: Floats) -> None:
        self.model, self.answers, self.known = model, answers, known
        self.past_count, self.past_error, self.past_variance = history
        self.is_gold = np.isfinite(known)
        start = task_spread(answers, known)
        self.scale = start.scale
        self.floor = (model.resolution * start.scale) ** 2
        self.anchor = max(start.within**2, self.floor)
        T, W = answers.n_tasks, answers.n_workers
        self.value = np.where(self.is_gold, known, start.centre)
        self.value_variance = np.zeros(T)
        self.bias, self.bias_variance = np.zeros(W), np.zeros(W)
        self.noise, self.crowd_noise = np.full(W, self.anchor), self.anchor
        self.bias_spread = model.bias_share * self.anchor
        self.mean, self.spread = float(np.median(self.value)) if T else 0.0, max(start.scale**2, self.floor)
        self.weight = np.ones(answers.n_answers)
        self.n_given = np.bincount(answers.worker, minlength=W).astype(float)

    def run(self) -> NumbersResult:
        model, objective, converged, change = self.model, list[float](), self.answers.n_answers == 0, 0.0
        while not converged and len(objective) < model.max_iter:
            before = self.value
            self._update_weights()
            self._update_values()
            self._update_biases()
            self._update_noise()
            self._update_weights()
            objective.append(self._bound())
            change = float(np.abs(self.value - before).max(initial=0.0)) / self.scale
            converged = change <= model.tol
        if not converged:
            warnings.warn(
                f"numbers stopped after {model.max_iter} iterations; a value still moved by {change:.2g} of the spread",
                ConvergenceWarning,
                stacklevel=4,
            )
        return self._result(objective, converged)

    def _residuals(self) -> Residuals:
        a = self.answers
        return Residuals(
            squared=(a.value - self.value[a.task] - self.bias[a.worker]) ** 2
            + self.value_variance[a.task]
            + self.bias_variance[a.worker],
            past=(self.past_error - self.bias) ** 2 + self.bias_variance + self.past_variance,
        )

    def _update_weights(self) -> None:
        tail, squared = self.model.tail, self._residuals().squared
        self.weight = (tail + 1) / (tail + squared / self.noise[self.answers.worker])

    def _update_values(self) -> None:
        a, T = self.answers, self.answers.n_tasks
        precision = self.weight / self.noise[a.worker]
        total = np.bincount(a.task, weights=precision, minlength=T) + 1 / self.spread
        pull = np.bincount(a.task, weights=precision * (a.value - self.bias[a.worker]), minlength=T)
        self.value = np.where(self.is_gold, self.known, (pull + self.mean / self.spread) / total)
        self.value_variance = np.where(self.is_gold, 0.0, 1 / total)
        self.mean = float(self.value.mean())
        self.spread = max(float(((self.value - self.mean) ** 2 + self.value_variance).mean()), self.floor)

    def _update_biases(self) -> None:
        a, W = self.answers, self.answers.n_workers
        precision = self.weight / self.noise[a.worker]
        total = np.bincount(a.worker, weights=precision, minlength=W)
        pull = np.bincount(a.worker, weights=precision * (a.value - self.value[a.task]), minlength=W)
        past = self.past_count / self.noise
        self.bias_variance = 1 / (total + past + 1 / self.bias_spread)
        self.bias = (pull + past * self.past_error) * self.bias_variance

    def _update_noise(self) -> None:
        a, W, model = self.answers, self.answers.n_workers, self.model
        left = self._residuals()
        squares = np.bincount(a.worker, weights=self.weight * left.squared, minlength=W) + self.past_count * left.past
        n = self.n_given + self.past_count + model.noise_strength
        self.noise = np.maximum((squares + model.noise_strength * self.crowd_noise) / n, self.floor)
        pooled = (W + model.crowd_strength) / (float((1 / self.noise).sum()) + model.crowd_strength / self.anchor)
        self.crowd_noise = max(pooled, self.floor)

    def _bound(self) -> float:
        tail, left, a = self.model.tail, self._residuals(), self.answers
        noise = self.noise[a.worker]
        student = (
            gammaln((tail + 1) / 2)
            - gammaln(tail / 2)
            - 0.5 * np.log(tail * np.pi * noise)
            - (tail + 1) / 2 * np.log1p(left.squared / (tail * noise))
        )
        past = -0.5 * self.past_count * (np.log(2 * np.pi * self.noise) + left.past / self.noise)
        values = gaussian_bound(self.value - self.mean, self.value_variance, self.spread)
        biases = gaussian_bound(self.bias, self.bias_variance, self.bias_spread)
        crowd = self.model.crowd_strength
        priors = variance_log_prior(self.noise, self.crowd_noise, self.model.noise_strength).sum()
        priors += variance_log_prior(self.crowd_noise, self.anchor, self.model.noise_strength * crowd, turned=True)
        return float(student.sum() + past.sum() + values.sum() + biases.sum() + priors)

    def _result(self, objective: list[float], converged: bool) -> NumbersResult:
        a, tail = self.answers, self.model.tail
        precision = self.weight / self.noise[a.worker]
        leverage = precision * self.value_variance[a.task]
        # A mean-field variance takes everything else as known; what the values have learnt from a worker's own
        # answers tells nothing new of that worker.
        own = np.bincount(a.worker, weights=precision * (1 - leverage), minlength=a.n_workers)
        bias_variance = 1 / (own + self.past_count / self.noise + 1 / self.bias_spread)
        carried = np.bincount(a.task, weights=leverage**2 * bias_variance[a.worker], minlength=a.n_tasks)
        free = np.bincount(a.worker, weights=1 - np.minimum(leverage, 1.0), minlength=a.n_workers)
        return NumbersResult.from_moments(
            answers=a,
            value=self.value,
            value_sd=np.sqrt(self.value_variance + carried),
            bias=self.bias,
            bias_sd=np.sqrt(bias_variance),
            noise_variance=self.noise * gaussian_variance_ratio(tail),
            # The Fisher information of a Student scale, as a share of a Gaussian's, is tail / (tail + 3).
            noise_counts=free * tail / (tail + 3) + self.past_count + self.model.noise_strength,
            weight=np.minimum(self.weight, 1.0),
            mean=self.mean,
            spread=float(np.sqrt(self.spread)),
            objective=np.array(objective),
            converged=converged,
            parameters=asdict(self.model),
        )
