"""Whether predicted accuracies come true: what was predicted before, against what was seen later."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import betabinom

from quality.skill.rates import wilson

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
ENOUGH = 30
ENOUGH_WORKERS = 5

Verdict = Literal["cannot_say_yet", "as_predicted", "too_hopeful", "too_cautious"]


@dataclass(frozen=True, kw_only=True)
class ReliabilityRow:
    """Predictions between two edges: how many, of how many workers, their mean, the share that came true.

    ``low``, ``high``: Wilson's 95 % interval for the number of answers that is worth as much as these, which come from
    the same few workers. ``is_enough``: 30 predictions of five workers or more; with fewer it cannot be said yet.
    ``verdict``: whether what was predicted lies in the interval.
    """

    from_: float
    to: float
    predictions: int
    workers: int
    predicted: float | None
    observed: float | None
    low: float | None
    high: float | None
    is_enough: bool
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many of the workers' later golds fell into the 95 % range that their earlier ones had promised."""

    workers: int
    inside: int
    share: float | None
    low: float | None
    high: float | None


def reliability_table(predicted: ArrayLike, came_true: ArrayLike, worker: ArrayLike) -> list[ReliabilityRow]:
    """One row for each range of predictions, then one over all. Arrays of equal length; raises ValueError otherwise."""
    p, y, who = np.asarray(predicted, float), np.asarray(came_true, float), np.asarray(worker)
    if not p.shape == y.shape == who.shape or p.ndim != 1:
        raise ValueError(f"predicted has shape {p.shape}, came_true {y.shape}, worker {who.shape}; must be equal")
    rows = []
    for start, end in [*pairwise(EDGES), (0.0, 1.0)]:
        kept = (p >= start) & ((p < end) | ((end == 1.0) & (p <= end)))
        rows.append(_row(start, end, p[kept], y[kept], who[kept]))
    return rows


def interval_coverage(
    first_right: ArrayLike, first: ArrayLike, later_right: ArrayLike, later: ArrayLike, *, prior: tuple[float, float]
) -> Coverage:
    """Per worker, whether ``later_right`` of ``later`` golds lies in the 95 % range of the beta-binomial prediction."""
    a, n = np.asarray(first_right) + prior[0], np.asarray(later)
    b = np.asarray(first) - np.asarray(first_right) + prior[1]
    if not n.size:
        return Coverage(workers=0, inside=0, share=None, low=None, high=None)
    low, high = betabinom.ppf(0.025, n, a, b), betabinom.ppf(0.975, n, a, b)
    inside = int(((np.asarray(later_right) >= low) & (np.asarray(later_right) <= high)).sum())
    interval = wilson(inside, len(n))
    return Coverage(workers=len(n), inside=inside, share=inside / len(n), low=interval[0], high=interval[1])


def _row(start: float, end: float, p: np.ndarray, y: np.ndarray, who: np.ndarray) -> ReliabilityRow:
    n = len(p)
    workers = np.unique(who)
    if not n:
        return ReliabilityRow(
            from_=start, to=end, predictions=0, workers=0, predicted=None, observed=None, low=None, high=None,
            is_enough=False, verdict="cannot_say_yet",
        )  # fmt: skip
    share = float(y.mean())
    low, high = wilson(share * _worth(y, who), _worth(y, who))
    mean, is_enough = float(p.mean()), n >= ENOUGH and len(workers) >= ENOUGH_WORKERS
    return ReliabilityRow(
        from_=start,
        to=end,
        predictions=n,
        workers=len(workers),
        predicted=mean,
        observed=share,
        low=low,
        high=high,
        is_enough=is_enough,
        verdict=_verdict(mean, low, high) if is_enough else "cannot_say_yet",
    )


def _verdict(predicted: float, low: float, high: float) -> Verdict:
    if low <= predicted <= high:
        return "as_predicted"
    return "too_hopeful" if predicted > high else "too_cautious"


def _worth(y: np.ndarray, who: np.ndarray) -> float:
    """How many independent answers these are worth, given that each worker's go together (Kish's design effect)."""
    n, share = len(y), y.mean()
    groups = np.unique(who, return_inverse=True)[1]
    m = groups.max() + 1
    plain = share * (1 - share) / n
    if m < 2 or plain == 0:
        # One worker, or no variation to see: no more than one answer a worker is claimed.
        return float(m) if m < 2 or plain == 0 else float(n)
    left = np.bincount(groups, weights=y - share, minlength=m)
    clustered = m / (m - 1) * float((left**2).sum()) / n**2
    return float(n / max(1.0, clustered / plain))
