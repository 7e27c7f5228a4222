"""The terms of the bound of the model for numbers, each a line of the formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.answer_forms.numeric import NumericAnswers

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Residuals:
    """Expected squared errors: of each answer (N,), of each worker's history (W,)."""

    squared: Floats
    past: Floats


@dataclass(frozen=True, eq=False)
class Spread:
    """Where a fit starts: each task's median (T,), the answers' spread within tasks, the overall spread, as sds."""

    centre: Floats
    within: float
    scale: float


def task_spread(answers: NumericAnswers, known: Floats) -> Spread:
    """Robust starting values; ``known`` (T,) holds gold values, nan elsewhere.

    Where tasks have one answer each, half of the overall spread is ascribed to the workers. Answers that are all
    the same get the scale of their own size, at least 1.
    """
    order = np.argsort(answers.task, kind="stable")
    parts = np.split(answers.value[order], np.searchsorted(answers.task[order], np.arange(1, answers.n_tasks)))
    centre = np.array([np.median(values) for values in parts if len(values)])
    middle = float(np.median(answers.value)) if answers.n_answers else 0.0
    scale = _robust_sd(answers.value - middle)
    scale = scale if scale > 0 else max(abs(middle), 1.0)
    overlap = np.bincount(answers.task, minlength=answers.n_tasks)
    comparable = (overlap[answers.task] > 1) | np.isfinite(known[answers.task])
    reference = np.where(np.isfinite(known), known, centre)[answers.task]
    within = _robust_sd((answers.value - reference)[comparable]) if comparable.any() else scale / 2
    return Spread(centre=centre, within=within if within > 0 else scale / 10, scale=scale)


def gaussian_bound(offset: Floats, variance: Floats, spread: float) -> Floats:
    """E log N(offset; 0, spread) plus the entropy of each Gaussian; a variance of 0 (gold) has no entropy term."""
    spare = np.where(variance > 0, variance, 1.0)
    entropy = np.where(variance > 0, 0.5 * np.log(2 * np.pi * np.e * spare), 0.0)
    bound: Floats = -0.5 * np.log(2 * np.pi * spread) - 0.5 * (offset**2 + variance) / spread + entropy
    return bound


def variance_log_prior(variance: ArrayLike, centre: float, strength: float, *, turned: bool = False) -> Any:
    """Log density of a variance's logarithm, up to a constant, as ``strength`` pseudo-answers of variance ``centre``.

    As a function of ``variance`` its mode is ``centre``. ``turned`` gives the family in which the pooled variance of
    a crowd is updated in closed form: pseudo-workers whose own variance is ``centre``.
    """
    ratio = np.asarray(variance) / centre
    # Both lines are Gamma log densities in the precision; which of the two variances is free makes the difference.
    return 0.5 * strength * (np.log(ratio) - ratio) if turned else -0.5 * strength * (np.log(ratio) + 1 / ratio)


def gaussian_variance_ratio(tail: float) -> float:
    """Variance of Gaussian errors over the squared scale at which a Student-t with ``tail`` fits them best."""
    # Loaded here, since it takes 25 MB.
    from scipy.optimize import brentq

    points, masses = np.polynomial.hermite_e.hermegauss(64)
    masses = masses / masses.sum()

    def excess(ratio: float) -> float:
        squared = points**2 * ratio
        return float((masses * (tail + 1) * squared / (tail + squared)).sum()) - 1.0

    return float(brentq(excess, 1.0, 1e12))


def _robust_sd(offsets: Floats) -> float:
    """1.4826 times the median absolute offset; the root mean square where more than half are 0."""
    if not offsets.size:
        return 0.0
    middle = 1.4826 * float(np.median(np.abs(offsets)))
    return middle if middle > 0 else float(np.sqrt(np.mean(offsets**2)))
