"""The tasks that all workers answered, as a rectangle, with intervals for whatever is reckoned from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quality.agreement.intervals import IntervalOptions, bca_bounds, percentile_bounds
from quality.agreement.result import AgreementResult, Reason, finite
from quality.agreement.weights import numbers_of
from quality.answers import AnswerSet

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], float]

# Cells a resampled rectangle may have in all: 1,000 resamples of 50,000 tasks by 4 workers.
CELL_LIMIT = 2 * 10**8


@dataclass(frozen=True, eq=False)
class CompleteTable:
    """``values`` (n tasks, k workers): the labels as numbers, or their ranks where ``ranks`` was asked for."""

    values: Floats
    tasks: NDArray[np.intp]
    workers: NDArray[np.intp]


def complete_table(answers: AnswerSet, *, ranks: bool = False) -> CompleteTable | None:
    """The rectangle of tasks that every worker with an answer answered once; None where there are fewer than two.

    Its size is bounded by the number of answers. Raises ValueError naming a label that is no number, unless
    ``ranks`` takes the label's place in the label set instead.
    """
    scale = np.arange(answers.n_labels, dtype=np.float64) if ranks else numbers_of(answers.labels)
    workers = np.unique(answers.worker)
    full = np.flatnonzero(np.bincount(answers.task, minlength=answers.n_tasks) == len(workers))
    if len(full) < 2 or len(workers) < 2:
        return None
    kept = np.flatnonzero(np.isin(answers.task, full))
    order = kept[np.lexsort((answers.worker[kept], answers.task[kept]))]
    worker = answers.worker[order].reshape(len(full), len(workers))
    once = (worker == workers).all(axis=1)  # a worker who answers twice fills another's place
    if np.count_nonzero(once) < 2:
        return None
    label = answers.label[order].reshape(len(full), len(workers))[once]
    return CompleteTable(scale[label], full[once], workers.astype(np.intp))


def result_of(
    metric: str,
    table: CompleteTable | None,
    statistic: Statistic,
    *,
    options: IntervalOptions | None = None,
    rng: np.random.Generator | int = 0,
) -> AgreementResult:
    """A statistic of the rectangle with a task bootstrap: BCa under 200 tasks, percentile from there.

    A statistic says nan where it is undefined. Above 200 million resampled cells the interval is left out.
    """
    if table is None:
        return AgreementResult(metric=metric, reason=Reason.INCOMPLETE)
    n, k = table.values.shape
    result = AgreementResult(metric=metric, tasks=n, workers=k, answers=n * k)
    value = statistic(table.values)
    if not np.isfinite(value):
        return replace(result, reason=Reason.NO_VARIATION)
    result = replace(result, value=float(value))
    if options is None or options.method == "none" or n < 3:
        return result
    method = "bca" if n < 200 else "percentile"
    count = options.count("bca" if n < 200 else "percentile")
    if count * n * k > CELL_LIMIT:
        return result.with_notes("too many tasks to resample; the interval is left out")
    generator = np.random.default_rng(rng)
    draws = np.array([statistic(table.values[generator.integers(0, n, n)]) for _ in range(count)])
    draws = draws[np.isfinite(draws)]
    if len(draws) < 2:
        return result
    if method == "bca":
        without = np.array([statistic(np.delete(table.values, i, axis=0)) for i in range(n)])
        low, high = bca_bounds(float(value), draws, without, np.ones(n), options.tail)
    else:
        low, high = percentile_bounds(draws, options.tail)
    spread = finite(float(np.std(draws, ddof=1)))
    result = replace(result, se_bootstrap=spread, params={"confidence": options.confidence})
    return result.with_interval(se=spread, low=low, high=min(1.0, high), method=method)
