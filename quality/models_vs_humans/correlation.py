"""How far raters err together, with the number of independent votes a group of them is worth."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class ErrorCorrelation:
    """Correlation φ of the raters' errors; R raters.

    phi: (R, R), 1 on the diagonal, nan where two raters share under two tasks or one never errs (or always does) on
    them. n_shared: (R, R). pooled: the mean φ of the pairs weighted by their shared tasks, held in [0, 1], with a
    95 % bootstrap interval over tasks; nan with a ``reason`` when no pair has a φ.
    """

    raters: tuple[Hashable, ...]
    phi: Floats
    n_shared: NDArray[np.int64]
    pooled: float
    low: float
    high: float
    reason: str = ""

    @property
    def effective_votes(self) -> float:
        """Independent votes that one vote of every rater is worth."""
        return effective_votes(len(self.raters), self.pooled)


def effective_votes(n_votes: int, correlation: float) -> float:
    """Independent votes that ``n_votes`` with one mutual error correlation are worth: m / (1 + (m − 1) ρ).

    Raises ValueError on a negative number of votes or a correlation outside [0, 1]; nan gives nan.
    """
    return n_votes * vote_weight(n_votes, correlation) if n_votes else 0.0


def vote_weight(n_votes: int, correlation: float) -> float:
    """The weight at which each of ``n_votes`` correlated votes counts: 1 / (1 + (m − 1) ρ)."""
    if n_votes < 0 or correlation < 0 or correlation > 1:
        raise ValueError(f"n_votes is {n_votes}, correlation is {correlation}; out of range")
    return 1.0 / (1.0 + max(n_votes - 1, 0) * correlation)


def error_correlation(
    answers: AnswerSet,
    truth: Mapping[Any, Hashable],
    raters: Sequence[Hashable],
    *,
    n_resamples: int = 500,
    rng: np.random.Generator | None = None,
) -> ErrorCorrelation:
    """Correlate the errors of ``raters`` on the tasks whose label is known.

    truth: task -> label, from gold or from people only: a consensus with the raters' own votes in it hides exactly
    the errors they share. Tasks in ``truth`` without answers are passed over. Raises ValueError on a rater without
    answers here, named twice, or fewer than two of them.
    """
    place = {worker: i for i, worker in enumerate(answers.workers)}
    for rater in raters:
        if rater not in place:
            raise ValueError(f"rater {rater!r} has no answers here")
    if len(set(raters)) != len(raters) or len(raters) < 2:
        raise ValueError("name at least two raters, each once")
    label_of = {label: i for i, label in enumerate(answers.labels)}
    known = np.array([label_of.get(truth[task], -1) if task in truth else -2 for task in answers.tasks], dtype=int)
    column = np.full(answers.n_workers, -1)
    column[[place[rater] for rater in raters]] = np.arange(len(raters))
    used = (column[answers.worker] >= 0) & (known[answers.task] != -2)
    wrong = np.full((answers.n_tasks, len(raters)), np.nan)
    wrong[answers.task[used], column[answers.worker[used]]] = answers.label[used] != known[answers.task[used]]
    wrong = wrong[~np.isnan(wrong).all(axis=1)]
    phi, shared = _phi(wrong)
    pooled = _pool(phi, shared)
    generator = rng if rng is not None else np.random.default_rng(0)
    low = high = float("nan")
    if not np.isnan(pooled):
        draws = np.array(
            [
                _pool(*_phi(wrong[generator.integers(len(wrong), size=len(wrong))]))
                for _ in range(n_resamples if len(wrong) else 0)
            ]
        )
        if np.isfinite(draws).any():
            low, high = (float(end) for end in np.nanquantile(draws, (0.025, 0.975)))
    return ErrorCorrelation(
        raters=tuple(raters),
        phi=phi,
        n_shared=shared,
        pooled=pooled,
        low=low,
        high=high,
        reason="" if not np.isnan(pooled) else "no two raters share tasks on which both were right and wrong at times",
    )


def _phi(wrong: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Pairwise φ over the tasks both answered: wrong (T, R) of 0, 1, nan -> (R, R), (R, R)."""
    there = ~np.isnan(wrong)
    seen, errors = there.astype(float), np.where(there, wrong, 0.0)
    n, both = seen.T @ seen, errors.T @ errors
    mine, other = errors.T @ seen, seen.T @ errors
    with np.errstate(invalid="ignore", divide="ignore"):
        phi = (n * both - mine * other) / np.sqrt(mine * (n - mine) * other * (n - other))
    phi[~np.isfinite(phi) | (n < 2)] = np.nan
    np.fill_diagonal(phi, 1.0)
    return phi, n.astype(np.int64)


def _pool(phi: Floats, shared: NDArray[np.int64]) -> float:
    pairs = np.triu_indices(len(phi), k=1)
    values, weights = phi[pairs], shared[pairs]
    known = ~np.isnan(values)
    if not known.any():
        return float("nan")
    return float(np.clip(np.average(values[known], weights=weights[known]), 0.0, 1.0))
