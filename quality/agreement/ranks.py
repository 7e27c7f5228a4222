"""Agreement of rankings: Kendall's W, mean rank correlations between workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from quality.agreement.complete import CompleteTable, complete_table, result_of
from quality.agreement.intervals import IntervalOptions
from quality.agreement.result import AgreementResult, Reason
from quality.answers import AnswerSet

Floats = NDArray[np.float64]
Correlation = Literal["kendall_tau_b", "spearman", "pearson"]
# A mean over pairs of workers is for a panel; above this many workers it has no value.
PANEL = 60


def kendall_w(
    answers: AnswerSet,
    *,
    ties: bool = True,
    options: IntervalOptions | None = None,
    rng: np.random.Generator | int = 0,
) -> AgreementResult:
    """Kendall's W over the tasks that all workers answered; labels count by their order in the label set.

    Reason "incomplete_table" where no two tasks are complete. ``ties=False`` leaves the correction for ties out.
    Source: Kendall & Babington Smith (1939).
    """
    table = complete_table(answers, ranks=True)
    result = result_of("kendall_w", table, lambda x: concordance(x, ties=ties), options=options, rng=rng)
    return _with_params(result, ties=ties)


def concordance(values: Floats, *, ties: bool = True) -> float:
    """Kendall's W of (n objects, m workers) values or ranks; nan where nobody tells objects apart."""
    n, m = values.shape
    if n < 2 or m < 2:
        return float("nan")
    rank = stats.rankdata(values, axis=0)
    sums = rank.sum(axis=1)
    spread = float(((sums - sums.mean()) ** 2).sum())
    tied = _tie_sum(values) if ties else 0.0
    room = m**2 * (n**3 - n) - m * tied
    return 12 * spread / room if room > 0 else float("nan")


def _tie_sum(values: Floats) -> float:
    """Σ (t³ − t) over the groups of tied values of every worker."""
    total = 0.0
    for column in values.T:
        count = np.unique(column, return_counts=True)[1].astype(np.float64)
        total += float((count**3 - count).sum())
    return total


def mean_correlation(
    answers: AnswerSet,
    kind: Correlation = "kendall_tau_b",
    *,
    options: IntervalOptions | None = None,
    rng: np.random.Generator | int = 0,
) -> AgreementResult:
    """Mean correlation over all pairs of workers, over the tasks that all of them answered.

    "kendall_tau_b" or "spearman" use the labels' order, "pearson" their numbers; these two are averaged on Fisher's z
    unless a pair correlates perfectly, which z cannot hold. Above 60 workers there is no value
    (reason "incomplete_table"): a mean over pairs is for a panel.
    """
    table: CompleteTable | None = complete_table(answers, ranks=kind != "pearson")
    if table is not None and table.values.shape[1] > PANEL:
        return AgreementResult(metric=f"mean_{kind}", reason=Reason.INCOMPLETE, workers=table.values.shape[1])
    pairwise: Callable[[Floats, Floats], float] = {
        "kendall_tau_b": kendall_tau_b,
        "spearman": spearman_rho,
        "pearson": pearson_r,
    }[kind]

    def mean(values: Floats) -> float:
        pairs = np.array([pairwise(values[:, a], values[:, b]) for a, b in combinations(range(values.shape[1]), 2)])
        if kind == "kendall_tau_b" or np.abs(pairs).max() > 1 - 1e-12:
            return float(pairs.mean())
        return float(np.tanh(np.arctanh(pairs).mean()))

    return result_of(f"mean_{kind}", table, mean, options=options, rng=rng)


def kendall_tau_b(first: Floats, second: Floats) -> float:
    """Kendall's tau-b of two rankings; nan where one is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(stats.kendalltau(first, second).statistic)


def spearman_rho(first: Floats, second: Floats) -> float:
    """Spearman's rho of two rankings, ties at their mean rank; nan where one is constant."""
    return pearson_r(stats.rankdata(first), stats.rankdata(second))


def pearson_r(first: Floats, second: Floats) -> float:
    """Pearson's correlation; nan where one side is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def finn(values: Floats, levels: int) -> float:
    """Finn's r of (n tasks, k workers) numbers: 1 − variance within tasks over that of ``levels`` equally likely."""
    return float(1 - np.var(values, axis=1, ddof=1).mean() / ((levels**2 - 1) / 12))


def _with_params(result: AgreementResult, **params: bool) -> AgreementResult:
    return replace(result, params={**result.params, **params})
