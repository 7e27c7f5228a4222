"""Light's kappa: the mean of Cohen's kappa over all pairs of workers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coefficients import ChanceCorrected
from quality.agreement.estimate import estimate
from quality.agreement.intervals import symmetric_bounds
from quality.agreement.measures import MatrixMeasure
from quality.agreement.pair_counts import pair_blocks, shared_rows, sorted_answers
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult, Reason
from quality.agreement.values import DENSE_LABELS
from quality.agreement.weights import Weights, agreement_weights
from quality.answers import AnswerSet

Floats = NDArray[np.float64]


def light_kappa(
    answers: AnswerSet,
    *,
    weights: Weights = "identity",
    min_shared: int = 2,
    interval: bool = True,
    confidence: float = 0.95,
) -> AgreementResult:
    """Light's kappa over the pairs with at least ``min_shared`` shared tasks for which kappa is defined.

    ``params`` tell how many pairs counted, how many were undefined. The standard error adds up, task by task, what
    the task moves in all its pairs, so that pairs that share tasks are not taken for independent. Source: Light (1971).
    """
    plain = isinstance(weights, str) and weights == "identity"
    params: dict[str, Any] = {} if plain else {"weights": weights if isinstance(weights, str) else "matrix"}
    if answers.n_labels > DENSE_LABELS:
        return AgreementResult(metric="light_kappa", reason=Reason.TOO_MANY_LABELS, params=params)
    w = agreement_weights(weights, answers.labels)
    stand_in = ChanceCorrected(metric="light_kappa", chance="gwet", measure=MatrixMeasure(w), params=params)
    result = estimate(PatternTable.from_answers(answers), [stand_in])[0]
    if result.value is None:
        return result
    result = replace(result, value=None, se=None)
    data = sorted_answers(answers)
    keys: list[NDArray[np.int64]] = []
    kappas: list[Floats] = []
    pulls: list[Floats] = []
    for first, second, table in pair_blocks(data, min_shared):
        kappa, pull = _pull(table.astype(np.float64), w)
        kept = np.isfinite(kappa)
        keys.append((first * answers.n_workers + second)[kept])
        kappas.append(kappa[kept])
        pulls.append(pull[kept])
        params["undefined_pairs"] = params.get("undefined_pairs", 0) + int(np.count_nonzero(~kept))
    key = np.concatenate(keys) if keys else np.zeros(0, dtype=np.int64)
    if not len(key):
        return replace(result, reason=Reason.NO_SHARED_TASKS if not kappas else Reason.NO_VARIATION)
    params |= {"pairs": len(key), "min_shared": min_shared}
    order = np.argsort(key)
    key, pull = key[order], np.concatenate(pulls)[order]
    moved = np.zeros(answers.n_tasks)
    for i, j in shared_rows(data):
        seen = data.worker[i].astype(np.int64) * answers.n_workers + data.worker[j]
        place = np.minimum(np.searchsorted(key, seen), len(key) - 1)
        kept = key[place] == seen
        weight = pull[place[kept], data.label[i[kept]], data.label[j[kept]]]
        moved += np.bincount(data.task[i[kept]], weights=weight, minlength=answers.n_tasks)
    value = float(np.mean(np.concatenate(kappas)))
    tasks = result.tasks
    se = float(np.sqrt(tasks / max(tasks - 1, 1) * (moved @ moved))) / len(key)
    result = replace(result, value=value, se=se, params=params)
    if not interval:
        return result
    low, high = symmetric_bounds(value, se, tasks - 1, (1 - confidence) / 2)
    result = replace(result, params={**params, "confidence": confidence})
    return result.with_interval(se=se, low=low, high=high, method="linearised")


def _pull(table: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Kappa of each table with what one task in each cell moves in it: (E,), (E, K, K)."""
    n = table.sum(axis=(1, 2))
    p = table / n[:, None, None]
    row, column = p.sum(axis=2), p.sum(axis=1)
    observed = np.einsum("ekl,kl->e", p, w)
    chance = np.einsum("ek,ek->e", row @ w, column)
    room = np.where(1 - chance > 1e-12, 1 - chance, np.nan)
    mean = (column @ w.T)[:, :, None] + (row @ w)[:, None, :]
    centre = observed * chance - 2 * chance + observed
    spread = w[None] * room[:, None, None] - mean * (1 - observed)[:, None, None] - centre[:, None, None]
    return (observed - chance) / room, spread / (n * room**2)[:, None, None]
