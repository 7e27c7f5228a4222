"""Cohen's kappa of two workers, plain or weighted, with the two classical standard errors."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from quality.agreement.intervals import symmetric_bounds
from quality.agreement.result import AgreementResult, Reason, finite
from quality.agreement.weights import Weights, agreement_weights
from quality.answers import AnswerSet

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CohenOptions:
    """``quantile="t"`` takes n − 1 degrees of freedom; "normal" is Fleiss, Cohen and Everitt's own."""

    confidence: float = 0.95
    quantile: Literal["normal", "t"] = "t"


def cohen_kappa(
    answers: AnswerSet, *, weights: Weights = "identity", options: CohenOptions | None = None
) -> AgreementResult:
    """Cohen's kappa over the tasks that both of two workers answered.

    Without exactly two workers there is no value (reason "needs_two_workers"): name the pair or ask for the pair
    matrix. Errors as in `kappa_of_table`.
    """
    used = np.unique(answers.worker)
    if len(used) != 2:
        return AgreementResult(
            metric="cohen_kappa", reason=Reason.NEEDS_TWO_WORKERS, workers=len(used), answers=answers.n_answers
        )
    return cohen_kappa_pair(answers, int(used[0]), int(used[1]), weights=weights, options=options)


def cohen_kappa_pair(
    answers: AnswerSet,
    first: int,
    second: int,
    *,
    weights: Weights | Literal["equal", "squared"] = "identity",
    options: CohenOptions | None = None,
) -> AgreementResult:
    """Cohen's kappa of two workers, named by their index, over the tasks they share.

    Weights "equal" or "squared" step evenly over the labels that these two used, as the R package irr has it;
    "linear" or "quadratic" keep to the numbers of the whole label set.
    """
    table = shared_table(answers, first, second)
    if isinstance(weights, str) and weights in ("equal", "squared"):
        given = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1))
        steps = range(1, len(given) + 1)
        even: Weights = "linear" if weights == "equal" else "quadratic"
        result = kappa_of_table(table[np.ix_(given, given)], steps, weights=even, options=options)
        shares = zip(given, result.prevalence.values(), strict=False)
        result = replace(result, prevalence={answers.labels[int(i)]: share for i, share in shares})
        result = replace(result, params={**result.params, "weights": weights})
    else:
        result = kappa_of_table(table, answers.labels, weights=weights, options=options)  # type: ignore[arg-type]
    return replace(result, params={**result.params, "pair": [answers.workers[first], answers.workers[second]]})


def shared_table(answers: AnswerSet, first: int, second: int) -> NDArray[np.int64]:
    """How often one worker said k where the other said l, over shared tasks: (K, K)."""
    of_first, of_second = answers.select(answers.worker == first), answers.select(answers.worker == second)
    _, at_first, at_second = np.intersect1d(of_first.task, of_second.task, return_indices=True)
    table = np.zeros((answers.n_labels, answers.n_labels), dtype=np.int64)
    np.add.at(table, (of_first.label[at_first], of_second.label[at_second]), 1)
    return table


def kappa_of_table(
    table: NDArray[np.integer[Any]],
    labels: Sequence[Hashable],
    *,
    weights: Weights = "identity",
    options: CohenOptions | None = None,
) -> AgreementResult:
    """Cohen's kappa of a (K, K) table of counts: rows the one worker's labels, columns the other's.

    ``params["se0"]`` is the standard error under no agreement beyond chance. Raises ValueError for a table or weights
    of another shape. Sources: Cohen (1960, 1968); Fleiss, Cohen & Everitt (1969).
    """
    chosen = options or CohenOptions()
    counts = np.asarray(table, dtype=np.float64)
    if counts.shape != (len(labels), len(labels)):
        raise ValueError(f"the table has shape {counts.shape}; {len(labels)} labels need that many rows, columns")
    w = agreement_weights(weights, labels)
    n = counts.sum()
    params: dict[str, Any] = {} if isinstance(weights, str) and weights == "identity" else {"weights": _name(weights)}
    given = counts.sum(axis=0) + counts.sum(axis=1)
    result = AgreementResult(
        metric="cohen_kappa",
        tasks=int(n),
        answers=int(2 * n),
        workers=2,
        params=params,
        prevalence={label: float(s) for label, s in zip(labels, given / (2 * n), strict=True)} if n else {},
    )
    if n == 0:
        return replace(result, reason=Reason.NO_SHARED_TASKS)
    if np.count_nonzero(given) < 2:
        return replace(result, reason=Reason.NO_VARIATION)
    if n == 1:
        return replace(result, reason=Reason.TOO_FEW_TASKS)
    value, se, se0 = kappa_with_errors(counts, w)
    if not np.isfinite(value):
        return replace(result, reason=Reason.NO_VARIATION)
    degrees = n - 1 if chosen.quantile == "t" else np.inf
    low, high = symmetric_bounds(value, se, degrees, (1 - chosen.confidence) / 2)
    params |= {"se0": finite(se0), "confidence": chosen.confidence, "ci": f"{chosen.quantile}"}
    result = replace(result, value=value, params=params)
    return result.with_interval(se=se, low=low, high=high, method="linearised")


def kappa_with_errors(counts: Floats, w: Floats) -> tuple[float, float, float]:
    """Kappa, its standard error, its standard error under chance agreement; nan where chance leaves no room."""
    n = counts.sum()
    p = counts / n
    row, column = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float((w * p).sum()), float(row @ w @ column)
    room = 1 - chance
    if room < 1e-12:
        return float("nan"), float("nan"), float("nan")
    mean = (w @ column)[:, None] + (row @ w)[None, :]
    spread = (p * np.square(w * room - mean * (1 - observed))).sum()
    variance = (spread - (observed * chance - 2 * chance + observed) ** 2) / (n * room**4)
    under_chance = ((row[:, None] * column[None, :] * np.square(w - mean)).sum() - chance**2) / (n * room**2)
    return (observed - chance) / room, float(np.sqrt(max(variance, 0))), float(np.sqrt(max(under_chance, 0)))


def _name(weights: Weights) -> str:
    return weights if isinstance(weights, str) else "matrix"
