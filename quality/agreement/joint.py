"""Two coefficients over overlapping tasks, their difference with its interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.agreement.coefficients import Coefficient
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions, percentile_bounds
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult, Reason, finite
from quality.answers import AnswerSet

Floats = NDArray[np.float64]
BLOCK_DRAWS = 1 << 21


@dataclass(frozen=True, kw_only=True)
class Difference:
    """second − first, with the interval of the task bootstrap; ``p`` is two-sided from the linearised z.

    shared_tasks: tasks with answers in both, over which the two are paired. A ``reason`` stands where one of the two
    has no value or no spread.
    """

    first: AgreementResult
    second: AgreementResult
    shared_tasks: int
    value: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    z: float | None = None
    p: float | None = None
    reason: str | None = None


def difference(
    answers: AnswerSet,
    in_second: NDArray[np.bool_],
    coefficient_of: Callable[[PatternTable], Coefficient],
    *,
    options: IntervalOptions | None = None,
    rng: np.random.Generator | int = 0,
) -> Difference:
    """Compare two groups of answers: two periods, two versions of the guidelines, two groups of workers.

    ``in_second`` (n_answers,) says which group an answer belongs to; ``coefficient_of(table)`` gives the coefficient,
    e.g. ``lambda table: alpha_of(table, "nominal")``. Tasks are resampled whole, so that tasks answered in both
    groups count as pairs. Raises ValueError for a mask of another length.
    """
    if in_second.shape != answers.task.shape:
        raise ValueError(f"in_second has shape {in_second.shape}; expected {answers.task.shape}")
    chosen = options or IntervalOptions()
    generator = np.random.default_rng(rng)
    tables, rows = zip(*(PatternTable.with_rows(answers.select(part)) for part in (~in_second, in_second)), strict=True)
    coefficients = [coefficient_of(table) for table in tables]
    first, second = (
        estimate(table, [coefficient], options=options, rng=generator)[0]
        for table, coefficient in zip(tables, coefficients, strict=True)
    )
    both = int(np.count_nonzero((rows[0] >= 0) & (rows[1] >= 0)))
    result = Difference(first=first, second=second, shared_tasks=both)
    if first.value is None or second.value is None or first.reason or second.reason:
        return Difference(
            first=first, second=second, shared_tasks=both, reason=first.reason or second.reason or Reason.NO_VARIATION
        )
    width = len(tables[1].patterns) + 1
    kind, count = np.unique((rows[0] + 1) * width + rows[1] + 1, return_counts=True)
    kind, count = kind[kind > 0], count[kind > 0]
    at = (kind // width - 1, kind % width - 1)
    pull = np.zeros(len(kind))
    for sign, table, coefficient, place in zip((-1, 1), tables, coefficients, at, strict=True):
        used = float((table.multiplicity * coefficient.used(table)).sum())
        pull += sign * np.where(place >= 0, coefficient.influence(table)[place] / used, 0.0)
    n = float(count.sum())
    se = float(np.sqrt(n / (n - 1) * (count @ pull**2)))
    value = second.value - first.value
    draws = _draws(tables, coefficients, at, count, chosen.resamples, generator)
    draws = draws[np.isfinite(draws)]
    low, high = percentile_bounds(draws, chosen.tail) if len(draws) > 1 and se > 0 else (None, None)
    z = value / se if se > 0 else None
    p = None if z is None else float(2 * special.ndtr(-abs(z)))
    return Difference(
        first=result.first,
        second=result.second,
        shared_tasks=both,
        value=value,
        se=finite(se),
        low=low,
        high=high,
        z=finite(z),
        p=p,
    )


def _draws(
    tables: tuple[PatternTable, ...],
    coefficients: list[Coefficient],
    at: tuple[NDArray[np.intp], ...],
    count: NDArray[np.intp],
    resamples: int,
    rng: np.random.Generator,
) -> Floats:
    """The difference in each resample of tasks: (resamples,)."""
    n = int(count.sum())
    step = max(1, BLOCK_DRAWS // max(1, len(count)))
    out = []
    for begin in range(0, resamples, step):
        drawn = rng.multinomial(n, count / n, size=min(step, resamples - begin)).astype(np.float64)
        values = []
        for table, coefficient, place in zip(tables, coefficients, at, strict=True):
            weight = np.zeros((len(table.patterns), len(drawn)))
            np.add.at(weight, place[place >= 0], drawn.T[place >= 0])
            values.append(coefficient.values(table, weight.T))
        out.append(values[1] - values[0])
    return np.concatenate(out)
