"""Workers who answer too fast for what the tasks ask to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]

LEAST_SECONDS = 0.05
"""Times below this are the clock's grain; they count as this."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SpeedResult:
    """Answering times against what the task's length predicts; N answers, W workers.

    residual: (N,), log of the time over the predicted time, in robust standard deviations of the crowd. typical: (W,),
    the worker's median residual, nan under ``min_answers``. fast_share: (W,), share of answers under ``fast_at``.
    is_fast: (W,) bool, the worker's median is under ``fast_at``. seconds_at: predicted seconds for length 0, with the
    exponent of the growth by length, and the crowd's robust spread of log times. notes: what could not be estimated.
    """

    residual: Floats
    typical: Floats
    fast_share: Floats
    is_fast: NDArray[np.bool_]
    seconds_at: float
    exponent: float
    spread: float
    notes: tuple[str, ...] = ()


def answering_speed(
    seconds: ArrayLike,
    length: ArrayLike,
    worker: ArrayLike,
    *,
    n_workers: int,
    min_answers: int = 10,
    fast_at: float = -2.0,
    rounds: int = 20,
) -> SpeedResult:
    """Fit log seconds = a + b · log(1 + length) robustly, then judge each worker by the median residual.

    seconds: (N,), from the server handing the task over to the answer's arrival: on its clock, so that a browser
    cannot lie and the time it takes to process a request does not count. length: (N,), of what is to be read, in
    characters, or seconds of audio. worker: (N,) indexes. Huber weights keep both the bots and the lunch breaks from
    moving the line; b is held at 0 or more. ``fast_at`` is in robust standard deviations. Speed is a reason to look,
    never to reject. Raises ValueError on unequal lengths or a time, length or worker out of range.
    """
    time, size, who = np.asarray(seconds, float), np.asarray(length, float), np.asarray(worker, int)
    if not time.shape == size.shape == who.shape or time.ndim != 1:
        raise ValueError(f"seconds has shape {time.shape}, length {size.shape}, worker {who.shape}; must be equal")
    for name, values in (("seconds", time), ("length", size)):
        bad = np.flatnonzero(~((values >= 0) & np.isfinite(values)))
        if bad.size:
            raise ValueError(f"{name}[{bad[0]}] is {values[bad[0]]}; it must be finite and at least 0")
    if who.size and (who.min() < 0 or who.max() >= n_workers):
        raise ValueError(f"a worker index is outside 0 to {n_workers - 1}")
    typical, fast_share = np.full(n_workers, np.nan), np.full(n_workers, np.nan)
    if not time.size:
        nothing = np.zeros(n_workers, dtype=bool)
        nan = float("nan")
        return SpeedResult(
            residual=np.empty(0),
            typical=typical,
            fast_share=fast_share,
            is_fast=nothing,
            seconds_at=nan,
            exponent=nan,
            spread=nan,
            notes=("there are no answers",),
        )
    y, x = np.log(np.maximum(time, LEAST_SECONDS)), np.log1p(size)
    # One worker with ten thousand answers must not set the pace for everybody.
    weight = 1 / np.sqrt(np.bincount(who, minlength=n_workers)[who])
    intercept, slope, spread = _robust_line(x, y, weight, rounds)
    notes: tuple[str, ...] = ()
    if spread <= 0:
        notes = ("all answers took the time their length predicts; nobody can be told apart",)
        residual = np.zeros_like(y)
    else:
        residual = (y - intercept - slope * x) / spread
    order = np.argsort(who, kind="stable")
    parts = np.split(residual[order], np.searchsorted(who[order], np.arange(1, n_workers)))
    for w, values in enumerate(parts):
        if len(values) >= min_answers:
            typical[w], fast_share[w] = np.median(values), (values < fast_at).mean()
    return SpeedResult(
        residual=residual,
        typical=typical,
        fast_share=fast_share,
        is_fast=typical < fast_at,
        seconds_at=float(np.exp(intercept)),
        exponent=slope,
        spread=spread,
        notes=notes,
    )


def _robust_line(x: Floats, y: Floats, weight: Floats, rounds: int) -> tuple[float, float, float]:
    """Intercept, slope, robust residual sd of y on x by iterated Huber weights; a slope under 0 becomes 0."""
    own, slope = np.ones_like(y), 0.0
    intercept, spread = _weighted_median(y, weight), 0.0
    for _ in range(rounds):
        left = y - intercept - slope * x
        middle = _weighted_median(left, weight)
        spread = 1.4826 * _weighted_median(np.abs(left - middle), weight)
        if spread <= 0:
            break
        own = np.minimum(1.0, 1.345 / np.maximum(np.abs(left - middle) / spread, 1e-12))
        w = weight * own
        mean_x, mean_y = np.average(x, weights=w), np.average(y, weights=w)
        variance = np.average((x - mean_x) ** 2, weights=w)
        covariance = np.average((x - mean_x) * (y - mean_y), weights=w)
        slope = max(0.0, float(covariance / variance)) if variance > 0 else 0.0
        intercept = float(mean_y - slope * mean_x)
    return intercept, slope, spread


def _weighted_median(values: Floats, weight: Floats) -> float:
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    return float(values[order][int(np.searchsorted(total, total[-1] / 2))])
