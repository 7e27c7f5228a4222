"""Confidence intervals that treat tasks as the sample, by the rule of the number of tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.agreement.coefficients import Coefficient
from quality.agreement.patterns import TaskTable

Floats = NDArray[np.float64]
Method = Literal["auto", "bca", "percentile", "jackknife", "linearised", "exact", "none"]

SMALL_SAMPLE = 200
# Above this many drawn numbers resampling costs seconds, while the normal limit has long been reached.
DRAW_LIMIT = 2 * 10**7
BLOCK_DRAWS = 1 << 20


@dataclass(frozen=True, kw_only=True)
class IntervalOptions:
    """How to make an interval. ``method="auto"``: exact for perfect agreement, BCa under 200 tasks, percentile from
    there, linearised where resampling would draw more than 20 million numbers."""

    method: Method = "auto"
    confidence: float = 0.95
    resamples: int = 1000
    small_resamples: int = 2000

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence is {self.confidence}; it lies between 0 and 1")
        if self.resamples < 1 or self.small_resamples < 1:
            raise ValueError("an interval needs at least one resample")

    def chosen(self, table: TaskTable, n_tasks: int) -> Method:
        """The method for a table of ``n_tasks`` tasks."""
        if self.method != "auto":
            return self.method
        if n_tasks < SMALL_SAMPLE:
            return "bca"
        return "percentile" if self.resamples * len(table.sizes) <= DRAW_LIMIT else "linearised"

    def count(self, method: Method) -> int:
        """Resamples that a method draws."""
        return {"bca": self.small_resamples, "percentile": self.resamples}.get(method, 0)

    @property
    def tail(self) -> float:
        """Probability left out at each end."""
        return (1 - self.confidence) / 2


def task_resamples(table: TaskTable, count: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Blocks (R, P) of how often each row is drawn when as many tasks as there are are drawn with replacement."""
    answered = np.flatnonzero((table.sizes > 0) & (table.multiplicity > 0))
    tasks = int(table.multiplicity[answered].sum())
    share = table.multiplicity[answered] / tasks
    step = max(1, BLOCK_DRAWS // max(1, len(table.sizes), len(table.labels)))
    for start in range(0, count, step):
        block = np.zeros((min(step, count - start), len(table.sizes)))
        if tasks == len(answered):
            for row in block:
                row[answered] = np.bincount(rng.integers(0, tasks, tasks), minlength=tasks)
        else:
            block[:, answered] = rng.multinomial(tasks, share, size=len(block))
        yield block


def linearised_se(table: TaskTable, coefficient: Coefficient) -> tuple[float, int]:
    """Standard error over tasks from the coefficient's linearisation, with the number of tasks behind it."""
    weight = table.multiplicity * coefficient.used(table)
    tasks = int(weight.sum())
    if tasks < 2:
        return float("nan"), tasks
    pull = coefficient.influence(table)
    return float(np.sqrt((weight @ np.square(pull)) / (tasks * (tasks - 1)))), tasks


def symmetric_bounds(value: float, se: float, degrees: float, tail: float) -> tuple[float, float]:
    """value ± t · se, cut at 1: agreement cannot be higher."""
    reach = special.stdtrit(degrees, 1 - tail) * se if np.isfinite(degrees) else special.ndtri(1 - tail) * se
    return float(value - reach), float(min(1.0, value + reach))


def fisher_bounds(value: float, se: float, degrees: float, tail: float) -> tuple[float, float]:
    """An interval symmetric in Fisher's z, mapped back: narrower towards 1, never beyond it."""
    z = np.arctanh(value)
    reach = special.stdtrit(degrees, 1 - tail) * se / (1 - value**2)
    return float(np.tanh(z - reach)), float(np.tanh(z + reach))


def leave_one_out(table: TaskTable, coefficient: Coefficient) -> tuple[Floats, Floats]:
    """The value without one task of each kind, with how many such tasks there are; rows that hold no used task drop
    out."""
    rows = np.flatnonzero(coefficient.used(table) & (table.multiplicity > 0))
    weight = np.repeat(table.multiplicity[None, :].astype(np.float64), len(rows), axis=0)
    weight[np.arange(len(rows)), rows] -= 1
    return coefficient.values(table, weight), table.multiplicity[rows].astype(np.float64)


def jackknife_se(table: TaskTable, coefficient: Coefficient) -> float:
    """Delete-one-task jackknife standard error."""
    values, count = leave_one_out(table, coefficient)
    defined = np.isfinite(values)
    values, count = values[defined], count[defined]
    n = count.sum()
    if n < 2:
        return float("nan")
    centre = count @ values / n
    return float(np.sqrt((n - 1) / n * (count @ np.square(values - centre))))


def percentile_bounds(resampled: Floats, tail: float) -> tuple[float, float]:
    """The middle of the resampled values."""
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return float(low), float(high)


def bca_bounds(value: float, resampled: Floats, without: Floats, count: Floats, tail: float) -> tuple[float, float]:
    """Bias-corrected accelerated bounds (Efron 1987); ``without``, ``count``: the leave-one-out values."""
    below = float(np.mean(resampled < value) + np.mean(resampled == value) / 2)
    floor = 1 / (2 * len(resampled))
    bias = special.ndtri(np.clip(below, floor, 1 - floor))
    defined = np.isfinite(without)
    gap = np.average(without[defined], weights=count[defined]) - without[defined]
    spread = count[defined] @ gap**2
    acceleration = count[defined] @ gap**3 / (6 * spread**1.5) if spread > 0 else 0.0
    z = bias + special.ndtri(np.array([tail, 1 - tail]))
    level = special.ndtr(bias + z / (1 - acceleration * z))
    low, high = np.quantile(resampled, level)
    return float(low), float(high)


def exact_low(tasks: int, room: float, tail: float) -> float:
    """Lower end where all tasks agree fully: Clopper and Pearson's bound on the share of such tasks, with the rest
    taken to disagree as far as labels allow."""
    return float(1 - (1 - tail ** (1 / tasks)) / room)
