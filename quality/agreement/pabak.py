"""PABAK with the bias index, the prevalence index of a two-by-two table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.cohen import shared_table
from quality.agreement.intervals import symmetric_bounds
from quality.agreement.result import AgreementResult, Reason
from quality.answers import AnswerSet


def pabak(answers: AnswerSet, *, confidence: float = 0.95) -> AgreementResult:
    """Prevalence-adjusted bias-adjusted kappa, 2 p_o − 1, of two workers over two labels.

    ``params`` hold ``bias_index``, how far the two differ in using the first label, and ``prevalence_index``, how far
    the labels differ in being used. Reasons "needs_two_workers", "needs_two_labels".
    Source: Byrt, Bishop & Carlin (1993).
    """
    used = np.unique(answers.worker)
    blank = AgreementResult(metric="pabak", workers=len(used), answers=answers.n_answers)
    if len(used) != 2:
        return replace(blank, reason=Reason.NEEDS_TWO_WORKERS)
    if answers.n_labels != 2:
        return replace(blank, reason=Reason.NEEDS_TWO_LABELS)
    return pabak_of_table(shared_table(answers, int(used[0]), int(used[1])), confidence=confidence)


def pabak_of_table(table: NDArray[np.integer[Any]], *, confidence: float = 0.95) -> AgreementResult:
    """PABAK of a (2, 2) table of counts. Raises ValueError for another shape."""
    counts = np.asarray(table, dtype=np.float64)
    if counts.shape != (2, 2):
        raise ValueError(f"the table has shape {counts.shape}; expected (2, 2)")
    n = counts.sum()
    result = AgreementResult(metric="pabak", tasks=int(n), answers=int(2 * n), workers=2)
    if n == 0:
        return replace(result, reason=Reason.NO_SHARED_TASKS)
    if np.count_nonzero(counts.sum(axis=0) + counts.sum(axis=1)) < 2:
        return replace(result, reason=Reason.NO_VARIATION)
    if n == 1:
        return replace(result, reason=Reason.TOO_FEW_TASKS)
    observed = float(np.trace(counts) / n)
    se = 2 * float(np.sqrt(observed * (1 - observed) / (n - 1)))
    low, high = symmetric_bounds(2 * observed - 1, se, n - 1, (1 - confidence) / 2)
    params = {
        "bias_index": float(abs(counts[0, 1] - counts[1, 0]) / n),
        "prevalence_index": float(abs(counts[0, 0] - counts[1, 1]) / n),
        "confidence": confidence,
    }
    result = replace(result, value=2 * observed - 1, params=params)
    return result.with_interval(se=se, low=low, high=high, method="linearised")
