"""Worker figures: matrices with their intervals, ability with its interval, and the workers below chance."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.beta_table import beta_intervals

Floats = NDArray[np.floating[Any]]

CHUNK = 8192
"""Workers taken at a time: temporary copies of all matrices would be the peak of a large fit."""

NAMED = 5
"""How many workers a note names before it only counts them."""


@dataclass(frozen=True, eq=False)
class WorkerFigures:
    """Matrices (W, K, K) [worker, true, given] and ability (W,), each with the ends of its 95 % interval."""

    confusion: Floats
    confusion_low: Floats
    confusion_high: Floats
    ability: Floats
    ability_low: Floats
    ability_high: Floats


def worker_figures(log_table: Floats, resting: Floats, prevalence: Floats) -> WorkerFigures:
    """Figures of workers whose rows rest on ``resting`` (W, K) answers and pseudo-counts.

    ``log_table`` (W, K, K) [worker, given, true] is turned into the matrices in place.
    A cell's interval is that of Beta(c · n, (1 − c) · n). The ability is the diagonal weighted by the prevalence;
    its variance is the sum of the rows' variances, its interval that of the Beta with this mean and variance. A row
    that rests on nothing is nan, and so is the ability of a worker it would enter.
    """
    confusion = log_table
    low, high = np.empty(confusion.shape, dtype=np.float32), np.empty(confusion.shape, dtype=np.float32)
    ability, variance = np.empty(len(confusion)), np.empty(len(confusion))
    for start in range(0, len(log_table), CHUNK):
        part = slice(start, start + CHUNK)
        matrices = np.exp(log_table[part]).transpose(0, 2, 1)
        matrices[resting[part] <= 0] = np.nan
        confusion[part] = matrices
        low[part], high[part] = beta_intervals(matrices, resting[part, :, None])
        diagonal = np.diagonal(matrices, axis1=1, axis2=2).astype(np.float64)
        ability[part] = np.where(prevalence > 0, diagonal, 0.0) @ prevalence
        spread = diagonal * (1.0 - diagonal) / (resting[part] + 1.0)
        variance[part] = np.where(prevalence > 0, spread, 0.0) @ prevalence**2
    with np.errstate(divide="ignore", invalid="ignore"):
        size = ability * (1.0 - ability) / variance - 1.0
    # A diagonal of 0 or 1 has no variance: then the interval is the point.
    size = np.where(variance > 0, size, 0.0)
    ability_low, ability_high = beta_intervals(ability, size)
    return WorkerFigures(
        confusion=confusion,
        confusion_low=low,
        confusion_high=high,
        ability=ability,
        ability_low=np.where(size > 0, ability_low, ability),
        ability_high=np.where(size > 0, ability_high, ability),
    )


def note_below_chance(workers: Sequence[Hashable], ability_high: Floats, n_labels: int) -> tuple[str, ...]:
    """A sentence on the workers whose ability is surely under chance (1 / K), or nothing."""
    if n_labels < 2:
        return ()
    below = np.flatnonzero(ability_high < 1.0 / n_labels)
    if not below.size:
        return ()
    names = ", ".join(repr(workers[i]) for i in below[:NAMED]) + (", …" if below.size > NAMED else "")
    verb = "worker answers" if below.size == 1 else "workers answer"
    return (f"{below.size} {verb} worse than chance, as if on purpose: {names}",)
