"""The six intraclass correlations of Shrout-Fleiss with their F intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.agreement.complete import complete_table
from quality.agreement.result import AgreementResult, Reason, finite
from quality.agreement.weights import numbers_of
from quality.answers import AnswerSet

Floats = NDArray[np.float64]
MeanSquares = tuple[Floats, Floats, Floats, Floats]
IccType = Literal["ICC(1,1)", "ICC(1,k)", "ICC(2,1)", "ICC(2,k)", "ICC(3,1)", "ICC(3,k)"]
ICC_TYPES: tuple[IccType, ...] = ("ICC(1,1)", "ICC(1,k)", "ICC(2,1)", "ICC(2,k)", "ICC(3,1)", "ICC(3,k)")


def icc(answers: AnswerSet, *, kind: IccType = "ICC(2,1)", confidence: float = 0.95) -> AgreementResult:
    """One intraclass correlation over the tasks that all workers answered.

    ICC(1,·): workers differ by task. ICC(2,·): these workers stand for others, absolute agreement, also called
    ICC(A,·). ICC(3,·): only these workers, consistency, also called ICC(C,·). (·,1): one answer; (·,k): the mean of
    k. Where no two tasks are complete, ICC(1,·) falls back on the one-way analysis of unequal groups, the others
    have the reason "incomplete_table". Raises ValueError for labels that are not numbers or an unknown kind.
    Sources: Shrout & Fleiss (1979); McGraw & Wong (1996); Donner (1986) for unequal groups.
    """
    if kind not in ICC_TYPES:
        raise ValueError(f"unknown ICC {kind!r}; choose one of {', '.join(ICC_TYPES)}")
    table = complete_table(answers)
    if table is not None:
        return icc_of_table(table.values, kind=kind, confidence=confidence)
    if kind.startswith("ICC(1"):
        return _one_way(answers, kind, confidence)
    return AgreementResult(metric="icc", params={"type": kind}, reason=Reason.INCOMPLETE, answers=answers.n_answers)


def icc_of_table(values: Floats, *, kind: IccType = "ICC(2,1)", confidence: float = 0.95) -> AgreementResult:
    """One intraclass correlation of a complete (n tasks, k workers) table of numbers.

    ``se`` is the delete-one-task jackknife's.
    """
    x = np.asarray(values, dtype=np.float64)
    n, k = x.shape
    result = AgreementResult(
        metric="icc", tasks=n, workers=k, answers=n * k, params={"type": kind, "confidence": confidence}
    )
    if n < 2 or k < 2:
        return replace(result, reason=Reason.TOO_FEW_TASKS if n < 2 else Reason.TOO_FEW_WORKERS)
    x = x - x.mean()
    squares = _mean_squares((x.sum(axis=1) ** 2).sum(), (x**2).sum(), x.sum(axis=0), n, k)
    value = float(_value(kind, squares, n, k))
    if not np.isfinite(value) or np.ptp(x) == 0:
        return replace(result, reason=Reason.NO_VARIATION)
    low, high = _bounds(kind, squares, n, k, (1 - confidence) / 2)
    return replace(result, value=value).with_interval(se=_jackknife(kind, x), low=low, high=high, method="f")


def _mean_squares(rows: Floats, squares: Floats, column: Floats, n: int, k: int) -> MeanSquares:
    """Mean squares between tasks, between workers, residual, within tasks, for sums with any leading axes.

    ``rows`` (…) sum over tasks of their squared sums, ``squares`` (…) total of squares, ``column`` (…, k) sums.
    """
    grand = column.sum(axis=-1) ** 2 / (n * k)
    between = rows / k - grand
    workers = (column**2).sum(axis=-1) / n - grand
    total = squares - grand
    residual = np.maximum(total - between - workers, 0) / ((n - 1) * (k - 1))
    return between / (n - 1), workers / (k - 1), residual, (total - between) / (n * (k - 1))


def _value(kind: IccType, squares: MeanSquares, n: int, k: int) -> Floats:
    rows, workers, residual, within = squares
    with np.errstate(invalid="ignore", divide="ignore"):
        if kind == "ICC(1,1)":
            return np.asarray((rows - within) / (rows + (k - 1) * within))
        if kind == "ICC(1,k)":
            return np.asarray((rows - within) / rows)
        if kind == "ICC(2,1)":
            return np.asarray((rows - residual) / (rows + (k - 1) * residual + k * (workers - residual) / n))
        if kind == "ICC(2,k)":
            return np.asarray((rows - residual) / (rows + (workers - residual) / n))
        if kind == "ICC(3,1)":
            return np.asarray((rows - residual) / (rows + (k - 1) * residual))
        return np.asarray((rows - residual) / rows)


def _bounds(kind: IccType, squares: MeanSquares, n: int, k: int, tail: float) -> tuple[float | None, float | None]:
    rows, workers, residual, within = (float(square) for square in squares)
    noise = within if kind.startswith("ICC(1") else residual
    if noise <= 0:
        return None, None
    if kind.startswith("ICC(2"):
        low, high = _two_way_bounds(float(_value("ICC(2,1)", squares, n, k)), rows, workers, residual, n, k, tail)
        return (low, high) if kind == "ICC(2,1)" else (_stepped_up(low, k), _stepped_up(high, k))
    free = n * (k - 1) if kind.startswith("ICC(1") else (n - 1) * (k - 1)
    ratio = rows / noise
    below = ratio / special.fdtri(n - 1, free, 1 - tail)
    above = ratio * special.fdtri(free, n - 1, 1 - tail)
    if kind.endswith(",1)"):
        return float((below - 1) / (below + k - 1)), float((above - 1) / (above + k - 1))
    return float(1 - 1 / below), float(1 - 1 / above)


def _two_way_bounds(
    value: float, rows: float, workers: float, residual: float, n: int, k: int, tail: float
) -> tuple[float, float]:
    """McGraw and Wong's bounds with Satterthwaite's degrees of freedom."""
    ratio = workers / residual
    rest = n * (1 + (k - 1) * value) - k * value
    free = (k - 1) * (n - 1) * (k * value * ratio + rest) ** 2 / ((n - 1) * k**2 * value**2 * ratio**2 + rest**2)
    noise = k * workers + (k * n - k - n) * residual
    upper, lower = special.fdtri(n - 1, free, 1 - tail), special.fdtri(free, n - 1, 1 - tail)
    low = n * (rows - upper * residual) / (upper * noise + n * rows)
    high = n * (lower * rows - residual) / (noise + n * lower * rows)
    return float(low), float(high)


def _stepped_up(value: float, k: int) -> float:
    """Spearman and Brown's step from one answer to the mean of k."""
    return k * value / (1 + (k - 1) * value)


def _jackknife(kind: IccType, x: Floats) -> float | None:
    n, k = x.shape
    if n < 3:
        return None
    row = x.sum(axis=1)
    squares = (x**2).sum() - (x**2).sum(axis=1)
    parts = _mean_squares((row**2).sum() - row**2, squares, x.sum(axis=0) - x, n - 1, k)
    values = _value(kind, parts, n - 1, k)
    values = values[np.isfinite(values)]
    return finite(float(np.sqrt((len(values) - 1) * np.var(values)))) if len(values) > 1 else None


def _one_way(answers: AnswerSet, kind: IccType, confidence: float) -> AgreementResult:
    """One-way ICC of unequal groups; Donner's mean group size stands in for k."""
    x = numbers_of(answers.labels)[answers.label]
    size = np.bincount(answers.task, minlength=answers.n_tasks)
    used = size >= 2
    kept = used[answers.task]
    n, total = int(used.sum()), int(size[used].sum())
    workers = len(np.unique(answers.worker[kept]))
    result = AgreementResult(
        metric="icc",
        tasks=n,
        answers=total,
        workers=workers,
        params={"type": kind, "confidence": confidence, "design": "unequal groups"},
    )
    if n < 2:
        return replace(result, reason=Reason.NO_PAIRABLE if n == 0 else Reason.TOO_FEW_TASKS)
    x = x - x[kept].mean()
    sums = np.bincount(answers.task[kept], weights=x[kept], minlength=answers.n_tasks)
    between = float((sums[used] ** 2 / size[used]).sum())
    spread = float((x[kept] ** 2).sum()) - between
    if between + spread == 0:
        return replace(result, reason=Reason.NO_VARIATION)
    k = (total - float((size[used].astype(np.float64) ** 2).sum()) / total) / (n - 1)
    rows, within = between / (n - 1), spread / (total - n)
    single = (rows - within) / (rows + (k - 1) * within)
    value = single if kind == "ICC(1,1)" else (rows - within) / rows if rows > 0 else float("nan")
    if not np.isfinite(value):
        return replace(result, reason=Reason.NO_VARIATION)
    result = replace(result, value=float(value))
    if within == 0:
        return result
    tail = (1 - confidence) / 2
    below = rows / within / special.fdtri(n - 1, total - n, 1 - tail)
    above = rows / within * special.fdtri(total - n, n - 1, 1 - tail)
    single_bounds = ((below - 1) / (below + k - 1), (above - 1) / (above + k - 1))
    low, high = single_bounds if kind == "ICC(1,1)" else (1 - 1 / below, 1 - 1 / above)
    # Donner (1986): large-sample standard error of the single-answer coefficient, groups taken as equal.
    se = np.sqrt(2 * (1 - single) ** 2 * (1 + (k - 1) * single) ** 2 / (k * (k - 1) * n))
    return result.with_interval(
        se=float(se) if kind == "ICC(1,1)" else None, low=float(low), high=float(high), method="f_approximate"
    )
