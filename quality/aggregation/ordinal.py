"""Ordinal Dawid-Skene: workers who read a task off one scale, each with a bias, a noise, a lapse rate."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from quality.aggregation.history import History, history_counts
from quality.aggregation.ordinal_workers import StyleGrid, balanced, cell_ends, plausible_styles, style_grid
from quality.answers import AnswerSet, Gold
from quality.errors import ConvergenceWarning
from quality.numerics import normalise_logs, normalise_rows, tied
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class OrdinalResult(AggregationResult):
    """An `AggregationResult` with the workers' place on the scale, in steps between neighbouring labels.

    bias: (W,), how far a worker answers above the truth, with its 95 % interval; noise: (W,), the standard deviation
    of a worker's reading. expected_label: (T,), the posterior mean of the label's index. ``ability`` is the
    probability that the worker gives the right label to a task drawn from the prevalence.
    """

    bias: Floats = field(default_factory=lambda: np.empty(0))
    bias_low: Floats = field(default_factory=lambda: np.empty(0))
    bias_high: Floats = field(default_factory=lambda: np.empty(0))
    noise: Floats = field(default_factory=lambda: np.empty(0))
    expected_label: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, kw_only=True)
class OrdinalDawidSkene:
    """Variational Dawid-Skene over a grid of ordinal answering styles.

    The labels' order is that of ``answers.labels``. Each worker's confusion matrix is one of the grid's, each with
    three figures instead of K² − K, so that a handful of answers suffices; the posterior over the styles is kept,
    not its mode, and the crowd's shares of the styles are learnt with them, balanced so that the crowd as a whole is
    unbiased: a bias that everybody shares cannot be seen in the answers.

    max_iter, tol: as in Dawid-Skene, ``tol`` on the largest move of a posterior, and a
    thousandth of it on the bound's gain per answer. crowd_strength: pseudo-workers that
    hold the crowd's shares at `plausible_styles`. prevalence_strength: pseudo-tasks per label.

    Use it only where the labels are steps of one scale: a "cannot say" at the end of the list is not a step, and
    pulls its neighbours towards it.

    ``objective`` is the evidence lower bound plus the log priors; it never decreases. Intervals are quantiles of the
    posterior over the styles, each taken as the cell around it, so that no interval is finer than the grid. The
    thresholded latent scale follows Uebersax & Grove (1993), the variational treatment Liu, Peng & Ihler (2012).
    """

    max_iter: int = 200
    tol: float = 1e-4
    crowd_strength: float = 4.0
    prevalence_strength: float = 1.0

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise ValueError(f"max_iter is {self.max_iter}; at least one iteration is needed")
        if not (self.crowd_strength > 0 and self.prevalence_strength > 0):
            raise ValueError("crowd_strength and prevalence_strength must be positive")

    def fit(
        self,
        answers: AnswerSet,
        *,
        gold: Gold | None = None,
        priors: History | None = None,
    ) -> OrdinalResult:
        """Fit; ``priors`` holds workers' history as counts [worker, true, given], used in every update.

        Warns with ConvergenceWarning at ``max_iter``. Raises ValueError naming bad gold or history.
        """
        known = answers.gold_index(gold)
        K, W = answers.n_labels, answers.n_workers
        history = history_counts(answers, priors)
        grid = style_grid(K)
        flat_logs = grid.log_matrix.reshape(len(grid.bias), K * K)
        base = self.crowd_strength * plausible_styles(grid)
        posterior = _clamp(normalise_rows(answers.counts + 1.0 / max(K, 1)), known)
        shares = base / base.sum()
        objective: list[float] = []
        converged = False
        while not converged and len(objective) < self.max_iter:
            counts = _confusion_counts(answers, posterior)
            evidence = (counts if history is None else counts + history).reshape(W, K * K) @ flat_logs.T
            styles, _ = normalise_logs(evidence + np.log(shares))
            shares = balanced(styles.sum(axis=0) + base) / (W + self.crowd_strength)
            prevalence = posterior.sum(axis=0) + self.prevalence_strength
            prevalence /= prevalence.sum()
            expected_logs = (styles @ flat_logs).reshape(W, K, K)
            updated, log_sums = _estimate_tasks(answers, expected_logs, prevalence, known)
            bound = log_sums + float((self.prevalence_strength * np.log(prevalence)).sum())
            bound += float(
                (base * np.log(shares)).sum() + (styles @ np.log(shares)).sum() - xlogy(styles, styles).sum()
            )
            if history is not None:
                bound += float((history * expected_logs).sum())
            change = float(np.abs(updated - posterior).max(initial=0.0))
            objective.append(bound)
            gain = bound - objective[-2] if len(objective) > 1 else np.inf
            converged = change <= self.tol or abs(gain) <= self.tol * 1e-3 * answers.n_answers
            posterior = updated
        if not converged:
            warnings.warn(
                f"ordinal Dawid-Skene stopped after {self.max_iter} iterations; a posterior moved by {change:.2g}",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self._result(answers, grid, styles, expected_logs, posterior, prevalence, known, objective, converged)

    def _result(
        self,
        answers: AnswerSet,
        grid: StyleGrid,
        styles: Floats,
        expected_logs: Floats,
        posterior: Floats,
        prevalence: Floats,
        known: NDArray[np.integer[Any]],
        objective: list[float],
        converged: bool,
    ) -> OrdinalResult:
        matrices = np.exp(grid.log_matrix)
        shape = (answers.n_workers, answers.n_labels, answers.n_labels)
        low, high = np.empty(shape), np.empty(shape)
        for k in range(answers.n_labels):
            for given in range(answers.n_labels):
                low[:, k, given], high[:, k, given] = _interval(styles, matrices[:, k, given])
        right = np.einsum("gkk,k->g", matrices, prevalence)
        ability_low, ability_high = _interval(styles, right)
        bias_low, bias_high = _interval(styles, grid.bias)
        seen = (answers.counts.sum(axis=1) > 0) | (known >= 0)
        return OrdinalResult(
            model="ordinal",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            prevalence=prevalence,
            confusion=(styles @ matrices.reshape(len(matrices), -1)).reshape(shape),
            confusion_low=low,
            confusion_high=high,
            ability=styles @ right,
            ability_low=ability_low,
            ability_high=ability_high,
            influence=_influence(answers, expected_logs, posterior, known),
            objective=np.array(objective),
            objective_name="evidence lower bound",
            converged=converged,
            n_iter=len(objective),
            ties=tied(posterior) & seen,
            parameters=asdict(self),
            notes=() if seen.any() else ("there are no answers to learn from",),
            bias=styles @ grid.bias,
            bias_low=bias_low,
            bias_high=bias_high,
            noise=styles @ grid.noise,
            expected_label=posterior @ np.arange(answers.n_labels),
        )


def _clamp(posterior: Floats, known: NDArray[np.integer[Any]]) -> Floats:
    gold = np.flatnonzero(known >= 0)
    posterior[gold] = 0.0
    posterior[gold, known[gold]] = 1.0
    return posterior


def _weights(answers: AnswerSet) -> Floats:
    return np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(np.float64)


def _confusion_counts(answers: AnswerSet, posterior: Floats) -> Floats:
    """Expected counts: (W, K, K) [worker, true, given]."""
    K, W = answers.n_labels, answers.n_workers
    cell = answers.worker.astype(np.int64) * K + answers.label
    weighted = posterior[answers.task] * _weights(answers)[:, None]
    columns = [np.bincount(cell, weights=weighted[:, k], minlength=W * K).reshape(W, K) for k in range(K)]
    return np.stack(columns, axis=1) if columns else np.zeros((W, 0, 0))


def _estimate_tasks(
    answers: AnswerSet, expected_logs: Floats, prevalence: Floats, known: NDArray[np.integer[Any]]
) -> tuple[Floats, float]:
    """Posterior (T, K), with the sum of the tasks' log normalisers (gold: the log weight of its label)."""
    T, K = answers.n_tasks, answers.n_labels
    each = expected_logs[answers.worker, :, answers.label] * _weights(answers)[:, None]
    logs = np.tile(np.log(prevalence), (T, 1))
    for k in range(K):
        logs[:, k] += np.bincount(answers.task, weights=each[:, k], minlength=T)
    posterior, sums = normalise_logs(logs)
    gold = np.flatnonzero(known >= 0)
    sums[gold] = logs[gold, known[gold]]
    return _clamp(posterior, known), float(sums.sum())


def _influence(
    answers: AnswerSet, expected_logs: Floats, posterior: Floats, known: NDArray[np.integer[Any]]
) -> NDArray[np.float64]:
    """Total-variation distance between each answer's task posterior with and without it: (N,)."""
    each = expected_logs[answers.worker, :, answers.label] * _weights(answers)[:, None]
    with np.errstate(divide="ignore"):
        without, _ = normalise_logs(np.log(posterior[answers.task]) - each)
    moved: NDArray[np.float64] = 0.5 * np.abs(without - posterior[answers.task]).sum(axis=1)
    moved[known[answers.task] >= 0] = 0.0
    return moved


def _interval(styles: Floats, values: Floats) -> tuple[Floats, Floats]:
    """2.5 % and 97.5 % quantiles of the styles' ``values`` (G,) under each worker's posterior: (W,), (W,)."""
    low, high = cell_ends(values)
    return _quantile(styles, low, 0.025), _quantile(styles, high, 0.975)


def _quantile(styles: Floats, values: Floats, at: float) -> Floats:
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(styles[:, order], axis=1)
    place = np.minimum((mass < at).sum(axis=1), len(values) - 1)
    quantiles: Floats = values[order][place]
    return quantiles
