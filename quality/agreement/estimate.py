"""From a table of tasks to results: values, reasons, intervals, for many coefficients over the same resamples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coefficients import ChanceCorrected, Coefficient
from quality.agreement.intervals import (
    IntervalOptions,
    Method,
    bca_bounds,
    exact_low,
    fisher_bounds,
    jackknife_se,
    leave_one_out,
    linearised_se,
    percentile_bounds,
    symmetric_bounds,
    task_resamples,
)
from quality.agreement.patterns import TaskTable, prevalence_of
from quality.agreement.result import AgreementResult, Reason, finite

Floats = NDArray[np.float64]

LISTED_LABELS = 200
FEW_MINORITY_ANSWERS = 10
# Below this a standard error is rounding, not spread.
NO_SPREAD = 1e-9
UNDEFINED_SHARE = 0.1


def estimate(
    table: TaskTable,
    coefficients: Sequence[Coefficient],
    *,
    options: IntervalOptions | None = None,
    rng: np.random.Generator | int = 0,
) -> list[AgreementResult]:
    """One result per coefficient, all from the same resamples of tasks.

    ``options=None`` gives values and standard errors without intervals. ``rng`` is a generator or a seed; the same
    seed gives the same intervals.
    """
    generator = np.random.default_rng(rng)
    summary = _summary(table)
    results = [_point(table, coefficient, summary) for coefficient in coefficients]
    open_ = [i for i, result in enumerate(results) if result.value is not None and result.reason is None]
    for i in open_:
        se, _ = linearised_se(table, coefficients[i])
        results[i] = replace(results[i], se=finite(se))
    if options is None or options.method == "none" or not open_:
        return results
    method = options.chosen(table, summary.tasks)
    resampled: dict[int, Floats] = {}
    if count := options.count(method):
        blocks: dict[int, list[Floats]] = {i: [] for i in open_}
        for weight in task_resamples(table, count, generator):
            for i in open_:
                blocks[i].append(coefficients[i].values(table, weight))
        resampled = {i: np.concatenate(values) for i, values in blocks.items()}
    for i in open_:
        results[i] = _with_interval(table, coefficients[i], results[i], resampled.get(i), method, options)
    return results


def _summary(table: TaskTable) -> AgreementResult:
    """What every result of this table says alike."""
    pairable = np.where(table.sizes >= 2, table.multiplicity, 0)
    weight = pairable[None, :].astype(np.float64)
    reason = None
    if not pairable.any():
        reason = Reason.NO_PAIRABLE
    elif np.count_nonzero(table.marginals(weight)[0]) < 2:
        reason = Reason.NO_VARIATION
    elif pairable.sum() == 1:
        reason = Reason.TOO_FEW_TASKS
    return AgreementResult(
        metric="",
        reason=reason,
        tasks=int(pairable.sum()),
        answers=int(pairable @ table.sizes),
        workers=table.workers,
        prevalence=prevalence_of(table) if len(table.labels) <= LISTED_LABELS else {},
    )


def _point(table: TaskTable, coefficient: Coefficient, summary: AgreementResult) -> AgreementResult:
    """The value or the reason why there is none."""
    result = replace(summary, metric=coefficient.metric, params=dict(coefficient.params))
    uncorrected = isinstance(coefficient, ChanceCorrected) and coefficient.chance == "none"
    if summary.reason == Reason.NO_PAIRABLE or (summary.reason == Reason.NO_VARIATION and not uncorrected):
        return result
    lone = summary.tasks == 1
    if lone and not uncorrected and coefficient.metric != "krippendorff_alpha":
        return result
    value = float(coefficient.values(table, table.multiplicity[None, :].astype(np.float64))[0])
    if not np.isfinite(value):
        return replace(result, reason=Reason.NO_VARIATION)
    if lone:  # alpha: what is seen and what chance gives are then the same pairs
        return replace(result, value=value if uncorrected else 0.0, reason=Reason.TOO_FEW_TASKS)
    return replace(result, value=value)


def _with_interval(
    table: TaskTable,
    coefficient: Coefficient,
    result: AgreementResult,
    resampled: Floats | None,
    method: Method,
    options: IntervalOptions,
) -> AgreementResult:
    assert result.value is not None
    value, tail = result.value, options.tail
    result = replace(result, params={**result.params, "confidence": options.confidence})
    if (value == 1.0 or abs(value - 1.0) < 1e-12) and options.method in ("auto", "exact"):
        low = max(-1.0, exact_low(result.tasks, coefficient.room(table), tail))
        return result.with_interval(se=result.se, low=low, high=1.0, method="exact")
    if options.method != "linearised" and (result.se is None or result.se < NO_SPREAD):
        note = "all tasks pull the value alike, so that nothing says how far it would vary"
        return result.with_interval(se=None, low=None, high=None, method=None).with_notes(note)
    result = _warned(result)
    if method == "linearised":
        se, tasks = linearised_se(table, coefficient)
        low, high = symmetric_bounds(value, se, tasks - 1, tail)
        return result.with_interval(se=se, low=low, high=high, method=method)
    if method == "jackknife":
        low, high = fisher_bounds(value, jackknife_se(table, coefficient), result.tasks - 1, tail)
        return result.with_interval(se=result.se, low=low, high=high, method=method)
    assert resampled is not None
    defined = resampled[np.isfinite(resampled)]
    if len(defined) < len(resampled) * (1 - UNDEFINED_SHARE):
        share = 1 - len(defined) / len(resampled)
        result = result.with_notes(f"{share:.0%} of the resamples hold a single label; the interval leaves them out")
    if len(defined) < 2:
        return result.with_interval(se=result.se, low=None, high=None, method=None)
    if method == "bca":
        without, count = leave_one_out(table, coefficient)
        low, high = bca_bounds(value, defined, without, count, tail)
    else:
        low, high = percentile_bounds(defined, tail)
    result = replace(result, se_bootstrap=finite(float(np.std(defined, ddof=1))))
    return result.with_interval(se=result.se, low=low, high=min(1.0, high), method=method)


def _warned(result: AgreementResult) -> AgreementResult:
    """Say so where nearly all answers are one label on few tasks: there no interval holds its promise."""
    minority = result.answers * (1 - max(result.prevalence.values(), default=0.0))
    if result.prevalence and minority < FEW_MINORITY_ANSWERS:
        return result.with_notes(
            f"only {minority:.0f} of {result.answers} answers differ from the commonest label: no method's interval "
            "keeps its promise on so few (at 20 tasks and 5 % about .62 instead of .95); collect more tasks"
        )
    return result
