"""Conger's kappa: chance from each worker's own label shares, for any number of workers, answers missing or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coefficients import ChanceCorrected
from quality.agreement.estimate import estimate
from quality.agreement.intervals import symmetric_bounds
from quality.agreement.measures import MatrixMeasure
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult, Reason
from quality.agreement.values import DENSE_LABELS
from quality.agreement.weights import Weights, agreement_weights
from quality.answers import AnswerSet

Floats = NDArray[np.float64]


def conger_kappa(
    answers: AnswerSet, *, weights: Weights = "identity", interval: bool = True, confidence: float = 0.95
) -> AgreementResult:
    """Conger's kappa with Gwet's treatment of missing answers: chance is the mean over pairs of workers.

    Its interval is linearised (t with tasks − 1 degrees of freedom): who answered does not survive in patterns, so
    that there is nothing cheap to resample. Workers × labels is the largest table it builds; above 48 labels it
    gives the reason "too_many_labels". Sources: Conger (1980); Gwet (2014), section 5.3.
    """
    plain = isinstance(weights, str) and weights == "identity"
    params: dict[str, Any] = {} if plain else {"weights": weights if isinstance(weights, str) else "matrix"}
    if answers.n_labels > DENSE_LABELS:
        return AgreementResult(metric="conger_kappa", reason=Reason.TOO_MANY_LABELS, params=params)
    table, rows = PatternTable.with_rows(answers)
    measure = MatrixMeasure(agreement_weights(weights, answers.labels))
    stand_in = ChanceCorrected(metric="conger_kappa", chance="gwet", measure=measure, params=params)
    result = estimate(table, [stand_in])[0]
    if result.value is None:
        return result
    chance, chance_pull = _chance(answers, measure)
    room = 1 - chance
    if room < 1e-12:
        return replace(result, value=None, se=None, reason=Reason.NO_VARIATION)
    pairable = (table.sizes >= 2).astype(np.float64)
    answered = float(table.multiplicity.sum())
    n_pairable = float(table.multiplicity @ pairable)
    within = measure.within(table)
    value = (float((table.multiplicity * pairable) @ within) / n_pairable - chance) / room
    own = answered / n_pairable * pairable * (within - chance) / room - value
    pull = own[rows]
    pull -= 2 * (1 - value) / room * chance_pull
    pull = pull[rows >= 0]
    se = float(np.sqrt((pull @ pull) / (answered * (answered - 1))))
    result = replace(result, value=value, se=se)
    if not interval:
        return result
    low, high = symmetric_bounds(value, se, answered - 1, (1 - confidence) / 2)
    result = replace(result, params={**params, "confidence": confidence})
    return result.with_interval(se=se, low=low, high=high, method="linearised")


def _chance(answers: AnswerSet, measure: MatrixMeasure) -> tuple[float, Floats]:
    """Mean chance agreement over ordered pairs of workers with each task's pull on half of it: scalar, (n_tasks,).

    With label shares p_g of r workers, chance = (|Σ p_g|² − Σ |p_g|²) / (r (r − 1)) in the weights' product.
    """
    size = answers.n_labels
    cell = answers.worker.astype(np.int32) * size + answers.label
    given = np.bincount(cell, minlength=answers.n_workers * size).reshape(-1, size)
    count = given.sum(axis=1)
    r = int(np.count_nonzero(count))
    share = given / np.maximum(count, 1)[:, None]
    near = share @ measure.weights
    others = near.sum(axis=0) - near
    own = (share * others).sum(axis=1)
    tasks = np.count_nonzero(np.bincount(answers.task, minlength=answers.n_tasks))
    pull = tasks / np.maximum(count, 1)[:, None] * (others - own[:, None]) / (r * (r - 1))
    return float(own.sum()) / (r * (r - 1)), _by_task(answers, cell, pull.reshape(-1))


def _by_task(answers: AnswerSet, cell: NDArray[np.int32], value: Floats) -> Floats:
    return np.asarray(np.bincount(answers.task, weights=value[cell], minlength=answers.n_tasks), dtype=np.float64)
