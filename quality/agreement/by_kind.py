"""Agreement among people, among models, between the two."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coefficients import Coefficient
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions, percentile_bounds
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult, Reason, finite
from quality.agreement.weights import Weights, agreement_weights
from quality.answers import AnswerSet

Floats = NDArray[np.float64]


def kind_agreement(
    answers: AnswerSet,
    kind: Sequence[Hashable],
    coefficient_of: Callable[[PatternTable], Coefficient],
    *,
    weights: Weights = "identity",
    options: IntervalOptions | None = None,
    rng: np.random.Generator | int = 0,
) -> dict[tuple[Hashable, Hashable], AgreementResult]:
    """Results by pair of kinds: (kind, kind) within, (kind, other kind) between, kinds in order of appearance.

    ``kind`` (n_workers,) names each worker's kind. Within a kind it is the coefficient given; between two it is
    `between_kappa` with ``weights``. Raises ValueError for another number of kinds than workers.
    """
    if len(kind) != answers.n_workers:
        raise ValueError(f"there are {len(kind)} kinds for {answers.n_workers} workers")
    generator = np.random.default_rng(rng)
    names = list(dict.fromkeys(kind))
    place = np.array([names.index(name) for name in kind], dtype=np.int64)[answers.worker]
    found: dict[tuple[Hashable, Hashable], AgreementResult] = {}
    for i, name in enumerate(names):
        table = PatternTable.from_answers(answers.select(place == i))
        found[name, name] = estimate(table, [coefficient_of(table)], options=options, rng=generator)[0]
        for j in range(i):
            pair = (answers.select(place == j), answers.select(place == i))
            found[names[j], name] = between_kappa(*pair, weights=weights, options=options, rng=generator)
    return found


def between_kappa(
    first: AnswerSet,
    second: AnswerSet,
    *,
    weights: Weights = "identity",
    options: IntervalOptions | None = None,
    rng: np.random.Generator | int = 0,
) -> AgreementResult:
    """Kappa between two groups of workers: pairs of answers across the groups only, over tasks both answered.

    Chance comes from each group's own mean label shares. Both answer sets must share their vocabularies. With one
    worker in each group it is Cohen's kappa. Raises ValueError for different label sets. Source: Schouten (1982).
    """
    if list(first.labels) != list(second.labels) or len(first.tasks) != len(second.tasks):
        raise ValueError("the two groups must share one vocabulary of tasks, labels")
    w = agreement_weights(weights, first.labels)
    (table_a, rows_a), (table_b, rows_b) = PatternTable.with_rows(first), PatternTable.with_rows(second)
    both = (rows_a >= 0) & (rows_b >= 0)
    width = max(len(table_b.patterns), 1)
    kind, count = np.unique(rows_a[both] * width + rows_b[both], return_counts=True)
    n = int(count.sum())
    workers = (table_a.workers or 0) + (table_b.workers or 0)
    result = AgreementResult(metric="between_kappa", tasks=n, workers=workers)
    if n == 0:
        return replace(result, reason=Reason.NO_SHARED_TASKS)
    share_a = _shares(table_a)[kind // width]
    share_b = _shares(table_b)[kind % width]
    sizes = table_a.sizes[kind // width] + table_b.sizes[kind % width]
    pooled = count @ (share_a + share_b) / (2 * n)
    result = replace(
        result,
        answers=int(count @ sizes),
        prevalence={label: float(share) for label, share in zip(first.labels, pooled, strict=True)},
    )
    if np.count_nonzero(pooled) < 2:
        return replace(result, reason=Reason.NO_VARIATION)
    if n == 1:
        return replace(result, reason=Reason.TOO_FEW_TASKS)
    features = np.column_stack([np.einsum("uk,uk->u", share_a @ w, share_b), share_a, share_b])
    value = float(_kappa((count @ features / n)[None, :], w)[0])
    if not np.isfinite(value):
        return replace(result, reason=Reason.NO_VARIATION)
    mean = count @ features / n
    size = len(w)
    p_a, p_b = mean[1 : 1 + size], mean[1 + size :]
    chance = float(p_a @ w @ p_b)
    moved = share_a @ (w @ p_b) + share_b @ (p_a @ w) - 2 * chance
    pull = ((features[:, 0] - mean[0]) - (1 - value) * moved) / (1 - chance)
    se = float(np.sqrt(count @ pull**2 / (n * (n - 1))))
    result = replace(result, value=value, se=finite(se))
    if options is None or len(kind) < 2:
        return result
    generator = np.random.default_rng(rng)
    drawn = generator.multinomial(n, count / n, size=options.resamples)
    draws = _kappa(drawn @ features / n, w)
    draws = draws[np.isfinite(draws)]
    if len(draws) < 2:
        return result
    low, high = percentile_bounds(draws, options.tail)
    return result.with_interval(se=se, low=low, high=high, method="percentile")


def _shares(table: PatternTable) -> Floats:
    return np.asarray(table.patterns / np.maximum(table.sizes, 1)[:, None])


def _kappa(mean: Floats, w: Floats) -> Floats:
    """Kappa from means of (observed, shares of one group, shares of the other): (R,) for (R, 1 + 2K)."""
    size = len(w)
    chance = np.einsum("rk,rk->r", mean[:, 1 : 1 + size] @ w, mean[:, 1 + size :])
    room = 1 - chance
    return np.asarray(np.divide(mean[:, 0] - chance, room, out=np.full(len(room), np.nan), where=room > 1e-12))
